"""What waits in the cases of each supervisor and unit, and whose digest of a day was sent.

Only what is open is looked at, by the indexes that hold no more than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, Table, delete, func, select

from notifier.records import NoticeState
from notifier.store.database import Tx
from notifier.store.ops_tables import digests
from notifier.store.tables import cases, escalations, notices, tasks

_EVERYBODY = ""  # nobody's id: an id has a character at least
_FAILED = (NoticeState.FAILED, NoticeState.UNCERTAIN)
_ON_ITS_WAY = (NoticeState.PLANNED, NoticeState.SENDING, NoticeState.WITH_PERSON)
_BY_A_RULE = "person_first"  # held until a person has told it: no failure


def is_over(tx: Tx, day: date) -> bool:
    """Tell whether every digest of a local day was sent."""
    mine = (digests.c.day == day) & (digests.c.person_id == _EVERYBODY)
    return tx.first(select(digests.c.day).where(mine)) is not None


def end(tx: Tx, day: date) -> None:
    """Note that every digest of a local day was sent, and forget the days before."""
    tx.add_once(digests, [{"day": day, "person_id": _EVERYBODY}])
    tx.run(delete(digests).where(digests.c.day < day))


def claim(tx: Tx, day: date, person_id: str) -> bool:
    """Take one person's digest of a local day in hand; ``False`` where another scheduler has or had it."""
    return bool(tx.add_once(digests, [{"day": day, "person_id": person_id}], digests.c.person_id))


def _in_cases(table: Table, *columns: str) -> Select[Any]:
    shown = (table.c[name] for name in ("pk", "case_pk", *columns))
    joined = table.join(cases, cases.c.pk == table.c.case_pk)
    return select(*shown, cases.c.supervisor_id, cases.c.unit_id).select_from(joined)


def unacknowledged(tx: Tx) -> Sequence[Row[Any]]:
    """Return the open escalations that nobody looks after: safety first, then the highest level."""
    waits = escalations.c.resolved_at.is_(None) & escalations.c.acknowledged_at.is_(None)
    order = (escalations.c.safety.desc(), escalations.c.level.desc(), escalations.c.pk)
    query = _in_cases(escalations, "reason", "level", "safety", "opened_at")
    return tx.all(query.where(waits).order_by(*order))


def overdue_tasks(tx: Tx, now: datetime) -> Sequence[Row[Any]]:
    """Return the open tasks whose time is over: safety first, then the one that was due first.

    One that has no time of its own was escalated when it was opened, or since: its time is over.
    """
    due_at = func.coalesce(tasks.c.deadline, tasks.c.escalate_at, tasks.c.opened_at)
    late = tasks.c.done_at.is_(None) & (due_at < now)
    query = _in_cases(tasks, "kind", "safety", "deadline", "opened_at").where(late)
    return tx.all(query.order_by(tasks.c.safety.desc(), due_at, tasks.c.pk))


def duties_due(tx: Tx, start: datetime, until: datetime) -> Sequence[Row[Any]]:
    """Return the notices whose duty ends from ``start`` to ``until``, that are not told and did not fail."""
    held = (notices.c.state == NoticeState.HELD) & (notices.c.reason == _BY_A_RULE)
    waits = notices.c.state.in_(_ON_ITS_WAY) | held
    due = notices.c.deadline.between(start, until)
    query = _in_cases(notices, "event_type", "state", "reason", "send_at", "deadline")
    return tx.all(query.where(due, waits).order_by(notices.c.deadline, notices.c.pk))


def failures(tx: Tx) -> Sequence[Row[Any]]:
    """Return the notices that wait for a person because something went wrong, oldest first."""
    query = _in_cases(notices, "event_type", "state", "reason", "send_at", "deadline")
    held = (notices.c.state == NoticeState.HELD) & (notices.c.reason != _BY_A_RULE)
    return tx.all(query.where(notices.c.state.in_(_FAILED) | held).order_by(notices.c.pk))
