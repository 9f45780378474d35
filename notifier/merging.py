"""What several events together say of a case or a victim (contract, "Events in"). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from notifier.records import CaseEvent

_CASE_FIELDS = ("offence", "force", "reference", "officer", "supervisor", "unit", "fatal", "suspect_known")
_VICTIM_FIELDS = ("name", "contact_points", "contract", "needs", "enhanced")


def case_profile(events: Iterable[CaseEvent]) -> dict[str, Any]:
    """Return what the case's events, in the order of arrival, say of it.

    An officer who was assigned stays, although the opening came later.
    """
    opened: dict[str, Any] = {}
    assigned: dict[str, Any] = {}
    for event in events:
        if event.type == "case.opened":
            opened |= {name: event.raw[name] for name in _CASE_FIELDS if event.raw.get(name) is not None}
        elif event.type == "officer.assigned":
            assigned = {"officer": event.raw["officer"]}
    return opened | assigned


def victim_profile(events: Sequence[CaseEvent]) -> dict[str, Any] | None:
    """Return what a victim's events, in the order of arrival, say of her; ``None`` before she is registered.

    Updates that came before the first registration lie over it all the same.
    """
    first = next((event for event in events if event.type == "victim.registered"), None)
    if first is None:
        return None
    profile = merge({"victim_id": first.data.victim_id}, written(first))
    for event in events:
        if event is not first:
            profile = merge(profile, written(event))
    return profile


def written(event: CaseEvent) -> dict[str, Any]:
    """Return the parts of a victim's profile that the event writes."""
    return {name: event.raw[name] for name in _VICTIM_FIELDS if name in event.raw}


def merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return ``below`` with the partial update ``above`` laid over it.

    Objects merge, contact points merge by id, other lists replace; a null removes, and so does a contact
    point whose address is null.
    """
    merged = dict(below)
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        elif key == "contact_points":
            merged[key] = _merge_points(merged.get(key, ()), value)
        elif isinstance(value, dict) and key != "address":
            under = merged.get(key)
            merged[key] = merge(under if isinstance(under, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def _merge_points(below: Iterable[dict[str, Any]], above: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    points = {point["id"]: point for point in below}
    for patch in above:
        if "address" in patch and patch["address"] is None:
            points.pop(patch["id"], None)
        else:
            points[patch["id"]] = merge(points.get(patch["id"], {}), patch)
    return list(points.values())
