"""``/metrics``: figures for Prometheus, counted in the database when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from notifier.records import NoticeState
from notifier.rules.staffing import HIGHEST_LEVEL
from notifier.store import providers
from notifier.store.database import Store, Tx
from notifier.store.replies import count_unknown
from notifier.store.tables import escalations, events, notices, rejections, tasks
from notifier.web.auth import Parts


def get_metrics(services: Parts) -> Response:
    """Return the figures of this moment."""
    registry = CollectorRegistry()
    registry.register(_Figures(services.store, services.clock.now()))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    """What stands in the database at ``now``: every process of the web would say the same."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self._now = now

    def describe(self) -> list[GaugeMetricFamily]:
        """Name nothing ahead: otherwise everything would be counted twice."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Count."""
        with self._store.begin() as tx:
            yield _notices(tx)
            yield _oldest_due(tx, self._now)
            yield _open_escalations(tx)
            yield _one("notifier_open_tasks", "Tasks that people have not done yet", _open_tasks(tx))
            yield from _providers(tx)
            yield _one("notifier_rejections", "Documents that could not be taken", _rejections(tx))
            unknown = count_unknown(tx)
            yield _one("notifier_replies_of_unknown", "Replies of people who are on no case's file", unknown)
            yield _one("notifier_events_set_aside", "Events that could not be planned", _set_aside(tx))


def _notices(tx: Tx) -> GaugeMetricFamily:
    family = GaugeMetricFamily("notifier_notices", "Notices by state", labels=["state"])
    rows = tx.all(select(notices.c.state, func.count().label("number")).group_by(notices.c.state))
    counted = {row.state: row.number for row in rows}
    for state in NoticeState:
        family.add_metric([state], counted.get(state, 0))
    return family


def _oldest_due(tx: Tx, now: datetime) -> GaugeMetricFamily:
    planned = (notices.c.state == NoticeState.PLANNED) & (notices.c.send_at <= now)
    oldest = tx.all(select(func.min(notices.c.send_at)).where(planned))[0][0]
    words = "How long the notice that is due has waited that waited longest"
    return _one("notifier_oldest_due_seconds", words, (now - oldest).total_seconds() if oldest else 0)


def _open_escalations(tx: Tx) -> GaugeMetricFamily:
    family = GaugeMetricFamily("notifier_open_escalations", "Open escalations by level", labels=["level"])
    is_open = escalations.c.resolved_at.is_(None)
    query = select(escalations.c.level, func.count().label("number")).where(is_open)
    counted = {row.level: row.number for row in tx.all(query.group_by(escalations.c.level))}
    for level in range(1, HIGHEST_LEVEL + 1):
        family.add_metric([str(level)], counted.get(level, 0))
    return family


def _providers(tx: Tx) -> Iterator[GaugeMetricFamily]:
    out = GaugeMetricFamily("notifier_provider_out", "1 while a provider is out", labels=["provider"])
    failures = GaugeMetricFamily(
        "notifier_provider_failures", "Failures of a provider in a row", labels=["provider"]
    )
    for row in providers.listed(tx):
        out.add_metric([row.name], row.out_since is not None)
        failures.add_metric([row.name], row.failures)
    yield from (out, failures)


def _open_tasks(tx: Tx) -> int:
    return int(tx.all(select(func.count()).select_from(tasks).where(tasks.c.done_at.is_(None)))[0][0])


def _rejections(tx: Tx) -> int:
    return int(tx.all(select(func.count()).select_from(rejections))[0][0])


def _set_aside(tx: Tx) -> int:
    return int(tx.all(select(func.count()).select_from(events).where(events.c.problem.is_not(None)))[0][0])


def _one(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)
