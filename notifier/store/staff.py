"""What people must do: tasks and escalations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, bindparam, select, update

from notifier.records import Answered, Ask, TaskKind
from notifier.store.database import Tx
from notifier.store.tables import cases, escalations, events, tasks, victims


def _cause(ask: Ask, *, with_event: bool) -> str:
    request = ask.request
    if request.source is not None:
        return f"{request.reason}/{request.source}/{request.event_type}"
    parts: list[object] = [request.reason, ask.case_pk, ask.victim_pk]
    if with_event and request.event is not None:
        parts.append(request.event.pk)
    if request.point is not None:
        parts.append(f"point {request.point.pk}")
    return "/".join(str(part) for part in parts)


_TAKEN_BACK = "/taken back"
# These are about how the victim can be reached at all, whatever was to be told to her.
_ABOUT_CONTACT = frozenset({TaskKind.CHECK_SAFETY, TaskKind.FIND_CONTACT})


def add_task(
    tx: Tx, ask: Ask, person_id: str | None, escalate_at: datetime | None, now: datetime
) -> int | None:
    """Open the task; ``None`` where it is open, or was asked before about the same event."""
    about_contact = ask.request.kind in _ABOUT_CONTACT
    cause = _cause(ask, with_event=not about_contact)
    same = tasks.c.cause == cause
    if about_contact or ask.request.event is None:
        same &= tasks.c.done_at.is_(None)
    if tx.first(select(tasks.c.pk).where(same)) is not None:
        return None
    request = ask.request
    assert request.kind is not None
    return tx.insert(
        tasks.insert().values(
            cause=cause,
            kind=request.kind,
            case_pk=ask.case_pk,
            victim_pk=ask.victim_pk,
            event_pk=request.event.pk if request.event else None,
            person_id=person_id,
            safety=request.safety,
            opened_at=now,
            deadline=request.deadline,
            escalate_at=escalate_at,
            text_sealed=tx.cipher.seal(request.text) if request.text else None,
        )
    )


def open_escalation(tx: Tx, ask: Ask, *, duty: bool) -> Row[Any] | None:
    """Return the escalation that is open for the same cause; ``duty`` makes the event part of the cause."""
    return _newest(
        tx, (escalations.c.cause == _cause(ask, with_event=duty)) & escalations.c.resolved_at.is_(None)
    )


def was_escalated(tx: Tx, ask: Ask, *, duty: bool) -> bool:
    """Tell whether the same cause was ever escalated, resolved or not."""
    return _newest(tx, escalations.c.cause == _cause(ask, with_event=duty)) is not None


def _newest(tx: Tx, condition: Any) -> Row[Any] | None:
    return tx.first(select(escalations).where(condition).order_by(escalations.c.pk.desc()).limit(1))


def add_escalation(
    tx: Tx, ask: Ask, *, duty: bool, level: int, climb_at: datetime | None, now: datetime
) -> int:
    """Open an escalation."""
    request = ask.request
    return tx.insert(
        escalations.insert().values(
            cause=_cause(ask, with_event=duty),
            reason=request.reason,
            source=request.source,
            event_type=request.event_type,
            case_pk=ask.case_pk,
            victim_pk=ask.victim_pk,
            event_pk=request.event.pk if request.event else None,
            level=level,
            safety=request.safety,
            opened_at=now,
            climb_at=climb_at,
        )
    )


def change_escalation(tx: Tx, pk: int, **values: Any) -> None:
    """Change columns of one escalation."""
    tx.run(update(escalations).where(escalations.c.pk == pk).values(**values))


def change_task(tx: Tx, pk: int, **values: Any) -> None:
    """Change columns of one task."""
    tx.run(update(tasks).where(tasks.c.pk == pk).values(**values))


def add_repeat(tx: Tx, pk: int) -> None:
    """Count that an open escalation's cause came up again."""
    tx.run(update(escalations).where(escalations.c.pk == pk).values(repeats=escalations.c.repeats + 1))


_CLIMBING = (
    select(escalations)
    .where(escalations.c.climb_at <= bindparam("now"), escalations.c.resolved_at.is_(None))
    .order_by(escalations.c.climb_at, escalations.c.pk)
    .with_for_update()
)
_OVERDUE = (
    select(tasks)
    .where(tasks.c.escalate_at <= bindparam("now"), tasks.c.done_at.is_(None))
    .order_by(tasks.c.escalate_at, tasks.c.pk)
    .with_for_update()
)


def climbing(tx: Tx, now: datetime) -> Sequence[Row[Any]]:
    """Return the open escalations whose time to climb has come; they are locked."""
    return tx.all(_CLIMBING, {"now": now})


def overdue(tx: Tx, now: datetime) -> Sequence[Row[Any]]:
    """Return the tasks that were not done in time and not escalated yet; they are locked."""
    return tx.all(_OVERDUE, {"now": now})


def open_tasks_about(
    tx: Tx, case_pk: int, victim_pk: int, event_pk: int | None, kinds: Iterable[TaskKind]
) -> Sequence[Row[Any]]:
    """Return the open tasks of these kinds about one event to one victim."""
    mine = (tasks.c.case_pk == case_pk) & (tasks.c.victim_pk == victim_pk) & (tasks.c.event_pk == event_pk)
    wanted = tasks.c.kind.in_([kind.value for kind in kinds]) & tasks.c.done_at.is_(None)
    return tx.all(select(tasks).where(mine, wanted).order_by(tasks.c.pk))


def open_escalations_about(tx: Tx, case_pk: int, victim_pk: int, event_pk: int | None) -> Sequence[Row[Any]]:
    """Return the open escalations about one event to one victim."""
    table = escalations.c
    mine = (table.case_pk == case_pk) & (table.victim_pk == victim_pk) & (table.event_pk == event_pk)
    return tx.all(select(escalations).where(mine, table.resolved_at.is_(None)).order_by(table.pk))


def ask_again(tx: Tx, case_pk: int, victim_pk: int, event_pk: int, *, outcome: str) -> None:
    """Let tasks about an event be asked for anew that were done with this outcome, as if never asked."""
    mine = (tasks.c.case_pk == case_pk) & (tasks.c.victim_pk == victim_pk) & (tasks.c.event_pk == event_pk)
    taken_back = mine & (tasks.c.outcome == outcome) & tasks.c.cause.not_like(f"%{_TAKEN_BACK}")
    tx.run(update(tasks).where(taken_back).values(cause=tasks.c.cause + _TAKEN_BACK))


def open_about_source(tx: Tx, reason: str, source: str) -> Sequence[Row[Any]]:
    """Return the open escalations about a source."""
    same = (escalations.c.reason == reason) & (escalations.c.source == source)
    return tx.all(select(escalations).where(same, escalations.c.resolved_at.is_(None)))


def find_tasks(tx: Tx, answered: Answered) -> Sequence[Row[Any]]:
    """Return the open tasks of the case that staff's answer is about."""
    mine = _answered(tasks, answered, "T") & tasks.c.done_at.is_(None)
    if answered.kind is not None:
        mine &= tasks.c.kind == answered.kind
    return tx.all(select(tasks).where(mine).order_by(tasks.c.pk))


def find_escalations(tx: Tx, answered: Answered) -> Sequence[Row[Any]]:
    """Return the open escalations of the case that staff's answer is about."""
    mine = _answered(escalations, answered, "E") & escalations.c.resolved_at.is_(None)
    if answered.kind is not None:
        mine &= escalations.c.reason == answered.kind
    return tx.all(select(escalations).where(mine).order_by(escalations.c.pk))


def _answered(table: Table, answered: Answered, letter: str) -> ColumnElement[bool]:
    mine = table.c.case_pk == answered.case_pk
    if answered.ref is None:
        return mine & (table.c.event_pk == answered.event_pk)
    number = answered.ref.upper().removeprefix(letter)
    return mine & (table.c.pk == (int(number) if number.isdecimal() else 0))


def load_escalation(tx: Tx, pk: int) -> Row[Any] | None:
    """Return one escalation; it is locked."""
    return tx.first(select(escalations).where(escalations.c.pk == pk).with_for_update())


def load_task(tx: Tx, pk: int) -> Row[Any] | None:
    """Return one task; it is locked."""
    return tx.first(select(tasks).where(tasks.c.pk == pk).with_for_update())


def _named(table: Table) -> Select[Any]:
    joined = (
        table.outerjoin(cases, cases.c.pk == table.c.case_pk)
        .outerjoin(events, events.c.pk == table.c.event_pk)
        .outerjoin(victims, victims.c.pk == table.c.victim_pk)
    )
    return select(table, cases.c.case_id, events.c.event_id, victims.c.victim_id).select_from(joined)


def all_open_escalations(tx: Tx) -> Sequence[Row[Any]]:
    """Return the open escalations with ``case_id``, ``event_id``, ``victim_id``: safety and highest first."""
    order = (escalations.c.safety.desc(), escalations.c.level.desc(), escalations.c.pk)
    return tx.all(_named(escalations).where(escalations.c.resolved_at.is_(None)).order_by(*order))


def all_open_tasks(tx: Tx) -> Sequence[Row[Any]]:
    """Return the open tasks with ``case_id``, ``event_id``, ``victim_id``: safety first, then by deadline."""
    order = (tasks.c.safety.desc(), tasks.c.deadline, tasks.c.pk)
    return tx.all(_named(tasks).where(tasks.c.done_at.is_(None)).order_by(*order))
