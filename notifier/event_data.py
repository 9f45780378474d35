"""What the ``data`` of each event holds (contract, "Events in"), checked by pydantic."""

from __future__ import annotations

import re
from types import GenericAlias
from typing import Annotated, Any, Literal

from pydantic import Field, create_model, model_validator

from notifier import wire
from notifier.wire import ContactPointShape, LocalDay, Moment, Reference, Shape, Staff, Text

Offence = Literal[
    "burglary", "theft", "vehicle", "robbery", "violence", "criminal_damage", "fraud",
    "antisocial_behaviour", "hate_crime", "domestic_abuse", "stalking", "sexual_offence",
    "trafficking", "child_abuse", "road_collision", "homicide", "other",
]  # fmt: skip


class Common(Shape):
    """What every event's ``data`` holds."""

    case_id: Reference
    victim_ids: tuple[Reference, ...] | None = None
    occurred_at: Moment | None = None
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
    at: Moment | None = None


class Progress(Common):
    text: Text
    waiting_for: Text | None = None
    expected_by: LocalDay | None = None


class Decision(Common):
    reasons: Text | None = None
    reasons_withheld: Text | None = None
    review_right: bool = False


class Reopened(Common):
    reasons: Text | None = None


class SuspectReleased(Common):
    outcome: Literal["no_charge", "bail", "under_investigation"]
    conditions: tuple[Text, ...] = ()


class Charged(Common):
    offences: Annotated[tuple[Text, ...], Field(min_length=1)]


class BailChanged(Common):
    bail_id: Reference
    change: Literal["varied", "cancelled"]
    conditions: tuple[Text, ...] = ()


class OutOfCourt(Common):
    disposal: Text


class ChargeAltered(Common):
    change: Literal["altered", "stopped"]
    reasons: Text | None = None
    reasons_withheld: Text | None = None
    review_right: bool = False


class CourtStep(Common):
    hearing_id: Reference | None = None
    outcome: Text | None = None
    conditions: tuple[Text, ...] = ()


class Verdict(Common):
    outcome: Literal["guilty", "not_guilty", "other"]
    meaning: Text | None = None


_PRISON = re.compile(r"\b(custod|prison|imprison|jail|gaol|detention|detained|life)", re.IGNORECASE)
_SUSPENDED = re.compile(r"\bsuspend", re.IGNORECASE)


class Sentence(Common):
    outcome: Text
    meaning: Text | None = None

    @property
    def to_prison(self) -> bool:
        """Whether it is custody: by the word of the contract, or by a court's own words."""
        return bool(_PRISON.search(self.outcome)) and not _SUSPENDED.search(self.outcome)


class Appeal(Common):
    stage: Literal["allowed", "listed", "decided"]
    outcome: Text | None = None


class Custody(Common):
    on: LocalDay | None = None
    conditions: tuple[Text, ...] = ()


class PlannedRelease(Common):
    on: LocalDay
    conditions: tuple[Text, ...] = ()


class ContactScheme(Common):
    victim_contact_unit: Staff


class VictimsRelated(Common):
    """Two records turned out to be of one person (merged), or one to be of two (split)."""

    victim_id: Reference
    other_id: Reference


class VictimWithdrew(Common):
    victim_id: Reference
    reason: Text | None = None


class OfficerAbsent(Common):
    officer_id: Reference
    first: LocalDay = Field(alias="from")
    until: LocalDay
    cover: Staff | None = None

    @model_validator(mode="after")
    def _until_is_not_earlier(self) -> OfficerAbsent:
        if self.until < self.first:
            raise ValueError("'until' must not be earlier than 'from'; both are days of the absence")
        return self


class StaffAnswer(Common):
    """An answer of staff to an escalation or a task: by its ``id``, or by ``about`` (event) and ``kind``."""

    id: Reference | None = None
    about: Reference | None = None
    kind: Reference | None = None
    by: Reference
    outcome: Text | None = None

    @model_validator(mode="after")
    def _names_one(self) -> StaffAnswer:
        if self.id is None and self.about is None:
            raise ValueError("give the 'id' of the escalation or task, or 'about' (an event's id)")
        return self


class Support(Common):
    victim_id: Reference
    service: Text


class Retracted(Common):
    source: Reference
    id: Reference
    reason: Text | None = None


class Hearing(Common):
    hearing_id: Reference
    starts_at: Moment
    court: Text
    purpose: Text
