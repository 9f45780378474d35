"""What stands of a case's history: events that were retracted, victims who withdrew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from notifier.event_data import Retracted
from notifier.records import CaseEvent

_RETRACTION = "event.retracted"
_WITHDRAWAL = "victim.withdrew"
_AGREEMENTS = frozenset({"victim.registered", "victim.updated"})


def retractions(history: Iterable[CaseEvent]) -> set[tuple[str, str]]:
    """Return source and id of the events that their own source took back (rules, section 4)."""
    found = set()
    for event in history:
        data = event.data
        if event.type == _RETRACTION and isinstance(data, Retracted) and data.source == event.source:
            found.add((data.source, data.id))
    return found


def standing(history: Sequence[CaseEvent]) -> tuple[CaseEvent, ...]:
    """Return the history without the events that were retracted."""
    gone = retractions(history)
    return tuple(event for event in history if (event.source, event.id) not in gone)


def withdrew(history: Iterable[CaseEvent], victim_id: str) -> bool:
    """Tell whether the victim withdrew from the case and did not agree to updates again since."""
    withdrawn = False
    for event in history:
        if getattr(event.data, "victim_id", None) != victim_id:
            continue
        if event.type == _WITHDRAWAL:
            withdrawn = True
        elif event.type in _AGREEMENTS and (event.raw.get("contract") or {}).get("wants"):
            withdrawn = False
    return withdrawn
