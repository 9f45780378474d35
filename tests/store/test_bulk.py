"""Many rows by one statement, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from notifier.records import What
from notifier.store.database import Tx
from notifier.store.tables import contact_points, journal, victims
from tests.builders import a_store

SUMMER = timezone(timedelta(hours=1))
LINE = {
    "at": datetime(2026, 6, 1, 9, 30, 0, 123456, SUMMER),
    "what": What.DECIDED,
    "event_ids": ["e-1", 'a "quoted" one', "Siân", "back\\slash"],
    "level": 2,
    "reason": "it's {one} — £5",
    "deadline": None,
    "why": [],
    "detail_sealed": bytes(range(256)),
}


@pytest.fixture
def tx(database_url: str) -> Iterator[Tx]:
    with a_store(database_url) as store, store.begin() as tx:
        yield tx


def added(tx: Tx, *lines: dict[str, Any]) -> list[dict[str, Any]]:
    """Add lines to the journal; return it."""
    for line in lines:
        tx.add(journal, **line)
    return [dict(row._mapping) for row in tx.all(select(journal).order_by(journal.c.pk))]


def test_every_kind_of_value_comes_back(tx: Tx) -> None:
    (row,) = added(tx, LINE)
    assert {name: row[name] for name in LINE} == LINE
    assert row["at"].tzinfo is UTC
    assert row["fact_id"] is None


def test_a_day_and_a_truth_come_back(tx: Tx) -> None:
    names = {"owner": "victim", "point_id": "p1", "position": 0, "channel": "sms", "address_hash": "x"}
    kinds = {"safe": True, "safe_written": False, "valid_from": date(2026, 5, 1), "valid_until": None}
    tx.add(contact_points, **names, **kinds, address_sealed=b"", changed_at=LINE["at"])
    row = tx.all(select(contact_points))[0]._mapping
    assert {name: row[name] for name in kinds} == kinds


def test_rows_get_their_keys_in_the_order_in_which_they_were_added(tx: Tx) -> None:
    lines = added(tx, *({**LINE, "level": number} for number in range(500)))
    assert [line["level"] for line in lines] == list(range(500))


def test_rows_with_different_columns_are_written_too(tx: Tx) -> None:
    short = {name: value for name, value in LINE.items() if name not in ("level", "detail_sealed")}
    assert [line["level"] for line in added(tx, LINE, short)] == [2, None]


def test_each_row_gets_its_own_changes_and_no_other_does(tx: Tx) -> None:
    pks = [line["pk"] for line in added(tx, *(LINE for _ in range(4)))]
    tx.change(journal, pks[2], level=7, detail_sealed=b"new")
    tx.change(journal, pks[0], level=5, detail_sealed=None)
    tx.change(journal, pks[3], reason="other")
    rows = added(tx)
    assert [row["level"] for row in rows] == [5, 2, 7, 2]
    assert [row["detail_sealed"] for row in rows] == [
        None,
        LINE["detail_sealed"],
        b"new",
        LINE["detail_sealed"],
    ]
    assert rows[3]["reason"] == "other"


@pytest.mark.parametrize("first", [None, LINE["at"]])
def test_a_naive_time_is_refused_wherever_it_stands(tx: Tx, first: datetime | None) -> None:
    naive = {**LINE, "deadline": datetime(2026, 6, 1)}  # noqa: DTZ001  # what is refused
    with pytest.raises((ValueError, StatementError), match="a naive time was given to the store"):
        added(tx, {**LINE, "deadline": first}, naive)


def test_what_is_there_already_is_left_alone_and_not_returned(tx: Tx) -> None:
    def add_once(*names: str) -> set[str]:
        rows = [{"victim_id": name, "profile_sealed": name.encode()} for name in names]
        return {row.victim_id for row in tx.add_once(victims, rows, victims.c.victim_id)}

    assert add_once("v1", "v2") == {"v1", "v2"}
    assert add_once("v2", "v3") == {"v3"}
    assert add_once("v3") == set()
    assert tx.add_once(victims, [{"victim_id": "v1", "profile_sealed": b"other"}]) == ()
    sealed = {row.victim_id: row.profile_sealed for row in tx.all(select(victims))}
    assert sealed == {"v1": b"v1", "v2": b"v2", "v3": b"v3"}
