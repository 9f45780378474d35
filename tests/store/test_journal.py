from __future__ import annotations

from collections.abc import Iterator

import pytest

from notifier.records import What
from notifier.store import cases, journal
from notifier.store.database import Store, Tx
from notifier.store.journal import Line
from tests.builders import AN_ARREST, a_document, a_store, at, stored

WHEN = at("Wed 1 Apr 2026 09:30")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with a_store(database_url) as store:
        yield store


def write(tx: Tx, reason: str) -> int:
    journal.write(tx, Line(What.DECIDED, None, reason=reason), WHEN)
    return journal.last_key(tx)


def facts(tx: Tx, cursor: int = 0, limit: int = 100) -> list[tuple[int, str]]:
    return [(row.fact_id, row.reason) for row in journal.facts_after(tx, cursor, limit)]


def test_a_line_comes_back_with_the_publishers_names_for_things(store: Store) -> None:
    with store.begin() as tx:
        event = stored(tx, a_document(AN_ARREST, "Wed 1 Apr 2026 09:30"))
        case_pk = cases.key(tx, "c1")
        line = Line(
            What.MESSAGE, case_pk, event_pk=event.pk, event_type=event.type, event_ids=(event.id,),
            role="victim", channel="sms", why=("the first time in her windows", "sms is next"),
            detail={"address": "+447700900123", "text": "Someone was arrested."},
        )  # fmt: skip
        journal.write(tx, line, WHEN)
        (row,) = journal.of_case(tx, "c1")
        assert (row.at, row.what, row.case_id, row.event_id) == (WHEN, "message", "c1", event.id)
        assert (row.event_source, row.channel, row.event_ids) == (event.source, "sms", [event.id])
        assert row.why == ["the first time in her windows", "sms is next"]
        assert tx.cipher.open(row.detail_sealed) == line.detail


def test_lines_after_a_key_come_in_the_order_of_decision(store: Store) -> None:
    with store.begin() as tx:
        assert journal.last_key(tx) == 0
        first, second, third = write(tx, "one"), write(tx, "two"), write(tx, "three")
        assert [row.reason for row in journal.after(tx, first)] == ["two", "three"]
        assert first < second < third == journal.last_key(tx)


def test_the_lines_of_an_event_include_those_where_it_was_told_among_others(store: Store) -> None:
    with store.begin() as tx:
        older, newer = (stored(tx, a_document(AN_ARREST, f"Wed 1 Apr 2026 09:{m}")) for m in (30, 40))
        case_pk = cases.key(tx, "c1")
        together = Line(What.MESSAGE, case_pk, event_pk=older.pk, event_ids=(older.id, newer.id))
        journal.write(tx, together, WHEN)
        journal.write(tx, Line(What.DECIDED, case_pk, event_pk=older.pk, event_ids=(older.id,)), WHEN)
        assert [row.what for row in journal.of_event(tx, newer.pk, newer.id, "c1")] == ["message"]
        assert [row.what for row in journal.of_event(tx, older.pk, older.id, "c1")] == ["message", "decided"]


def test_facts_are_numbered_once_and_read_after_a_cursor(store: Store) -> None:
    with store.begin() as tx:
        for reason in ("one", "two", "three"):
            write(tx, reason)
        assert facts(tx) == [], "what is not numbered is no fact yet"
    with store.begin() as tx:
        assert journal.number_facts(tx) == 3
        assert facts(tx) == [(1, "one"), (2, "two"), (3, "three")]
    with store.begin() as tx:
        write(tx, "four")
        assert journal.number_facts(tx) == 1
        assert facts(tx, cursor=2) == [(3, "three"), (4, "four")]
        assert facts(tx, cursor=1, limit=1) == [(2, "two")]
        assert journal.number_facts(tx) == 0


def test_a_reader_never_misses_a_line_that_was_committed_late(postgres_database_url: str) -> None:
    """Its key is the smaller one, but it becomes visible after the other was read."""
    with a_store(postgres_database_url) as store:
        with store.begin() as slow:
            early_key = write(slow, "committed late")
            with store.begin() as quick:
                late_key = write(quick, "committed first")
            with store.begin() as tx:
                assert journal.number_facts(tx) == 1
                assert facts(tx) == [(1, "committed first")]
        with store.begin() as tx:
            assert journal.number_facts(tx) == 1
            assert facts(tx, cursor=1) == [(2, "committed late")]
            assert facts(tx) == [(1, "committed first"), (2, "committed late")], "in the order of the numbers"
        assert early_key < late_key
