"""What publishers do wrong: events that must be refused, or counted as repeats, and shown to staff."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from publisher import COURTS, RECORDS, Day, moment


def add_mishaps(day: Day) -> None:
    """Add two identical repeats and four events that cannot be taken as they are."""
    day.put(moment("Tue 09:35"), day.find("c24-suspect_arrested"))
    day.put(moment("Wed 09:30"), day.find("c21-hearing_listed"))
    _other_content(day)
    _naive_time(day)
    _unknown_type(day)
    _missing_field(day)


def _other_content(day: Day) -> None:
    """The identity of an event that came before, with another text: the first one stands."""
    changed = deepcopy(day.find("c22-progress"))
    changed["data"]["text"] = "We have asked the bank for its camera recordings."
    _put(day, "Tue 09:20", changed)


def _naive_time(day: Day) -> None:
    event = _event("wrong-naive-time", RECORDS, "case.suspect_interviewed", {"case_id": "c27"})
    day.put(moment("Tue 12:35"), {**event, "time": "2026-04-21T12:35:00"})


def _unknown_type(day: Day) -> None:
    event = _event("wrong-unknown-type", RECORDS, "case.file_reviewed", {"case_id": "c26"})
    _put(day, "Tue 13:05", event)


def _missing_field(day: Day) -> None:
    """A hearing without the time at which it starts."""
    data = {"case_id": "c31", "hearing_id": "c31-h2", "court": "Northmoor Crown Court", "purpose": "trial"}
    event = _event("wrong-missing-field", COURTS, "court.hearing_listed", data)
    _put(day, "Tue 17:15", event)


def _put(day: Day, when: str, event: dict[str, Any]) -> None:
    day.put(moment(when), {**event, "time": moment(when).isoformat()})


def _event(event_id: str, source: str, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"specversion": "1.0", "id": event_id, "source": source, "type": kind, "data": data}
