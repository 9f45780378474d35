"""The records that travel between the rooms: values only, no behaviour beyond their own checks.

Every datetime in a record carries an offset; a naive one is refused where the record is built.
A local day (``date``) is a day in the policy's time zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any


class ChannelName(StrEnum):
    """A way to reach a person; a victim's contract names them in order."""

    SMS = "sms"
    EMAIL = "email"
    LETTER = "letter"
    CALL = "call"


class Form(StrEnum):
    """How a text is laid out. Templates are named by form, not by channel."""

    SHORT = "short"
    MAIL = "mail"
    LETTER = "letter"
    SPOKEN = "spoken"


class Tone(StrEnum):
    """How a notice is to be told (rules, section 1)."""

    ROUTINE = "routine"
    BAD_NEWS = "bad_news"
    SAFETY = "safety"


class Wording(StrEnum):
    """How much of the news one message carries."""

    FULL = "full"  # the whole update
    POINTER = "pointer"  # "there is an update": the free text does not suit an SMS
    NEWS = "news"  # bad news: "there is news", and who can be called
    NEUTRAL = "neutral"  # discreet: ask to call, nothing of police, offence, case or names


class Role(StrEnum):
    """What a person is in the case."""

    VICTIM = "victim"
    REPRESENTATIVE = "representative"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    UNIT = "unit"


class AccountRole(StrEnum):
    """What a signed-in member of staff may do; each may all that the ones before it may."""

    VIEWER = "viewer"  # looks
    OFFICER = "officer"  # acknowledges, resolves, records contacts, changes a contract or an address
    SUPERVISOR = "supervisor"  # releases and discards what is held, gives up, answers many at once
    ADMIN = "admin"  # reads the log of who looked at what

    @property
    def rank(self) -> int:
        """Its place in this order."""
        return list(AccountRole).index(self)


class NoticeState(StrEnum):
    """Where one notice (one event, one victim) stands."""

    PLANNED = "planned"  # to be sent at `send_at`
    HELD = "held"  # a person must act first
    SENDING = "sending"  # leased by a worker, or an attempt's outcome is awaited from the provider's door
    SENT = "sent"  # a provider accepted it, what became of it is not known yet
    TOLD = "told"  # delivered, or told in person
    WITH_PERSON = "with_person"  # handed to a person as a task
    UNCERTAIN = "uncertain"  # nobody knows whether it went out; a person checks
    FAILED = "failed"  # no way is left; an escalation is open
    SUPPRESSED = "suppressed"  # a rule says that it must not be told
    CANCELLED = "cancelled"  # overtaken: superseded, retracted or told by a person


class AttemptState(StrEnum):
    """Where one sending of one message by one channel stands."""

    DISPATCHING = "dispatching"  # committed before the provider is called
    ACCEPTED = "accepted"  # the provider took it
    DELIVERED = "delivered"  # the provider says it arrived, or silence means so
    CONFIRMED = "confirmed"  # the person answered
    UNCONFIRMED = "unconfirmed"  # no receipt in time where silence is a failure
    DEFERRED = "deferred"  # temporary failure; tried again at `next_attempt_at`
    FAILED = "failed"  # permanent failure
    UNKNOWN = "unknown"  # time-out or crash while dispatching: it may or may not have gone


class TaskKind(StrEnum):
    """What a person must do (contract, `notifier simulate`)."""

    TELL_IN_PERSON = "tell_in_person"
    OFFER_MEETING = "offer_meeting"
    FIND_CONTACT = "find_contact"
    CHECK_SAFETY = "check_safety"
    CHECK_DELIVERY = "check_delivery"
    CALL_BACK = "call_back"
    CANNOT_MEET_WINDOW = "cannot_meet_window"
    WITHDREW = "withdrew"
    CORRECTION = "correction"


# What is over when an event is not told any more: all but what is about the victim's safety, and mistakes.
ABOUT_THE_NEWS = frozenset(set(TaskKind) - {TaskKind.CORRECTION, TaskKind.CHECK_SAFETY})


class What(StrEnum):
    """The kinds of lines in the journal; up to ``FAILED`` they are the contract's `what`."""

    MESSAGE = "message"
    PROMPT = "prompt"
    TASK = "task"
    ESCALATION = "escalation"
    SUPPRESSED = "suppressed"
    HELD = "held"
    CANCELLED = "cancelled"
    DELIVERED = "delivered"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"
    # Kept for `notifier trace` and for facts; `notifier simulate` does not print them.
    DECIDED = "decided"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    DONE = "done"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    CLOSURE = "closure"
    RECEIVED = "received"  # a reply


class FailureReason(StrEnum):
    """Why a provider could not deliver: the normalised words every channel's table maps to."""

    BAD_ADDRESS = "bad_address"  # the address does not exist or cannot be of this channel
    BLOCKED = "blocked"  # the person or the network refuses our messages
    OPTED_OUT = "opted_out"  # the person withdrew consent at the provider
    UNREACHABLE = "unreachable"  # off, no coverage, mailbox full: may work later
    REJECTED_CONTENT = "rejected_content"  # the provider refused the text
    PROVIDER = "provider"  # the provider's own fault or throttling
    REASSIGNED = "reassigned"  # the number was given up: its next owner may be anybody
    NOT_OURS = "not_ours"  # our settings or account are wrong
    UNPRINTABLE = "unprintable"  # the letter could not be made
    UNKNOWN = "unknown"  # a code that the table does not have


def require_aware(record: object) -> None:
    """Raise ``ValueError`` when any datetime field of the dataclass ``record`` has no offset."""
    for entry in fields(record):  # type: ignore[arg-type]  # every caller is a dataclass
        value = getattr(record, entry.name)
        if isinstance(value, datetime) and value.utcoffset() is None:
            raise ValueError(f"{entry.name} has no offset; give a time such as 2026-04-01T09:30:00+01:00")


@dataclass(frozen=True, slots=True)
class PersonName:
    """A victim's name as the publisher gave it."""

    title: str = ""
    given: str = ""
    family: str = ""


@dataclass(frozen=True, slots=True)
class StaffMember:
    """An officer, supervisor or unit: who is told, and whom a victim can call."""

    id: str
    name: str
    email: str | None = None
    phone: str | None = None
    next_shifts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """One address of a person, normalised, with all that decides whether it may be used.

    ``address`` is E.164 for numbers; a letter's lines are joined by line feeds.
    """

    pk: int
    id: str
    channel: ChannelName
    address: str
    safe: bool = True
    safe_written: bool = False
    valid_from: date | None = None
    valid_until: date | None = None
    failed: bool = False
    unusable: str | None = None
    on_party_file: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """A span of local time on some weekdays (0 is Monday); ``until`` is exclusive, ``None`` is 24:00."""

    days: frozenset[int]
    start: time
    until: time | None


@dataclass(frozen=True, slots=True)
class Contract:
    """What was agreed with the victim."""

    wants: str = "all"
    channels: tuple[ChannelName, ...] = ()
    windows: tuple[Window, ...] = ()
    windows_strict: bool = False
    every_days: int | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """How a victim must be written to."""

    language: str = "en"
    format: str = "standard"
    discreet: bool = False
    voicemail: bool = False


@dataclass(frozen=True, slots=True)
class Victim:
    """A victim of one case with everything a decision needs.

    ``recipient`` and ``points`` are the representative's where one is present: told instead.
    """

    pk: int
    victim_id: str
    name: PersonName
    contract: Contract
    needs: Needs
    enhanced: bool
    withdrew: bool
    role: Role
    recipient: PersonName
    points: tuple[ContactPoint, ...]


@dataclass(frozen=True, slots=True)
class Absence:
    """An officer is away on these local days, both inclusive."""

    officer_id: str
    first: date
    last: date
    cover: StaffMember | None


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One event of a case as stored: validated, with typed ``data`` (see ``event_types``).

    ``published_at`` is CloudEvents' ``time`` (the *received* clock), ``arrived_at`` when we took it.
    ``raw`` is ``data`` as published: a partial update is merged from it.
    """

    pk: int
    source: str
    id: str
    type: str
    case_id: str
    published_at: datetime
    occurred_at: datetime
    arrived_at: datetime
    backfill: bool
    victim_ids: tuple[str, ...] | None
    data: Any
    raw: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        require_aware(self)


@dataclass(frozen=True, slots=True)
class Case:
    """A case as far as it is known; ``opened`` is false until ``case.opened`` came."""

    pk: int
    case_id: str
    opened: bool
    offence: str = "other"
    fatal: bool = False
    suspect_known: bool = False
    force: str = ""
    reference: str = ""
    officer: StaffMember | None = None
    supervisor: StaffMember | None = None
    unit: StaffMember | None = None
    absences: tuple[Absence, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """One event to be told to one victim, as stored; without an event it is a no-progress update.

    ``hold`` is why it waits until a person releases or discards it, whatever the rules decide about it.
    """

    pk: int
    event_pk: int | None
    event_id: str | None
    event_type: str
    case_pk: int
    victim_pk: int
    occurred_at: datetime
    made_at: datetime | None
    subject: str | None
    state: NoticeState
    tone: Tone
    deadline: datetime | None
    at_risk_at: datetime | None
    send_at: datetime | None
    reason: str | None
    hold: str | None
    tries: int
    full_only: bool
    retried_at: datetime | None


@dataclass(frozen=True, slots=True)
class LetterContent:
    """What the letter's layout needs, apart from the paragraphs."""

    sender: tuple[str, ...]
    address: tuple[str, ...]
    date: str
    salutation: str
    reference_line: str
    closing: str
    officer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeafletText:
    """A leaflet's words; a paragraph that begins with "## " is a heading, one with "- " a list.

    ``file_name`` shows in a list of mails, so it names no offence.
    """

    file_name: str
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message's words, ready for its channel.

    ``text`` is what a person reads (for a letter: its words in plain form). ``html`` goes with an
    email, ``letter`` and ``paragraphs`` with a letter. ``format`` is the victim's (standard,
    large_print, easy_read). ``leaflets`` go with it: further pages of a letter, attachments of an email.
    """

    form: Form
    language: str
    text: str
    subject: str | None = None
    html: str | None = None
    paragraphs: tuple[str, ...] = ()
    letter: LetterContent | None = None
    format: str = "standard"
    leaflets: tuple[LeafletText, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered message to one address, as a channel gets it.

    ``attempt_ref`` is our own name for the attempt: callbacks, return paths and file names carry it.
    ``good_until`` is the end of the window; a provider must not deliver after it.
    """

    attempt_ref: str
    channel: ChannelName
    address: str
    recipient_name: str
    rendered: Rendered
    created_at: datetime
    good_until: datetime | None = None
    neutral_sender: bool = False

    def __post_init__(self) -> None:
        require_aware(self)


OUTAGE = "outage"
"""The code of a sending that no provider was there for: it is charged to nobody."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """A provider's answer to one sending.

    ``state`` is one of accepted, deferred, failed or unknown; ``code`` is the provider's own.
    """

    state: AttemptState
    provider_id: str | None = None
    code: str | None = None
    reason: FailureReason | None = None


@dataclass(frozen=True, slots=True)
class ReceiptRequest:
    """What came in at a channel's receipt door, before anybody trusts it."""

    url: str
    headers: dict[str, str]
    body: bytes
    form: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider says became of an attempt: delivered or failed (or accepted, on the way).

    ``attempt_ref`` is ours when the receipt carried it; else ``provider_id`` finds the attempt.
    """

    state: AttemptState
    attempt_ref: str | None = None
    provider_id: str | None = None
    code: str | None = None
    reason: FailureReason | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person sent back.

    ``address`` is the sender's, as it was written; ``provider_id`` tells a repeat; ``attempt_ref`` is the
    attempt that it answers, where it names one.
    """

    channel: ChannelName
    address: str
    text: str
    provider_id: str
    attempt_ref: str | None = None


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What the rules must know of a channel.

    ``form``: only the words of the short form are guarded (rules, section 3), so whatever shows on a
    ``lock_screen`` has that form. ``gives_receipts``: silence is a failure; without receipts it is success.
    ``for_a_person``: sending opens a task instead of calling a provider.
    """

    name: ChannelName
    form: Form
    lock_screen: bool
    gives_receipts: bool
    for_a_person: bool = False

    def __post_init__(self) -> None:
        if self.lock_screen and self.form is not Form.SHORT:
            raise ValueError(f"{self.name} shows on a lock screen: only the words of the short form may")


class FullTextBy(StrEnum):
    """How the whole text reaches the victim when an SMS only points to it."""

    EMAIL = "email"
    LETTER = "letter"
    CALL = "call"  # nobody can write it to her: an officer calls


@dataclass(frozen=True, slots=True)
class CourtesyContent:
    """What a no-progress update says (rules, section 5).

    Days are local. With nothing ``specific`` on file every field is ``None``: the honest minimum.
    """

    last_event: CaseEvent | None = None
    waiting_for: str | None = None
    waiting_since: date | None = None
    expected_by: date | None = None


@dataclass(frozen=True, slots=True)
class LeafletOffer:
    """A leaflet that goes with a message: the name of its folder, and where to get it, by language."""

    name: str
    where: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """Everything that a message's words are made from.

    ``events`` are the events told, oldest first; empty for a courtesy update, which has ``courtesy``.
    ``contact`` is whom to call now (the cover while the officer is away). ``next_update`` is the local
    day by which the victim hears again, where one is due. ``full_text_by`` is set with the wordings
    ``pointer`` and ``news``. ``leaflets`` are left out of whatever is discreet. ``max_segments`` is how
    many parts an SMS may have: a longer one is cut where it can be.
    """

    form: Form
    wording: Wording
    case: Case
    victim: Victim
    contact: StaffMember | None
    now: datetime
    events: tuple[CaseEvent, ...] = ()
    courtesy: CourtesyContent | None = None
    next_update: date | None = None
    full_text_by: FullTextBy | None = None
    offer_meeting: bool = False
    leaflets: tuple[LeafletOffer, ...] = ()
    max_segments: int = 3

    def __post_init__(self) -> None:
        require_aware(self)


@dataclass(frozen=True, slots=True)
class StaffRequest:
    """What a rule asks of staff: a task (``kind`` set) or an escalation.

    ``escalated`` says of a task that its escalation was opened with it. ``once`` says of an escalation
    that it is not opened again after it was resolved: the same decision may be taken many times.
    ``point`` is the contact point that the task is about. ``text`` is what to say to the victim, where
    the task is to call her. ``source``, and ``event_type`` where it matters, are what an escalation about
    a publisher is about.
    """

    reason: str
    event: CaseEvent | None
    kind: TaskKind | None = None
    deadline: datetime | None = None
    safety: bool = False
    escalated: bool = False
    level: int = 1
    once: bool = False
    point: ContactPoint | None = None
    text: str | None = None
    source: str | None = None
    event_type: str | None = None

    @classmethod
    def task(
        cls,
        kind: TaskKind,
        event: CaseEvent | None,
        *,
        deadline: datetime | None = None,
        safety: bool = False,
        escalated: bool = False,
        point: ContactPoint | None = None,
        text: str | None = None,
    ) -> StaffRequest:
        """Ask for a task; its reason is its kind."""
        return cls(kind.value, event, kind, deadline, safety, escalated, point=point, text=text)

    @classmethod
    def escalation(
        cls,
        reason: str,
        event: CaseEvent | None,
        *,
        safety: bool = False,
        level: int = 1,
        once: bool = False,
    ) -> StaffRequest:
        """Ask for an escalation."""
        return cls(reason, event, safety=safety, level=level, once=once)

    @classmethod
    def about_source(cls, reason: str, source: str, event_type: str | None = None) -> StaffRequest:
        """Ask the unit (level 3) to look at what a publisher does."""
        return cls(reason, None, level=3, source=source, event_type=event_type)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to staff with the case, and the victim where it is about one; a source has no case."""

    case_pk: int | None
    victim_pk: int | None
    request: StaffRequest


@dataclass(frozen=True, slots=True)
class Answered:
    """What staff did about an escalation or a task, as a publisher's event tells it.

    ``ref`` is our name for it (E7, T3); else it is the open one about ``event_pk``, of this ``kind`` (a
    task's kind or an escalation's reason) where it is given.
    """

    what: What
    case_pk: int
    ref: str | None
    event_pk: int | None
    kind: str | None
    by: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A person told a victim about an event: what was asked about it is done.

    ``kinds`` are the tasks that this ends.
    """

    case_pk: int
    victim_pk: int
    event_pk: int | None
    kinds: frozenset[TaskKind]
    by: str
    outcome: str
