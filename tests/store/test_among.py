"""One parameter for many values, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import StatementError

from notifier.store.among import among
from notifier.store.database import Tx
from notifier.store.tables import victims
from tests.builders import a_store

_NAMES = ["v1", 'a "quoted" one', "Siân", "it's {one}", "back\\slash", "two, of, them"]
_NAMED = select(victims.c.pk, victims.c.victim_id).where(among(victims.c.victim_id, "names"))
_KEYED = select(victims.c.victim_id).where(among(victims.c.pk, "pks"))


@pytest.fixture
def tx(database_url: str) -> Iterator[Tx]:
    with a_store(database_url) as store, store.begin() as tx:
        yield tx


@pytest.fixture
def stored(tx: Tx) -> dict[str, int]:
    for name in _NAMES:
        tx.add(victims, victim_id=name, profile_sealed=b"")
    return {row.victim_id: row.pk for row in tx.all(select(victims.c.victim_id, victims.c.pk))}


def test_it_finds_whatever_the_texts_hold(tx: Tx, stored: dict[str, int]) -> None:
    assert {row.victim_id for row in tx.all(_NAMED, {"names": [*_NAMES, "nobody"]})} == set(_NAMES)


def test_it_finds_by_key_and_no_other(tx: Tx, stored: dict[str, int]) -> None:
    keys = [stored["v1"], stored["Siân"], 10**12]
    assert {row.victim_id for row in tx.all(_KEYED, {"pks": keys})} == {"v1", "Siân"}


def test_none_of_no_values(tx: Tx, stored: dict[str, int]) -> None:
    assert tx.all(_KEYED, {"pks": []}) == []


def test_it_takes_a_set_and_changes_what_it_names(tx: Tx, stored: dict[str, int]) -> None:
    emptied = update(victims).where(among(victims.c.pk, "pks")).values(profile_sealed=b"x")
    assert tx.run(emptied, {"pks": {stored["v1"]}}) == 1


def test_missing_values_are_an_error_and_not_nothing_found(database_url: str) -> None:
    with (
        a_store(database_url) as store,
        pytest.raises(StatementError, match="missing"),
        store.begin() as tx,
    ):
        tx.all(_KEYED, {"pks": None})
