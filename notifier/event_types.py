"""THE table: one row per case event that the service understands.

A row says what the event's ``data`` holds, whether and how it is told, by when, and gives a sample.
Adding an event type is adding a row here and a folder of templates (docs/adding-an-event.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from notifier.event_data import (
    Appeal,
    BailChanged,
    CaseOpened,
    ChargeAltered,
    Charged,
    Common,
    ContactRecorded,
    ContactScheme,
    CourtStep,
    Custody,
    Decision,
    Hearing,
    OfficerAbsent,
    OfficerAssigned,
    OutOfCourt,
    PartyRecorded,
    PlannedRelease,
    Progress,
    Reopened,
    Retracted,
    Sentence,
    StaffAnswer,
    Support,
    SuspectReleased,
    Verdict,
    VictimRegistered,
    VictimsRelated,
    VictimUpdated,
    VictimWithdrew,
)
from notifier.records import Tone


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


class ToneRule(StrEnum):
    """How a row's tone is found; ``AT_RISK`` is safety for victims at risk, else routine (the asterisk).

    ``IF_ACQUITTED`` is bad news for an acquittal, else routine.
    """

    ROUTINE = Tone.ROUTINE
    BAD_NEWS = Tone.BAD_NEWS
    SAFETY = Tone.SAFETY
    AT_RISK = "at_risk"
    IF_ACQUITTED = "if_acquitted"


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
    ``restricts`` tells from ``data`` whether the suspect is in custody or on bail once it happened, ``None``
    where it says nothing; ``bad_if_freed``: where it ends either, a person must tell it at once.
    ``safety_if_passed``: it is told as safety where the evening before its moment is over.
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
    restricts: Callable[[Any], bool | None] | None = None
    bad_if_freed: bool = False
    safety_if_passed: bool = False
    courtesy: Courtesy | None = None
    offers_meeting: bool = False

    @property
    def told(self) -> bool:
        """Whether a victim is told of it."""
        return self.limit is not None


_CODE_2006 = "Code of Practice for Victims of Crime 2006, 5.2 to 5.19; kept in the 2020 Code, Right 6"
_CODE_2020_8 = "2020 Code, Rights 8 and 9: within 1 working day of receipt"
_CODE_2020_8_BAIL = "2020 Code, Right 8: bail and its conditions"
_CODE_2020_SCHEME = "2020 Code, Right 11: the offer of the contact scheme"
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
        bad_if_freed=True,
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
    EventType("victim.withdrew", VictimWithdrew, specific=False, sample={"victim_id": "v1"}),
    *(
        EventType(name, VictimsRelated, specific=False, sample={"victim_id": "v1", "other_id": "v2"})
        for name in ("victim.merged", "victim.split")
    ),
    EventType(
        "officer.absent",
        OfficerAbsent,
        specific=False,
        sample={"officer_id": "off7", "from": "2026-04-01", "until": "2026-04-14"},
    ),
    EventType("escalation.acknowledged", StaffAnswer, specific=False, sample={"id": "E1", "by": "off7"}),
    EventType(
        "escalation.resolved",
        StaffAnswer,
        specific=False,
        sample={"id": "E1", "by": "off7", "outcome": "The victim was visited."},
    ),
    EventType(
        "task.done",
        StaffAnswer,
        specific=False,
        sample={"id": "T1", "by": "off7", "outcome": "The victim was called."},
    ),
    EventType(
        "support.referred", Support, specific=False, sample={"victim_id": "v1", "service": "Victim Support"}
    ),
    EventType(
        "support.declined", Support, specific=False, sample={"victim_id": "v1", "service": "Victim Support"}
    ),
    EventType(
        "event.retracted", Retracted, specific=False, sample={"source": "urn:example:records", "id": "e7"}
    ),
    EventType(
        "case.not_investigated",
        Decision,
        limit=_limit(5, 1, _CODE_2006),
        tone=ToneRule.BAD_NEWS,
        free_text=("reasons",),
        courtesy=Courtesy.STOPS,
        sample=_DECISION_SAMPLE,
    ),
    EventType(
        "case.reopened",
        Reopened,
        limit=_limit(5, 1, _POLICY),
        free_text=("reasons",),
        courtesy=Courtesy.RESTARTS,
        sample={"reasons": "A new witness has come forward."},
    ),
    EventType(
        "case.bail_changed",
        BailChanged,
        limit=_limit(5, 1, _CODE_2006),
        tone=ToneRule.AT_RISK,
        subject=("bail", "bail_id"),
        restricts=lambda data: bool(data.change != "cancelled"),
        free_text=("conditions",),
        sample={"bail_id": "b1", "change": "varied", "conditions": ["must not contact you"]},
    ),
    EventType(
        "case.out_of_court",
        OutOfCourt,
        limit=_limit(5, 1, _CODE_2006),
        free_text=("disposal",),
        courtesy=Courtesy.STOPS,
        sample={"disposal": "a caution"},
    ),
    EventType(
        "case.charge_altered",
        ChargeAltered,
        limit=_limit(5, 1, _CODE_2006),
        tone=ToneRule.BAD_NEWS,
        free_text=("reasons",),
        restricts=lambda data: False if data.change == "stopped" else None,
        bad_if_freed=True,
        offers_meeting=True,
        sample={"change": "stopped", "reasons": "There was not enough evidence.", "review_right": True},
    ),
    EventType(
        "court.bail_decided",
        CourtStep,
        limit=_limit(5, 1, _CODE_2020_8_BAIL, Clock.RECEIVED),
        tone=ToneRule.AT_RISK,
        restricts=lambda _: True,
        free_text=("outcome", "conditions"),
        sample={"outcome": "bail", "conditions": ["must not contact you"]},
    ),
    EventType(
        "court.warrant_issued",
        CourtStep,
        limit=_limit(5, 1, _CODE_2006, Clock.RECEIVED),
        sample={"outcome": "arrest"},
    ),
    EventType(
        "court.witness_required",
        CourtStep,
        limit=_limit(1, 1, _CODE_2020_8, Clock.RECEIVED),
        sample={"hearing_id": "h1"},
    ),
    EventType(
        "court.special_measures",
        CourtStep,
        limit=_limit(5, 1, _POLICY, Clock.RECEIVED),
        free_text=("outcome",),
        sample={"outcome": "a screen in court"},
    ),
    EventType(
        "court.verdict",
        Verdict,
        limit=_limit(1, 1, _CODE_2020_8, Clock.RECEIVED),
        tone=ToneRule.IF_ACQUITTED,
        restricts=lambda data: False if data.outcome == "not_guilty" else None,
        bad_if_freed=True,
        free_text=("meaning",),
        sample={"outcome": "guilty", "meaning": "The court will now decide the sentence."},
    ),
    EventType(
        "court.sentenced",
        Sentence,
        limit=_limit(1, 1, _CODE_2020_8, Clock.RECEIVED),
        restricts=lambda data: bool(data.to_prison),
        bad_if_freed=True,
        free_text=("outcome", "meaning"),
        sample={"outcome": "community", "meaning": "They must do 120 hours of unpaid work."},
    ),
    EventType(
        "court.appeal",
        Appeal,
        limit=_limit(1, 1, _CODE_2020_8, Clock.RECEIVED),
        free_text=("outcome",),
        sample={"stage": "listed"},
    ),
    EventType(
        "custody.release_planned",
        PlannedRelease,
        limit=_limit(1, 1, _POLICY, Clock.RECEIVED),
        moment="on",
        safety_if_passed=True,
        free_text=("conditions",),
        sample={"on": "2026-05-20", "conditions": ["must not contact you"]},
    ),
    EventType(
        "custody.released",
        Custody,
        limit=_limit(0, 0, _POLICY, Clock.RECEIVED),
        tone=ToneRule.SAFETY,
        restricts=lambda _: False,
        free_text=("conditions",),
        sample={"on": "2026-04-01", "conditions": ["must not contact you"]},
    ),
    EventType(
        "custody.recalled",
        Custody,
        limit=_limit(1, 1, _POLICY, Clock.RECEIVED),
        restricts=lambda _: True,
        sample={"on": "2026-04-01"},
    ),
    EventType(
        "custody.escaped",
        Custody,
        limit=_limit(0, 0, _POLICY, Clock.RECEIVED),
        tone=ToneRule.SAFETY,
        sample={"on": "2026-04-01"},
    ),
    EventType(
        "contact_scheme.offered",
        ContactScheme,
        limit=_limit(10, 10, _CODE_2020_SCHEME, Clock.RECEIVED),
        sample={"victim_contact_unit": {**_OFFICER, "id": "vcu", "name": "Victim Contact Unit"}},
    ),
)

EVENT_TYPES: dict[str, EventType] = {row.name: row for row in _ROWS}
