"""Escalation: tasks and escalations are opened, climb, are acknowledged and resolved (rules, section 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from notifier import staff_mail
from notifier.errors import NotFound
from notifier.records import (
    Answered,
    Ask,
    Case,
    CaseEvent,
    NoticeState,
    Role,
    Settled,
    StaffMember,
    StaffRequest,
    TaskKind,
    What,
)
from notifier.room_links import RoomLinks
from notifier.rules.policy import Policies, Policy
from notifier.rules.staffing import HIGHEST_LEVEL, responsible
from notifier.rules.timing import local_day, working_days_later
from notifier.staff_mail import Told
from notifier.staff_words import reason_of
from notifier.store import cases, events, journal, notices, staff
from notifier.store.database import Tx
from notifier.store.journal import Line

# Escalations about a duty are one per event; the others one per victim and case.
_ABOUT_A_DUTY = frozenset({"duty_at_risk", "late_on_arrival", "tell_in_person", "task_overdue"})
# She knows, or is not told any more.
_OVER = frozenset({NoticeState.SENT, NoticeState.TOLD, NoticeState.CANCELLED})


def ask(tx: Tx, asks: Iterable[Ask], policies: Policies, links: RoomLinks, now: datetime) -> None:
    """Open what was asked for: each task once, one open escalation for one cause.

    ``links`` are what the mails to staff lead to.
    """
    for one in asks:
        if one.request.kind is not None:
            _open_task(tx, one, policies, links, now)
        else:
            _open_escalation(tx, one, policies, links, now)


def _open_task(tx: Tx, ask: Ask, policies: Policies, links: RoomLinks, now: datetime) -> None:
    request = ask.request
    case, policy = _circumstances(tx, ask.case_pk, policies, now)
    person, role = _responsible(case, 1, policy, now)
    escalate_at = None if request.escalated else _escalate_at(request, policy, now)
    task_pk = staff.add_task(tx, ask, person.id if person else None, escalate_at, now)
    if task_pk is None:
        return
    line = _line(What.TASK, ask, person, role, f"T{task_pk}", kind=request.kind, deadline=request.deadline)
    journal.write(tx, line, now)
    if person is not None:
        told = Told(ask, escalate_at, request.deadline, now, policy.timezone, links)
        staff_mail.about_task(tx, task_pk, told, person, role)


def _circumstances(
    tx: Tx, case_pk: int | None, policies: Policies, now: datetime
) -> tuple[Case | None, Policy]:
    """Return the case, where it is about one, and the policy that holds for it now."""
    case = cases.load(tx, case_pk) if case_pk is not None else None
    return case, policies.of(case.force if case else None, now)


def _responsible(
    case: Case | None, level: int, policy: Policy, now: datetime
) -> tuple[StaffMember | None, Role]:
    """Return who is told; what belongs to no case goes to whom the policy names."""
    if case is None:
        return policy.operations, Role.UNIT
    return responsible(case, level, local_day(now, policy.timezone))


def _escalate_at(request: StaffRequest, policy: Policy, now: datetime) -> datetime:
    """A task is overdue at its deadline; without one after a working day, for safety after half an hour."""
    if request.deadline is not None:
        return max(request.deadline, now)
    if request.safety:
        return now + policy.staff.safety_pace
    return working_days_later(now, policy.staff.task_working_days, policy)


def _open_escalation(tx: Tx, ask: Ask, policies: Policies, links: RoomLinks, now: datetime) -> None:
    duty = ask.request.reason in _ABOUT_A_DUTY
    if ask.request.once and staff.was_escalated(tx, ask, duty=duty):
        return
    already = staff.open_escalation(tx, ask, duty=duty)
    if already is not None:
        staff.add_repeat(tx, already.pk)
        if ask.request.safety and not already.safety:
            _make_urgent(tx, already, ask, policies, links, now)
        return
    level = ask.request.level
    case, policy = _circumstances(tx, ask.case_pk, policies, now)
    climb_at = _climb_at(level, ask.request.safety, policy, now)
    pk = staff.add_escalation(tx, ask, duty=duty, level=level, climb_at=climb_at, now=now)
    told = Told(ask, climb_at, _duty(tx, ask), now, policy.timezone, links)
    _tell(tx, told, pk, level, "opened", case, policy)


def _make_urgent(
    tx: Tx, already: Row[Any], ask: Ask, policies: Policies, links: RoomLinks, now: datetime
) -> None:
    """What was opened at the pace of working days is about safety now: staff are told at once, at its level.

    It climbs at safety pace from here on, whoever looked after it as it was before.
    """
    case, policy = _circumstances(tx, ask.case_pk, policies, now)
    climb_at = _climb_at(already.level, True, policy, now)
    anew = {"safety": True, "climb_at": climb_at, "acknowledged_at": None, "acknowledged_by": None}
    staff.change_escalation(tx, already.pk, **anew)
    told = Told(ask, climb_at, _duty(tx, ask), now, policy.timezone, links)
    _tell(tx, told, already.pk, already.level, "repeated", case, policy)


def _climb_at(level: int, safety: bool, policy: Policy, now: datetime) -> datetime | None:
    """Return when an escalation climbs, or is repeated at the top for safety, if nobody acknowledges it."""
    if safety:
        return now + policy.staff.safety_pace
    if level >= HIGHEST_LEVEL:
        return None
    return working_days_later(now, policy.staff.climb_working_days, policy)


def _duty(tx: Tx, ask: Ask) -> datetime | None:
    """Return by when the victim must be told of the event, where she is still to be told."""
    event = ask.request.event
    if event is None or ask.case_pk is None or ask.victim_pk is None:
        return None
    hers = notices.of_victim(tx, ask.victim_pk, ask.case_pk)
    about = (one for one in hers if one.event_pk == event.pk and one.state not in _OVER)
    return next((one.deadline for one in about), None)


def _tell(tx: Tx, told: Told, pk: int, level: int, kind: str, case: Case | None, policy: Policy) -> None:
    """Write the line and tell the staff of this level; ``nothing_to_tell`` is told to the officer too."""
    ask, now = told.ask, told.now
    person, role = _responsible(case, level, policy, now)
    journal.write(tx, _line(What.ESCALATION, ask, person, role, f"E{pk}", kind=kind, level=level), now)
    whom = {person.id: (person, role)} if person else {}
    if ask.request.reason == "nothing_to_tell":
        officer, officer_role = _responsible(case, 1, policy, now)
        if officer is not None:
            whom.setdefault(officer.id, (officer, officer_role))
    for member, member_role in whom.values():
        staff_mail.about_escalation(tx, pk, told, level, member, member_role)


def climb(tx: Tx, policies: Policies, links: RoomLinks, now: datetime) -> None:
    """Move unacknowledged escalations one level up; at the top a safety one is repeated."""
    for row in staff.climbing(tx, now):
        level = min(row.level + 1, HIGHEST_LEVEL)
        kind = "climbed" if level > row.level else "repeated"
        case, policy = _circumstances(tx, row.case_pk, policies, now)
        climb_at = _climb_at(level, row.safety, policy, now)
        values = {"level": level, "climb_at": climb_at, "acknowledged_at": None, "acknowledged_by": None}
        if level > row.level:  # who had it in hand did not deal with it: it is on the next one's list
            values["in_hand_of"] = None
        staff.change_escalation(tx, row.pk, **values)
        again = _ask_of(tx, row)
        told = Told(again, climb_at, _duty(tx, again), now, policy.timezone, links)
        _tell(tx, told, row.pk, level, kind, case, policy)


def escalate_overdue(tx: Tx, policies: Policies, links: RoomLinks, now: datetime) -> None:
    """Open an escalation for each task that was not done in time."""
    for row in staff.overdue(tx, now):
        staff.change_task(tx, row.pk, escalate_at=None)
        request = StaffRequest.escalation("task_overdue", _event(tx, row), safety=row.safety)
        _open_escalation(tx, Ask(row.case_pk, row.victim_pk, request), policies, links, now)


def settle(tx: Tx, settled: Iterable[Settled], now: datetime) -> None:
    """A person told the victim: tasks about the event are done, escalations about it resolved."""
    for one in settled:
        about = (one.case_pk, one.victim_pk, one.event_pk)
        for row in staff.open_tasks_about(tx, *about, one.kinds):
            _finish_task(tx, row, one.by, one.outcome, now)
        for row in staff.open_escalations_about(tx, *about):
            _resolve(tx, row, one.by, one.outcome, now)


def answer(tx: Tx, answered: Iterable[Answered], policies: Policies, now: datetime) -> None:
    """Apply what publishers say that staff did; what is not open any more is passed over."""
    for one in answered:
        if one.what is What.DONE:
            for row in staff.find_tasks(tx, one):
                _finish_task(tx, row, one.by, one.outcome, now)
            continue
        for row in staff.find_escalations(tx, one):
            if one.what is What.RESOLVED:
                _resolve(tx, row, one.by, one.outcome, now)
            else:
                acknowledge(tx, row.pk, one.by, policies, now)


def acknowledge(tx: Tx, escalation_pk: int, by: str, policies: Policies, now: datetime) -> None:
    """Somebody looks after it: it does not climb for one working day."""
    row = _open_row(tx, escalation_pk)
    _, policy = _circumstances(tx, row.case_pk, policies, now)
    climb_at = working_days_later(now, policy.staff.climb_working_days, policy)
    values = {"climb_at": climb_at, "acknowledged_at": now, "acknowledged_by": by}
    staff.change_escalation(tx, escalation_pk, **values)
    journal.write(tx, _row_line(tx, What.ACKNOWLEDGED, row, by), now)


def resolve(tx: Tx, escalation_pk: int, by: str, outcome: str, now: datetime) -> None:
    """It is dealt with; ``outcome`` says how."""
    _resolve(tx, _open_row(tx, escalation_pk), by, outcome, now)


def resolve_if_open(tx: Tx, escalation_pk: int, by: str, outcome: str, now: datetime) -> None:
    """The same, where nothing else has ended it yet."""
    row = staff.load_escalation(tx, escalation_pk)
    if row is not None and row.resolved_at is None:
        _resolve(tx, row, by, outcome, now)


def finish_task(tx: Tx, task_pk: int, by: str, outcome: str, now: datetime) -> None:
    """A task is done; ``outcome`` says with what result."""
    row = staff.load_task(tx, task_pk)
    if row is None or row.done_at is not None:
        raise NotFound(f"there is no open task {task_pk}; `notifier due` lists them")
    _finish_task(tx, row, by, outcome, now)


def end_about_source(tx: Tx, reason: str, source: str, now: datetime) -> None:
    """What was wrong with a source is over by itself."""
    for row in staff.open_about_source(tx, reason, source):
        _resolve(tx, row, "notifier", "the source publishes again", now)


def _open_row(tx: Tx, pk: int) -> Row[Any]:
    row = staff.load_escalation(tx, pk)
    if row is None or row.resolved_at is not None:
        raise NotFound(f"there is no open escalation {pk}; `notifier escalations` lists them")
    return row


def _resolve(tx: Tx, row: Row[Any], by: str, outcome: str, now: datetime) -> None:
    staff.change_escalation(tx, row.pk, resolved_at=now, outcome=outcome, climb_at=None)
    journal.write(tx, _row_line(tx, What.RESOLVED, row, by), now)


def _finish_task(tx: Tx, row: Row[Any], by: str, outcome: str, now: datetime) -> None:
    values = {"done_at": now, "done_by": by, "outcome": outcome, "escalate_at": None}
    staff.change_task(tx, row.pk, **values)
    request = StaffRequest.task(TaskKind(row.kind), _event(tx, row))
    ask = Ask(row.case_pk, row.victim_pk, request)
    line = _line(What.DONE, ask, None, None, f"T{row.pk}", kind=row.kind)
    journal.write(tx, line, now)


def _event(tx: Tx, row: Row[Any]) -> CaseEvent | None:
    return events.load(tx, row.event_pk) if row.event_pk is not None else None


def _ask_of(tx: Tx, row: Row[Any]) -> Ask:
    request = StaffRequest(
        row.reason,
        _event(tx, row),
        safety=row.safety,
        level=row.level,
        source=row.source,
        event_type=row.event_type,
    )
    return Ask(row.case_pk, row.victim_pk, request)


def _row_line(tx: Tx, what: What, row: Row[Any], by: str) -> Line:
    line = _line(what, _ask_of(tx, row), None, None, f"E{row.pk}", level=row.level)
    return replace(line, person_id=by)


def _line(
    what: What,
    ask: Ask,
    person: StaffMember | None,
    role: Role | None,
    ref: str,
    *,
    kind: str | None = None,
    level: int | None = None,
    deadline: datetime | None = None,
) -> Line:
    event = ask.request.event
    return Line(
        what,
        ask.case_pk,
        ask.victim_pk,
        event.pk if event else None,
        event_type=event.type if event else ask.request.event_type,
        event_ids=(event.id,) if event else (),
        person_id=person.id if person else None,
        role=role,
        kind=kind,
        ref=ref,
        level=level,
        reason=ask.request.reason,
        deadline=deadline,
        why=(reason_of(ask.request),),
    )
