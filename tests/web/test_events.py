"""The HTTP door for events: structured, batched and binary."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select

from notifier.store import events, rejections
from notifier.store.tables import events as table
from tests.builders import AN_ARREST, a_document
from tests.web.conftest import COURTS, RECORDS, Web

ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


def an_event(id_: str = "e1", source: str = RECORDS, **data: Any) -> dict[str, Any]:
    return {**a_document(AN_ARREST, "Wed 1 Apr 2026 09:30", id_=id_, **data), "source": source}


def post(web: Web, document: Any, kind: str = ONE, **headers: str) -> httpx.Response:
    body = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
    return web.http.post(
        "/v1/events", content=body, headers={"Content-Type": kind, **headers}, auth=web.records
    )


def outcome(what: str, id_: str = "e1", reason: str | None = None) -> dict[str, str | None]:
    return {"outcome": what, "source": RECORDS, "id": id_, "reason": reason}


def stored(web: Web) -> list[str]:
    with web.store.begin() as tx:
        return [row.event_id for row in tx.all(select(table.c.event_id).order_by(table.c.pk))]


def test_an_event_is_committed_when_202_comes(web: Web) -> None:
    document = an_event(text="Siân’s glove")
    answer = post(web, document, f"{ONE}; charset=utf-8")
    assert (answer.status_code, answer.json()) == (202, [outcome("accepted")])
    with web.store.begin() as tx:
        (event,) = events.of_case(tx, "c1")
    assert event.raw == document["data"]


def test_a_repeat_is_answered_as_one(web: Web) -> None:
    post(web, an_event())
    answer = post(web, an_event())
    assert (answer.status_code, answer.json()) == (202, [outcome("repeat")])
    assert stored(web) == ["e1"]


def test_other_content_under_the_same_identity_is_a_conflict(web: Web) -> None:
    post(web, an_event())
    answer = post(web, an_event(mystery=1))
    assert answer.status_code == 409
    assert "give a new id" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b'{"id": "\xe9"}', "not JSON"),
        (json.dumps({**an_event(), "type": "case.lost"}).encode(), "not a known type"),
        (json.dumps({**an_event(), "time": "2026-04-01T09:30:00"}).encode(), "has no offset"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_kept_for_staff(web: Web, body: bytes, words: str) -> None:
    answer = post(web, body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    with web.store.begin() as tx:
        (row,) = rejections.waiting(tx)
    assert (row.door, row.reason) == ("http", answer.json()["error"])


def test_a_key_is_good_for_its_own_source_only(web: Web) -> None:
    answer = post(web, an_event(source=COURTS))
    assert answer.status_code == 403
    assert RECORDS in answer.json()["error"]
    assert stored(web) == []


def test_a_batch_has_an_answer_for_each(web: Web) -> None:
    post(web, an_event("e1"))
    bad = {**an_event("e3"), "type": "case.lost"}
    answer = post(web, [an_event("e1"), an_event("e2"), bad, an_event("e4", COURTS), 7], BATCH)
    assert answer.status_code == 202
    assert [(one["outcome"], one["id"]) for one in answer.json()] == [
        ("repeat", "e1"), ("accepted", "e2"), ("refused", "e3"), ("refused", "e4"), ("refused", None),
    ]  # fmt: skip
    assert stored(web) == ["e1", "e2"]


def test_a_batch_of_which_nothing_was_taken_is_an_error(web: Web) -> None:
    answer = post(web, [an_event("e1", COURTS), {}], BATCH)
    assert answer.status_code == 400
    assert [one["outcome"] for one in answer.json()["outcomes"]] == ["refused", "refused"]
    assert "refused" in answer.json()["error"]


def test_a_batch_with_half_a_character_takes_the_others(web: Web) -> None:
    body = json.dumps([an_event("e1", text="\ud83d"), an_event("e2", text="a\0b"), an_event("e3")])
    answer = post(web, body.encode(), BATCH)
    assert [one["outcome"] for one in answer.json()] == ["refused", "refused", "accepted"]


def test_half_a_character_in_the_identity_is_refused_too(light_web: Web) -> None:
    body = json.dumps([an_event("\ud83d"), an_event("e1", "\ud83d"), an_event("e2")])
    answer = post(light_web, body.encode(), BATCH)
    assert (answer.status_code, [one["id"] for one in answer.json()]) == (202, [None, "e1", "e2"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[]", 202),
        (b"{}", 400),
        (b"[", 400),
        (b"[" * 100_000, 400),
        (b"[" + b"1," * 1_000 + b"1]", 413),
    ],
)
def test_strange_batches(light_web: Web, body: bytes, status: int) -> None:
    assert post(light_web, body, BATCH).status_code == status


def test_the_binary_form(web: Web) -> None:
    document = an_event()
    attributes = {f"ce-{name}": quote(value, safe=":+") for name, value in document.items() if name != "data"}
    answer = post(web, document["data"], "application/json", **attributes)
    assert (answer.status_code, answer.json()) == (202, [outcome("accepted")])
    assert post(web, document).json() == [outcome("repeat")], "it is the same event in structured form"


def test_the_binary_form_without_data(light_web: Web) -> None:
    answer = post(light_web, b"{", "application/json", **{"ce-specversion": "1.0"})
    assert (answer.status_code, answer.json()) == (400, {"error": "the body is not JSON"})


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_another_content_type_is_told_which_to_use(light_web: Web, kind: str) -> None:
    answer = post(light_web, an_event(), kind)
    assert answer.status_code == 415
    assert ONE in answer.json()["error"]
