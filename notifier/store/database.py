"""The database itself: engines, transactions, migrations. Nothing is opened at import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Executable, Row, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from notifier.errors import SettingsError, Unreachable
from notifier.store.cipher import Cipher
from notifier.store.tables import metadata

_MIGRATIONS = Path(__file__).with_name("migrations")
_SQLITE_WAIT_SECONDS = 30
IN_MEMORY = "sqlite:///:memory:"
# Engines of databases in memory that are gone: a simulation need not compile every statement anew.
_SPARE: list[Engine] = []


@dataclass(frozen=True, slots=True)
class Tx:
    """One transaction: the connection and the cipher, as every query takes them."""

    connection: Connection
    cipher: Cipher

    def all(self, statement: Executable, parameters: Any = None) -> Sequence[Row[Any]]:
        """Return every row."""
        return self.connection.execute(statement, parameters).all()

    def first(self, statement: Executable) -> Row[Any] | None:
        """Return the first row, or ``None``."""
        return self.connection.execute(statement).first()

    def run(self, statement: Executable, parameters: Any = None) -> int:
        """Run a statement; return how many rows it touched."""
        return self.connection.execute(statement, parameters).rowcount

    def insert(self, statement: Executable) -> int:
        """Run an insert of one row; return its primary key."""
        key = self.connection.execute(statement).inserted_primary_key
        assert key is not None
        return int(key[0])

    def insert_once(self, table: Table) -> Any:
        """Return an insert that leaves a row alone which is there already."""
        insert = postgresql.insert if self.is_postgresql else sqlite.insert
        return insert(table).on_conflict_do_nothing()

    @property
    def is_postgresql(self) -> bool:
        """Whether rows can be locked one by one; SQLite has one writer instead."""
        return self.connection.dialect.name == "postgresql"


class Store:
    """The database behind ``url``; transactions are made with :meth:`begin`."""

    def __init__(self, url: str, cipher: Cipher) -> None:
        self._url = url
        self._cipher = cipher
        self._engine = _engine(url)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """Give a transaction that commits at the end and rolls back on an exception.

        On SQLite it takes the one writer's place at once, so that a read in it stays true until the
        commit. Raises :class:`Unreachable` when the database does not answer.
        """
        try:
            with self._engine.begin() as connection:
                yield Tx(connection, self._cipher)
        except OperationalError as problem:
            # The original's text may quote parameters, so it is not passed on.
            name = type(problem.orig).__name__
            raise Unreachable(f"the database does not answer ({name}); nothing was lost, try again") from None

    def upgrade(self, revision: str = "head") -> None:
        """Bring the tables to ``revision`` with the migrations."""
        with self._engine.begin() as connection:
            command.upgrade(_alembic(connection), revision)

    def downgrade(self, revision: str) -> None:
        """Take the tables back to ``revision``."""
        with self._engine.begin() as connection:
            command.downgrade(_alembic(connection), revision)

    def require_tables(self) -> None:
        """Raise :class:`SettingsError` where this version cannot work with the tables.

        Tables one migration newer will do: it takes nothing away that the version before it uses, so old and
        new code run side by side while machines are upgraded one after another.
        """
        with self.begin() as tx:
            current = int(MigrationContext.configure(tx.connection).get_current_revision() or 0)
        ahead = current - int(ScriptDirectory(str(_MIGRATIONS)).get_current_head() or 0)
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
        self._engine.dispose()
        if self._url == IN_MEMORY:
            _SPARE.append(self._engine)


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True, pool_size=10, hide_parameters=True)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    if url == IN_MEMORY:
        if _SPARE:
            return _SPARE.pop()
        engine = create_engine(
            url, poolclass=StaticPool, connect_args={"check_same_thread": False}, hide_parameters=True
        )
    else:
        engine = create_engine(url, connect_args={"timeout": _SQLITE_WAIT_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # A worker that stands still in a transaction must not keep its victims from the others; and an attempt
    # is stored before the call only where a commit is on the disk.
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '60s'")
        cursor.execute("SET synchronous_commit = on")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling would begin late and commit early.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
