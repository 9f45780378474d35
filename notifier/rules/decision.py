"""What to do with one notice now: the rules of sections 1 to 4 put together.

A decision is a value; the room that asked applies it. The same function decides when an event
arrives, when anything about the victim changes, after a failure, and again just before sending.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from notifier.event_types import EVENT_TYPES
from notifier.records import (
    Case,
    CaseEvent,
    ChannelName,
    ContactPoint,
    CourtesyContent,
    FullTextBy,
    StaffRequest,
    TaskKind,
    Tone,
    Victim,
    Wording,
)
from notifier.rules.deadlines import Duty, duty
from notifier.rules.policy import Policy
from notifier.rules.routing import Route, next_route
from notifier.rules.sensitivity import (
    courtesy_suits_sms,
    ends_restriction,
    enhanced_rights,
    never_in_full_by,
    offers_meeting,
    suits_sms,
    tone_of,
)
from notifier.rules.timing import Timing, first_in_windows, local_day, send_time, windows_of

_UNSUITED_IN_FULL = frozenset({ChannelName.SMS, ChannelName.CALL})


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision about one notice rests on.

    ``event`` is ``None`` for a courtesy update, which has ``courtesy``. ``superseded``: a newer event of
    the same subject is to be told; ``older_than_told``: a newer one was told already.
    ``told_in_person_at`` is when a person spoke about the event. ``tried`` are contact points used up
    for this notice. ``fallback``: an earlier attempt of this notice failed. ``full_only``: the short
    message is with her, only the full text is still to come.
    """

    event: CaseEvent | None
    case: Case
    victim: Victim
    history: tuple[CaseEvent, ...]
    names_on_file: tuple[str, ...]
    superseded: bool = False
    older_than_told: bool = False
    retracted: bool = False
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
    asks: tuple[StaffRequest, ...] = field(default=())

    @property
    def deadline(self) -> datetime | None:
        """The duty's deadline, where there is a duty."""
        return self.duty.deadline if self.duty else None


def decide(situation: Situation, policy: Policy, now: datetime) -> Decision:
    """Decide about one notice at ``now``; refuses a naive ``now`` with ``ValueError``."""
    local_day(now, policy.timezone)
    event, victim = situation.event, situation.victim
    if event is None:
        unwanted = _unwanted(victim, key_event=False)
        if unwanted is not None:
            return Decision(unwanted, Tone.ROUTINE)
        return _plan_sending(situation, policy, now, Tone.ROUTINE, None)
    tone = tone_of(event, situation.case, victim, policy)
    enhanced = enhanced_rights(situation.case, victim, policy)
    due = duty(event, enhanced, policy)
    final = _must_not_go(situation, tone)
    if final is not None:
        asks = _asks_instead(final, event, tone, due, now)
        return Decision(final, tone, due, (due.why,), asks=asks)
    meets_person_first = tone is Tone.BAD_NEWS and enhanced and situation.told_in_person_at is None
    if meets_person_first:
        asks = _person_first(situation, policy, due, now)
        why = (due.why, "bad news with enhanced rights: a person tells it first")
        return Decision(Hold("person_first"), tone, due, why, asks=asks)
    return _plan_sending(situation, policy, now, tone, due)


def _must_not_go(situation: Situation, tone: Tone) -> Suppress | Cancel | None:
    """Sections 3 and 4: what was overtaken, and what the victim does not want."""
    event = situation.event
    assert event is not None
    told = situation.told_in_person_at is not None and tone is not Tone.BAD_NEWS
    checks: tuple[tuple[bool, Suppress | Cancel], ...] = (
        (situation.retracted, Cancel("retracted")),
        (told, Cancel("told_by_person")),
        (situation.superseded, Cancel("superseded")),
        (situation.older_than_told, Suppress("older")),
    )
    overtaken = next((outcome for holds, outcome in checks if holds), None)
    return overtaken or _unwanted(situation.victim, key_event=EVENT_TYPES[event.type].key_event)


def _unwanted(victim: Victim, *, key_event: bool) -> Suppress | None:
    if victim.withdrew:
        return Suppress("withdrew")
    if victim.contract.wants == "none":
        return Suppress("wants_none")
    if victim.contract.wants == "key_events" and not key_event:
        return Suppress("key_events_only")
    return None


def _asks_instead(
    final: Suppress | Cancel, event: CaseEvent, tone: Tone, due: Duty, now: datetime
) -> tuple[StaffRequest, ...]:
    """A duty that the victim does not want told becomes a person's decision, never a silent stop."""
    if not isinstance(final, Suppress) or final.reason not in ("withdrew", "wants_none"):
        return ()
    asks = (StaffRequest.task(TaskKind.WITHDREW, event, deadline=due.deadline),)
    return asks + (_tell_at_once(event, now) if tone is Tone.SAFETY else ())


def _person_first(situation: Situation, policy: Policy, due: Duty, now: datetime) -> tuple[StaffRequest, ...]:
    event = situation.event
    assert event is not None
    beside = _meeting(situation, policy) + _late_on_arrival(event, due)
    if ends_restriction(event, situation.history):
        return _tell_at_once(event, now) + beside
    return (StaffRequest.task(TaskKind.TELL_IN_PERSON, event, deadline=due.deadline), *beside)


def _tell_at_once(event: CaseEvent, now: datetime) -> tuple[StaffRequest, ...]:
    """A person must tell her now; the escalation runs at safety pace from the start."""
    return (
        StaffRequest.task(TaskKind.TELL_IN_PERSON, event, deadline=now, safety=True, escalated=True),
        StaffRequest.escalation("tell_in_person", event, safety=True, once=True),
    )


def _meeting(situation: Situation, policy: Policy) -> tuple[StaffRequest, ...]:
    event = situation.event
    if event is None or not offers_meeting(event, situation.case, policy):
        return ()
    return (StaffRequest.task(TaskKind.OFFER_MEETING, event),)


def _plan_sending(
    situation: Situation, policy: Policy, now: datetime, tone: Tone, due: Duty | None
) -> Decision:
    timing = _timing(situation, policy, now, tone, due)
    route, parts = _parts(situation, policy, timing.at, tone)
    why = ((due.why,) if due else ()) + (timing.why, *route.why)
    asks = _asks_about_timing(situation, timing, tone, due, now)
    asks += _meeting(situation, policy) + _asks_about_telling(situation, tone, now)
    if not parts:
        outcome, extra = _nothing_left(situation, tone)
        return Decision(outcome, tone, due, why, route.blocked, asks + extra)
    asks += _asks_about_parts(situation, parts, tone)
    return Decision(Send(timing.at, parts), tone, due, why, route.blocked, asks)


def _nothing_left(situation: Situation, tone: Tone) -> tuple[Outcome, tuple[StaffRequest, ...]]:
    if situation.full_only:
        return Suppress("full_text_by_call"), (_call_back(situation.event, tone),)
    if situation.told_in_person_at is not None:
        return Suppress("told_in_person"), ()
    return NoWay(), ()


def _call_back(event: CaseEvent | None, tone: Tone) -> StaffRequest:
    return StaffRequest.task(TaskKind.CALL_BACK, event, safety=tone is Tone.SAFETY)


def _timing(situation: Situation, policy: Policy, now: datetime, tone: Tone, due: Duty | None) -> Timing:
    contract, timezone = situation.victim.contract, policy.timezone
    if tone is Tone.SAFETY:
        if not contract.windows_strict:
            return Timing(now, "a safety notice goes at once, at any hour")
        opens = first_in_windows(now, windows_of(contract, policy), timezone)
        return Timing(opens, "a safety notice waits only for strict windows", too_late=opens > now)
    if situation.told_in_person_at is not None:
        at = first_in_windows(now, windows_of(contract, policy), timezone)
        return Timing(at, "a person told her; the written notice follows in her windows")
    at_once = _in_windows(situation, policy, now, due)
    last = situation.last_message_at
    if tone is not Tone.ROUTINE or situation.fallback or last is None or last + policy.gap <= now:
        return at_once
    after_gap = _in_windows(situation, policy, last + policy.gap, due)
    if due is not None and at_once.at <= due.deadline < after_gap.at:
        return at_once
    return Timing(
        after_gap.at, f"{after_gap.why}; it waits for the gap after her last message", after_gap.too_late
    )


def _in_windows(situation: Situation, policy: Policy, earliest: datetime, due: Duty | None) -> Timing:
    contract = situation.victim.contract
    if due is not None and due.moment_passed and not contract.windows_strict:
        at = first_in_windows(earliest, policy.default_windows, policy.timezone)
        return Timing(at, "its known moment is near: at once in the default window")
    return send_time(earliest, contract, due.deadline if due else None, policy)


def _asks_about_timing(
    situation: Situation, timing: Timing, tone: Tone, due: Duty | None, now: datetime
) -> tuple[StaffRequest, ...]:
    event = situation.event
    if event is None or due is None or situation.told_in_person_at is not None:
        return ()
    asks: tuple[StaffRequest, ...] = ()
    if timing.too_late and tone is Tone.SAFETY:
        asks += _tell_at_once(event, now)
    elif timing.too_late:
        asks += (StaffRequest.task(TaskKind.CANNOT_MEET_WINDOW, event, deadline=due.deadline),)
    if due.moment_passed:
        asks += (_call_back(event, tone),)
    return asks + _late_on_arrival(event, due)


def _late_on_arrival(event: CaseEvent, due: Duty) -> tuple[StaffRequest, ...]:
    if due.deadline >= event.arrived_at:
        return ()
    return (StaffRequest.escalation("late_on_arrival", event, once=True),)


def _asks_about_telling(situation: Situation, tone: Tone, now: datetime) -> tuple[StaffRequest, ...]:
    """What a person must tell at once beside the message, whether or not there is a way to send one."""
    event = situation.event
    if event is None or situation.told_in_person_at is not None:
        return ()
    discreet_safety = tone is Tone.SAFETY and situation.victim.needs.discreet
    freed = tone is Tone.BAD_NEWS and ends_restriction(event, situation.history)
    return _tell_at_once(event, now) if discreet_safety or freed else ()


def _asks_about_parts(situation: Situation, parts: tuple[Part, ...], tone: Tone) -> tuple[StaffRequest, ...]:
    """What only a call can say: the text for which there is no channel, or bad news in discreet form."""
    if situation.event is None:
        return ()
    by_call = any(part.full_text_by is FullTextBy.CALL for part in parts)
    discreet_news = tone is Tone.BAD_NEWS and parts[0].wording is Wording.NEUTRAL
    untold = situation.told_in_person_at is None
    return (_call_back(situation.event, tone),) if by_call or (discreet_news and untold) else ()


def _parts(situation: Situation, policy: Policy, at: datetime, tone: Tone) -> tuple[Route, tuple[Part, ...]]:
    """The messages of one notice: one, or an SMS that points to the full text and the full text."""
    after_talk = tone is Tone.BAD_NEWS and situation.told_in_person_at is not None
    without = _UNSUITED_IN_FULL if after_talk or situation.full_only else frozenset()
    route = _route(situation, policy, at, without)
    if route.point is None:
        return route, ()
    wording = _wording(situation, policy, route.point, tone)
    if wording not in (Wording.POINTER, Wording.NEWS):
        return route, (Part(route.point, wording),)
    full = _route(situation, policy, at, _UNSUITED_IN_FULL)
    by = FullTextBy(full.point.channel.value) if full.point else FullTextBy.CALL
    short = Part(route.point, wording, by)
    parts = (short, Part(full.point, Wording.FULL)) if full.point else (short,)
    return Route(route.point, _once(route.blocked + full.blocked), route.why), parts


def _route(situation: Situation, policy: Policy, at: datetime, without: frozenset[ChannelName]) -> Route:
    day = local_day(at, policy.timezone)
    return next_route(situation.case, situation.victim, day, policy, tried=situation.tried, without=without)


def _once(points: tuple[ContactPoint, ...]) -> tuple[ContactPoint, ...]:
    return tuple(dict.fromkeys(points))


def _wording(situation: Situation, policy: Policy, point: ContactPoint, tone: Tone) -> Wording:
    if situation.victim.needs.discreet:
        return Wording.NEUTRAL
    if never_in_full_by(point.channel, tone):
        return Wording.NEWS
    if point.channel is ChannelName.SMS and not _suits_sms(situation, policy):
        return Wording.POINTER
    return Wording.FULL


def _suits_sms(situation: Situation, policy: Policy) -> bool:
    names = situation.names_on_file
    if situation.event is not None:
        return suits_sms(situation.event, names, policy)
    return situation.courtesy is None or courtesy_suits_sms(situation.courtesy, names, policy)
