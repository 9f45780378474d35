from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from notifier.store import keys
from notifier.store.database import Store
from notifier.store.tables import publisher_keys
from tests.builders import a_store, at

RECORDS, COURTS = "urn:example:records", "urn:example:courts"
NOW = at("Wed 1 Apr 2026 09:30")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with a_store(database_url) as store:
        yield store


def test_a_key_stands_for_its_source_until_it_is_revoked(store: Store) -> None:
    with store.begin() as tx:
        ours, theirs = keys.add(tx, RECORDS, NOW), keys.add(tx, COURTS, NOW)
        second = keys.add(tx, RECORDS, NOW)
        assert [keys.source_of(tx, key) for key in (ours, theirs, second)] == [RECORDS, COURTS, RECORDS]
        first = keys.listed(tx)[0]
        assert keys.revoke(tx, first.pk, NOW)
        assert [keys.source_of(tx, key) for key in (ours, theirs, second)] == [None, COURTS, RECORDS]
        assert not keys.revoke(tx, first.pk, NOW), "it is revoked already"
        assert not keys.revoke(tx, 99, NOW), "there is none"
        rows = [(row.source, row.made_at, row.revoked_at) for row in keys.listed(tx)]
        assert rows == [(RECORDS, NOW, NOW), (COURTS, NOW, None), (RECORDS, NOW, None)]


def test_an_unknown_key_stands_for_nobody(store: Store) -> None:
    with store.begin() as tx:
        key = keys.add(tx, RECORDS, NOW)
        for wrong in ("", "unknown", key[:-1], key.upper(), f"{key} "):
            assert keys.source_of(tx, wrong) is None


def test_the_key_itself_is_stored_nowhere(store: Store) -> None:
    with store.begin() as tx:
        key = keys.add(tx, RECORDS, NOW)
        row = tx.all(select(publisher_keys))[0]
        assert key not in [str(value) for value in row]
        assert len(key) >= 40
