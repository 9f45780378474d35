"""What a decision about one notice rests on, and what it can be: values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notifier.records import (
    Case,
    CaseEvent,
    ContactPoint,
    CourtesyContent,
    FullTextBy,
    StaffRequest,
    Tone,
    Victim,
    Wording,
)
from notifier.rules.deadlines import Duty


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision about one notice rests on.

    ``event`` is ``None`` for a courtesy update, which has ``courtesy``. ``superseded``: a newer event of
    the same subject is to be told; ``older_than_told``: a newer one was told already.
    ``known_at`` is when event, case and victim were all known: before, nothing could be planned.
    ``hold`` is why it waits for a person, whatever else holds. ``told_in_person_at`` is when a person
    spoke about the event. ``tried`` are contact points used up for this notice. ``fallback``: an earlier
    attempt of this notice failed. ``full_only``: the short message is with her, only the full text is
    still to come.
    """

    event: CaseEvent | None
    case: Case
    victim: Victim
    history: tuple[CaseEvent, ...]
    names_on_file: tuple[str, ...]
    superseded: bool = False
    older_than_told: bool = False
    retracted: bool = False
    hold: str | None = None
    known_at: datetime | None = None
    told_in_person_at: datetime | None = None
    last_message_at: datetime | None = None
    tried: frozenset[int] = frozenset()
    fallback: bool = False
    full_only: bool = False
    courtesy: CourtesyContent | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a notice: to which contact point, in which wording."""

    point: ContactPoint
    wording: Wording
    full_text_by: FullTextBy | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Send these parts at ``at``."""

    at: datetime
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """A person must act first."""

    reason: str


@dataclass(frozen=True, slots=True)
class Suppress:
    """It must not be told."""

    reason: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """It was overtaken."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoWay:
    """No contact point is left."""

    reason: str = "no_contact"


Outcome = Send | Hold | Suppress | Cancel | NoWay


@dataclass(frozen=True, slots=True)
class Decision:
    """An outcome with its reasons, and what staff must be asked because of it."""

    outcome: Outcome
    tone: Tone
    duty: Duty | None = None
    why: tuple[str, ...] = ()
    blocked: tuple[ContactPoint, ...] = ()
    asks: tuple[StaffRequest, ...] = ()

    @property
    def deadline(self) -> datetime | None:
        """The duty's deadline, where there is a duty."""
        return self.duty.deadline if self.duty else None
