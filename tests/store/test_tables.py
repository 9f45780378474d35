from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.exc import IntegrityError, StatementError

import notifier.store
from notifier.errors import SettingsError, Unreachable
from notifier.store.database import Store
from notifier.store.ops_tables import metadata
from notifier.store.tables import rejections
from tests.builders import a_cipher, a_store, at

_MIGRATIONS = Path(notifier.store.__file__).parent / "migrations"
# Those before were made before anything was in use.
REVISIONS = [
    script.revision
    for script in ScriptDirectory(str(_MIGRATIONS)).walk_revisions()
    if int(script.revision) > 2
]


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store without any tables."""
    store = Store(database_url, a_cipher())
    yield store
    store.close()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A connection of our own to the same database."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def test_the_migrations_make_the_tables_down_and_up_again(store: Store, engine: Engine) -> None:
    store.upgrade()
    assert differences(engine) == []
    store.downgrade("base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    store.upgrade()
    assert differences(engine) == []


def test_an_upgrade_of_what_is_new_already_changes_nothing(store: Store, engine: Engine) -> None:
    store.upgrade()
    store.upgrade()
    assert differences(engine) == []


def test_the_comparison_sees_what_the_migrations_lack(store: Store, engine: Engine) -> None:
    store.upgrade()
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_notices_due")
        connection.exec_driver_sql("ALTER TABLE publisher_keys DROP COLUMN revoked_at")
    assert {difference[0] for difference in differences(engine)} == {"add_index", "add_column"}


def differences(engine: Engine) -> list[tuple[object, ...]]:
    """Return what is missing or too much in the database, compared with ``tables.py``."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def test_old_tables_stop_the_start(store: Store) -> None:
    with pytest.raises(SettingsError, match="notifier db upgrade"):
        store.require_tables()
    store.upgrade()
    store.require_tables()


def test_tables_one_migration_newer_will_do_and_no_more(store: Store, engine: Engine) -> None:
    store.upgrade()
    for expected in (nullcontext(), pytest.raises(SettingsError, match="upgrade this machine")):
        with engine.begin() as connection:
            newer = text("UPDATE alembic_version SET version_num = '000' || (version_num + 1)")
            if connection.dialect.name == "postgresql":
                newer = text("UPDATE alembic_version SET version_num = '000' || (version_num::int + 1)")
            connection.execute(newer)
        with expected:
            store.require_tables()


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_version_before_works_with_a_migrations_tables(
    store: Store, engine: Engine, revision: str
) -> None:
    """Old and new code run side by side: nothing that the old one reads goes, and its rows still fit."""
    store.upgrade(f"{revision}-1")
    before = columns(engine)
    store.upgrade(revision)
    after = columns(engine)
    for table, old in before.items():
        assert set(old) <= set(after[table]), table
        for name, column in after[table].items():
            if name not in old:
                fills_itself = column["nullable"] or column["default"] is not None
                assert fills_itself, f"{table}.{name}: the version before cannot insert a row"
            else:
                assert column["nullable"] >= old[name]["nullable"], f"{table}.{name}"


def columns(engine: Engine) -> dict[str, dict[str, ReflectedColumn]]:
    found = inspect(engine)
    return {
        table: {column["name"]: column for column in found.get_columns(table)}
        for table in found.get_table_names()
    }


def test_a_naive_time_is_refused_and_times_come_back_in_utc(database_url: str) -> None:
    when = at("Wed 1 Jul 2026 09:30")
    row = {"door": "queue", "reason": "", "body_sealed": b"", "body_hash": "x"}
    with a_store(database_url) as store:
        with store.begin() as tx:
            tx.run(rejections.insert().values(at=when, **row))
            loaded: datetime = tx.all(rejections.select())[0].at
        with store.begin() as tx, pytest.raises(StatementError, match="naive"):
            tx.run(rejections.insert().values(at=when.replace(tzinfo=None), **row))
    assert loaded.isoformat() == "2026-07-01T08:30:00+00:00"


def test_a_transaction_that_fails_leaves_nothing(database_url: str) -> None:
    row = {"at": at("Wed 1 Jul 2026 09:30"), "door": "", "reason": "", "body_sealed": b"", "body_hash": "x"}
    with a_store(database_url) as store:
        with pytest.raises(IntegrityError), store.begin() as tx:
            tx.run(rejections.insert(), [row, row])
        with store.begin() as tx:
            assert tx.all(rejections.select()) == []


def test_a_database_that_does_not_answer_is_said_so_without_quoting_anything() -> None:
    store = Store("postgresql+psycopg://someone:the-password@127.0.0.1:1/notifier", a_cipher())
    with pytest.raises(Unreachable) as refused:
        store.check()
    store.close()
    assert "the-password" not in str(refused.value)
