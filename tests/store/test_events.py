from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from notifier.store import events, rejections
from notifier.store.database import Tx
from notifier.store.engines import IN_MEMORY
from notifier.store.events import Added, NewEvent
from tests.builders import AN_ARREST, a_document, a_store, at, stored

WHEN = "Wed 1 Apr 2026 09:30"


@pytest.fixture
def tx() -> Iterator[Tx]:
    with a_store(IN_MEMORY) as store, store.begin() as tx:
        yield tx


def new(document: dict[str, Any], when: datetime) -> NewEvent:
    return NewEvent(
        document["source"], document["id"], document["type"], document["data"]["case_id"],
        published_at=when, occurred_at=when, backfill=False, document=document,
    )  # fmt: skip


def test_an_event_comes_back_as_it_was_published(tx: Tx) -> None:
    document = a_document("case.progress", WHEN, text="The glove was sent away.", mystery=["kept"])
    event = stored(tx, document)
    assert (event.source, event.id, event.type, event.case_id) == (
        "urn:example:records", document["id"], "case.progress", "c1",
    )  # fmt: skip
    assert event.published_at == event.occurred_at == event.arrived_at == at(WHEN)
    assert event.data.text == "The glove was sent away."
    assert event.raw == document["data"], "fields that we do not know are kept"


def test_a_repeat_is_counted_and_never_stored_again(tx: Tx) -> None:
    document = a_document(AN_ARREST, WHEN)
    stored(tx, document)
    reordered = {key: document[key] for key in reversed(document)}
    changed = {**document, "data": {"case_id": "c1", "mystery": True}}
    again = [new(reordered, at(WHEN)), new(changed, at(WHEN))]
    assert events.add_all(tx, again, at(WHEN)) == [Added.REPEAT, Added.DIFFERENT]
    assert [event.raw for event in events.of_case(tx, "c1")] == [{"case_id": "c1"}], "the first one stands"


def test_a_repeat_within_one_batch_is_seen_too(tx: Tx) -> None:
    document = a_document(AN_ARREST, WHEN)
    changed = {**document, "data": {"case_id": "c1", "mystery": True}}
    batch = [new(each, at(WHEN)) for each in (document, document, changed)]
    assert events.add_all(tx, batch, at(WHEN)) == [Added.NEW, Added.REPEAT, Added.DIFFERENT]


def test_the_same_id_of_another_source_is_another_event(tx: Tx) -> None:
    document = a_document(AN_ARREST, WHEN)
    first = stored(tx, document)
    other = replace(new(document, at(WHEN)), source="urn:example:court")
    assert events.add_all(tx, [other], at(WHEN)) == [Added.NEW]
    assert {event.source for event in events.find(tx, first.id)} == {
        "urn:example:records", "urn:example:court",
    }  # fmt: skip


def test_events_wait_until_they_are_planned_or_set_aside(tx: Tx) -> None:
    first, second = stored(tx, a_document(AN_ARREST, WHEN)), stored(tx, a_document(AN_ARREST, WHEN))
    elsewhere = stored(tx, a_document(AN_ARREST, WHEN, case_id="c2"))
    assert events.unplanned(tx, ["c1"]) == {"c1": {first.pk: 0, second.pk: 0}}
    events.mark_planned(tx, {first.pk}, at(WHEN))
    events.mark_problem(tx, second.pk, "it cannot be planned")
    assert events.unplanned(tx, ["c1"]) == {}
    assert events.unplanned_cases(tx, limit=10) == [elsewhere.case_id]
    assert [row.problem for row in events.with_problems(tx)] == ["it cannot be planned"]


def test_what_could_not_be_taken_is_kept_once_whole_and_sealed(tx: Tx) -> None:
    for _ in range(2):
        rejections.add(tx, "queue", '{"broken', "it is no JSON", at(WHEN))
    (row,) = rejections.waiting(tx)
    assert (row.door, row.reason) == ("queue", "it is no JSON")


def test_what_a_person_discarded_waits_no_more_until_it_comes_again(database_url: str) -> None:
    with a_store(database_url) as store, store.begin() as tx:
        rejections.add(tx, "queue", "{", "it is no JSON", at(WHEN))
        (row,) = rejections.waiting(tx)
        assert rejections.discard(tx, row.pk, "Sgt Reid", "a test", at(WHEN))
        assert not rejections.discard(tx, row.pk, "PC Shah", "too late", at(WHEN))
        assert list(rejections.waiting(tx)) == []
        assert rejections.document(tx, row.pk) == "{"
        rejections.add(tx, "queue", "[", "it is another", at(WHEN))
        assert [one.pk for one in rejections.waiting(tx)] == [row.pk + 1]
        rejections.add(tx, "queue", "{", "it is no JSON", at(WHEN))
        assert row.pk in [one.pk for one in rejections.waiting(tx)]
