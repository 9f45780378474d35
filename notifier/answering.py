"""The automatic answer to a reply: neutral, and once in a while (rules, section 3).

It is a courtesy: it says whom to call and no more, it goes at once or not at all, and what becomes of it
changes nothing. That a person deals with what was said is the task's part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifier.composing import Render
from notifier.errors import RenderingError
from notifier.records import (
    Case,
    ContactPoint,
    Message,
    Rendered,
    RenderRequest,
    Reply,
    StaffMember,
    Tone,
    Victim,
    Wording,
)
from notifier.rules.meaning import Meaning
from notifier.rules.policy import Policy
from notifier.rules.routing import next_route
from notifier.rules.staffing import whom_to_call
from notifier.rules.timing import local_day, window_end, windows_of
from notifier.same_place import place_of
from notifier.store import attempts
from notifier.store import replies as store
from notifier.store.attempts import Content, NewAttempt, new_ref
from notifier.store.database import Tx
from notifier.store.replies import AUTOMATIC_ANSWER, Sender

# She waits for it now; hours later, at night or in company, it would only be in the way.
_FRESH = timedelta(hours=1)
# Twilio answers the first two itself, and the third is nobody of ours.
_NEVER_ANSWERED = frozenset({Meaning.STOP, Meaning.START, Meaning.WRONG_PERSON})


@dataclass(frozen=True, slots=True)
class Correspondent:
    """A victim whom a reply may be from, in one of her cases, and the policy that holds for it."""

    sender: Sender
    case: Case
    victim: Victim
    policy: Policy


def answer(
    tx: Tx,
    reply: Reply,
    meaning: Meaning,
    person: Correspondent,
    render: Render,
    now: datetime,
    until: datetime,
) -> tuple[tuple[int, Content] | None, str]:
    """Store the answer, as an attempt with its content, where one may go; say in words why not.

    It must be committed before its provider is called; ``until`` is when its lease ends.
    """
    point = _point_of(reply, person.victim)
    objection = _objection(tx, meaning, person, point, now)
    if objection is not None or point is None:
        return None, f"not answered: {objection}"
    try:
        rendered = render(_request(person, point, now))
    except RenderingError:
        return None, "not answered: its words cannot be made, or there is no number to give"
    new = _attempt(person, point, rendered, now)
    return (attempts.add(tx, new, leased_until=until), new.content), "answered with whom to call"


def _point_of(reply: Reply, victim: Victim) -> ContactPoint | None:
    """Return her own contact point that the reply came from: nothing goes to an address that is not hers."""
    place = store.place_of_sender(reply)
    mine = (point for point in victim.points if point.channel is reply.channel)
    return next((point for point in mine if place_of(point.channel, point.address) == place), None)


def _objection(
    tx: Tx, meaning: Meaning, person: Correspondent, point: ContactPoint | None, now: datetime
) -> str | None:
    """Return why no answer may go."""
    victim, policy = person.victim, person.policy
    day = local_day(now, policy.timezone)
    if meaning in _NEVER_ANSWERED:
        return "a person answers this"
    if point is None:
        return "it did not come from a contact point of who is told"
    if next_route(person.case, replace(victim, points=(point,)), day, policy).point is None:
        return "nothing may be sent to the contact point that it came from"
    if victim.contract.windows_strict and _window_end(victim, policy, now) is None:
        return "it came outside the victim's strict windows"
    if store.was_answered(tx, victim.pk, now - policy.replies.answer_every):
        return "the victim was answered a short time ago"
    return None


def _window_end(victim: Victim, policy: Policy, now: datetime) -> datetime | None:
    return window_end(now, windows_of(victim.contract, policy), policy.timezone)


def _request(person: Correspondent, point: ContactPoint, now: datetime) -> RenderRequest:
    """Ask for a neutral message that tells nothing: only whom to call."""
    case, policy = person.case, person.policy
    phone = policy.replies.phone
    public = StaffMember("public", "", phone=phone) if phone else None
    return RenderRequest(
        form=policy.facts[point.channel].form,
        wording=Wording.NEUTRAL,
        case=case,
        victim=person.victim,
        contact=public or whom_to_call(case, local_day(now, policy.timezone)),
        now=now,
        max_segments=policy.words.max_segments,
    )


def _attempt(person: Correspondent, point: ContactPoint, rendered: Rendered, now: datetime) -> NewAttempt:
    victim = person.victim
    closes = _window_end(victim, person.policy, now)
    message = Message(
        attempt_ref=new_ref(),
        channel=point.channel,
        address=point.address,
        recipient_name="",
        rendered=rendered,
        created_at=now,
        good_until=min(now + _FRESH, closes or now + _FRESH),
        neutral_sender=True,
    )
    return NewAttempt(
        message=message,
        role=victim.role,
        person_id=victim.victim_id,
        wording=Wording.NEUTRAL,
        tone=Tone.ROUTINE,
        event_type=AUTOMATIC_ANSWER,
        why=("the victim wrote back, and is told whom to call",),
        case_pk=person.sender.case_pk,
        victim_pk=victim.pk,
        point_pk=point.pk,
    )
