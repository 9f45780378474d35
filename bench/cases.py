"""Many open cases, made fast: one case goes through the real service, its rows are then copied.

A copy differs in its keys and wherever a string or a sealed value holds the number of the case. The copies
so look as the service left the first one, whatever its tables hold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import psycopg
import redis
from psycopg.types.json import Json
from sqlalchemy import JSON, Column, Table, func, insert, make_url, select, text, update

from bench.documents import arrests, opening
from bench.machine import Ground
from bench.providers import Provider
from bench.service import cipher, running, store, wait_for
from bench.settings import START
from notifier.event_queue import FIELD
from notifier.records import ChannelName
from notifier.same_place import place_of
from notifier.settings import Settings
from notifier.store import journal as journal_lines
from notifier.store.cipher import Cipher
from notifier.store.database import Store
from notifier.store.ops_tables import totals
from notifier.store.tables import (
    attempt_notices,
    attempts,
    cases,
    contact_points,
    events,
    journal,
    notices,
    receipts,
    registrations,
    victims,
)

_FIRST = 99_999_999
_MARK = f"{_FIRST:08d}"
_TABLES = (
    events, cases, victims, registrations, contact_points,
    notices, attempts, attempt_notices, receipts, journal,
)  # fmt: skip
_UNNAMED_LINKS = {"point_pk": contact_points}
_BLOCK = 1_000
_FIRST_SECONDS = 120
_MOST_ROWS = 1_000  # of the first case, in each table
_OPENED_BEFORE = timedelta(days=6)
Row = dict[str, Any]
Change = Callable[[int], Any]


def open_cases(ground: Ground, provider: Provider, count: int) -> None:
    """Fill an empty database with ``count`` open cases, numbered from 0, each told of one arrest."""
    with store(ground) as opened:
        _first_case(ground, opened, provider)
        copy = _Copier(opened)
        for start in range(0, count, _BLOCK):
            copy.write(range(start, min(start + _BLOCK, count)))
        copy.finish()
        _publish_no_history(ground, opened)


def _publish_no_history(ground: Ground, opened: Store) -> None:
    """Have facts and totals stand after the copies' lines: where they happened, they were published."""
    with opened.begin() as tx:
        last = journal_lines.last_key(tx)
        tx.run(update(totals).where(totals.c.name == "journal").values(value=last))
    with redis.Redis.from_url(ground.redis_url) as client:
        client.xadd(Settings.model_fields["fact_stream"].default, {FIELD: "{}"}, id=f"{last}-0")


def _first_case(ground: Ground, opened: Store, provider: Provider) -> None:
    at = START - _OPENED_BEFORE
    with running(ground, provider.settings, start=at) as service:
        service.publish(opening(_FIRST, at, provider.channel, provider.address(_FIRST)))
        service.publish(arrests(range(_FIRST, _FIRST + 1), at, "told"))
        wait_for("the first case is told", lambda: _ended(opened, provider.state), _FIRST_SECONDS)


def _ended(opened: Store, state: str) -> bool:
    with opened.begin() as tx:
        return [row.state for row in tx.all(select(attempts.c.state))] == [state]


class _Copier:
    """Writes copies of the rows that are there."""

    def __init__(self, opened: Store) -> None:
        self._store = opened
        self._cipher = cipher()
        with opened.begin() as tx:
            self._rows = {table: [dict(row._mapping) for row in tx.all(select(table))] for table in _TABLES}
            self._keys = {table: _last_key(tx.all, table) for table in _TABLES if "pk" in table.c}
        self._places = {
            table: {row["pk"]: place for place, row in enumerate(self._rows[table])} for table in self._keys
        }
        self._changes = {
            table: [self._changes_of(table, row) for row in rows] for table, rows in self._rows.items()
        }

    def write(self, numbers: range) -> None:
        """Write the rows of these cases in one transaction."""
        with self._store.begin() as tx:
            for table in _TABLES:
                rows = [row for number in numbers for row in self._copies(table, number)]
                if not rows:
                    continue
                if tx.is_postgresql:
                    driver: Any = tx.connection.connection.driver_connection
                    _copy(driver, table, rows)
                else:
                    tx.run(insert(table), rows)

    def finish(self) -> None:
        """Let the next keys come after ours, and the planner know how much there is."""
        with self._store.begin() as tx:
            for table in self._keys if tx.is_postgresql else ():
                sequence = func.pg_get_serial_sequence(table.name, "pk")
                tx.all(select(func.setval(sequence, select(func.max(table.c.pk)).scalar_subquery())))
            tx.run(text("ANALYZE"))

    def _copies(self, table: Table, number: int) -> Iterator[Row]:
        for row, changes in zip(self._rows[table], self._changes[table], strict=True):
            yield {**row, **{name: change(number) for name, change in changes.items()}}

    def _changes_of(self, table: Table, row: Row) -> dict[str, Change]:
        found = {column.name: self._change_of(table, column, row) for column in table.c}
        return {name: change for name, change in found.items() if change is not None}

    def _change_of(self, table: Table, column: Column[Any], row: Row) -> Change | None:
        value, target = row[column.name], _target(table, column)
        if column is journal.c.fact_id:
            return self._new_key(journal, row["pk"])
        if value is None:
            return None
        return _change_of(self._cipher, column, row) if target is None else self._new_key(target, value)

    def _new_key(self, table: Table, value: int) -> Change:
        """Return the key for a case's copy: each table's rows stand in the order of their cases."""
        rows, place, last = len(self._rows[table]), self._places[table][value], self._keys[table]
        return lambda number: last + 1 + number * rows + place


def _target(table: Table, column: Column[Any]) -> Table | None:
    """Return the table whose key a column holds."""
    if column.name == "pk":
        return table
    named = next((foreign.column.table for foreign in column.foreign_keys), None)
    return named if named is not None else _UNNAMED_LINKS.get(column.name)


def _change_of(cipher_: Cipher, column: Column[Any], row: Row) -> Change | None:
    value = row[column.name]
    if column.name == "address_hash":
        return partial(_address_hash, cipher_, row)
    if column.name.endswith("_sealed"):
        return _sealed(cipher_, cipher_.open(value))
    if isinstance(value, str) and _MARK in value:
        return partial(_with_number, value)
    return partial(_another, value) if column.unique else None


def _last_key(ask: Callable[[Any], Sequence[Any]], table: Table) -> int:
    return int(ask(select(func.coalesce(func.max(table.c.pk), 0)))[0][0])


def _with_number(value: str, number: int) -> str:
    return value.replace(_MARK, f"{number:08d}")


def _another(value: Any, number: int) -> Any:
    """Return a value that no other row has."""
    if isinstance(value, int):
        return value + (number + 1) * _MOST_ROWS
    return sha256(f"{value} {number}".encode()).hexdigest()[: len(value)]


def _sealed(cipher_: Cipher, value: Any) -> Change | None:
    plain = json.dumps(value)
    if _MARK not in plain:
        return None
    return lambda number: cipher_.seal(json.loads(_with_number(plain, number)))


def _address_hash(cipher_: Cipher, row: Mapping[str, Any], number: int) -> str:
    address = _with_number(cipher_.open(row["address_sealed"]), number)
    return cipher_.lookup("address", place_of(ChannelName(row["channel"]), address))


def _copy(connection: psycopg.Connection[Any], table: Table, rows: Sequence[Row]) -> None:
    json_columns = {column.name for column in table.c if isinstance(column.type, JSON)}
    names = ", ".join(column.name for column in table.c)
    with connection.cursor().copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([Json(value) if name in json_columns else value for name, value in row.items()])


def conninfo(url: str) -> str:
    """Return a database's address as psycopg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
