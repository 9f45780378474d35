"""What lists and traces show beyond what the rooms ask for themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, select

from notifier.records import AttemptState, Role
from notifier.store.database import Tx
from notifier.store.tables import attempt_notices, attempts, cases, events, notices, rejections, victims

_STAFF = (Role.OFFICER.value, Role.SUPERVISOR.value, Role.UNIT.value)
_ARRIVAL = (
    "pk",
    "source",
    "event_id",
    "type",
    "case_id",
    "occurred_at",
    "arrived_at",
    "backfill",
    "repeats",
    "planned_at",
    "problem",
)


def arrivals_of_case(tx: Tx, case_id: str) -> Sequence[Row[Any]]:
    """Return how each event of the case came in, in the order of arrival."""
    return _arrivals(tx, events.c.case_id == case_id)


def arrivals_of_event(tx: Tx, event_id: str) -> Sequence[Row[Any]]:
    """Return how the events with this id came in, of any source."""
    return _arrivals(tx, events.c.event_id == event_id)


def _arrivals(tx: Tx, condition: Any) -> Sequence[Row[Any]]:
    query = select(*(events.c[name] for name in _ARRIVAL)).where(condition)
    return tx.all(query.order_by(events.c.pk))


def rejections_about(tx: Tx, wanted: str) -> list[Row[Any]]:
    """Return what could not be taken and names this event id or case id, oldest first.

    Every kept body is opened: nothing else says what it is about.
    """
    rows = tx.all(select(rejections).order_by(rejections.c.pk))
    return [row for row in rows if _names(tx.cipher.open(row.body_sealed), wanted)]


def _names(body: str, wanted: str) -> bool:
    try:
        document = json.loads(body)
        data = document.get("data")
    except (ValueError, AttributeError, RecursionError):
        return False
    return document.get("id") == wanted or (isinstance(data, dict) and data.get("case_id") == wanted)


def notices_of_case(tx: Tx, case_id: str) -> Sequence[Row[Any]]:
    """Return every notice of a case with ``case_id``, ``event_id`` and ``victim_id``."""
    return _notices(tx, cases.c.case_id == case_id)


def notices_of_events(tx: Tx, event_pks: Iterable[int]) -> Sequence[Row[Any]]:
    """Return the notices of these events with ``case_id``, ``event_id`` and ``victim_id``."""
    return _notices(tx, notices.c.event_pk.in_(list(event_pks)))


def _notices(tx: Tx, condition: Any) -> Sequence[Row[Any]]:
    joined = notices.join(cases).join(victims).outerjoin(events, events.c.pk == notices.c.event_pk)
    query = select(notices, cases.c.case_id, events.c.event_id, victims.c.victim_id).select_from(joined)
    return tx.all(query.where(condition).order_by(notices.c.pk))


def attempts_of_notices(tx: Tx, notice_pks: Iterable[int]) -> Sequence[Row[Any]]:
    """Return the attempts of these notices, a row for each notice that one carried."""
    columns = ("pk", "channel", "role", "wording", "state", "code", "reason", "created_at")
    query = select(attempt_notices.c.notice_pk, *(attempts.c[name] for name in columns))
    query = query.select_from(attempts.join(attempt_notices))
    mine = attempt_notices.c.notice_pk.in_(list(notice_pks))
    return tx.all(query.where(mine).order_by(attempts.c.pk, attempt_notices.c.notice_pk))


def failed_staff_messages(tx: Tx) -> Sequence[Row[Any]]:
    """Return messages to staff that failed for good, with ``case_id``, oldest first."""
    columns = ("pk", "channel", "role", "person_id", "reason", "code", "created_at")
    query = select(*(attempts.c[name] for name in columns), cases.c.case_id)
    query = query.select_from(attempts.outerjoin(cases, cases.c.pk == attempts.c.case_pk))
    failed = (attempts.c.state == AttemptState.FAILED) & attempts.c.role.in_(_STAFF)
    return tx.all(query.where(failed).order_by(attempts.c.pk))
