"""Events with every field written, and the ways to every value in them: what the fuzzing tests begin with."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from notifier.event_types import EVENT_TYPES
from tests.builders import a_document

WHEN = "Wed 1 Apr 2026 09:30"
MARKER = "zenobia"
"""Stands in every name and address: it must be found in no reason and in no log."""

Path = tuple[str | int, ...]

_STAFF: dict[str, Any] = {
    "id": "off7",
    "name": f"PC {MARKER}",
    "email": f"{MARKER}@police.example",
    "phone": "01632 960001",
    "next_shifts": ["Mon 07:00-15:00"],
}
_POINTS: list[dict[str, Any]] = [
    {"id": "p1", "channel": "sms", "address": "07700 900123", "safe": True, "valid_from": "2026-01-01",
     "valid_until": "2027-01-01"},
    {"id": "p2", "channel": "email", "address": f"{MARKER}@mail.example"},
    {"id": "p3", "channel": "letter", "address": {"lines": [f"1 {MARKER} Lane", "Exampleton", "EX1 1AA"]}},
]  # fmt: skip
_NAME = {"title": "Ms", "given": MARKER, "family": f"{MARKER}son"}
_PROFILE: dict[str, Any] = {
    "victim_id": "v1",
    "name": _NAME,
    "contact_points": _POINTS,
    "contract": {
        "wants": "all",
        "channels": ["sms", "email"],
        "windows": [{"days": ["mon", "wed"], "from": "18:00", "until": "20:00"}],
        "windows_strict": False,
        "every_days": 7,
    },
    "needs": {
        "language": "en",
        "format": "standard",
        "discreet": False,
        "voicemail": False,
        "representative": {"name": _NAME, "contact_points": [{**_POINTS[0], "id": "r1"}]},
    },
    "enhanced": False,
}
_COMMON: dict[str, Any] = {
    "occurred_at": "2026-04-01T09:00:00+01:00",
    "victim_ids": ["v1"],
    "backfill": False,
    "mystery": "kept",
}
_MORE: dict[str, dict[str, Any]] = {
    "case.opened": {"supervisor": _STAFF, "unit": _STAFF, "fatal": False, "suspect_known": False},
    "case.party_recorded": {"contact_points": _POINTS, "victim_id": "v1"},
    "victim.registered": _PROFILE,
    "victim.updated": _PROFILE,
    "contact.recorded": {"about": ["e1"], "at": "2026-04-01T09:00:00+01:00"},
    "case.no_further_action": {"reasons_withheld": "It would harm a trial."},
    "officer.absent": {"cover": _STAFF},
    "victim.withdrew": {"reason": "She said so."},
    "task.done": {"about": "e1", "kind": "call_back"},
    "escalation.resolved": {"about": "e1", "kind": "no_contact"},
    "court.witness_required": {"outcome": "to come", "conditions": ["bring papers"]},
    "event.retracted": {"reason": "It was another case."},
}


def written(kind: str, case_id: str = "c1", id_: str = "e9") -> dict[str, Any]:
    """Return a valid event of this type with its fields written, of its own to change."""
    data = {**_COMMON, **EVENT_TYPES[kind].sample, **_MORE.get(kind, {})}
    return deepcopy(a_document(kind, WHEN, case_id=case_id, id_=id_, **data))


def paths(value: Any, before: Path = ()) -> Iterator[Path]:
    """Yield the way to every part of a document, from the outside in."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in parts:
        yield (*before, name)
        yield from paths(inner, (*before, name))


def at_path(document: Any, path: Path) -> Any:
    """Return the part of a document at this path."""
    for name in path:
        document = document[name]
    return document


def put(document: Any, path: Path, value: Any) -> None:
    """Write a value over the part at this path."""
    at_path(document, path[:-1])[path[-1]] = value
