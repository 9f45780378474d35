"""Replies: what people send back is kept, shown to staff and answered once (rules, sections 3 and 6)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from notifier import answering, outcomes, plain_words
from notifier.answering import Correspondent
from notifier.composing import Render
from notifier.records import (
    Ask,
    AttemptState,
    ChannelName,
    Reply,
    SendResult,
    StaffRequest,
    TaskKind,
    What,
)
from notifier.rules.meaning import Meaning, meaning_of
from notifier.rules.policy import Policies, Policy
from notifier.rules.sensitivity import dangerous_in_other_hands
from notifier.rules.staffing import HIGHEST_LEVEL
from notifier.same_place import place_of
from notifier.store import attempts, cases, journal, people, rejections
from notifier.store import replies as store
from notifier.store.attempts import STAFF, Attempt, Content
from notifier.store.database import Tx
from notifier.store.journal import Line
from notifier.store.replies import Sender

_log = logging.getLogger(__name__)
_TOLD_STAFF = {
    Meaning.HELP: "The victim asks for help.",
    Meaning.STOP: "The victim said stop. Nothing is sent to this number or address until it is confirmed.",
    Meaning.START: "Messages are wanted again. Nothing is sent before the number or address is confirmed.",
    Meaning.WRONG_PERSON: "It seems to be somebody else's number or address. Do not use it; we do not.",
    Meaning.MESSAGE: "The victim wrote back.",
}
# By which channels nothing more goes to where it came from; empty: by the one that it came by.
_CLOSES: dict[Meaning, tuple[ChannelName, ...]] = {
    Meaning.STOP: (),
    Meaning.WRONG_PERSON: tuple(ChannelName),
}
# These have an escalation of their own: the task is not escalated once more.
_ESCALATED = frozenset({Meaning.HELP, *_CLOSES})
_NOBODY = "somebody who is on no case's file"


@dataclass(frozen=True, slots=True)
class Heard:
    """What staff are asked because of a reply, and the answer (attempt and content) that is to be sent."""

    asks: tuple[Ask, ...] = ()
    answer: tuple[int, Content] | None = None


def hear(tx: Tx, reply: Reply, policies: Policies, render: Render, now: datetime, until: datetime) -> Heard:
    """Keep a verified reply and do what it asks for; a repeat does nothing.

    The answer is stored, and must be committed before its provider is called; ``until`` is when its lease
    ends. A reply of somebody unknown is kept too, and staff hear of it.
    """
    reply = store.sound(reply)
    answered = store.answered_attempt(tx, reply)
    place = _place(tx, answered) if answered else store.place_of_sender(reply)
    # Locked before the reply is stored: its row holds on to the case's, and two would wait for each other.
    found = _correspondents(tx, _senders(tx, answered, place), policies, now)
    if not store.keep(tx, reply, found[0].sender if found else None, now):
        return Heard()
    if not found:
        return _from_nobody_known(tx, reply, policies, now)
    first = found[0]
    meaning = meaning_of(reply.text, first.policy.replies)
    if meaning in _CLOSES and (answered or first.policy.facts[reply.channel].lock_screen):
        store.close_points(tx, place, _CLOSES[meaning] or (reply.channel,), now)
    answer, why = answering.answer(tx, reply, meaning, first, render, now, until)
    attempt_pk = answered.pk if answered else None
    journal.write(tx, _line(reply, meaning, why, first, attempt_pk), now)
    asks = (*_tasks(tx, reply, meaning, first, now), *_escalations(meaning, found))
    return Heard((*asks, *_confirm(tx, answered, meaning, policies, now)), answer)


def _place(tx: Tx, answered: Attempt) -> str:
    return place_of(answered.channel, attempts.content(tx, answered.pk).message.address)


def _confirm(
    tx: Tx, answered: Attempt | None, meaning: Meaning, policies: Policies, now: datetime
) -> list[Ask]:
    """Whoever answers a message has read it; not she, where somebody says that it is not for her."""
    if answered is None or answered.role in STAFF or meaning is Meaning.WRONG_PERSON:
        return []
    return outcomes.move(tx, answered.pk, SendResult(AttemptState.CONFIRMED), policies, now)


def _senders(tx: Tx, answered: Attempt | None, place: str) -> list[Sender]:
    """Return whom a reply may be from: who got the message that it names, else who was last written to."""
    found = store.senders_at(tx, place)
    if answered is None or answered.case_pk is None or answered.victim_pk is None:
        return found
    named = Sender(answered.case_pk, answered.victim_pk)
    return [named, *(other for other in found if other.victim_pk != named.victim_pk)]


def _from_nobody_known(tx: Tx, reply: Reply, policies: Policies, now: datetime) -> Heard:
    policy = policies.of(None, now)
    meaning = meaning_of(reply.text, policy.replies)
    _log.warning("a reply came from somebody unknown", extra={"channel": reply.channel, "meaning": meaning})
    journal.write(tx, _line(reply, meaning, f"it came from {_NOBODY}"), now)
    # No case, no task: staff see it among what nobody could take in.
    written = f"{reply.address}\n\n{reply.text}"
    rejections.add(tx, "inbound", written, f"a reply by {reply.channel} from {_NOBODY}", now)
    urgent = meaning is Meaning.HELP
    reason = meaning.value if urgent else "unknown_sender"
    request = StaffRequest.escalation(reason, None, safety=urgent, level=HIGHEST_LEVEL)
    return Heard((Ask(None, None, request),))


def _correspondents(tx: Tx, senders: list[Sender], policies: Policies, now: datetime) -> list[Correspondent]:
    """Return what is known of the senders; their cases, and the first of them, are locked."""
    # Cases before victims, everywhere: two transactions never wait for each other.
    cases.lock(tx, {sender.case_pk for sender in senders})
    found = [_correspondent(tx, sender, policies, now) for sender in senders]
    for first in found[:1]:
        people.victim_pk(tx, first.victim.victim_id)  # two replies at once are answered once
    return found


def _correspondent(tx: Tx, sender: Sender, policies: Policies, now: datetime) -> Correspondent:
    case = cases.load(tx, sender.case_pk)
    victim = people.load_victim(tx, sender.victim_pk)
    return Correspondent(sender, case, victim, policies.of(case.force, now))


def _tasks(tx: Tx, reply: Reply, meaning: Meaning, person: Correspondent, now: datetime) -> tuple[Ask, ...]:
    """Show staff what came: as a task, or with the one that is open already."""
    kind = TaskKind.FIND_CONTACT if meaning is Meaning.WRONG_PERSON else TaskKind.CALL_BACK
    request = StaffRequest.task(
        kind,
        None,
        safety=_is_safety(meaning, person),
        escalated=meaning in _ESCALATED,
        text=_shown(reply, meaning, person.policy, now),
    )
    if store.add_to_open_task(tx, person.sender, request):
        return ()
    return (Ask(person.sender.case_pk, person.sender.victim_pk, request),)


def _shown(reply: Reply, meaning: Meaning, policy: Policy, now: datetime) -> str:
    """Return what staff read: each line of the reply is marked, and nothing in it can move a terminal."""
    lines = ("".join(filter(str.isprintable, line)) for line in reply.text.splitlines())
    came = f"{_TOLD_STAFF[meaning]} By {reply.channel}, {plain_words.moment(now, policy.timezone)}:"
    return "\n".join((came, *(f"> {line}" for line in lines)))


def _escalations(meaning: Meaning, found: list[Correspondent]) -> tuple[Ask, ...]:
    """What is true of a number or an address is so for every victim who has it."""
    concerned = found if meaning in _CLOSES else found[:1] if meaning in _ESCALATED else []
    return tuple(
        Ask(
            one.sender.case_pk,
            one.sender.victim_pk,
            StaffRequest.escalation(meaning.value, None, safety=_is_safety(meaning, one)),
        )
        for one in concerned
    )


def _is_safety(meaning: Meaning, person: Correspondent) -> bool:
    if meaning is Meaning.WRONG_PERSON:
        return dangerous_in_other_hands(person.case, person.victim, person.policy)
    return meaning is Meaning.HELP


def _line(
    reply: Reply,
    meaning: Meaning,
    why: str,
    person: Correspondent | None = None,
    attempt_pk: int | None = None,
) -> Line:
    return Line(
        What.RECEIVED,
        person.sender.case_pk if person else None,
        person.victim.pk if person else None,
        attempt_pk=attempt_pk,
        person_id=person.victim.victim_id if person else None,
        role=person.victim.role if person else None,
        channel=reply.channel,
        reason=meaning.value,
        why=(why,),
    )
