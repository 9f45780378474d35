from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.exc import IntegrityError, StatementError

from notifier.errors import SettingsError, Unreachable
from notifier.store.database import Store
from notifier.store.tables import metadata, rejections
from tests.builders import a_cipher, a_store, at


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
        store.require_newest()
    store.upgrade()
    store.require_newest()


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
