from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from notifier.store.database import Store
from tests.builders import a_cipher


@pytest.mark.parametrize(
    ("setting", "value"), [("idle_in_transaction_session_timeout", "1min"), ("synchronous_commit", "on")]
)
def test_a_session_of_postgresql_forgets_no_commit_and_no_stranded_transaction(
    postgres_database_url: str, setting: str, value: str
) -> None:
    store = Store(postgres_database_url, a_cipher())
    with store.begin() as tx:
        assert tx.connection.scalar(text(f"SHOW {setting}")) == value
    store.close()


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
def test_sqlite_waits_for_the_disk_and_keeps_to_its_keys(
    tmp_path: Path, pragma: str, value: str | int
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'notifier.db'}", a_cipher())
    with store.begin() as tx:
        assert tx.connection.scalar(text(f"PRAGMA {pragma}")) == value
    store.close()


def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again(postgres_database_url: str) -> None:
    store, other = (Store(postgres_database_url, a_cipher()) for _ in range(2))
    own = text("SELECT pg_backend_pid()")
    with store.begin() as tx:
        closed = tx.connection.scalar(own)
    with other.begin() as tx:
        tx.all(text("SELECT pg_terminate_backend(:pid, 30000)"), {"pid": closed})  # waits for its end
    with store.begin() as tx:
        assert tx.connection.scalar(own) != closed
    store.close()
    other.close()
