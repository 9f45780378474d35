"""Made-up people and events, to show and check words with. Events come from the table's own samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from notifier.event_data import CaseOpened, Common, VictimRegistered
from notifier.event_types import EVENT_TYPES, EventType
from notifier.records import (
    Case,
    CaseEvent,
    Contract,
    CourtesyContent,
    Form,
    Needs,
    PersonName,
    RenderRequest,
    Role,
    StaffMember,
    Victim,
    Wording,
)

TIMEZONE = ZoneInfo("Europe/London")
NOW = datetime(2026, 4, 2, 10, 0, tzinfo=TIMEZONE)
NEXT_UPDATE = date(2026, 4, 30)
ADDRESS_LINES = ("1 Mill Lane", "Exampleton", "EX1 1AA")
EMAIL_ADDRESS = "jo.bloggs@mail.example"

_OCCURRED = NOW - timedelta(days=1)
_LAST_STEP = NOW - timedelta(days=27)
_CASE_ID = "c1"


def _read(name: str) -> Any:
    row = EVENT_TYPES[name]
    return row.data.model_validate({"case_id": _CASE_ID, **row.sample})


_OPENED: CaseOpened = _read("case.opened")
_REGISTERED: VictimRegistered = _read("victim.registered")
_NAME = PersonName(**dict(_REGISTERED.name))
assert _OPENED.officer is not None
OFFICER = _OPENED.officer.record()
SUPERVISOR = StaffMember("sup1", "Sgt Tom Reid", "tom.reid@police.example", "01632 960002")
UNIT = StaffMember("unit1", "Victim Care Unit", "victim.care@police.example", "01632 960003")
CASE = Case(
    1, _CASE_ID, True, _OPENED.offence, force=_OPENED.force, reference=_OPENED.reference,
    officer=OFFICER, supervisor=SUPERVISOR, unit=UNIT,
)  # fmt: skip
VICTIM = Victim(1, "v1", _NAME, Contract(), Needs(), False, False, Role.VICTIM, _NAME, ())
REPRESENTED = replace(VICTIM, role=Role.REPRESENTATIVE, recipient=PersonName(family="Sam Carter"))
PEOPLE = (OFFICER.name, SUPERVISOR.name, UNIT.name, *(_NAME.given, _NAME.family), "Sam Carter")


def event(name: str, data: Mapping[str, Any] | None = None, occurred_at: datetime = _OCCURRED) -> CaseEvent:
    """Return an event of this type that happened yesterday, with the table's sample or with ``data``."""
    row = EVENT_TYPES[name]
    raw = {"case_id": _CASE_ID, **(row.sample if data is None else data)}
    return CaseEvent(
        1, "urn:example:records", "e1", name, _CASE_ID, occurred_at, occurred_at, occurred_at, False, None,
        row.data.model_validate(raw),
    )  # fmt: skip


def request(form: Form, **changes: Any) -> RenderRequest:
    """Return what to render to the sample victim, in full; ``changes`` say what is told and how."""
    whole = RenderRequest(form, Wording.FULL, CASE, VICTIM, OFFICER, NOW, next_update=NEXT_UPDATE)
    return replace(whole, **changes)


def courtesy() -> CourtesyContent:
    """Return a no-progress update that is specific."""
    last = event("case.suspect_arrested", occurred_at=_LAST_STEP)
    return CourtesyContent(last, "forensic results", _LAST_STEP.date(), date(2026, 4, 20))


def courtesies() -> Iterator[tuple[str, CourtesyContent]]:
    """Yield every kind of no-progress update, with what is special about it."""
    whole = courtesy()
    yield "something awaited", whole
    yield "something late", replace(whole, expected_by=NOW.date() - timedelta(days=1))
    yield "no date expected", replace(whole, expected_by=None)
    yield "nothing awaited", replace(whole, waiting_for=None, waiting_since=None, expected_by=None)
    yield "nothing on file", CourtesyContent()
    for row in EVENT_TYPES.values():
        if row.told and row.specific:
            yield f"the last step was {row.name}", CourtesyContent(event(row.name, occurred_at=_LAST_STEP))


def variants(row: EventType) -> Iterator[tuple[str, CaseEvent]]:
    """Yield the event as the table's sample has it, then with all and with none of its optional data.

    Each of these again with every value that a field may choose from.
    """
    fields = {name: field for name, field in row.data.model_fields.items() if name not in Common.model_fields}
    optional = {name: field for name, field in fields.items() if not field.is_required()}
    typical = {name: _filler(field.annotation) for name, field in optional.items()}
    bare = {name: value for name, value in row.sample.items() if name not in optional}
    whole = {**{name: value for name, value in typical.items() if value is not None}, **row.sample}
    yield "the sample", event(row.name)
    for words, data in (("all optional data", whole), ("no optional data", bare)):
        yield words, event(row.name, data)
        for name, field in fields.items():
            for choice in _choices(row.name, name, field):
                yield f"{words}, {name} {choice}", event(row.name, {**data, name: choice})


def _choices(event_type: str, name: str, field: FieldInfo) -> tuple[Any, ...]:
    if get_origin(field.annotation) is Literal:
        return get_args(field.annotation)
    return _WORDS_WITH_A_MEANING.get((event_type, name), ())


def _filler(annotation: Any) -> Any:
    """Return typical data for an optional field; ``None`` for what no template sees."""
    field = TypeAdapter(annotation)
    for typical in _TYPICAL:
        with suppress(ValidationError):
            return field.validate_python(typical, strict=True)
    return None


_TYPICAL = (
    True,
    NOW.date(),
    ("must not contact you", "must not go near your home"),
    "The court will say more on the day.",
)
# Texts of which some values are understood (contract, "Events in").
_WORDS_WITH_A_MEANING = {
    ("court.sentenced", "outcome"): ("custody", "suspended", "community", "fine", "other"),
}
