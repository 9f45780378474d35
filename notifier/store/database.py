"""The database itself: engines, transactions, migrations. Nothing is opened at import."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy import (
    Column,
    Connection,
    CursorResult,
    Engine,
    Executable,
    Row,
    Table,
    UpdateBase,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import OperationalError

from notifier.errors import GaveWay, SettingsError, Unreachable
from notifier.store import bulk
from notifier.store.at_hand import Filled, Pending, Shelf
from notifier.store.cipher import Cipher
from notifier.store.engines import ONLY_READS, engine_of, give_back
from notifier.store.ops_tables import metadata

# Alembic's are counted, 0001 and so on; what it is needed for stands apart, in `migrating`.
NEWEST_REVISION = max(int(file.name[:4]) for file in Path(__file__).parent.glob("migrations/versions/0*.py"))
# Two transactions waited for each other, or read what the other wrote, and this one was ended.
_WAY_GIVEN = (DeadlockDetected, SerializationFailure)
_TURNS = 8
_FEWEST_KEYS = 32
_PAUSE_SECONDS = 0.1
_FILLED_AT_ONCE = 500
R = TypeVar("R")


@dataclass(slots=True)
class Tx:
    """One transaction: the connection, the cipher, and the rows that it has at hand.

    What is added or changed through :meth:`add` and :meth:`change` is written together: before any other
    statement runs, so that each sees it, and at the end.
    """

    connection: Connection
    cipher: Cipher
    locked: set[int] = field(default_factory=set)
    """The keys of the cases that are locked until the transaction ends."""
    alone: frozenset[int] | None = None
    """Where given: of the events that wait to be planned, only those with these keys are seen."""
    _shelves: dict[Shelf[Any], Filled[Any]] = field(default_factory=dict)
    _pending: Pending = field(default_factory=Pending)
    _keys: dict[Table, Iterator[int]] = field(default_factory=dict)

    def all(self, statement: Executable, parameters: Any = None) -> Sequence[Row[Any]]:
        """Return every row."""
        return self._execute(statement, parameters).all()

    def first(self, statement: Executable, parameters: Any = None) -> Row[Any] | None:
        """Return the first row, or ``None``."""
        return self._execute(statement, parameters).first()

    def run(self, statement: Executable, parameters: Any = None) -> int:
        """Run a statement; return how many rows it touched."""
        return self._execute(statement, parameters).rowcount

    def insert(self, statement: Executable) -> int:
        """Run an insert of one row; return its primary key."""
        key = self._execute(statement).inserted_primary_key
        assert key is not None
        return int(key[0])

    def add_once(
        self, table: Table, rows: Sequence[Mapping[str, Any]], *returning: Column[Any]
    ) -> Sequence[Row[Any]]:
        """Add those of the rows that are not there yet; return these columns of what was added."""
        self.write()
        self.clear(table)
        return bulk.add_once(self.connection, table, rows, returning)

    @property
    def is_postgresql(self) -> bool:
        """Whether rows can be locked one by one; SQLite has one writer instead."""
        return self.connection.dialect.name == "postgresql"

    def _execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        self.write()
        if isinstance(statement, UpdateBase):
            self.clear(statement.table)
        return self.connection.execute(statement, parameters)

    def clear(self, table: Any, but: Shelf[Any] | None = None) -> None:
        """Forget what rests on a table that is being changed, ``but`` for a shelf that knows of it."""
        for shelf in [shelf for shelf in self._shelves if table in shelf.tables and shelf is not but]:
            del self._shelves[shelf]

    def drop(self, shelf: Shelf[Any], group: Any) -> None:
        """Forget one group: it is read again when it is asked for."""
        self._filled(shelf).groups.pop(group, None)

    def forget(self) -> None:
        """Read everything again when it is asked for: others may have changed it until now."""
        self.write()
        self._shelves.clear()
        self._keys.clear()

    def bring(self, shelf: Shelf[R], groups: Iterable[Any]) -> None:
        """Read those of the groups that are not at hand, by one statement."""
        filled = self._filled(shelf)
        if missing := [group for group in dict.fromkeys(groups) if group not in filled.groups]:
            found = list(shelf.read(self, missing))
            filled.groups.update((group, {}) for group in missing)
            for group, key, record in found:
                filled.put(group, key, record)

    def groups(self, shelf: Shelf[Any]) -> list[Any]:
        """Return the keys of the groups that are at hand."""
        return list(self._filled(shelf).groups)

    def of(self, shelf: Shelf[R], group: Any) -> list[R]:
        """Return the records of a group, which is read where it is not at hand."""
        return list(self._group(shelf, group).values())

    def keys_of(self, shelf: Shelf[Any], group: Any) -> list[int]:
        """Return the keys of a group's rows, which is read where it is not at hand."""
        return list(self._group(shelf, group))

    def _group(self, shelf: Shelf[R], group: Any) -> dict[int, R]:
        found = self._filled(shelf).groups.get(group)
        if found is not None:
            return found
        self.bring(shelf, (group,))
        return self._filled(shelf).groups[group]

    def at(self, shelf: Shelf[R], key: int) -> R | None:
        """Return the record of a row, where it is at hand."""
        return self._filled(shelf).at(key)

    def put(self, shelf: Shelf[R], group: Any, key: int, record: R) -> None:
        """Have a record at hand as it is now, where its group is."""
        filled = self._filled(shelf)
        if group in filled.groups:
            filled.put(group, key, record)

    def know(self, shelf: Shelf[R], key: int, record: R) -> None:
        """Have a group at hand that holds this one record, under the record's own key."""
        self._filled(shelf).put(key, key, record)

    def _filled(self, shelf: Shelf[R]) -> Filled[R]:
        filled: Filled[R] | None = self._shelves.get(shelf)
        if filled is None:
            filled = self._shelves[shelf] = Filled()
        return filled

    def add(self, table: Table, **values: Any) -> None:
        """Add a row, at the latest at the end; rows without ``pk`` get theirs in this order."""
        self._pending.add(table, values)

    def change(self, table: Table, key: int, **values: Any) -> None:
        """Change columns of a row, at the latest at the end."""
        self._pending.change(table, key, values)

    def write(self) -> None:
        """Write what is pending."""
        if self._pending:
            pending, self._pending = self._pending, Pending()
            pending.write(self.connection)

    def new_key(self, table: Table) -> int:
        """Return a key for a new row of ``table``, greater than those of the rows that are there.

        Take it only when what the row belongs to is locked.
        """
        try:
            return next(self._keys[table])
        except (KeyError, StopIteration):
            self._keys[table] = self._next_keys(table)
            return next(self._keys[table])

    def _next_keys(self, table: Table) -> Iterator[int]:
        if not self.is_postgresql:
            return count((self.connection.scalar(select(func.max(table.c.pk))) or 0) + 1)
        # As many as there are cases in hand: each needs one or so, and keys that are left over cost nothing.
        drawn = func.nextval(f"{table.name}_pk_seq").label("pk")
        query = select(drawn).select_from(func.generate_series(1, max(len(self.locked), _FEWEST_KEYS)))
        return iter(self.connection.scalars(query).all())


class Store:
    """The database behind ``url``; transactions are made with :meth:`begin`."""

    def __init__(self, url: str, cipher: Cipher) -> None:
        self._cipher = cipher
        self._engine = engine_of(url)

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Give a transaction for looking only: on SQLite it sees one moment, and waits for no writer."""
        with self._begin(self._engine.execution_options(**{ONLY_READS: True})) as tx:
            yield tx

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """Give a transaction that commits at the end and rolls back on an exception.

        On SQLite it takes the one writer's place at once, so that a read in it stays true until the
        commit. Raises :class:`Unreachable` when the database does not answer.
        """
        with self._begin(self._engine) as tx:
            yield tx

    @contextmanager
    def _begin(self, engine: Engine) -> Iterator[Tx]:
        try:
            with engine.begin() as connection:
                tx = Tx(connection, self._cipher)
                yield tx
                tx.write()
        except OperationalError as problem:
            # The original's text may quote parameters, so it is not passed on.
            name = type(problem.orig).__name__
            if isinstance(problem.orig, _WAY_GIVEN):
                raise GaveWay(f"two transactions met ({name}); nothing was lost, try again") from None
            raise Unreachable(f"the database does not answer ({name}); nothing was lost, try again") from None

    def run(self, work: Callable[[Tx], R]) -> R:
        """Return what ``work`` makes of a transaction; where that gives way to another one, it is done again.

        So ``work`` may be called several times, and does nothing but by its transaction. Raises as
        :meth:`begin`, and :class:`GaveWay` after several turns.
        """
        for turn in range(1, _TURNS):
            try:
                with self.begin() as tx:
                    return work(tx)
            except GaveWay:
                # Of two that met, each waits for a time of its own.
                time.sleep(turn * _PAUSE_SECONDS * random.random())  # noqa: S311  # nothing hangs on it
        with self.begin() as tx:
            return work(tx)

    def upgrade(self, revision: str = "head") -> None:
        """Bring the tables to ``revision`` with the migrations."""
        from notifier.store import migrating

        with self._engine.begin() as connection:
            migrating.upgrade(connection, revision)

    def fill_in(self) -> None:
        """Fill in what an upgrade of the tables leaves open, because it is sealed."""
        from notifier.store import cases

        while self.run(lambda tx: cases.fill_columns(tx, _FILLED_AT_ONCE)):
            pass

    def downgrade(self, revision: str) -> None:
        """Take the tables back to ``revision``."""
        from notifier.store import migrating

        with self._engine.begin() as connection:
            migrating.downgrade(connection, revision)

    def require_tables(self) -> None:
        """Raise :class:`SettingsError` where this version cannot work with the tables.

        Tables one migration newer will do: it takes nothing away that the version before it uses, so old and
        new code run side by side while machines are upgraded one after another.
        """
        with self.begin() as tx:
            ahead = _revision(tx.connection) - NEWEST_REVISION
        if ahead < 0:
            raise SettingsError("the database's tables are not up to date; run `notifier db upgrade`")
        if ahead > 1:
            raise SettingsError("the database's tables belong to a much newer version; upgrade this machine")

    def create_tables(self) -> None:
        """Make the tables without migrations: for a database that lives in memory only."""
        metadata.create_all(self._engine)

    def check(self) -> None:
        """Raise :class:`Unreachable` when the database does not answer."""
        with self.begin() as tx:
            tx.all(text("SELECT 1"))

    def close(self) -> None:
        """Give the connections back."""
        give_back(self._engine)


def _revision(connection: Connection) -> int:
    """Return how many migrations the tables have gone through."""
    if not inspect(connection).has_table("alembic_version"):
        return 0
    return int(connection.scalar(text("SELECT version_num FROM alembic_version")) or 0)
