"""What failed and needs a person, as staff look at it: a page of each kind, limited to their force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, false, func, or_, select, true

from notifier.records import AttemptState, NoticeState, Tone
from notifier.store import cases as locks
from notifier.store.attempts import STAFF_ROLES
from notifier.store.database import Tx
from notifier.store.tables import attempt_notices, attempts, cases, events, notices, rejections, victims

MOST_COUNTED = 1_000
"""More than so many are not counted to the end."""
_PERSON_FIRST = "person_first"  # held by a rule, not by a fault


@dataclass(frozen=True, slots=True)
class Asked:
    """Which failures are looked for: in which cases, and of notices by which channel and for which reason.

    ``every`` says that what belongs to no case is looked for too.
    """

    its_cases: ColumnElement[bool]
    every: bool
    channel: str | None = None
    reason: str | None = None


def stamp(row: Row[Any]) -> str:
    """Return what a notice that failed looks like now: it is another one once somebody tried again."""
    tried = int(row.retried_at.timestamp()) if row.retried_at else 0
    return f"{row.pk}.{row.state}.{tried}"


_LATEST = (
    select(func.max(attempt_notices.c.attempt_pk))
    .where(attempt_notices.c.notice_pk == notices.c.pk)
    .correlate(notices)
    .scalar_subquery()
)
_JOINED = (
    notices.join(cases, cases.c.pk == notices.c.case_pk)
    .join(victims, victims.c.pk == notices.c.victim_pk)
    .outerjoin(attempts, attempts.c.pk == _LATEST)
)
_OF_NOTICES = (
    *(notices.c[name] for name in ("pk", "event_type", "state", "reason", "hold", "tone", "deadline")),
    *(notices.c[name] for name in ("retried_at", "case_pk", "victim_pk")),
    *(cases.c.case_id, victims.c.victim_id, attempts.c.channel, attempts.c.point_pk),
    attempts.c.reason.label("failed_because"),
    attempts.c.created_at.label("tried_at"),
)
_STATES = [NoticeState.FAILED.value, NoticeState.UNCERTAIN.value, NoticeState.HELD.value]
_BY_A_FAULT = notices.c.hold.is_(None) & (notices.c.reason != _PERSON_FIRST)
_FAILED = notices.c.state.in_(_STATES) & or_(notices.c.state != NoticeState.HELD, _BY_A_FAULT)


def _notices(asked: Asked) -> Select[Any]:
    """The keys alone: what was last tried is looked up for a page of them, and not for all to be sorted."""
    query = select(notices.c.pk).where(_FAILED, asked.its_cases)
    if asked.channel is None and asked.reason is None:
        return query.select_from(notices.join(cases))
    query = query.select_from(_JOINED)
    if asked.channel is not None:
        query = query.where(attempts.c.channel == asked.channel)
    if asked.reason is not None:
        query = query.where(or_(attempts.c.reason == asked.reason, notices.c.reason == asked.reason))
    return query


def _events(asked: Asked) -> Select[Any]:
    columns = ("pk", "source", "event_id", "type", "case_id", "problem", "arrived_at")
    joined = events.outerjoin(cases, cases.c.case_id == events.c.case_id)
    set_aside = events.c.problem.is_not(None) & events.c.planned_at.is_(None)
    query = select(*(events.c[name] for name in columns), cases.c.pk.label("case_pk"))
    return query.select_from(joined).where(set_aside, asked.its_cases)


def _documents(asked: Asked) -> Select[Any]:
    columns = (rejections.c.pk, rejections.c.at, rejections.c.door, rejections.c.reason)
    return select(*columns).where(rejections.c.done_at.is_(None), true() if asked.every else false())


def _messages(asked: Asked, since: datetime) -> Select[Any]:
    columns = ("pk", "channel", "role", "person_id", "reason", "created_at")
    joined = attempts.outerjoin(cases, cases.c.pk == attempts.c.case_pk)
    failed = (attempts.c.state == AttemptState.FAILED) & attempts.c.role.in_(STAFF_ROLES)
    query = select(*(attempts.c[name] for name in columns), cases.c.case_id).select_from(joined)
    return query.where(failed, attempts.c.created_at >= since, asked.its_cases)


def of_notices(tx: Tx, asked: Asked, *, offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return notices that failed, are uncertain or held by a fault: safety first, then the most pressing.

    Beside the notice a row has ``case_id``, ``victim_id``, and of the last attempt ``channel``,
    ``failed_because``, ``tried_at`` and ``point_pk``.
    """
    safety = case((notices.c.tone == Tone.SAFETY, 0), else_=1)
    order = (safety, notices.c.deadline.is_(None), notices.c.deadline, notices.c.pk)
    shown = _notices(asked).order_by(*order).offset(offset).limit(limit).subquery()
    query = select(*_OF_NOTICES).select_from(_JOINED).where(notices.c.pk.in_(select(shown.c.pk)))
    return tx.all(query.order_by(*order))


def of_events(tx: Tx, asked: Asked, *, offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return events that were set aside, the oldest first, with the key of their case."""
    return tx.all(_events(asked).order_by(events.c.pk).offset(offset).limit(limit))


def of_documents(tx: Tx, asked: Asked, *, offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return refused documents that wait for a person, the newest first; they belong to no case."""
    return tx.all(_documents(asked).order_by(rejections.c.pk.desc()).offset(offset).limit(limit))


def of_messages(tx: Tx, asked: Asked, since: datetime, *, offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return messages to staff that failed for good since then, the newest first, with ``case_id``."""
    query = _messages(asked, since).order_by(attempts.c.pk.desc())
    return tx.all(query.offset(offset).limit(limit))


def counts(tx: Tx, asked: Asked, since: datetime) -> dict[str, int]:
    """Return how many there are of each kind, at most :data:`MOST_COUNTED` and one."""
    kinds = {
        "notices": _notices(asked),
        "events": _events(asked),
        "documents": _documents(asked),
        "messages": _messages(asked, since),
    }
    return {kind: _count(tx, query) for kind, query in kinds.items()}


def _count(tx: Tx, query: Select[Any]) -> int:
    few = query.limit(MOST_COUNTED + 1).subquery()
    row = tx.first(select(func.count().label("number")).select_from(few))
    assert row is not None
    return int(row.number)


def notice(tx: Tx, pk: int, its_cases: ColumnElement[bool], *, lock: bool = False) -> Row[Any] | None:
    """Return one notice of these cases as a row of :func:`of_notices`, whatever its state.

    With ``lock`` it stays so until the transaction ends.
    """
    query = select(*_OF_NOTICES).select_from(_JOINED).where(and_(notices.c.pk == pk, its_cases))
    row = tx.first(query)
    if row is None or not lock:
        return row
    locks.lock(tx, (row.case_pk,))
    return tx.first(query)


def is_failure(row: Row[Any]) -> bool:
    """Tell whether a notice is one that :func:`of_notices` lists."""
    by_a_fault = row.hold is None and row.reason not in (None, _PERSON_FIRST)
    return row.state in _STATES and (row.state != NoticeState.HELD or by_a_fault)


def event(tx: Tx, pk: int, asked: Asked) -> Row[Any] | None:
    """Return one event that was set aside."""
    return tx.first(_events(asked).where(events.c.pk == pk))


def document(tx: Tx, pk: int, asked: Asked) -> Row[Any] | None:
    """Return one refused document that waits for a person."""
    return tx.first(_documents(asked).where(rejections.c.pk == pk))


def tries_of(tx: Tx, notice_pk: int) -> Sequence[Row[Any]]:
    """Return the attempts to tell a notice, in order, without what they carried."""
    columns = ("pk", "channel", "state", "reason", "code", "created_at", "point_pk")
    joined = attempts.join(attempt_notices, attempt_notices.c.attempt_pk == attempts.c.pk)
    query = select(*(attempts.c[name] for name in columns)).select_from(joined)
    return tx.all(query.where(attempt_notices.c.notice_pk == notice_pk).order_by(attempts.c.pk))
