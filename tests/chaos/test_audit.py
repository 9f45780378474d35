"""The audit itself: it sees what was lost, and what was doubled without being known."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.chaos.audit import Records, doubled, events_lost, notices_lost

AT = datetime(2026, 5, 12, tzinfo=UTC)
CASE, VICTIM = 1, 2
NONE: frozenset[int] = frozenset()


def row(**values: Any) -> Any:
    return SimpleNamespace(**values)


def attempt(pk: int, state: str, **values: Any) -> Any:
    usual = {"ref": f"r{pk}", "channel": "sms", "role": "victim", "wording": "full", "why": []}
    return row(pk=pk, state=state, **{**usual, **values})


def records(notice: str, *attempts: Any, shown: bool = False, doubted: frozenset[int] = NONE) -> Records:
    """One event with one notice, carried by these attempts; the journal doubted some of them."""
    event = row(pk=1, planned_at=AT, problem=None)
    made = row(pk=1, event_pk=1, case_pk=CASE, victim_pk=VICTIM, case_id="c1", state=notice)
    return Records(
        {("urn:x", "e1"): event},
        {1: made},
        {one.ref: one for one in attempts},
        {one.pk: [1] for one in attempts},
        doubted,
        frozenset({(CASE, VICTIM)} if shown else ()),
    )


@pytest.mark.parametrize(
    ("notice", "state", "held_by_peer", "shown", "lost"),
    [
        ("told", "delivered", 1, False, 0),
        ("told", "delivered", 0, False, 2),  # the attempt and the notice both claim what no peer has
        ("sent", "accepted", 1, False, 0),
        ("sending", "dispatching", 0, False, 1),
        ("planned", "deferred", 0, False, 1),
        ("uncertain", "unknown", 0, True, 0),
        ("uncertain", "unknown", 0, False, 1),  # nobody is asked
        ("failed", "failed", 0, False, 1),
    ],
)
def test_a_notice_is_lost(notice: str, state: str, held_by_peer: int, shown: bool, lost: int) -> None:
    found = notices_lost(records(notice, attempt(1, state), shown=shown), Counter({"r1": held_by_peer}))
    assert len(list(found)) == lost


def test_an_event_is_lost() -> None:
    document = {"type": "case.progress", "data": {}}
    known = records("told", attempt(1, "delivered"))
    assert list(events_lost({("urn:x", "e1"): document}, known)) == []
    assert list(events_lost({("urn:x", "e2"): document}, known)) == ["event e2 is not stored"]


@pytest.mark.parametrize(
    ("first", "second", "received", "complaints"),
    [
        (attempt(1, "delivered"), attempt(2, "deferred"), {"r1": 1}, 0),
        (attempt(1, "delivered"), attempt(2, "delivered"), {"r1": 1, "r2": 1}, 1),
        (attempt(1, "delivered"), attempt(2, "accepted", wording="neutral"), {"r1": 1, "r2": 1}, 1),
        (attempt(1, "delivered", wording="pointer"), attempt(2, "delivered"), {"r1": 1, "r2": 1}, 0),
        (attempt(1, "unknown"), attempt(2, "delivered"), {"r1": 1, "r2": 1}, 0),
        (
            attempt(1, "accepted"),
            attempt(2, "accepted", why=["a possible duplicate"]),
            {"r1": 1, "r2": 1},
            0,
        ),
        (
            attempt(1, "failed"),
            attempt(2, "delivered"),
            {"r1": 1, "r2": 1},
            0,
        ),  # bounced, then by another way
        (attempt(1, "deferred"), attempt(2, "delivered"), {"r1": 1, "r2": 1}, 2),  # it never went out, we say
        (attempt(1, "delivered"), attempt(2, "deferred"), {"r1": 2}, 1),
        (attempt(1, "delivered"), attempt(2, "deferred"), {"r1": 1, "r9": 1}, 1),  # no attempt of ours
        (attempt(1, "delivered", role="officer"), attempt(2, "deferred"), {"r1": 2}, 0),
    ],
)
def test_a_message_is_doubled(first: Any, second: Any, received: dict[str, int], complaints: int) -> None:
    assert len(list(doubled(records("told", first, second), Counter(received)))) == complaints


def test_a_receipt_that_came_after_the_next_way_was_taken_is_no_double() -> None:
    late = records("told", attempt(1, "delivered"), attempt(2, "delivered"), doubted=frozenset({1}))
    assert list(doubled(late, Counter({"r1": 1, "r2": 1}))) == []
