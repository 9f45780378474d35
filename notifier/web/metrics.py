"""``/metrics``: figures for Prometheus, read when they are asked for; docs/monitoring.md explains each.

A figure is there before it is needed, with 0: an alert on one that is missing would never come. No label
names a force, a source or a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import product

import redis
from fastapi.responses import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from notifier.backlog import in_stream
from notifier.errors import SettingsError
from notifier.records import ChannelName, FailureReason
from notifier.rules.staffing import HIGHEST_LEVEL
from notifier.store import figures, providers, sweeps, totals
from notifier.store.database import Tx
from notifier.store.figures import Escalations
from notifier.store.replies import count_unknown
from notifier.web.auth import Parts
from notifier.wiring import Services, asking_redis, redis_url

# Known to the rooms that hold; any other reason is shown once it is there.
_WHY_HELD = ("person_first", "volume", "identity", "too_many_tries", "cannot_render")
_QUEUES = ("urgent", "routine", "bulk")


def get_metrics(services: Parts) -> Response:
    """Return the figures of this moment, and those of this process."""
    registry = CollectorRegistry()
    for collect in (ProcessCollector, PlatformCollector, GCCollector):
        collect(registry=registry)
    registry.register(_Figures(services))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    """What stands in the database and in Redis: every process of the web would say the same."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> list[Metric]:
        """Name nothing ahead: otherwise everything would be counted twice."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read the figures; raises :class:`~notifier.errors.Unreachable` without a database."""
        now = self._services.clock.now()
        with self._services.store.read() as tx:
            yield from _notices(tx, now)
            yield from _staff(tx, now)
            yield from _attempts(tx)
            yield from _providers(tx, now)
            yield from _intake(tx, now)
            yield from _sweeps(tx, self._services)
        yield from _redis(self._services)


def _notices(tx: Tx, now: datetime) -> Iterator[Metric]:
    states = figures.notices_by_state(tx)
    yield _by("notifier_notices", "Notices that are not at their end, by state", "state", states)
    held = dict.fromkeys(_WHY_HELD, 0) | figures.held_by_reason(tx)
    yield _by("notifier_notices_held", "Notices that are held, by reason", "reason", held)
    due = dict.fromkeys(_QUEUES, 0) | figures.due_by_queue(tx, now)
    yield _by("notifier_notices_due", "Notices that are to be sent now, by queue", "queue", due)
    waited = _seconds(now, figures.oldest_due(tx, now))
    yield _one(
        "notifier_oldest_due_seconds", "How long that one of them has waited that waits longest", waited
    )
    late = figures.overdue_duties(tx, now)
    yield _one("notifier_overdue_duties", "Notices whose limit is over and that are not told", late)


def _staff(tx: Tx, now: datetime) -> Iterator[Metric]:
    labels = Escalations._fields
    family = GaugeMetricFamily("notifier_open_escalations", "Open escalations", labels=labels)
    found = figures.open_escalations(tx)
    for one in map(Escalations._make, product(range(1, HIGHEST_LEVEL + 1), (False, True), (False, True))):
        family.add_metric([str(one.level), _said(one.safety), _said(one.acknowledged)], found.get(one, 0))
    yield family
    yield _one("notifier_open_tasks", "Tasks that people have not done yet", figures.open_tasks(tx))
    late = figures.overdue_tasks(tx, now)
    yield _one("notifier_overdue_tasks", "Tasks that should have been done", late)


def _attempts(tx: Tx) -> Iterator[Metric]:
    labels = ("channel", "result")
    all_ = CounterMetricFamily("notifier_attempts", "What became of messages to victims", labels=labels)
    labels = ("channel", "reason")
    failed = CounterMetricFamily(
        "notifier_attempt_failures", "Messages that failed, by reason", labels=labels
    )
    found = totals.of_attempts(tx)
    for channel, result in product(ChannelName, totals.RESULTS):
        mine = [number for one, number in found.items() if (one.channel, one.result) == (channel, result)]
        all_.add_metric([channel, result], sum(mine))
    reasons = sorted({*FailureReason, *(one.reason for one in found if one.reason)})
    for channel, reason in product(ChannelName, reasons):
        mine = [number for one, number in found.items() if (one.channel, one.reason) == (channel, reason)]
        failed.add_metric([channel, reason], sum(mine))
    yield from (all_, failed)


def _providers(tx: Tx, now: datetime) -> Iterator[Metric]:
    rows = providers.listed(tx)
    out = {row.name: row.out_since is not None for row in rows}
    yield _by("notifier_provider_out", "1 while a provider is out", "provider", out)
    since = {row.name: _seconds(now, row.out_since) for row in rows}
    yield _by("notifier_provider_out_seconds", "How long a provider has been out", "provider", since)
    failures = {row.name: row.failures for row in rows}
    yield _by("notifier_provider_failures", "Failures of a provider in a row", "provider", failures)


def _intake(tx: Tx, now: datetime) -> Iterator[Metric]:
    unplanned = figures.unplanned_events(tx)
    yield _one("notifier_unplanned_events", "Events that wait for their planning", unplanned)
    waited = _seconds(now, figures.oldest_unplanned(tx))
    yield _one("notifier_oldest_unplanned_seconds", "How long the first of them has waited", waited)
    aside = figures.events_set_aside(tx)
    yield _one("notifier_events_set_aside", "Events that could not be planned and wait for a person", aside)
    refused = figures.rejections_waiting(tx)
    yield _one("notifier_rejections", "Documents that were refused and wait for a person", refused)
    silent = figures.silent_sources(tx)
    yield _one("notifier_silent_sources", "Sources that have published nothing for too long", silent)
    unknown = count_unknown(tx)
    yield _one("notifier_replies_of_unknown", "Replies of people who are on no case's file", unknown)


def _sweeps(tx: Tx, services: Services) -> Iterator[Metric]:
    rows = sweeps.listed(tx)
    took = {row.part: row.seconds for row in rows}
    yield _by("notifier_sweep_seconds", "The longest that this part of a sweep took lately", "part", took)
    age = {row.part: services.clock.real_seconds_since(row.at) for row in rows}
    yield _by("notifier_sweep_age_seconds", "Since this part last came to its end", "part", age)


def _redis(services: Services) -> Iterator[Metric]:
    """Say how the queue stands; without an answer nothing but that there is none."""
    up, words = "notifier_redis_up", "1 while Redis answers"
    try:
        with asking_redis(redis_url(services.settings)) as client:
            found = in_stream(client, services.settings.event_stream)
    except (redis.RedisError, SettingsError):
        yield _one(up, words, 0)
        return
    yield _one(up, words, 1)
    yield _one("notifier_stream_waiting", "Events in the queue that no intake has in hand", found.waiting)
    yield _one("notifier_stream_pending", "Events in the queue that an intake has in hand", found.in_hand)
    oldest = found.oldest.total_seconds() if found.oldest is not None else 0
    yield _one("notifier_stream_oldest_seconds", "How long the first event has stood in the queue", oldest)


def _seconds(now: datetime, since: datetime | None) -> float:
    return (now - since).total_seconds() if since is not None else 0


def _said(yes: bool) -> str:
    return "yes" if yes else "no"


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _by(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
