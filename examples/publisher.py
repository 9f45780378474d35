"""The words in which the sample cases are written, and the CloudEvents they become.

Times are written as people do, "Tue 09:14" or "10 Mar 11:20", in local time of 2026. What was before
the first morning is history and goes out with ``backfill``: recorded, never notified.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from people import FORCE, STREETS, TEAM_OF, VICTIMS, ascii_name, landline, mobile

RECORDS = "urn:example:records"
COURTS = "urn:example:courts"

_LONDON = ZoneInfo("Europe/London")
_WEEK = {"Mon": "20 Apr", "Tue": "21 Apr", "Wed": "22 Apr", "Thu": "23 Apr"}
_USUAL_ORDER = ["sms", "email"]
_FIRST_MOBILE = 100
_FIRST_LANDLINE = 700


def moment(written: str) -> datetime:
    """Return the local time that ``written`` means: "Tue 09:14" or "10 Mar 11:20"."""
    day, clock = written.rsplit(" ", 1)
    whole = f"2026 {_WEEK.get(day, day)} {clock}"
    return datetime.strptime(whole, "%Y %d %b %H:%M").replace(tzinfo=_LONDON)


class Day:
    """All events and the behaviour of addresses. ``start`` is where history ends and the day begins."""

    def __init__(self, start: str) -> None:
        self.outcomes: dict[str, str] = {}
        self._start = moment(start)
        self._events: list[tuple[datetime, dict[str, Any]]] = []
        self._ids: Counter[str] = Counter()

    def case(self, case_id: str, offence: str, officer: dict[str, Any], when: str, **more: Any) -> Case:
        """Open a case: ``officer``'s team decides its supervisor and unit."""
        case = Case(self, case_id, officer)
        reference = f"NM/{4100 + int(case_id[1:]) * 7}/26"
        staff: dict[str, Any] = {"officer": officer, **TEAM_OF[officer["id"]]}
        case.add(when, "case.opened", offence=offence, force=FORCE, reference=reference, **staff, **more)
        return case

    def publish(
        self,
        when: str,
        kind: str,
        case_id: str,
        data: dict[str, Any],
        *,
        happened: str | None = None,
        source: str = RECORDS,
    ) -> str:
        """Add an event and return its id. ``happened`` says that it was earlier than it is published."""
        event_id = self._name(case_id, kind)
        time = moment(when)
        body = {"case_id": case_id, **data}
        if happened is not None:
            body["occurred_at"] = moment(happened).isoformat()
        if time < self._start:
            body["backfill"] = True
        envelope = {"specversion": "1.0", "id": event_id, "source": source, "type": kind}
        self.put(time, {**envelope, "time": time.isoformat(), "data": body})
        return event_id

    def put(self, time: datetime, event: dict[str, Any]) -> None:
        """Add a finished event as it is; ``time`` is its place in the order."""
        self._events.append((time, event))

    def find(self, event_id: str) -> dict[str, Any]:
        """Return the event that was published first under ``event_id``."""
        return next(event for _, event in self._events if event["id"] == event_id)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return all events, ordered by their time."""
        return [event for _, event in sorted(self._events, key=lambda entry: entry[0])]

    def _name(self, case_id: str, kind: str) -> str:
        """Return an id that tells a reader what the event is: c10-hearing_listed, c10-hearing_listed-2."""
        stem = f"{case_id}-{kind.partition('.')[2]}"
        self._ids[stem] += 1
        return stem if self._ids[stem] == 1 else f"{stem}-{self._ids[stem]}"


class Case:
    """One case; every method publishes one event of it and returns the event's id.

    ``more`` is further data; ``happened`` is when it was, where that is earlier than the publishing.
    """

    def __init__(self, day: Day, case_id: str, officer: dict[str, Any]) -> None:
        self.id = case_id
        self._day = day
        self._officer = officer
        self._victims = 0

    def add(self, when: str, kind: str, *, happened: str | None = None, **data: Any) -> str:
        """Publish an event of any type, from the source that it comes from."""
        source = COURTS if kind.startswith("court.") else RECORDS
        return self._day.publish(when, kind, self.id, data, happened=happened, source=source)

    def victim(
        self,
        when: str,
        name: str,
        points: str,
        *,
        safe: str = "",
        further_points: tuple[dict[str, Any], ...] = (),
        contract: dict[str, Any] | None = None,
        happened: str | None = None,
        **more: Any,
    ) -> str:
        """Register a victim and return the victim's id.

        ``points`` names her channels in the order of her contract, each with its behaviour at the peers
        where that is not the usual one: "sms:undelivered:30005 email". ``safe`` are channels with
        ``safe`` written. ``further_points`` are added as they are.
        """
        victim_id = f"{self.id}-v{self._victims + 1}"
        self._victims += 1
        title, (given, family) = VICTIMS[name], name.rsplit(" ", 1)
        found = [self._point(name, point, safe.split()) for point in points.split()]
        order = [point["channel"] for point in found]
        agreed = {**({} if order == _USUAL_ORDER else {"channels": order}), **(contract or {})}
        self.add(
            when,
            "victim.registered",
            happened=happened,
            victim_id=victim_id,
            name={"title": title, "given": given, "family": family},
            contact_points=[*found, *further_points],
            **({"contract": agreed} if agreed else {}),
            **more,
        )
        return victim_id

    def _point(self, name: str, point: str, safe: list[str]) -> dict[str, Any]:
        channel, _, behaviour = point.partition(":")
        address, normalised = _address(name, channel)
        if behaviour:
            self._day.outcomes[normalised] = behaviour
        written = {"safe": True} if channel in safe else {}
        return {"id": f"{channel}-1", "channel": channel, "address": address, **written}

    def updated(self, when: str, victim_id: str, **data: Any) -> str:
        """Change what is known of a victim."""
        return self.add(when, "victim.updated", victim_id=victim_id, **data)

    def party(self, when: str, role: str, *numbers: str, **more: Any) -> str:
        """Record a suspect, defendant or witness with the mobile numbers on file for that person."""
        points = [
            {"id": f"{role}-{place}", "channel": "sms", "address": number}
            for place, number in enumerate(numbers, start=1)
        ]
        return self.add(when, "case.party_recorded", role=role, contact_points=points, **more)

    def assigned(self, when: str, officer: dict[str, Any], **more: Any) -> str:
        """Give the case to another officer."""
        self._officer = officer
        return self.add(when, "officer.assigned", officer=officer, **more)

    def progress(
        self, when: str, text: str, waiting_for: str = "", expected_by: str = "", **more: Any
    ) -> str:
        """Say what was done, and what is awaited until which day (2026-05-06)."""
        awaited = {"waiting_for": waiting_for, "expected_by": expected_by}
        return self.add(when, "case.progress", text=text, **{k: v for k, v in awaited.items() if v}, **more)

    def arrested(self, when: str, **more: Any) -> str:
        """A suspect was arrested."""
        return self.add(when, "case.suspect_arrested", **more)

    def interviewed(self, when: str, **more: Any) -> str:
        """A suspect was interviewed."""
        return self.add(when, "case.suspect_interviewed", **more)

    def released(self, when: str, outcome: str, *conditions: str, **more: Any) -> str:
        """A suspect was released: no_charge, bail or under_investigation."""
        return self.add(when, "case.suspect_released", outcome=outcome, conditions=list(conditions), **more)

    def charged(self, when: str, *offences: str, **more: Any) -> str:
        """A suspect was charged."""
        return self.add(when, "case.charged", offences=list(offences), **more)

    def no_further_action(self, when: str, **more: Any) -> str:
        """The case was decided without a charge; the victim may ask for a review."""
        return self.add(when, "case.no_further_action", review_right=True, **more)

    def closed(self, when: str, reasons: str, **more: Any) -> str:
        """The case was closed."""
        return self.add(when, "case.closed", reasons=reasons, **more)

    def hearing(
        self, when: str, starts: str, purpose: str, *, number: int = 1, changed: bool = False, **more: Any
    ) -> str:
        """The court listed the case's ``number``-th hearing, or moved it; ``starts`` is when it begins."""
        kind = "court.hearing_changed" if changed else "court.hearing_listed"
        court = "Northmoor Crown Court" if purpose == "trial" else "Rivermouth Magistrates' Court"
        data = {"hearing_id": f"{self.id}-h{number}", "starts_at": moment(starts).isoformat()}
        return self.add(when, kind, **data, court=court, purpose=purpose, **more)

    def contact(
        self, when: str, victim_id: str, *about: str, method: str = "phone", outcome: str = "spoke"
    ) -> str:
        """The officer of the case contacted a victim, or tried to, about these events."""
        told = {"by": self._officer["id"], "about": list(about), "at": moment(when).isoformat()}
        return self.add(when, "contact.recorded", victim_id=victim_id, method=method, outcome=outcome, **told)


def number_of(name: str) -> str:
    """Return a victim's mobile number as the service normalises it."""
    return f"+447700900{_FIRST_MOBILE + list(VICTIMS).index(name)}"


def _address(name: str, channel: str) -> tuple[Any, str]:
    """Return a person's address as the publisher writes it, and as the service normalises it."""
    place = list(VICTIMS).index(name)
    if channel == "sms":
        return mobile(_FIRST_MOBILE + place), number_of(name)
    if channel == "call":
        return landline(_FIRST_LANDLINE + place), f"+441632960{_FIRST_LANDLINE + place}"
    if channel == "email":
        address = f"{ascii_name(name)}@{('example.org', 'example.com')[place % 2]}"
        return address, address
    street, town, postcode = STREETS[place % len(STREETS)]
    lines = [f"{place * 3 + 2} {street}", town, postcode]
    return {"lines": lines}, "\n".join(lines)
