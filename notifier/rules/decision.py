"""What to do with one notice now: the rules of sections 1 to 4 put together.

A decision is a value (``situation.py``); the room that asked applies it. The same function decides when an
event arrives, when anything about the victim changes, after a failure, and again just before sending.
"""

from __future__ import annotations

from datetime import datetime

from notifier.event_types import EVENT_TYPES
from notifier.records import CaseEvent, ChannelName, ContactPoint, Form, FullTextBy, Tone, Victim, Wording
from notifier.rules import asking
from notifier.rules.asking import Asks
from notifier.rules.deadlines import Duty, duty
from notifier.rules.policy import Policy
from notifier.rules.routing import Route, next_route
from notifier.rules.sensitivity import (
    courtesy_suits_short_form,
    enhanced_rights,
    frees_suspect,
    never_in_full_by,
    suits_short_form,
    tone_of,
)
from notifier.rules.situation import (
    Cancel,
    Decision,
    Hold,
    NoWay,
    Outcome,
    Part,
    Send,
    Situation,
    Suppress,
)
from notifier.rules.timing import Timing, first_in_windows, local_day, send_time, windows_of

# What asks for a decision needs these as well.
__all__ = [
    "HOLDS",
    "Cancel",
    "Decision",
    "Hold",
    "NoWay",
    "Outcome",
    "Part",
    "Send",
    "Situation",
    "Suppress",
    "decide",
]

HOLDS = {
    "volume": "far more of these came within an hour than is usual: staff release or discard it",
    "identity": "two records of persons were merged or split: staff find out whom it concerns",
}
"""Why a notice waits until a person releases or discards it, and what that means."""
# The forms that carry a whole text, and how the short words announce it.
_FULL_TEXT_BY = {Form.MAIL: FullTextBy.EMAIL, Form.LETTER: FullTextBy.LETTER}


def decide(situation: Situation, policy: Policy, now: datetime) -> Decision:
    """Decide about one notice at ``now``; refuses a naive ``now`` with ``ValueError``."""
    local_day(now, policy.timezone)
    event, victim = situation.event, situation.victim
    if event is None:
        return _decide_courtesy(situation, policy, now)
    enhanced = enhanced_rights(situation.case, victim, policy)
    due = duty(event, enhanced, policy)
    tone = _tone(situation, event, due, policy)
    final = _must_not_go(situation, tone)
    if final is not None:
        asks = asking.instead(final, event, tone, due, now)
        return Decision(final, tone, due, (due.why,), asks=asks)
    if situation.hold is not None:
        asks = asking.while_held(situation.hold, event, tone)
        return Decision(Hold(situation.hold), tone, due, (due.why, HOLDS[situation.hold]), asks=asks)
    meets_person_first = tone is Tone.BAD_NEWS and enhanced and situation.told_in_person_at is None
    if meets_person_first:
        asks = asking.person_first(situation, policy, due, now)
        why = (due.why, "bad news with enhanced rights: a person tells it first")
        return Decision(Hold("person_first"), tone, due, why, asks=asks)
    return _plan_sending(situation, policy, now, tone, due)


def _decide_courtesy(situation: Situation, policy: Policy, now: datetime) -> Decision:
    final = Cancel("retracted") if situation.retracted else _unwanted(situation.victim, key_event=False)
    if final is not None:
        return Decision(final, Tone.ROUTINE)
    if situation.hold is not None:
        return Decision(Hold(situation.hold), Tone.ROUTINE, why=(HOLDS[situation.hold],))
    return _plan_sending(situation, policy, now, Tone.ROUTINE, None)


def _tone(situation: Situation, event: CaseEvent, due: Duty, policy: Policy) -> Tone:
    """The table's tone, but for what frees the suspect and for a release that is known too late."""
    if due.moment_passed and EVENT_TYPES[event.type].safety_if_passed:
        return Tone.SAFETY
    tone = tone_of(event, situation.case, situation.victim, policy)
    freed = tone is Tone.ROUTINE and frees_suspect(event, situation.history)
    return Tone.BAD_NEWS if freed else tone


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


def _plan_sending(
    situation: Situation, policy: Policy, now: datetime, tone: Tone, due: Duty | None
) -> Decision:
    timing = _timing(situation, policy, now, tone, due)
    route, parts = _parts(situation, policy, timing.at, tone)
    why = ((due.why,) if due else ()) + (timing.why, *route.why)
    asks = asking.beside(situation, policy, timing, tone, due, now)
    if not parts:
        outcome, extra = _nothing_left(situation, tone)
        return Decision(outcome, tone, due, why, route.blocked, asks + extra)
    asks += asking.about_parts(situation, parts, tone)
    return Decision(Send(timing.at, parts), tone, due, why, route.blocked, asks)


def _nothing_left(situation: Situation, tone: Tone) -> tuple[Outcome, Asks]:
    if situation.full_only:
        return Suppress("full_text_by_call"), (asking.call_back(situation.event, tone),)
    if situation.told_in_person_at is not None:
        return Suppress("told_in_person"), ()
    return NoWay(), asking.representative_blocked(situation)


def _timing(situation: Situation, policy: Policy, now: datetime, tone: Tone, due: Duty | None) -> Timing:
    contract, timezone = situation.victim.contract, policy.timezone
    if tone is Tone.SAFETY:
        if not contract.windows_strict:
            return Timing(now, "a safety notice goes at once, at any hour")
        opens = first_in_windows(now, windows_of(contract, policy), timezone)
        return Timing(opens, "a safety notice waits only for strict windows", too_late=opens > now)
    if situation.told_in_person_at is not None:
        at = first_in_windows(now, windows_of(contract, policy), timezone)
        return Timing(at, "a person told the victim; the written notice follows in the agreed windows")
    at_once = _in_windows(situation, policy, now, due)
    last = situation.last_message_at
    if tone is not Tone.ROUTINE or situation.fallback or last is None or last + policy.gap <= now:
        return at_once
    after_gap = _in_windows(situation, policy, last + policy.gap, due)
    if due is not None and at_once.at <= due.deadline < after_gap.at:
        return at_once
    return Timing(
        after_gap.at, f"{after_gap.why}; it waits for the gap after the last message", after_gap.too_late
    )


def _in_windows(situation: Situation, policy: Policy, earliest: datetime, due: Duty | None) -> Timing:
    contract = situation.victim.contract
    if due is not None and due.moment_passed and not contract.windows_strict:
        at = first_in_windows(earliest, policy.default_windows, policy.timezone)
        return Timing(at, "its known moment is near: at once in the default window")
    return send_time(earliest, contract, due.deadline if due else None, policy)


def _parts(situation: Situation, policy: Policy, at: datetime, tone: Tone) -> tuple[Route, tuple[Part, ...]]:
    """The messages of one notice: one, or a short one that points to the full text, and the full text."""
    after_talk = tone is Tone.BAD_NEWS and situation.told_in_person_at is not None
    unsuited = _unsuited_in_full(policy)
    without = unsuited if after_talk or situation.full_only else frozenset()
    route = _route(situation, policy, at, without)
    if route.point is None:
        return route, ()
    wording = _wording(situation, policy, route.point, tone)
    if wording not in (Wording.POINTER, Wording.NEWS):
        return route, (Part(route.point, wording),)
    full = _route(situation, policy, at, unsuited)
    by = _FULL_TEXT_BY[policy.facts[full.point.channel].form] if full.point else FullTextBy.CALL
    short = Part(route.point, wording, by)
    parts = (short, Part(full.point, Wording.FULL)) if full.point else (short,)
    return Route(route.point, _once(route.blocked + full.blocked), route.why), parts


def _unsuited_in_full(policy: Policy) -> frozenset[ChannelName]:
    return frozenset(name for name, facts in policy.facts.items() if facts.form not in _FULL_TEXT_BY)


def _route(situation: Situation, policy: Policy, at: datetime, without: frozenset[ChannelName]) -> Route:
    day = local_day(at, policy.timezone)
    return next_route(situation.case, situation.victim, day, policy, tried=situation.tried, without=without)


def _once(points: tuple[ContactPoint, ...]) -> tuple[ContactPoint, ...]:
    return tuple(dict.fromkeys(points))


def _wording(situation: Situation, policy: Policy, point: ContactPoint, tone: Tone) -> Wording:
    if situation.victim.needs.discreet:
        return Wording.NEUTRAL
    facts = policy.facts[point.channel]
    if never_in_full_by(facts, tone):
        return Wording.NEWS
    if facts.form is Form.SHORT and not _suits_short_form(situation, policy):
        return Wording.POINTER
    return Wording.FULL


def _suits_short_form(situation: Situation, policy: Policy) -> bool:
    names = situation.names_on_file
    if situation.event is not None:
        return suits_short_form(situation.event, names, policy)
    return situation.courtesy is None or courtesy_suits_short_form(situation.courtesy, names, policy)
