"""What staff are asked because of a decision about one notice (rules, sections 1 to 3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from notifier.records import CaseEvent, FullTextBy, Role, StaffRequest, TaskKind, Tone, Wording
from notifier.rules.deadlines import Duty
from notifier.rules.policy import Policy
from notifier.rules.sensitivity import frees_suspect, offers_meeting
from notifier.rules.situation import Cancel, Part, Situation, Suppress
from notifier.rules.timing import Timing

Asks = tuple[StaffRequest, ...]


def instead(final: Suppress | Cancel, event: CaseEvent, tone: Tone, due: Duty, now: datetime) -> Asks:
    """A duty that the victim does not want told becomes a person's decision, never a silent stop."""
    if not isinstance(final, Suppress) or final.reason not in ("withdrew", "wants_none"):
        return ()
    safety = tone is Tone.SAFETY
    # What is due at once is overdue at once too: the escalation of telling her in person is enough.
    escalated = safety and due.deadline <= now
    asks = (StaffRequest.task(TaskKind.WITHDREW, event, deadline=due.deadline, escalated=escalated),)
    return asks + (_tell_at_once(event, now) if safety else ())


def expired(event: CaseEvent, tone: Tone, now: datetime) -> Asks:
    """A safety notice whose time was over before she was registered is told by a person."""
    return _tell_at_once(event, now) if tone is Tone.SAFETY else ()


def while_held(hold: str, event: CaseEvent, tone: Tone) -> Asks:
    """A safety notice that is held cannot wait: its escalation runs at safety pace."""
    return (StaffRequest.escalation(hold, event, safety=True, once=True),) if tone is Tone.SAFETY else ()


def person_first(situation: Situation, policy: Policy, due: Duty, now: datetime) -> Asks:
    """A person tells the news before anything is written; at once where it frees the suspect."""
    event = situation.event
    assert event is not None
    beside = _meeting(situation, policy) + _late_on_arrival(situation, event, due, policy)
    if frees_suspect(event, situation.history):
        return _tell_at_once(event, now) + beside
    return (StaffRequest.task(TaskKind.TELL_IN_PERSON, event, deadline=due.deadline), *beside)


def beside(
    situation: Situation, policy: Policy, timing: Timing, tone: Tone, due: Duty | None, now: datetime
) -> Asks:
    """What is asked whether or not there is a way to send a message."""
    about_timing = _about_timing(situation, policy, timing, tone, due, now)
    return about_timing + _meeting(situation, policy) + _about_telling(situation, tone, now)


def about_parts(situation: Situation, parts: tuple[Part, ...], tone: Tone) -> Asks:
    """What only a call can say: the text for which there is no channel, or bad news in discreet form."""
    if situation.event is None:
        return ()
    by_call = any(part.full_text_by is FullTextBy.CALL for part in parts)
    discreet_news = tone is Tone.BAD_NEWS and parts[0].wording is Wording.NEUTRAL
    untold = situation.told_in_person_at is None
    return (call_back(situation.event, tone),) if by_call or (discreet_news and untold) else ()


def representative_blocked(situation: Situation) -> Asks:
    """Nothing goes to the victim instead of her representative: staff find out what is safe."""
    victim = situation.victim
    unsafe = any(not point.safe for point in victim.points)
    blocked = victim.role is Role.REPRESENTATIVE and unsafe
    return (StaffRequest.task(TaskKind.CHECK_SAFETY, situation.event),) if blocked else ()


def call_back(event: CaseEvent | None, tone: Tone) -> StaffRequest:
    """Ask for a call to the victim."""
    return StaffRequest.task(TaskKind.CALL_BACK, event, safety=tone is Tone.SAFETY)


def _about_timing(
    situation: Situation, policy: Policy, timing: Timing, tone: Tone, due: Duty | None, now: datetime
) -> Asks:
    event = situation.event
    if event is None or due is None or situation.told_in_person_at is not None:
        return ()
    asks: Asks = ()
    if timing.too_late and tone is Tone.SAFETY:
        asks += _tell_at_once(event, now)
    elif timing.too_late:
        asks += (StaffRequest.task(TaskKind.CANNOT_MEET_WINDOW, event, deadline=due.deadline),)
    if due.moment_passed:
        asks += (call_back(event, tone),)
    return asks + _late_on_arrival(situation, event, due, policy)


def _late_on_arrival(situation: Situation, event: CaseEvent, due: Duty, policy: Policy) -> Asks:
    """It came too late, or her case or her registration did, without which it could not be told.

    What is due when it arrives is always a moment late: it counts from when the next channel would be tried.
    """
    moment = policy.channels.safety_step if due.at_risk_at is None else timedelta()
    if due.deadline + moment >= (situation.known_at or event.arrived_at):
        return ()
    return (StaffRequest.escalation("late_on_arrival", event, once=True),)


def _meeting(situation: Situation, policy: Policy) -> Asks:
    event = situation.event
    if event is None or not offers_meeting(event, situation.case, policy):
        return ()
    return (StaffRequest.task(TaskKind.OFFER_MEETING, event),)


def _about_telling(situation: Situation, tone: Tone, now: datetime) -> Asks:
    """What a person must tell at once, whatever the message says."""
    event = situation.event
    if event is None or situation.told_in_person_at is not None:
        return ()
    discreet_safety = tone is Tone.SAFETY and situation.victim.needs.discreet
    freed = tone is Tone.BAD_NEWS and frees_suspect(event, situation.history)
    return _tell_at_once(event, now) if discreet_safety or freed else ()


def _tell_at_once(event: CaseEvent, now: datetime) -> Asks:
    """A person must tell her now; the escalation runs at safety pace from the start."""
    return (
        StaffRequest.task(TaskKind.TELL_IN_PERSON, event, deadline=now, safety=True, escalated=True),
        StaffRequest.escalation("tell_in_person", event, safety=True, once=True),
    )
