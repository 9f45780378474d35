"""What templates may use: an allow-list of plain values, cleaned, written out in the message's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from notifier.event_data import Common
from notifier.event_types import EVENT_TYPES
from notifier.records import (
    CaseEvent,
    CourtesyContent,
    Form,
    LeafletOffer,
    PersonName,
    RenderRequest,
    Role,
    StaffMember,
    Wording,
)
from notifier.rendering_dates import Dates
from notifier.wire import Staff

Fields = dict[str, Any]

# Rules, section 3: why no reasons can be given is recorded and never told, so templates get a yes or no.
_NEVER_TOLD = frozenset({"reasons_withheld"})
_CUT = "..."


def message_fields(request: RenderRequest, dates: Dates) -> Fields:
    """Return what is the same for every part of a message."""
    case, victim = request.case, request.victim
    return {
        "case": {"force": one_line(case.force), "reference": one_line(case.reference)},
        "recipient": _addressed(victim.recipient),
        "victim": _joined(victim.name.given, victim.name.family),
        "represented": victim.role is Role.REPRESENTATIVE,
        "voicemail": victim.needs.voicemail,
        "contact": _contact_fields(request, dates),
        "next_update": dates.day(request.next_update) if request.next_update else None,
        "pointer": request.form is Form.SHORT and request.wording is Wording.POINTER,
        "full_text_by": request.full_text_by.value if request.full_text_by else None,
        "offer_meeting": request.offer_meeting,
        "leaflets": _leaflet_fields(request, dates),
    }


def event_fields(event: CaseEvent, dates: Dates, *, free_text: bool, item_limit: int | None) -> Fields:
    """Return one event's own fields, and ``on``, the local day on which it happened.

    Only texts, yes or no, days, moments, lists of texts and staff come through. Without ``free_text`` the
    fields that people wrote freely are left out, so that a template cannot use them. ``item_limit`` is the
    number of characters that an item of a list may have.
    """
    hidden = frozenset() if free_text else frozenset(EVENT_TYPES[event.type].free_text)
    written: Fields = {"on": dates.day(dates.local_day(event.occurred_at))}
    for name in type(event.data).model_fields.keys() - Common.model_fields.keys() - hidden:
        value = getattr(event.data, name)
        if name == "on" and value is None:
            continue  # the day on which it happened stands there
        if name in _NEVER_TOLD:
            written[name] = value is not None
        elif value is None or _plain(value):
            written[name] = _written(value, dates, item_limit)
    return written


def courtesy_fields(content: CourtesyContent, last: str | None, dates: Dates, *, free_text: bool) -> Fields:
    """Return what a no-progress update says; ``last`` is the clause that names the last event."""
    fields: Fields = {
        "last": last,
        "last_on": dates.day(dates.local_day(content.last_event.occurred_at)) if content.last_event else None,
        "waits": content.waiting_for is not None,
        "waiting_since": dates.day(content.waiting_since) if content.waiting_since else None,
        "expected_by": dates.day(content.expected_by) if content.expected_by else None,
        "overdue": content.expected_by is not None and content.expected_by < dates.today,
    }
    return {**fields, "waiting_for": one_line(content.waiting_for or "")} if free_text else fields


def whom_to_call(request: RenderRequest) -> StaffMember | None:
    """Return the first who has a phone: the contact, the unit, the supervisor; else the first there is."""
    known = [person for person in (request.contact, request.case.unit, request.case.supervisor) if person]
    return next((person for person in known if person.phone), known[0] if known else None)


def leaflets_offered(request: RenderRequest) -> tuple[LeafletOffer, ...]:
    """Return the leaflets that go with the message; none to a discreet victim (rules, section 3)."""
    discreet = request.wording is Wording.NEUTRAL or request.victim.needs.discreet
    return () if discreet else request.leaflets


def one_line(text: str) -> str | None:
    """Return ``text`` on one line without control characters; ``None`` where nothing is left."""
    return " ".join(_clean(text).split()) or None


def sentence(text: str) -> str:
    """Return ``text`` with a full stop, where it does not end a sentence already."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def phrase(text: str) -> str:
    """Return ``text`` without its full stop, to stand inside a sentence; what was cut keeps its dots."""
    return text if text.endswith(_CUT) else text.rstrip(".;, ")


def _contact_fields(request: RenderRequest, dates: Dates) -> Fields | None:
    person, officer = whom_to_call(request), request.case.officer
    if person is None:
        return None
    shifts = [(dates.shift(text), one_line(text)) for text in person.next_shifts]
    stands_in = person is request.contact and officer is not None and officer.id != person.id
    return {
        **_staff_fields(person),
        "stands_in_for": one_line(officer.name) if stands_in and officer else None,
        "on_duty": _joined(*(understood or text for understood, text in shifts), by=", "),
        # The only one for an SMS and for a discreet message: other texts may name anything.
        "next_shift": next((understood for understood, _ in shifts if understood), None),
    }


def _leaflet_fields(request: RenderRequest, dates: Dates) -> Fields:
    offers = leaflets_offered(request)
    places = (one_line(offer.where.get(dates.language, "")) for offer in offers)
    return {"number": len(offers), "places": tuple(dict.fromkeys(place for place in places if place))}


def _staff_fields(person: StaffMember | Staff) -> Fields:
    return {
        "name": one_line(person.name),
        "phone": one_line(person.phone or ""),
        "email": one_line(person.email or ""),
    }


def _addressed(name: PersonName) -> str | None:
    """Return how a person is addressed: "Ms Bloggs", else "Jo Bloggs", else not at all."""
    if name.title and name.family:
        return _joined(name.title, name.family)
    return _joined(name.given, name.family)


def _joined(*parts: str | None, by: str = " ") -> str | None:
    return by.join(line for part in parts if part and (line := one_line(part))) or None


def _plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, str | bool | date | Staff)


def _written(value: Any, dates: Dates, item_limit: int | None) -> Any:
    match value:
        case str():
            return _clean(value) or None
        case datetime():
            return dates.moment(value)
        case date():
            return dates.day(value)
        case tuple():
            return tuple(_cut(line, item_limit) for item in value if (line := one_line(item)))
        case Staff():
            return _staff_fields(value)
    return value


def _cut(text: str, limit: int | None) -> str:
    """Shorten at a word's end where there is one; something of it always stays."""
    if limit is None or len(text) <= limit:
        return text
    start = text[: limit - len(_CUT)]
    return (start.rpartition(" ")[0] or start) + _CUT


def _clean(text: str) -> str:
    """Drop control and direction characters and odd spaces; each line becomes a paragraph of its own."""
    if text.isprintable():  # nothing to drop, and one line: so are nearly all
        return " ".join(text.split())
    lines = ("".join(filter(str.isprintable, " ".join(line.split()))) for line in text.splitlines())
    return "\n\n".join(line for line in lines if line)
