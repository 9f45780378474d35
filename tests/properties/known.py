"""What was known at an instant, folded from the events by the contract's words alone.

It shares nothing with the service: where the two disagree, one of them misreads the contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from tests.properties.clock import instant, local_day
from tests.properties.histories import History
from tests.properties.profiles import same

Data = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One event as it arrived; ``place`` is its turn."""

    place: int
    id: str
    source: str
    type: str
    case_id: str
    at: datetime
    occurred_at: datetime
    data: Data

    @property
    def victim_ids(self) -> list[str] | None:
        """The victims whom it names; ``None``: all of the case."""
        named = self.data.get("victim_id")
        return [named] if named else self.data.get("victim_ids")

    @property
    def order(self) -> tuple[datetime, int]:
        """Older before newer."""
        return self.occurred_at, self.place


def arrivals(history: History) -> list[Event]:
    """Return each event once, as it arrived."""
    first: dict[tuple[str, str], Data] = {}
    for document in sorted(history.events, key=lambda event: instant(event["time"])):
        first.setdefault((document["source"], document["id"]), document)
    return [_event(place, document) for place, document in enumerate(first.values())]


def _event(place: int, document: Data) -> Event:
    data, at = document["data"], instant(document["time"])
    occurred = instant(data["occurred_at"]) if "occurred_at" in data else at
    return Event(
        place, document["id"], document["source"], document["type"], data["case_id"], at, occurred, data
    )


@dataclass(frozen=True)
class Known:
    """Everything that had arrived by ``at``."""

    at: datetime
    events: tuple[Event, ...]

    @cached_property
    def retracted(self) -> set[str]:
        """Ids of the events that their own source took back."""
        taken = {
            (e.data["source"], e.data["id"])
            for e in self._of("event.retracted")
            if e.source == e.data["source"]
        }
        return {event.id for event in self.events if (event.source, event.id) in taken}

    @cached_property
    def standing(self) -> list[Event]:
        """The events that nobody took back."""
        return [event for event in self.events if event.id not in self.retracted]

    def _of(self, *types: str) -> Iterator[Event]:
        return (event for event in self.events if event.type in types)

    def _standing(self, *types: str) -> Iterator[Event]:
        return (event for event in self.standing if event.type in types)

    def case(self, case_id: str) -> Data | None:
        """Return what the opening of the case says."""
        return next((e.data for e in self._standing("case.opened") if e.case_id == case_id), None)

    def registered(self, case_id: str, victim_id: str) -> Event | None:
        """Return what made the victim one of the case."""
        mine = (e for e in self._standing("victim.registered") if e.data["victim_id"] == victim_id)
        return next((e for e in mine if e.case_id == case_id), None)

    def profile(self, victim_id: str) -> Data:
        """Return the victim's whole profile; what changed before she was registered lies over it."""
        of_victims = self._standing("victim.registered", "victim.updated")
        hers = [e for e in of_victims if e.data["victim_id"] == victim_id]
        first = next((e for e in hers if e.type == "victim.registered"), None)
        if first is None:
            return {}
        profile = dict(first.data)
        for event in hers:
            if event is not first:
                profile = _merged(profile, event.data)
        return profile

    def withdrew(self, case_id: str, victim_id: str) -> bool:
        """Tell whether her last word about this case is that she wants no more."""
        words = []
        for event in self.standing:
            if event.case_id != case_id or event.data.get("victim_id") != victim_id:
                continue
            if event.type == "victim.withdrew":
                words.append(True)
            elif (event.data.get("contract") or {}).get("wants"):
                words.append(False)
        return bool(words) and words[-1]

    def parties(self, apart_from: str) -> set[str]:
        """Return the addresses of all parties, those recorded as this victim's own apart."""
        others = (e for e in self._standing("case.party_recorded") if e.data.get("victim_id") != apart_from)
        return {same(point["address"]) for e in others for point in e.data["contact_points"]}

    def talks(self, victim_id: str, event: Event) -> list[Event]:
        """Return the recorded talks with her about the event, in the order in which we heard of them."""
        return [
            talk
            for talk in self.standing
            if talk.type == "contact.recorded"
            and (talk.case_id, talk.data["victim_id"]) == (event.case_id, victim_id)
            and talk.data["outcome"] == "spoke"
            and event.id in talk.data["about"]
        ]


def known_at(at: datetime, events: list[Event]) -> Known:
    """Return what had arrived by ``at``."""
    return Known(at, tuple(event for event in events if event.at <= at))


def _merged(below: Data, above: Data) -> Data:
    merged = dict(below)
    for name, value in above.items():
        if name == "contact_points" and value is not None:
            points = {point["id"]: point for point in merged.get(name, ())}
            for patch in value:
                points[patch["id"]] = _merged(points.get(patch["id"], {}), patch)
            merged[name] = [point for point in points.values() if "address" in point]
        elif isinstance(value, dict) and name != "address":
            merged[name] = _merged(merged.get(name) or {}, value)
        elif value is None:
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged


def usable(point: Data, day: date) -> bool:
    """Tell whether a contact point is safe and valid on a local day."""
    first, last = (
        date.fromisoformat(point[name]) if point.get(name) else day for name in ("valid_from", "valid_until")
    )
    return point.get("safe", True) and first <= day <= last


def today(at: str) -> date:
    """Return the local day of a line."""
    return local_day(instant(at))
