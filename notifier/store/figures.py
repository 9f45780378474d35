"""Figures of a moment: how much waits, for what and for how long. Only counts, nothing about anybody.

Each is read by an index that holds what waits, and counted up to :data:`MOST`: the answer comes as soon with
millions of notices. What is final is not counted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from notifier.records import NoticeState
from notifier.store.database import Tx
from notifier.store.tables import escalations, events, notices, rejections, sources, tasks

MOST = 50_000
"""Where more than this wait, the figure says so many."""

WAITING = (
    NoticeState.PLANNED,
    NoticeState.HELD,
    NoticeState.SENDING,
    NoticeState.SENT,
    NoticeState.WITH_PERSON,
    NoticeState.UNCERTAIN,
    NoticeState.FAILED,
)
"""The states in which a notice is not at its end."""

# Written into the statements: SQLite uses a partial index only where it sees the values of its condition.
_NOT_TOLD = [state.value for state in WAITING if state is not NoticeState.SENT]
_IS_NOT_TOLD = notices.c.state.in_(
    bindparam("not_told", _NOT_TOLD, expanding=True, literal_execute=True)
)  # as in ix_notices_not_told
_IS_DUE = (notices.c.state == NoticeState.PLANNED) & (notices.c.send_at <= bindparam("now"))


class Escalations(NamedTuple):
    """What open escalations have in common."""

    level: int
    safety: bool
    acknowledged: bool


def notices_by_state(tx: Tx) -> dict[str, int]:
    """Return how many notices stand in each of the states in which they wait."""
    return {state.value: _number(tx, notices.c.pk, notices.c.state == state) for state in WAITING}


def held_by_reason(tx: Tx) -> dict[str, int]:
    """Return how many notices are held, by the reason."""
    return _grouped(tx, notices.c.reason, notices.c.state == NoticeState.HELD)


def due_by_queue(tx: Tx, now: datetime) -> dict[str, int]:
    """Return how many notices are due on each queue that has any."""
    return _grouped(tx, notices.c.queue, _IS_DUE, now=now)


def oldest_due(tx: Tx, now: datetime) -> datetime | None:
    """Return since when the notice is due that waits longest."""
    return _oldest(tx, notices.c.send_at, _IS_DUE, now=now)


def overdue_duties(tx: Tx, now: datetime) -> int:
    """Return how many notices with a limit were not told by it, and are not told yet."""
    late = notices.c.deadline.is_not(None) & (notices.c.deadline < bindparam("now"))
    return _number(tx, notices.c.pk, late & _IS_NOT_TOLD, now=now)


def open_escalations(tx: Tx) -> dict[Escalations, int]:
    """Return how many escalations are open."""
    acknowledged = escalations.c.acknowledged_at.is_not(None).label("acknowledged")
    by = (escalations.c.level, escalations.c.safety, acknowledged)
    is_open = escalations.c.resolved_at.is_(None)
    query = select(*by, func.count().label("number")).where(is_open).group_by(*by)
    return {Escalations(row.level, row.safety, bool(row.acknowledged)): row.number for row in tx.all(query)}


_UNTIL = func.coalesce(tasks.c.deadline, tasks.c.escalate_at, tasks.c.opened_at)
_IS_OPEN = tasks.c.done_at.is_(None)


def open_tasks(tx: Tx) -> int:
    """Return how many tasks people have not done yet."""
    return _number(tx, tasks.c.pk, _IS_OPEN)


def overdue_tasks(tx: Tx, now: datetime) -> int:
    """Return how many of them should have been done."""
    return _number(tx, tasks.c.pk, _IS_OPEN & (bindparam("now") > _UNTIL), now=now)


_UNPLANNED = events.c.planned_at.is_(None)


def unplanned_events(tx: Tx) -> int:
    """Return how many events wait for their planning."""
    return _number(tx, events.c.pk, _UNPLANNED & events.c.problem.is_(None))


def oldest_unplanned(tx: Tx) -> datetime | None:
    """Return when the event arrived that waits longest for its planning."""
    # The first by key: the index of what waits is in that order, and a later key arrived later.
    query = select(events.c.arrived_at).where(_UNPLANNED & events.c.problem.is_(None))
    row = tx.first(query.order_by(events.c.pk).limit(1))
    return row.arrived_at if row else None


def events_set_aside(tx: Tx) -> int:
    """Return how many events could not be planned and wait for a person."""
    return _number(tx, events.c.pk, _UNPLANNED & events.c.problem.is_not(None))


def rejections_waiting(tx: Tx) -> int:
    """Return how many documents could not be taken and wait for a person."""
    return _number(tx, rejections.c.pk, rejections.c.done_at.is_(None))


def silent_sources(tx: Tx) -> int:
    """Return how many sources publish no more."""
    return _number(tx, sources.c.pk, sources.c.silent_since.is_not(None))


def _number(tx: Tx, key: Any, condition: ColumnElement[bool], **values: Any) -> int:
    return int(tx.all(_counting(select(key).where(condition)), values)[0][0])


def _counting(query: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(query.limit(MOST).subquery())


def _grouped(tx: Tx, column: Any, condition: ColumnElement[bool], **values: Any) -> dict[str, int]:
    # In the order of ix_notices_due: without one PostgreSQL reads all notices to find the first so many.
    few = select(column.label("of")).where(condition).order_by(notices.c.send_at).limit(MOST).subquery()
    query = select(few.c.of, func.count().label("number")).group_by(few.c.of)
    return {row.of: row.number for row in tx.all(query, values)}


def _oldest(tx: Tx, column: Any, condition: ColumnElement[bool], **values: Any) -> datetime | None:
    oldest: datetime | None = tx.all(select(func.min(column)).where(condition), values)[0][0]
    return oldest
