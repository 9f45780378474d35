"""THE table: one row per case event that the service understands.

A row says what the event's ``data`` holds, whether and how it is told, by when, and gives a sample.
Adding an event type is adding a row here and a folder of templates (docs/adding-an-event.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import GenericAlias
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, create_model

from notifier import wire
from notifier.records import Tone
from notifier.wire import ContactPointShape, Reference, Shape, Staff, Text


class Clock(StrEnum):
    """From when a limit runs (rules, section 1: two clocks)."""

    OCCURRED = "occurred"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Limit:
    """A duty's limit in working days, and where the number comes from."""

    standard: int
    enhanced: int
    clock: Clock
    source: str


Offence = Literal[
    "burglary", "theft", "vehicle", "robbery", "violence", "criminal_damage", "fraud",
    "antisocial_behaviour", "hate_crime", "domestic_abuse", "stalking", "sexual_offence",
    "trafficking", "child_abuse", "road_collision", "homicide", "other",
]  # fmt: skip


class Common(Shape):
    """What every event's ``data`` holds."""

    case_id: Reference
    victim_ids: tuple[Reference, ...] | None = None
    occurred_at: AwareDatetime | None = None
    backfill: bool = False


class CaseOpened(Common):
    offence: Offence
    force: Text
    reference: Reference
    officer: Staff | None = None
    supervisor: Staff | None = None
    unit: Staff | None = None
    fatal: bool = False
    suspect_known: bool = False


class PartyRecorded(Common):
    role: Literal["suspect", "defendant", "witness"]
    contact_points: tuple[ContactPointShape, ...] = ()
    victim_id: Reference | None = None


class VictimRegistered(Common):
    victim_id: Reference
    name: wire.Name = wire.Name()
    contact_points: tuple[ContactPointShape, ...] = ()
    contract: wire.ContractShape = wire.ContractShape()
    needs: wire.NeedsShape = wire.NeedsShape()
    enhanced: bool = False


_POINT_PATCHES: Any = GenericAlias(tuple, (wire.patch_of(ContactPointShape), ...))
_REPRESENTATIVE_PATCH = wire.patch_of(wire.RepresentativeShape, contact_points=_POINT_PATCHES)
VictimUpdated = create_model(
    "VictimUpdated",
    __base__=Common,
    __doc__="A partial update: only what is written changes; the raw `data` is merged, so a null removes.",
    victim_id=(Reference, ...),
    name=(wire.patch_of(wire.Name) | None, None),
    contact_points=(_POINT_PATCHES | None, None),
    contract=(wire.patch_of(wire.ContractShape) | None, None),
    needs=(wire.patch_of(wire.NeedsShape, representative=_REPRESENTATIVE_PATCH) | None, None),
    enhanced=(bool | None, None),
)


class OfficerAssigned(Common):
    officer: Staff


class ContactRecorded(Common):
    victim_id: Reference
    by: Reference
    method: Literal["phone", "visit", "email", "letter"]
    outcome: Literal["spoke", "left_message", "no_answer"]
    about: tuple[Reference, ...] = ()
    at: AwareDatetime | None = None


class Progress(Common):
    text: Text
    waiting_for: Text | None = None
    expected_by: date | None = None


class Decision(Common):
    reasons: Text | None = None
    reasons_withheld: Text | None = None
    review_right: bool = False


class SuspectReleased(Common):
    outcome: Literal["no_charge", "bail", "under_investigation"]
    conditions: tuple[Text, ...] = ()


class Charged(Common):
    offences: Annotated[tuple[Text, ...], Field(min_length=1)]


class Hearing(Common):
    hearing_id: Reference
    starts_at: AwareDatetime
    court: Text
    purpose: Text


class ToneRule(StrEnum):
    """How a row's tone is found; ``AT_RISK`` is safety for victims at risk, else routine (the asterisk)."""

    ROUTINE = Tone.ROUTINE
    BAD_NEWS = Tone.BAD_NEWS
    SAFETY = Tone.SAFETY
    AT_RISK = "at_risk"


class Courtesy(StrEnum):
    """What telling an event does to the no-progress updates (rules, section 5)."""

    STOPS = "stops"
    RESTARTS = "restarts"


@dataclass(frozen=True, slots=True)
class EventType:
    """One row. ``limit`` is ``None`` for an event that is recorded but never told.

    ``subject`` names the group and the field in which a newer event replaces an older one;
    ``moment`` the field with a known time before which the victim must hear;
    ``free_text`` the fields written by people, which an SMS carries only where they are suitable;
    ``restricts`` tells from ``data`` whether the suspect is in custody or on bail once it happened.
    """

    name: str
    data: type[Common]
    sample: dict[str, Any] = field(repr=False)
    limit: Limit | None = None
    tone: ToneRule = ToneRule.ROUTINE
    key_event: bool = True
    specific: bool = True
    subject: tuple[str, str] | None = None
    moment: str | None = None
    free_text: tuple[str, ...] = ()
    restricts: Callable[[Any], bool] | None = None
    courtesy: Courtesy | None = None
    offers_meeting: bool = False

    @property
    def told(self) -> bool:
        """Whether a victim is told of it."""
        return self.limit is not None


_CODE_2006 = "Code of Practice for Victims of Crime 2006, 5.2 to 5.19; kept in the 2020 Code, Right 6"
_CODE_2020_8 = "2020 Code, Rights 8 and 9: within 1 working day of receipt"
_POLICY = "our policy: the source gives no limit"

_OFFICER = {
    "id": "off7",
    "name": "PC Priya Shah",
    "email": "priya.shah@police.example",
    "phone": "01632 960001",
    "next_shifts": ["Mon 07:00-15:00"],
}
_DECISION_SAMPLE = {"reasons": "There was not enough evidence to charge anyone.", "review_right": True}
_HEARING_SAMPLE = {
    "hearing_id": "h1",
    "starts_at": "2026-10-12T10:00:00+01:00",
    "court": "Example Crown Court",
    "purpose": "trial",
}


def _limit(standard: int, enhanced: int, source: str, clock: Clock = Clock.OCCURRED) -> Limit:
    return Limit(standard, enhanced, clock, source)


_ROWS = (
    EventType(
        "case.opened",
        CaseOpened,
        specific=False,
        sample={"offence": "burglary", "force": "Example", "reference": "EX/1234/26", "officer": _OFFICER},
    ),
    EventType("case.party_recorded", PartyRecorded, specific=False, sample={"role": "suspect"}),
    EventType(
        "victim.registered",
        VictimRegistered,
        limit=_limit(5, 1, _POLICY),
        specific=False,
        sample={"victim_id": "v1", "name": {"title": "Ms", "given": "Jo", "family": "Bloggs"}},
    ),
    EventType("victim.updated", VictimUpdated, specific=False, sample={"victim_id": "v1"}),
    EventType(
        "officer.assigned",
        OfficerAssigned,
        limit=_limit(5, 1, _POLICY),
        key_event=False,
        specific=False,
        sample={"officer": _OFFICER},
    ),
    EventType(
        "contact.recorded",
        ContactRecorded,
        specific=False,
        sample={"victim_id": "v1", "by": "off7", "method": "phone", "outcome": "spoke"},
    ),
    EventType(
        "case.progress",
        Progress,
        limit=_limit(5, 1, _POLICY),
        key_event=False,
        free_text=("text", "waiting_for"),
        courtesy=Courtesy.RESTARTS,
        sample={
            "text": "We have sent the glove found at your home for forensic tests.",
            "waiting_for": "forensic results",
            "expected_by": "2026-04-20",
        },
    ),
    EventType(
        "case.no_further_action",
        Decision,
        limit=_limit(5, 1, _CODE_2006),
        tone=ToneRule.BAD_NEWS,
        free_text=("reasons",),
        restricts=lambda _: False,
        courtesy=Courtesy.STOPS,
        offers_meeting=True,
        sample=_DECISION_SAMPLE,
    ),
    EventType(
        "case.closed",
        Decision,
        limit=_limit(5, 1, _POLICY),
        tone=ToneRule.BAD_NEWS,
        free_text=("reasons",),
        courtesy=Courtesy.STOPS,
        sample=_DECISION_SAMPLE,
    ),
    EventType(
        "case.suspect_arrested",
        Common,
        limit=_limit(5, 1, _CODE_2006),
        restricts=lambda _: True,
        sample={},
    ),
    EventType("case.suspect_interviewed", Common, limit=_limit(5, 1, _CODE_2006), sample={}),
    EventType(
        "case.suspect_released",
        SuspectReleased,
        limit=_limit(5, 1, _CODE_2006),
        tone=ToneRule.AT_RISK,
        restricts=lambda data: bool(data.outcome == "bail"),
        free_text=("conditions",),
        sample={"outcome": "bail", "conditions": ["must not contact you", "must not enter Mill Lane"]},
    ),
    EventType(
        "case.charged",
        Charged,
        limit=_limit(5, 1, _CODE_2006),
        courtesy=Courtesy.RESTARTS,
        sample={"offences": ["burglary"]},
    ),
    EventType(
        "court.hearing_listed",
        Hearing,
        limit=_limit(1, 1, _CODE_2020_8, Clock.RECEIVED),
        subject=("hearing", "hearing_id"),
        moment="starts_at",
        sample=_HEARING_SAMPLE,
    ),
    EventType(
        "court.hearing_changed",
        Hearing,
        limit=_limit(1, 1, _CODE_2020_8, Clock.RECEIVED),
        subject=("hearing", "hearing_id"),
        moment="starts_at",
        sample={**_HEARING_SAMPLE, "starts_at": "2026-10-19T10:00:00+01:00"},
    ),
)

EVENT_TYPES: dict[str, EventType] = {row.name: row for row in _ROWS}
