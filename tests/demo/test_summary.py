"""The figures of the summary, over a small store that the real rooms filled."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from notifier.channels.base import find_channels
from notifier.demo.duties import duties
from notifier.demo.losses import account_for, losses
from notifier.demo.providers import Provider
from notifier.demo.summary import fallbacks
from notifier.path import Path
from notifier.records import ChannelName, NoticeState
from notifier.rendering import Renderer
from notifier.simulation import SimulatedChannel, read_outcomes
from notifier.store import notices
from notifier.store.database import Tx
from notifier.store.engines import IN_MEMORY
from tests.builders import POLICIES, a_store, at
from tests.e2e.events import cases, event, mailbox, number

NINE = at("Wed 1 Apr 2026 09:00")
SEVERAL_DAYS_LATER = at("Fri 10 Apr 2026 09:00")
_LEASE = timedelta(minutes=3)


@dataclass
class SmallDay:
    """The rooms over a store in memory, and what was published."""

    path: Path
    channels: dict[ChannelName, SimulatedChannel]
    published: list[str]

    def happen(self, now: datetime, *documents: dict[str, Any]) -> None:
        """Let ``documents`` arrive at ``now`` and everything follow that is due then."""
        lines = [json.dumps(document) for document in documents]
        self.published += lines
        self.path.take_in(lines, now, door="queue")
        for case_id in self.path.unplanned_cases():
            self.path.plan([case_id], now)
        while self.path.deliver(self.path.due(now), now, now + _LEASE):
            for name, channel in self.channels.items():
                self.path.receive(name, channel.take_receipts(), now)
        self.path.sweep(now)

    def lost(self, now: datetime) -> list[str]:
        with self.path.store.begin() as tx:
            return list(losses(tx, account_for(tx, self.published), now))

    def duties(self, now: datetime) -> Counter[str]:
        with self.path.store.begin() as tx:
            return duties(tx, POLICIES, now)


@contextmanager
def small_day(outcomes: Sequence[dict[str, str]] = ()) -> Iterator[SmallDay]:
    """Give one whose channels deliver everything but what ``outcomes`` say."""
    read = read_outcomes([json.dumps(outcome) for outcome in outcomes])
    channels = {name: SimulatedChannel(one.facts, read) for name, one in find_channels().items()}
    with a_store(IN_MEMORY) as store:
        path = Path(store, POLICIES, Renderer(POLICIES.timezone).render, channels, side_by_side=1)
        try:
            yield SmallDay(path, channels, [])
        finally:
            path.close()


@pytest.fixture
def day() -> Iterator[SmallDay]:
    with small_day() as day:
        yield day


def test_every_published_line_is_accounted_for(day: SmallDay) -> None:
    (opened, registered) = cases(1, NINE, news=0)
    changed = {**opened, "data": {**opened["data"], "reference": "EX/9/26"}}
    naive = {**event("case.progress", "naive", NINE, 0), "time": "2026-04-01T09:00:00"}
    day.happen(NINE, opened, registered, opened, changed, naive)
    day.published.append(json.dumps(event("case.progress", "on-its-way", NINE, 0)))
    with day.path.store.begin() as tx:
        arrivals = account_for(tx, day.published)
    assert (arrivals.taken_in, arrivals.repeats, arrivals.missing) == (2, 1, (6,))
    assert len(arrivals.refused) == 2
    assert day.lost(NINE) == ["line 6 of the file was published and never came in"]


def test_duties_say_by_what_and_when_they_were_met(day: SmallDay) -> None:
    """The acknowledgement and the arrest go out at once; an arrest of March arrives after its limit."""
    day.happen(NINE, *cases(1, NINE, news=1))
    old = at("Wed 4 Mar 2026 09:00")
    late = event("case.suspect_interviewed", "late", NINE, 0, occurred_at=old.isoformat())
    day.happen(NINE + timedelta(hours=1), late)
    assert day.duties(NINE) == {"met by a message": 2, "late, as the event itself was": 1}


@pytest.mark.parametrize(
    ("talk", "how"),
    [
        ("Thu 2 Apr 2026 11:00", "met by a person"),
        ("Wed 8 Apr 2026 11:00", "late"),
        (None, "missed so far, and with a person"),
    ],
)
def test_bad_news_counts_from_when_a_person_told_it(day: SmallDay, talk: str | None, how: str) -> None:
    """She has enhanced rights: one working day from 1 April, so until 2 April."""
    opened, registered = cases(1, NINE, news=0)
    registered["data"]["enhanced"] = True
    day.happen(NINE, opened, registered, event("case.closed", "bad", NINE, 0, reasons="No more to find."))
    if talk is not None:
        spoke = {"victim_id": "v0", "by": "off1", "method": "phone", "outcome": "spoke", "about": ["bad"]}
        day.happen(at(talk), event("contact.recorded", "talk", at(talk), 0, **spoke))
    assert day.duties(SEVERAL_DAYS_LATER)[how] == 1
    assert day.duties(SEVERAL_DAYS_LATER).total() == 2
    assert day.lost(SEVERAL_DAYS_LATER) == []


def test_what_is_still_to_be_told_and_what_must_not_be_is_said(day: SmallDay) -> None:
    opened, registered = cases(1, NINE, news=0)
    registered["data"]["contract"]["wants"] = "none"
    night = at("Wed 1 Apr 2026 22:00")
    day.happen(night, opened, registered, *cases(2, night, news=0))
    assert day.duties(night) == {"not to be told: the victim wants no updates": 1, "still open, in time": 1}


def test_another_way_is_counted_by_what_happened_at_the_first() -> None:
    gone = {"address": number(0), "result": "failed"}
    with small_day([gone]) as day:
        day.happen(NINE, *cases(2, NINE, news=0))
        with day.path.store.begin() as tx:
            assert fallbacks(tx) == {"sms failed, then email": 1}


def test_a_victim_beyond_reach_is_with_a_person_and_not_lost() -> None:
    nowhere = [{"address": address, "result": "failed"} for address in (number(0), mailbox(0))]
    with small_day(nowhere) as day:
        day.happen(NINE, *cases(1, NINE, news=0))
        assert day.lost(NINE) == []


def the_only_notice(tx: Tx) -> int:
    (row,) = notices.overview(tx, tuple(NoticeState))
    return int(row.pk)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (NoticeState.PLANNED, "was due and nobody sent it"),
        (NoticeState.SENDING, "is stuck with a worker"),
        (NoticeState.HELD, "is held until a person acts, and no person was asked"),
        (NoticeState.WITH_PERSON, "is with a person, as a task, and no person was asked"),
        (NoticeState.UNCERTAIN, "may or may not have gone out, and no person was asked"),
        (NoticeState.FAILED, "could not be told, and no person was asked"),
    ],
)
def test_a_notice_that_nobody_looks_after_is_lost(day: SmallDay, state: NoticeState, said: str) -> None:
    day.happen(NINE, *cases(1, NINE, news=0))
    with day.path.store.begin() as tx:
        pk = the_only_notice(tx)
        notices.change(tx, pk, state=state, send_at=NINE)
    assert day.lost(NINE) == [f"notice N{pk} {said}"]


@pytest.mark.parametrize(
    ("has", "recorded", "unknown", "agrees"),
    [(3, 3, 0, True), (4, 3, 0, False), (2, 3, 0, False), (4, 3, 1, True), (5, 3, 1, False)],
)
def test_a_provider_agrees_where_it_has_what_was_recorded(
    has: int, recorded: int, unknown: int, *, agrees: bool
) -> None:
    assert Provider("the SMS provider", has, 0, recorded, unknown, twice=0).agrees is agrees
