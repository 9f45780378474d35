"""Planning: a case's new events become notices and what staff are asked.

One public function; it may run at any time and any number of times for the same cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from notifier import breaker, closure, contact_clock, deciding, profiles, referral, retracting
from notifier.event_data import ContactRecorded, VictimsRelated
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
    What,
)
from notifier.rules import asking
from notifier.rules.deadlines import duty
from notifier.rules.policy import Policies
from notifier.rules.sensitivity import enhanced_rights, tone_of
from notifier.store import cases, events, journal, notices, people, registrations
from notifier.store.database import Tx
from notifier.store.situations import CaseFile, bring_files, load_file

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
    left: list[str] = field(default_factory=list)
    """The cases (publisher's reference) that somebody else has in hand: nothing was planned for them."""


@dataclass(frozen=True, slots=True)
class _Folded:
    """A case with the new events that its profiles were made of, and whose plans they may change."""

    case_pk: int
    fresh: list[CaseEvent]
    changes: profiles.Changes


def plan(
    tx: Tx,
    case_ids: Sequence[str],
    policies: Policies,
    now: datetime,
    *,
    limit: int | None = None,
    wait: bool = True,
) -> Planned:
    """Fold the cases' unplanned events, make their notices and decide all that is open again.

    Name only cases where something waits: each is locked. ``limit`` plans only so many of a case's waiting
    events, in the order of arrival. Without ``wait`` cases that somebody else has in hand are left for later.
    Raises :class:`~notifier.errors.NotifierError` for an event that cannot be planned; then plan them one by
    one.
    """
    # What waits is read once the cases are locked: nobody else plans it then.
    case_pks = cases.keys(tx, case_ids, wait=wait)
    planned = Planned(left=[name for name in case_ids if name not in case_pks])
    waiting = {name: sorted(pks)[:limit] for name, pks in events.unplanned(tx, case_pks).items()}
    if limit is not None:  # one that waits behind may be what breaks or kills the program
        tx.alone = frozenset(pk for pks in waiting.values() for pk in pks)
    events.bring(tx, waiting)
    # All profiles first: no victim is locked any more when notices change.
    profiles.bring(tx, case_pks.values(), _fresh_of(tx, waiting))
    folded = [_fold(tx, case_pks[name], name, pks, policies, now) for name, pks in waiting.items()]
    bring_files(tx, [one.case_pk for one in folded])
    for one in folded:
        _plan_case(tx, one, policies, now, planned)
    planned.asks += _decide_elsewhere(tx, folded, policies, now)
    events.mark_planned(tx, (pk for pks in waiting.values() for pk in pks), now)
    return planned


def _fresh_of(tx: Tx, waiting: Mapping[str, list[int]]) -> list[CaseEvent]:
    return [event for pks in waiting.values() for event in events.load_all(tx, pks)]


def _fold(
    tx: Tx, case_pk: int, case_id: str, waiting: list[int], policies: Policies, now: datetime
) -> _Folded:
    received = events.of_case(tx, case_id)
    fresh = [event for event in received if event.pk in set(waiting)]
    changes = profiles.Changes()
    for event in fresh:
        profiles.fold(profiles.Fold(tx, case_pk, received, policies, now, changes), event)
    return _Folded(case_pk, fresh, changes)


def _plan_case(tx: Tx, folded: _Folded, policies: Policies, now: datetime, planned: Planned) -> None:
    case_pk, fresh = folded.case_pk, folded.fresh
    file = load_file(tx, case_pk)
    if file.begun:
        planned.asks += _make_notices(tx, file, {event.pk for event in fresh}, policies, now)
    planned.asks += [ask for event in fresh for ask in _hold_both(tx, case_pk, event, folded.changes)]
    if file.begun:
        _settle_talks(tx, file, fresh, now, planned)
        _settle_retractions(tx, file, {event.type for event in fresh}, now, planned)
        for victim_pk in file.victims:
            planned.asks += _decide_open(tx, file, victim_pk, policies, now)
            contact_clock.refresh(tx, file, victim_pk, policies, now)
        closure.review(tx, file, now)
        referral.review(tx, file, fresh, policies, now)
    planned.answered += [_answer(event, file) for event in fresh if event.type in _ANSWERS]


def _make_notices(tx: Tx, file: CaseFile, waiting: set[int], policies: Policies, now: datetime) -> list[Ask]:
    """Make a notice for each event that is told and each victim whom it concerns, once both are known."""
    asks: list[Ask] = []
    known = {(notice.event_pk, notice.victim_pk) for notice in notices.of_case(tx, file.case.pk)}
    registered = {row.victim_pk: row.event_pk for row in registrations.of_case(tx, file.case.pk)}
    for event in file.history:
        if event.backfill or not EVENT_TYPES[event.type].told or event.pk > max(waiting, default=0):
            continue
        for victim_pk in _concerned(event, file):
            if (event.pk, victim_pk) in known:
                continue
            notice_pk = notices.add(tx, event, file.case.pk, victim_pk, now)
            if notice_pk is None:
                continue
            reason = _not_for_her(event, victim_pk, registered[victim_pk], file, policies, now)
            if reason is not None:
                asks += _suppress(tx, notices.load(tx, notice_pk), event, file, reason, policies, now)
            else:
                _drop_courtesy(tx, file, victim_pk, now)
                flood = breaker.watch(tx, notice_pk, event, policies.of(file.case.force, now), now)
                asks += [Ask(file.case.pk, None, request) for request in flood]
    return asks


def _hold_both(tx: Tx, case_pk: int, event: CaseEvent, changes: profiles.Changes) -> list[Ask]:
    """Two records were merged or split: what waits for either is a person's to decide (rules, section 7).

    That is what came before, be it planned together with it.
    """
    if not isinstance(event.data, VictimsRelated) or event.backfill:
        return []
    asks = []
    for victim_id in (event.data.victim_id, event.data.other_id):
        changes.victim_ids.add(victim_id)
        victim_pk = people.victim_pk(tx, victim_id)
        if victim_pk is not None and notices.hold_open(tx, victim_pk, "identity", event.pk):
            asks.append(Ask(case_pk, victim_pk, StaffRequest.escalation("identity", event)))
    return asks


def _concerned(event: CaseEvent, file: CaseFile) -> list[int]:
    """Return the victims whom the event concerns: the one named, those named, or all of the case."""
    named = getattr(event.data, "victim_id", None)
    wanted = (named,) if named is not None else event.victim_ids
    hers = [pk for pk, victim in file.victims.items() if wanted is None or victim.victim_id in wanted]
    return [pk for pk in hers if file.wrong_start(pk) is None]


def _not_for_her(
    event: CaseEvent, victim_pk: int, registered_by: int, file: CaseFile, policies: Policies, now: datetime
) -> str | None:
    """Return why an event is not told to her at all: it is older than her place in the case, or no news."""
    if event.type == _REGISTERED:
        return None if event.pk == registered_by else "already_registered"
    if event.pk > registered_by:
        return None
    policy = policies.of(file.case.force, event.arrived_at)
    rights = enhanced_rights(file.case, file.victims[victim_pk], policy)
    return "expired" if duty(event, rights, policy).deadline < now else None


def _suppress(
    tx: Tx, notice: Notice, event: CaseEvent, file: CaseFile, reason: str, policies: Policies, now: datetime
) -> list[Ask]:
    notices.change(tx, notice.pk, state=NoticeState.SUPPRESSED, reason=reason)
    journal.write(tx, deciding.line_about(notice, file, What.SUPPRESSED, reason, (_WHY[reason],)), now)
    if reason != "expired":
        return []
    policy = policies.of(file.case.force, event.arrived_at)
    tone = tone_of(event, file.case, file.victims[notice.victim_pk], policy)
    requests = asking.expired(event, tone, now)
    return [Ask(notice.case_pk, notice.victim_pk, request) for request in requests]


_WHY = {
    "already_registered": "the victim is registered in this case already; the event only changes the profile",
    "expired": "the time for telling it was over before the victim was registered",
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
    talks = [event.data for event in fresh if isinstance(event.data, ContactRecorded)]
    for data in talks:
        if data.outcome != retracting.SPOKE or data.victim_id not in pks:
            continue
        victim_pk = pks[data.victim_id]
        for event in (by_id[event_id] for event_id in data.about if event_id in by_id):
            settled = Settled(file.case.pk, victim_pk, event.pk, _ENDED_BY_A_TALK, data.by, retracting.SPOKE)
            planned.settled.append(settled)
            for notice in notices.of_victim(tx, victim_pk, file.case.pk):
                if notice.event_pk == event.pk and notice.state in _LEFT_TO_A_PERSON:
                    notices.change(tx, notice.pk, state=NoticeState.TOLD, reason="told_by_person")


def _settle_retractions(
    tx: Tx, file: CaseFile, fresh_types: set[str], now: datetime, planned: Planned
) -> None:
    """Let go what a wrong event kept back, and have corrected what was told of one."""
    if fresh_types & retracting.LETS_GO:
        retracting.revive(tx, file, now)
    if retracting.RETRACTION in fresh_types:
        retracting.take_back_talks(tx, file)
    settled, asks = retracting.correct(tx, file)
    planned.settled += settled
    planned.asks += asks


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


def _decide_open(tx: Tx, file: CaseFile, victim_pk: int, policies: Policies, now: datetime) -> list[Ask]:
    asks: list[Ask] = []
    for notice in notices.of_victim(tx, victim_pk, file.case.pk):
        if notice.state in notices.OPEN:
            asks += deciding.take(tx, notice, file, policies, now)[1]
    return asks


def _decide_elsewhere(tx: Tx, folded: Sequence[_Folded], policies: Policies, now: datetime) -> list[Ask]:
    """What changed about victims holds in their other cases too."""
    asks: list[Ask] = []
    others = _other_cases(tx, folded)
    bring_files(tx, {case_pk for case_pk, _ in others})
    for case_pk, victim_pk in others:
        file = load_file(tx, case_pk)
        if file.case.opened:
            asks += _decide_open(tx, file, victim_pk, policies, now)
            contact_clock.refresh(tx, file, victim_pk, policies, now)
    return asks


def _other_cases(tx: Tx, folded: Sequence[_Folded]) -> list[tuple[int, int]]:
    """Return the cases (keys), with the victim, that hold a victim who changed by an event of another one."""
    pks = people.lock(tx, {victim_id for one in folded for victim_id in one.changes.victim_ids})
    theirs = registrations.cases_of(tx, pks.values())
    changed = [(one.case_pk, pks[name]) for one in folded for name in one.changes.victim_ids if name in pks]
    return sorted({(other, pk) for case_pk, pk in changed for other in theirs[pk] if other != case_pk})
