"""Names, addresses and texts stand in no column of the database in the clear."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Column, LargeBinary, Table, select

from notifier.path import Path
from notifier.records import ChannelName, Reply
from notifier.rendering import Renderer
from notifier.store import notes
from notifier.store.database import Store
from notifier.store.engines import IN_MEMORY
from notifier.store.ops_tables import metadata
from tests.builders import LONDON, POLICIES, a_document, a_store, at
from tests.fakes import FAILED, fake_channels

WHEN = "Wed 1 Apr 2026 09:30"
SEALED = [column for table in metadata.sorted_tables for column in table.c if column.name.endswith("_sealed")]
HASHED = [column for table in metadata.sorted_tables for column in table.c if column.name.endswith("_hash")]
PERSONAL = (
    *("Zephyrine", "Quillfeather", "Bartholomew", "Carter", "Marzipan Crescent", "turquoise umbrella"),
    *(
        "7700900321",
        "7700900322",
        "07700 900321",
        "1632960321",
        "z.quill@example.org",
        "b.shah@police.example",
    ),
)
HOME = ["1 Marzipan Crescent", "Exampleton", "SW1A 1AA"]
OFFICER = {"id": "off7", "name": "PC Bartholomew Shah", "email": "b.shah@police.example"}


def documents() -> Iterator[dict[str, Any]]:
    """A case in which something is written to every table that holds personal data."""
    name = {"title": "Ms", "given": "Zephyrine", "family": "Quillfeather"}
    points = [
        {"id": "p1", "channel": "sms", "address": "07700 900321"},
        {"id": "p2", "channel": "email", "address": "z.quill@example.org"},
        {"id": "p3", "channel": "letter", "address": {"lines": HOME}},
        {"id": "p4", "channel": "sms", "address": "0123 nonsense of Quillfeather"},
    ]  # fmt: skip
    number = [{"id": "r1", "channel": "call", "address": "01632 960321"}]
    yield a_document(
        "case.opened", WHEN, offence="burglary", force="Example", reference="EX/1", officer=OFFICER
    )
    yield a_document("victim.registered", WHEN, victim_id="v1", name=name, contact_points=points)
    yield a_document(
        "victim.registered", WHEN, victim_id="v2", contract={"channels": ["call"]},
        needs={"representative": {"name": "Sam Carter", "contact_points": number}},
    )  # fmt: skip
    yield a_document(
        "case.party_recorded", WHEN, role="suspect",
        contact_points=[{"id": "s1", "channel": "sms", "address": "07700 900322"}],
    )  # fmt: skip
    away = {"officer_id": "off9", "from": "2026-04-01", "until": "2026-04-14"}
    yield a_document("officer.absent", WHEN, cover=OFFICER, **away)
    yield a_document("case.progress", WHEN, text="Ms Quillfeather showed us a turquoise umbrella.")
    yield {**a_document("case.progress", WHEN, text="About the turquoise umbrella."), "time": "yesterday"}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """A store in which the case was taken in, planned, sent, answered and partly failed."""
    channels = fake_channels()
    channels[ChannelName.SMS].will_answer(FAILED)
    with a_store(IN_MEMORY) as store:
        with closing(Path(store, POLICIES, Renderer(LONDON).render, channels, side_by_side=1)) as path:
            path.take_in([json.dumps(document) for document in documents()], at(WHEN), door="test")
            path.plan(["c1"], at(WHEN))
            for _ in range(3):
                path.deliver(path.due(at(WHEN)), at(WHEN), at(WHEN) + timedelta(minutes=3))
            about = "Bring the turquoise umbrella to Marzipan Crescent"
            path.hear([Reply(ChannelName.EMAIL, "z.quill@example.org", about, "m1")], at(WHEN))
        with store.begin() as tx:
            notes.add(tx, "Sgt Reid", "T1", 1, f"Ms Quillfeather: {about}", at(WHEN))
        assert channels[ChannelName.EMAIL].sent, "the fallback carried it"
        yield store


def values(store: Store, column: Column[Any]) -> list[Any]:
    with store.begin() as tx:
        return [row[0] for row in tx.all(select(column).where(column.is_not(None)))]


def name_of(thing: Table | Column[Any]) -> str:
    return f"{thing.table.name}.{thing.name}" if isinstance(thing, Column) else thing.name


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=name_of)
def test_nothing_personal_stands_in_the_clear(store: Store, table: Table) -> None:
    with store.begin() as tx:
        text = "\n".join(repr(tuple(row)) for row in tx.all(select(table))).lower()
    assert [word for word in PERSONAL if word.lower() in text] == []


@pytest.mark.parametrize("column", SEALED, ids=name_of)
def test_what_is_named_sealed_is_sealed(store: Store, column: Column[Any]) -> None:
    found = values(store, column)
    assert found, "nothing was written there: the search above would prove nothing"
    with store.begin() as tx:
        assert all(tx.cipher.open(sealed) is not None for sealed in found)


def test_the_search_would_find_what_it_looks_for(store: Store) -> None:
    with store.begin() as tx:
        opened = "\n".join(
            json.dumps(tx.cipher.open(row[0]), ensure_ascii=False)
            for column in SEALED
            for row in tx.all(select(column).where(column.is_not(None)))
        )
    assert [word for word in PERSONAL if word not in opened] == []


def test_only_what_is_sealed_is_binary() -> None:
    binary = {c.name for t in metadata.sorted_tables for c in t.c if isinstance(c.type, LargeBinary)}
    assert binary == {column.name for column in SEALED}


@pytest.mark.parametrize("column", HASHED, ids=name_of)
def test_what_is_named_hash_is_a_keyed_hash(store: Store, column: Column[Any]) -> None:
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in values(store, column))
