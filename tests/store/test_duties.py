"""What the report costs does not grow with the tables: the large ones are read by an index only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File

import pytest
from sqlalchemy import create_engine, true

from notifier import duties
from notifier.rules.compliance import Result
from notifier.store import duties as stored
from notifier.store.database import Store
from notifier.store.duties import Group, Span, Tally
from notifier.store.ops_tables import duty_days
from tests.builders import POLICIES, a_store, at, day
from tests.store.test_growth import scans_of, statements_of

NOW = at("Fri 10 Apr 2026 08:00")
TODAY = day("Fri 10 Apr 2026")
LARGE = ("notices", "attempts", "attempt_notices", "cases", "events", "victims")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with a_store(database_url) as store:
        yield store


def test_no_large_table_is_read_whole(tmp_path: File) -> None:
    url = f"sqlite:///{tmp_path / 'notifier.db'}"
    with a_store(url) as store, statements_of(store) as seen:
        duties.count_next(store, POLICIES, NOW)
        start, end = duties.bounds(TODAY, POLICIES)
        with store.read() as tx:
            stored.load(tx, [1])
            for span in (Span(TODAY, TODAY), Span(TODAY, TODAY, "Example", "unit1", "case.charged")):
                stored.tallies(tx, span)
                stored.met_by_day(tx, span)
                stored.lapsed(tx, span, Result.LATE, true(), 50, 0)
                stored.met(tx, span, start, end, true(), 50, 0)
    engine = create_engine(url)
    scans = [scan for statement, values in seen.items() for scan in scans_of(engine, statement, values)]
    engine.dispose()
    assert len(seen) > 10, "the statements were seen at all"
    assert [scan for scan in scans if scan.split()[1] in LARGE] == []


def test_nothing_to_count_costs_one_look(tmp_path: File) -> None:
    with a_store(f"sqlite:///{tmp_path / 'notifier.db'}") as store:
        while duties.count_next(store, POLICIES, NOW) is not None:
            pass
        with statements_of(store) as seen:
            assert duties.count_next(store, POLICIES, NOW) is None
    (statement,) = seen
    assert "FROM counted_days" in statement


def a_tally(force: str, unit_id: str, event_type: str, met: int, late: int, missed: int) -> Tally:
    return Tally(Group(force, unit_id, event_type), met, late, missed)


def test_numbers_of_several_days_are_added_up_and_limited(store: Store) -> None:
    rows = [
        ("Thu 9 Apr 2026", a_tally("North", "n1", "case.charged", 1, 0, 2)),
        ("Fri 10 Apr 2026", a_tally("North", "n1", "case.charged", 3, 1, 0)),
        ("Fri 10 Apr 2026", a_tally("North", "n2", "case.closed", 0, 0, 1)),
        ("Fri 10 Apr 2026", a_tally("South", "s1", "case.charged", 7, 0, 0)),
        ("Sat 11 Apr 2026", a_tally("North", "n1", "case.charged", 9, 9, 9)),
    ]
    with store.begin() as tx:
        for on in sorted({on for on, _ in rows}):
            stored.take(tx, day(on))
            stored.replace(tx, day(on), [tally for when, tally in rows if when == on], [], NOW)
        first = day("Thu 9 Apr 2026")
        assert stored.tallies(tx, Span(first, TODAY)) == [
            a_tally("North", "n1", "case.charged", 4, 1, 2),
            a_tally("North", "n2", "case.closed", 0, 0, 1),
            a_tally("South", "s1", "case.charged", 7, 0, 0),
        ]
        assert stored.tallies(tx, Span(first, TODAY, "North", "n2")) == [
            a_tally("North", "n2", "case.closed", 0, 0, 1)
        ]
        assert stored.met_by_day(tx, Span(first, TODAY, event_type="case.charged")) == {first: 1, TODAY: 10}
        assert stored.met_by_day(tx, Span(first, TODAY, "North", "n2")) == {}


def test_a_day_is_taken_and_says_when_it_was_counted(store: Store) -> None:
    with store.begin() as tx:
        assert stored.take(tx, TODAY) is None
        stored.replace(tx, TODAY, [a_tally("North", "n1", "case.charged", 1, 0, 0)], [], NOW)
        assert stored.take(tx, TODAY) == NOW
        assert stored.counted_since(tx, TODAY, TODAY) == {TODAY: NOW}
        stored.replace(tx, TODAY, [], [], NOW)
        assert tx.all(duty_days.select()) == []
