"""The engines behind a store: how each kind of database is opened."""

from __future__ import annotations

import select
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import StaticPool

IN_MEMORY = "sqlite:///:memory:"
ONLY_READS = "only_reads"
"""The execution option of a connection that writes nothing: on SQLite it waits for no writer."""
_SQLITE_WAIT_SECONDS = 30
# Engines of databases in memory that are gone: a simulation need not compile every statement anew.
_SPARE: list[Engine] = []


def give_back(engine: Engine) -> None:
    """Close an engine's connections."""
    engine.dispose()
    if engine.url == make_url(IN_MEMORY):
        _SPARE.append(engine)


def engine_of(url: str) -> Engine:
    """Return an engine for the database at ``url``; nothing is opened yet."""
    if make_url(url).get_backend_name() != "sqlite":
        engine = create_engine(url, pool_size=10, hide_parameters=True)
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "checkout", _refuse_closed)
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
        cursor.execute("SET timezone = 'UTC'")  # a time in another one is converted each time it is read
    connection.commit()


def _refuse_closed(connection: Any, _record: Any, _proxy: Any) -> None:
    """Have another connection taken where the server has closed this one: it says so before it goes.

    To ask the server would find that out too, but before each transaction, and costs as much as a statement.
    """
    said = select.poll()
    said.register(connection.fileno(), select.POLLIN)
    if said.poll(0):  # nothing is awaited on it
        raise DisconnectionError


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling would begin late and commit early.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    only_reads = connection.get_execution_options().get(ONLY_READS)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
