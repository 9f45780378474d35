"""The compliance report is counted from what really happened: messages, late failures, talks, local days."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update

from notifier import duties
from notifier.duties import Month, limit_in_words, months, share_in_time
from notifier.path import Path
from notifier.records import AttemptState, ChannelName, FailureReason, Receipt
from notifier.rendering import Renderer
from notifier.rules.compliance import Result
from notifier.store import duties as stored
from notifier.store.database import Store
from notifier.store.duties import Group, Span, Tally
from notifier.store.ops_tables import counted_days, duty_lapses
from notifier.store.tables import attempts, notices
from tests.builders import AN_ARREST, LONDON, POLICIES, a_document, a_store, at, day
from tests.fakes import FakeChannel, fake_channels

FORCE, TEAM = "Northmoor Police", "n-unit"
OPENED = "Tue 24 Mar 2026 09:00"
NEWS = "Tue 31 Mar 2026 09:30"
DUE = day("Thu 9 Apr 2026")  # the fifth working day after 31 March: Easter lies between
SECONDS = timedelta(seconds=4)
NEXT_MORNING = at("Fri 10 Apr 2026 08:00")
ARRESTS = Group(FORCE, TEAM, AN_ARREST)


@dataclass
class Station:
    """A force's rooms over a store, with channels that reach nobody."""

    store: Store
    path: Path
    channels: dict[ChannelName, FakeChannel]

    def happen(self, when: str, *documents: dict[str, Any]) -> None:
        """Let ``documents`` arrive, and send what is due then."""
        now = at(when)
        taken = self.path.take_in([json.dumps(document) for document in documents], now, door="test")
        assert all(one.reason is None for one in taken), taken
        self.path.plan(self.path.unplanned_cases(), now)
        while victims := self.path.due(now):
            self.path.deliver(victims, now, now + timedelta(minutes=5))

    def open(self, case_id: str, *, enhanced: bool = False, wants: str = "all", **opened: Any) -> None:
        """Open a case long before the news, so that the acknowledgement is due on another day."""
        victim: dict[str, Any] = {
            "victim_id": f"v-{case_id}",
            "name": {"family": "Bloggs"},
            "contract": {"wants": wants},
        }
        points = [{"id": "p1", "channel": "email", "address": f"{case_id}@mail.example"}]
        unit = {"id": TEAM, "name": "Victim Care Unit", "email": "vcu@police.example"}
        known = {"offence": "burglary", "force": FORCE, "reference": "NM/1/26", "unit": unit, **opened}
        self.happen(
            OPENED,
            a_document("case.opened", OPENED, case_id=case_id, **known),
            a_document(
                "victim.registered",
                OPENED,
                case_id=case_id,
                contact_points=points,
                enhanced=enhanced,
                **victim,
            ),
        )

    def news(self, case_id: str, type_: str = AN_ARREST, when: str = NEWS, **data: Any) -> None:
        """Let an event arrive that is to be told."""
        self.happen(when, a_document(type_, when, case_id=case_id, id_=f"{case_id}-news", **data))

    def talk(self, case_id: str, when: str, noted: str) -> None:
        """Let it be noted that a person spoke with her about the news."""
        spoke = {"victim_id": f"v-{case_id}", "by": "off1", "method": "phone", "outcome": "spoke"}
        about = {"about": [f"{case_id}-news"], "at": at(when).isoformat()}
        self.happen(
            noted,
            a_document("contact.recorded", noted, case_id=case_id, id_=f"{case_id}-talk", **spoke, **about),
        )

    def bounce(self, when: str) -> None:
        """Let the last email come back."""
        sent = self.channels[ChannelName.EMAIL].sent[-1]
        receipt = Receipt(AttemptState.FAILED, attempt_ref=sent.attempt_ref, reason=FailureReason.BAD_ADDRESS)
        self.path.receive(ChannelName.EMAIL, [receipt], at(when))

    def count(self, on: date = DUE, now: datetime = NEXT_MORNING) -> dict[Group, tuple[int, int, int]]:
        """Count a day; return what is then on record of it."""
        self.store.run(lambda tx: duties.count(tx, on, POLICIES, now))
        return self.numbers(on)

    def numbers(self, on: date = DUE) -> dict[Group, tuple[int, int, int]]:
        with self.store.read() as tx:
            return {one.group: (one.met, one.late, one.missed) for one in stored.tallies(tx, Span(on, on))}

    def lapses(self) -> list[tuple[str, str]]:
        with self.store.read() as tx:
            rows = tx.all(select(duty_lapses).order_by(duty_lapses.c.notice_pk))
            return [(duty.case_id, row.result) for row in rows for duty in stored.load(tx, [row.notice_pk])]


@pytest.fixture
def station(database_url: str) -> Iterator[Station]:
    channels = fake_channels()
    with (
        a_store(database_url) as store,
        closing(Path(store, POLICIES, Renderer(LONDON).render, channels, side_by_side=1)) as path,
    ):
        yield Station(store, path, channels)


def test_a_message_in_time_meets_a_duty(station: Station) -> None:
    station.open("c1")
    station.news("c1")
    assert station.count() == {ARRESTS: (1, 0, 0)}
    assert station.lapses() == []


def test_what_was_not_told_by_its_deadline_is_missed_until_it_is_told_late(station: Station) -> None:
    station.open("c1", enhanced=True)
    station.news("c1", "case.closed", "Wed 8 Apr 2026 09:30", reasons="No more to find.")  # a person tells it
    closing_ = Group(FORCE, TEAM, "case.closed")
    assert station.count() == {closing_: (0, 0, 1)}
    assert station.lapses() == [("c1", "missed")]
    station.talk("c1", "Fri 10 Apr 2026 11:00", noted="Fri 10 Apr 2026 11:10")
    assert station.count() == {closing_: (0, 1, 0)}
    assert station.lapses() == [("c1", "late")]


def test_a_talk_that_is_noted_days_later_meets_the_duty_after_all(station: Station) -> None:
    station.open("c1", enhanced=True)
    station.news("c1", "case.closed", "Wed 8 Apr 2026 09:30", reasons="No more to find.")
    station.count()
    station.talk("c1", "Thu 9 Apr 2026 17:00", noted="Mon 13 Apr 2026 09:00")
    assert station.count() == {Group(FORCE, TEAM, "case.closed"): (1, 0, 0)}
    assert station.lapses() == []


def test_a_talk_that_was_noted_wrongly_does_not_count(station: Station) -> None:
    station.open("c1", enhanced=True)
    station.news("c1", "case.closed", "Wed 8 Apr 2026 09:30", reasons="No more to find.")
    station.talk("c1", "Thu 9 Apr 2026 17:00", noted="Fri 10 Apr 2026 07:00")  # nothing is written so early
    assert station.count() == {Group(FORCE, TEAM, "case.closed"): (1, 0, 0)}
    wrong = {"id": "c1-talk", "source": "urn:example:records", "reason": "another victim"}
    station.happen(
        "Fri 10 Apr 2026 07:30", a_document("event.retracted", "Fri 10 Apr 2026 07:30", case_id="c1", **wrong)
    )
    assert station.count() == {Group(FORCE, TEAM, "case.closed"): (0, 0, 1)}


def test_a_message_that_came_back_later_told_her_nothing(station: Station) -> None:
    station.open("c1")
    station.news("c1")
    assert station.count() == {ARRESTS: (1, 0, 0)}
    station.bounce("Mon 13 Apr 2026 10:00")
    assert station.count() == {ARRESTS: (0, 0, 1)}
    assert station.lapses() == [("c1", "missed")]


def test_who_wants_no_updates_is_owed_none(station: Station) -> None:
    station.open("c1", wants="none")
    station.news("c1")
    assert station.count() == {}


def test_an_event_that_came_too_late_is_late_and_the_reason_is_said(station: Station) -> None:
    station.open("c1")
    happened = at(NEWS).isoformat()
    station.news("c1", when="Mon 13 Apr 2026 10:00", occurred_at=happened)
    now = at("Mon 13 Apr 2026 12:00")
    assert station.count(now=now) == {ARRESTS: (0, 1, 0)}
    with station.store.read() as tx:
        (pk,) = stored.lapsed(tx, Span(DUE, DUE), Result.LATE, notices.c.pk > 0, 10, 0)
        (duty,) = stored.load(tx, [pk])
        said = duties.why(duty, duties.how_met(duty, POLICIES, now))
    assert said == "told after the deadline; the event itself came after the deadline"


def test_a_release_told_within_seconds_was_told_at_once(station: Station) -> None:
    """It is due when it arrives, and no message is faster than that."""
    station.open("c1")
    station.news("c1", "custody.released", on="2026-03-31")
    with station.store.begin() as tx:
        tx.run(
            update(attempts)
            .where(attempts.c.event_type == "custody.released")
            .values(sent_at=at(NEWS) + SECONDS)
        )
    on = day("Tue 31 Mar 2026")
    assert station.count(on)[Group(FORCE, TEAM, "custody.released")] == (1, 0, 0)


def test_a_duty_counts_when_its_deadline_is_over(station: Station) -> None:
    station.open("c1")
    station.news("c1")
    assert station.count(now=at("Thu 9 Apr 2026 23:00")) == {}
    assert station.count(now=at("Fri 10 Apr 2026 00:00")) == {ARRESTS: (1, 0, 0)}


def test_teams_forces_and_limits_are_counted_apart(station: Station) -> None:
    other = {"id": "n-other", "name": "Other", "email": "o@police.example"}
    opened: dict[str, dict[str, Any]] = {
        "c1": {}, "c2": {}, "c3": {"unit": other}, "c4": {"force": "Southmoor Police"}, "c5": {"unit": None},
    }  # fmt: skip
    for case_id, changes in opened.items():
        station.open(case_id, **changes)
        station.news(case_id, "case.charged" if case_id == "c2" else AN_ARREST, offences=["Theft"])
    assert station.count() == {
        ARRESTS: (1, 0, 0),
        Group(FORCE, TEAM, "case.charged"): (1, 0, 0),
        Group(FORCE, "n-other", AN_ARREST): (1, 0, 0),
        Group("Southmoor Police", TEAM, AN_ARREST): (1, 0, 0),
        Group(FORCE, "", AN_ARREST): (1, 0, 0),
    }


def test_to_count_again_changes_nothing(station: Station) -> None:
    station.open("c1")
    station.open("c2", enhanced=True)
    station.news("c1")
    station.news("c2", "case.closed", "Wed 8 Apr 2026 09:30", reasons="No more to find.")
    first = station.count()
    assert first == station.count() == station.count()
    assert station.lapses() == [("c2", "missed")]


def test_a_deadline_that_moved_is_counted_on_its_new_day_only(station: Station) -> None:
    station.open("c1")
    station.news("c1")
    station.bounce("Wed 1 Apr 2026 10:00")
    station.count()
    with station.store.begin() as tx:
        moved = notices.c.event_type == AN_ARREST
        tx.run(update(notices).where(moved).values(deadline=at("Wed 8 Apr 2026 20:00")))
    earlier = day("Wed 8 Apr 2026")
    assert station.count(earlier) == {ARRESTS: (0, 0, 1)}
    assert station.lapses() == [("c1", "missed")]
    assert station.count() == {}
    assert station.lapses() == [("c1", "missed")]


@pytest.mark.parametrize(
    ("deadline", "on"),
    [
        ("Sat 31 Jan 2026 23:59:59", "Sat 31 Jan 2026"),
        ("Sun 1 Feb 2026 00:00", "Sun 1 Feb 2026"),
        ("Tue 31 Mar 2026 23:59:59", "Tue 31 Mar 2026"),  # summer time: 22:59:59 by the world's clock
        ("Wed 1 Apr 2026 00:00", "Wed 1 Apr 2026"),  # which is 31 March by the world's clock
        ("Sun 29 Mar 2026 00:00", "Sun 29 Mar 2026"),  # a day of 23 hours
        ("Sun 29 Mar 2026 23:59:59", "Sun 29 Mar 2026"),
        ("Sun 25 Oct 2026 23:59:59", "Sun 25 Oct 2026"),  # a day of 25 hours
        ("Mon 26 Oct 2026 00:00", "Mon 26 Oct 2026"),
    ],
)
def test_a_duty_belongs_to_the_local_day_of_its_deadline(station: Station, deadline: str, on: str) -> None:
    station.open("c1")
    station.news("c1")
    with station.store.begin() as tx:
        arrest = notices.c.event_type == AN_ARREST
        tx.run(update(notices).where(arrest).values(deadline=at(deadline)))
    its_day, now = day(on), at("Mon 30 Nov 2026 09:00")
    for other in (its_day - timedelta(days=1), its_day + timedelta(days=1)):
        assert ARRESTS not in station.count(other, now)
    assert sum(station.count(its_day, now)[ARRESTS]) == 1


def test_the_scheduler_counts_what_is_due_to_be_counted_and_then_rests(station: Station) -> None:
    station.open("c1")
    station.news("c1")
    counted = []
    while (on := duties.count_next(station.store, POLICIES, NEXT_MORNING)) is not None:
        counted.append(on)
    today = day("Fri 10 Apr 2026")
    assert counted == [today - timedelta(days=number) for number in range(36)]
    assert station.numbers() == {ARRESTS: (1, 0, 0)}
    an_hour_later = NEXT_MORNING + timedelta(hours=1)
    assert duties.count_next(station.store, POLICIES, an_hour_later) == today
    assert duties.count_next(station.store, POLICIES, an_hour_later) is None


def test_two_schedulers_at_once_count_each_duty_once(postgres_database_url: str) -> None:
    for station in _of(postgres_database_url):
        for number in range(4):
            station.open(f"c{number}", enhanced=True)
            station.news(f"c{number}", "case.closed", "Wed 8 Apr 2026 09:30", reasons="No more to find.")
        together = Barrier(4)

        def count(_number: int, station: Station = station, together: Barrier = together) -> None:
            together.wait()
            station.store.run(lambda tx: duties.count(tx, DUE, POLICIES, NEXT_MORNING))

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(count, range(4)))
        assert station.numbers() == {Group(FORCE, TEAM, "case.closed"): (0, 0, 4)}
        assert len(station.lapses()) == 4


def test_a_day_that_another_scheduler_has_just_counted_is_left_alone(postgres_database_url: str) -> None:
    """The second one looked before the first one was done, and waits for it."""
    for station in _of(postgres_database_url):
        together = Barrier(2)

        def count(_number: int, station: Station = station, together: Barrier = together) -> date | None:
            together.wait()
            return duties.count_next(station.store, POLICIES, NEXT_MORNING)

        with ThreadPoolExecutor(2) as threads:
            days = list(threads.map(count, range(2)))
        with station.store.read() as tx:
            rows = tx.all(select(counted_days))
        assert {row.day for row in rows} == set(days)
        assert all(row.counted_at == NEXT_MORNING for row in rows)


def _of(url: str) -> Iterator[Station]:
    channels = fake_channels()
    with (
        a_store(url) as store,
        closing(Path(store, POLICIES, Renderer(LONDON).render, channels, side_by_side=1)) as path,
    ):
        yield Station(store, path, channels)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("Sun 1 Mar 2026", "Tue 31 Mar 2026", ["2026-03 1-31"]),
        ("Sun 15 Mar 2026", "Fri 10 Apr 2026", ["2026-03 15-31", "2026-04 1-10"]),
        ("Thu 31 Dec 2026", "Mon 1 Feb 2027", ["2026-12 31-31", "2027-01 1-31", "2027-02 1-1"]),
        ("Tue 10 Mar 2026", "Mon 9 Mar 2026", []),
    ],
)
def test_a_span_falls_into_months(first: str, last: str, expected: list[str]) -> None:
    found = months(day(first), day(last))
    assert [f"{month} {month.first.day}-{month.last.day}" for month in found] == expected


def test_months_before_and_after() -> None:
    january = Month.of(day("Sat 31 Jan 2026"))
    assert (str(january.before), str(january), str(january.after)) == ("2025-12", "2026-01", "2026-02")
    assert Month.of(day("Sun 15 Feb 2026")).last == day("Sat 28 Feb 2026")


@pytest.mark.parametrize(
    ("met", "late", "missed", "share"),
    [(0, 0, 0, None), (3, 0, 0, 100.0), (1, 1, 1, 33.3), (9_999, 1, 0, 99.9), (0, 0, 5, 0.0)],
)
def test_a_share_is_never_rounded_up_to_all(met: int, late: int, missed: int, share: float | None) -> None:
    assert share_in_time(Tally(ARRESTS, met, late, missed)) == share


@pytest.mark.parametrize(
    ("event_type", "words"),
    [
        (AN_ARREST, "5 working days, with enhanced rights 1"),
        ("court.verdict", "1 working day"),
        ("contact_scheme.offered", "10 working days"),
        ("custody.escaped", "at once"),
    ],
)
def test_a_limit_is_said_in_words(event_type: str, words: str) -> None:
    assert limit_in_words(Group(FORCE, TEAM, event_type), POLICIES, DUE) == words
