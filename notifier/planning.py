"""Planning: a case's new events become notices and what staff are asked.

One public function; it may run at any time and any number of times for the same case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from notifier import closure, contact_clock, deciding, profiles
from notifier.errors import NotFound
from notifier.event_data import ContactRecorded
from notifier.event_types import EVENT_TYPES
from notifier.records import (
    Answered,
    Ask,
    CaseEvent,
    Notice,
    NoticeState,
    Settled,
    StaffRequest,
    TaskKind,
    Tone,
    What,
)
from notifier.rules.deadlines import duty
from notifier.rules.policy import Policy
from notifier.rules.sensitivity import enhanced_rights
from notifier.store import events, journal, notices, people
from notifier.store.database import Tx
from notifier.store.situations import CaseFile, load_file

_REGISTERED = "victim.registered"
_ENDED_BY_A_TALK = frozenset(
    {TaskKind.TELL_IN_PERSON, TaskKind.CALL_BACK, TaskKind.CANNOT_MEET_WINDOW, TaskKind.CHECK_DELIVERY}
)
_LEFT_TO_A_PERSON = (NoticeState.WITH_PERSON, NoticeState.UNCERTAIN, NoticeState.FAILED)


@dataclass(slots=True)
class Planned:
    """What staff are asked because of the new events, and what is settled."""

    asks: list[Ask] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)


def plan_case(tx: Tx, case_id: str, policy: Policy, now: datetime, *, limit: int | None = None) -> Planned:
    """Fold the case's unplanned events, make their notices and decide all that is open again.

    ``limit`` plans only so many of the waiting events, in the order of arrival. Raises
    :class:`~notifier.errors.NotifierError` for an event that cannot be planned.
    """
    case_pk = people.case_pk(tx, case_id)
    waiting = sorted(events.unplanned(tx, case_id))[:limit]
    fresh = [event for event in events.of_case(tx, case_id) if event.pk in set(waiting)]
    changes = profiles.Changes()
    for event in fresh:
        profiles.fold(tx, case_pk, event, policy, now, changes)
    file = load_file(tx, case_pk)
    planned = Planned()
    if file.case.opened:
        _make_notices(tx, file, set(waiting), policy, now)
        _settle_talks(tx, file, fresh, now, planned)
        _correct(tx, file, planned)
        for victim_pk in file.victims:
            planned.asks += _decide_open(tx, file, victim_pk, policy, now)
            contact_clock.refresh(tx, file, victim_pk, policy, now)
        closure.review(tx, file, now)
    planned.answered = [_answer(event, file) for event in fresh if event.type in _ANSWERS]
    planned.asks += _decide_elsewhere(tx, case_pk, changes.victim_ids, policy, now)
    events.mark_planned(tx, set(waiting), now)
    return planned


def _make_notices(tx: Tx, file: CaseFile, waiting: set[int], policy: Policy, now: datetime) -> None:
    """Make a notice for each event that is told and each victim whom it concerns, once both are known."""
    known = {(notice.event_pk, notice.victim_pk) for notice in notices.of_case(tx, file.case.pk)}
    registered = {row.victim_pk: row.event_pk for row in people.registrations_of(tx, file.case.pk)}
    for event in file.history:
        if event.backfill or not EVENT_TYPES[event.type].told or event.pk > max(waiting, default=0):
            continue
        for victim_pk in _concerned(event, file):
            if (event.pk, victim_pk) in known:
                continue
            notice_pk = notices.add(tx, event, file.case.pk, victim_pk)
            if notice_pk is None:
                continue
            reason = _not_for_her(event, victim_pk, registered[victim_pk], file, policy, now)
            if reason is not None:
                _suppress(tx, notices.load(tx, notice_pk), file, reason, now)
            else:
                _drop_courtesy(tx, file, victim_pk, now)


def _concerned(event: CaseEvent, file: CaseFile) -> list[int]:
    """Return the victims whom the event concerns: the one named, those named, or all of the case."""
    named = getattr(event.data, "victim_id", None)
    wanted = (named,) if named is not None else event.victim_ids
    return [pk for pk, victim in file.victims.items() if wanted is None or victim.victim_id in wanted]


def _not_for_her(
    event: CaseEvent, victim_pk: int, registered_by: int, file: CaseFile, policy: Policy, now: datetime
) -> str | None:
    """Return why an event is not told to her at all: it is older than her place in the case, or no news."""
    if event.type == _REGISTERED:
        return None if event.pk == registered_by else "already_registered"
    if event.pk > registered_by:
        return None
    rights = enhanced_rights(file.case, file.victims[victim_pk], policy)
    return "expired" if duty(event, rights, policy).deadline < now else None


def _suppress(tx: Tx, notice: Notice, file: CaseFile, reason: str, now: datetime) -> None:
    notices.change(tx, notice.pk, state=NoticeState.SUPPRESSED, reason=reason)
    journal.write(tx, deciding.line_about(notice, file, What.SUPPRESSED, reason, (_WHY[reason],)), now)


_WHY = {
    "already_registered": "she is a victim of this case already; the event only changes her profile",
    "expired": "the time for telling it was over before she was registered",
}


def _drop_courtesy(tx: Tx, file: CaseFile, victim_pk: int, now: datetime) -> None:
    """There is news: an update that nothing has happened would be wrong."""
    for notice in notices.of_victim(tx, victim_pk, file.case.pk):
        if notice.event_pk is None and notice.state is NoticeState.PLANNED:
            notices.change(tx, notice.pk, state=NoticeState.CANCELLED, reason="news", send_at=None)
            why = ("there is news to tell instead",)
            journal.write(tx, deciding.line_about(notice, file, What.CANCELLED, "news", why), now)


def _settle_talks(tx: Tx, file: CaseFile, fresh: list[CaseEvent], now: datetime, planned: Planned) -> None:
    """A person spoke with a victim about events: tasks about them are done, and she knows."""
    by_id = {event.id: event for event in file.history}
    pks = {victim.victim_id: pk for pk, victim in file.victims.items()}
    for talk in fresh:
        data = talk.data
        if not isinstance(data, ContactRecorded) or data.outcome != "spoke" or data.victim_id not in pks:
            continue
        victim_pk = pks[data.victim_id]
        for event in (by_id[event_id] for event_id in data.about if event_id in by_id):
            settled = Settled(file.case.pk, victim_pk, event.pk, _ENDED_BY_A_TALK, data.by, "spoke")
            planned.settled.append(settled)
            for notice in notices.of_victim(tx, victim_pk, file.case.pk):
                if notice.event_pk == event.pk and notice.state in _LEFT_TO_A_PERSON:
                    notices.change(tx, notice.pk, state=NoticeState.TOLD, reason="told_by_person")


def _correct(tx: Tx, file: CaseFile, planned: Planned) -> None:
    """What was told and then retracted must be corrected by a person; what was asked about it is over."""
    gone = {event.pk: event for event in file.received if event not in file.history}
    for notice in notices.of_case(tx, file.case.pk):
        event = gone.get(notice.event_pk or 0)
        if event is None:
            continue
        about = (file.case.pk, notice.victim_pk, event.pk)
        planned.settled.append(Settled(*about, _ABOUT_THE_NEWS, event.source, "retracted"))
        if notice.state in notices.REACHED:
            safety = notice.tone is Tone.SAFETY
            request = StaffRequest.task(TaskKind.CORRECTION, event, safety=safety)
            planned.asks.append(Ask(file.case.pk, notice.victim_pk, request))


_ABOUT_THE_NEWS = frozenset(set(TaskKind) - {TaskKind.CORRECTION, TaskKind.CHECK_SAFETY})


def _answer(event: CaseEvent, file: CaseFile) -> Answered:
    data = event.data
    about = next((other.pk for other in file.received if other.id == data.about), None)
    outcome = data.outcome or "done"
    return Answered(_ANSWERS[event.type], file.case.pk, data.id, about, data.kind, data.by, outcome)


_ANSWERS = {
    "escalation.acknowledged": What.ACKNOWLEDGED,
    "escalation.resolved": What.RESOLVED,
    "task.done": What.DONE,
}


def _decide_open(tx: Tx, file: CaseFile, victim_pk: int, policy: Policy, now: datetime) -> list[Ask]:
    asks: list[Ask] = []
    for notice in notices.of_victim(tx, victim_pk, file.case.pk):
        if notice.state in notices.OPEN:
            asks += deciding.take(tx, notice, file, policy, now)[1]
    return asks


def _decide_elsewhere(tx: Tx, case_pk: int, victim_ids: set[str], policy: Policy, now: datetime) -> list[Ask]:
    """What changed about a victim holds in her other cases too."""
    asks: list[Ask] = []
    for victim_id in sorted(victim_ids):
        victim_pk = people.victim_pk(tx, victim_id)
        if victim_pk is None:
            continue
        for other in sorted(set(people.cases_of(tx, victim_pk)) - {case_pk}):
            file = load_file(tx, other)
            if file.case.opened:
                asks += _decide_open(tx, file, victim_pk, policy, now)
                contact_clock.refresh(tx, file, victim_pk, policy, now)
    return asks


_MAY_BE_TRIED_AGAIN = (NoticeState.FAILED, NoticeState.UNCERTAIN, NoticeState.HELD)
_WAITS_FOR_A_TALK = "person_first"


def try_again(tx: Tx, notice_pk: int, policy: Policy, now: datetime) -> list[Ask]:
    """Decide a notice anew as if nothing had been tried, because a person asks for it.

    A contact point that failed for good stays unused until it is confirmed or replaced. Raises
    :class:`NotFound` where there is nothing to try again.
    """
    found = notices.load_all(tx, [notice_pk])
    if not found or found[0].state not in _MAY_BE_TRIED_AGAIN or found[0].reason == _WAITS_FOR_A_TALK:
        raise NotFound(f"N{notice_pk} is not a notice that can be tried again; see `notifier failures`")
    file = load_file(tx, found[0].case_pk)
    again = {"state": NoticeState.PLANNED, "retried_at": now, "tries": 0, "full_only": False, "send_at": None}
    notices.change(tx, notice_pk, **again)
    return deciding.take(tx, notices.load(tx, notice_pk), file, policy, now)[1]
