"""Rows at hand: read for many cases by one statement, changed in memory, written by one statement.

A room asks about one case after the other, and each answer of its own would make some ninety statements for
one notice. A shelf is filled for a whole batch beforehand; where a group is missing it is read when it is
asked for, so to bring it is only ever faster, never needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Connection, Table

from notifier.store import bulk
from notifier.store.ops_tables import metadata

if TYPE_CHECKING:
    from notifier.store.database import Tx

R = TypeVar("R")
T = TypeVar("T")
Values = dict[str, Any]
_PLACES = {table: place for place, table in enumerate(metadata.sorted_tables)}


@dataclass(frozen=True, slots=True, eq=False)
class Shelf(Generic[R]):
    """Records of one kind, in groups that are read whole, such as all notices of a case.

    ``read`` gives for each row of the groups that it is asked for: the group's key, the row's key, the
    record. A statement that changes one of ``tables`` by itself clears the shelf.
    """

    read: Callable[[Tx, Sequence[Any]], Iterable[tuple[Any, int, R]]]
    tables: frozenset[Table]


@dataclass(slots=True)
class Filled(Generic[R]):
    """What one transaction has on a shelf."""

    groups: dict[Any, dict[int, R]] = field(default_factory=dict)
    places: dict[int, Any] = field(default_factory=dict)

    def put(self, group: Any, key: int, record: R) -> None:
        """Add a record, or let it take the place of the one that was there."""
        self.groups.setdefault(group, {})[key] = record
        self.places[key] = group

    def at(self, key: int) -> R | None:
        """Return the record of a row, where its group is here."""
        return self.groups.get(self.places.get(key), {}).get(key)


@dataclass(slots=True)
class Pending:
    """Rows to add and to change, until they are written together."""

    _added: dict[Table, list[Values]] = field(default_factory=dict)
    _fresh: dict[tuple[Table, int], Values] = field(default_factory=dict)
    _changed: dict[Table, dict[int, Values]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._added or self._changed)

    def add(self, table: Table, values: Values) -> None:
        """Have a row added; without ``pk`` the database gives it one, in this order."""
        self._added.setdefault(table, []).append(values)
        if "pk" in values:
            self._fresh[table, values["pk"]] = values

    def change(self, table: Table, key: int, values: Values) -> None:
        """Have columns of a row changed, also of one that is not written yet."""
        fresh = self._fresh.get((table, key))
        if fresh is None:
            fresh = self._changed.setdefault(table, {}).setdefault(key, {})
        fresh.update(values)

    def write(self, connection: Connection) -> None:
        """Write them: rows before those that name them, changes in the order of keys."""
        for table in sorted(self._added, key=_PLACES.__getitem__):
            for rows in _alike(self._added[table], _columns):
                bulk.add(connection, table, rows)
        for table in sorted(self._changed, key=_PLACES.__getitem__):
            changes = sorted(self._changed[table].items())
            for some in _alike(changes, lambda change: _columns(change[1])):
                bulk.change(connection, table, dict(some))


def _columns(row: Values) -> list[str]:
    return sorted(row)


def _alike(rows: Iterable[T], columns: Callable[[T], list[str]]) -> Iterator[list[T]]:
    """Return the rows in groups that have the same columns: each group is one statement."""
    for _, group in groupby(sorted(rows, key=columns), key=columns):
        yield list(group)
