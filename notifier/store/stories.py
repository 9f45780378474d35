"""Which event, case and notices an attempt is about: for whoever follows one message through the service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from notifier.store.among import among
from notifier.store.database import Tx
from notifier.store.tables import attempt_notices, attempts, cases, events, notices


@dataclass(frozen=True, slots=True)
class Carried:
    """What an attempt carries; ``source`` and ``event_id`` are the oldest event's, where it tells of any."""

    ref: str
    case_id: str | None
    notices: tuple[str, ...]
    source: str | None
    event_id: str | None


_JOINED = (
    attempts.outerjoin(cases, cases.c.pk == attempts.c.case_pk)
    .outerjoin(attempt_notices, attempt_notices.c.attempt_pk == attempts.c.pk)
    .outerjoin(notices, notices.c.pk == attempt_notices.c.notice_pk)
    .outerjoin(events, events.c.pk == notices.c.event_pk)
)
_CARRIED: Select[Any] = (
    select(
        attempts.c.pk,
        attempts.c.ref,
        cases.c.case_id,
        notices.c.pk.label("notice_pk"),
        events.c.source,
        events.c.event_id,
    )
    .select_from(_JOINED)
    .order_by(attempts.c.pk, notices.c.occurred_at, notices.c.pk)
)
_BY_REF = _CARRIED.where(among(attempts.c.ref, "refs"))
_BY_PK = _CARRIED.where(among(attempts.c.pk, "pks"))


def of_refs(tx: Tx, refs: Iterable[str]) -> dict[str, Carried]:
    """Return what the attempts with these names carry, by their names."""
    return {one.ref: one for one in _found(tx.all(_BY_REF, {"refs": list(refs)})).values()}


def of_attempts(tx: Tx, pks: Iterable[int]) -> dict[int, Carried]:
    """Return what the attempts with these keys carry, by their keys."""
    return _found(tx.all(_BY_PK, {"pks": list(pks)}))


def _found(rows: Sequence[Row[Any]]) -> dict[int, Carried]:
    together: dict[int, list[Row[Any]]] = {}
    for row in rows:
        together.setdefault(row.pk, []).append(row)
    return {pk: _carried(mine) for pk, mine in together.items()}


def _carried(rows: Sequence[Row[Any]]) -> Carried:
    first = next((row for row in rows if row.event_id is not None), rows[0])
    carried = tuple(f"N{row.notice_pk}" for row in rows if row.notice_pk is not None)
    return Carried(first.ref, first.case_id, carried, first.source, first.event_id)


_PLANNED = (
    select(events.c.source, events.c.event_id, events.c.case_id)
    .where(among(events.c.case_id, "case_ids"), events.c.planned_at == bindparam("at"))
    .order_by(events.c.pk)
)


def planned_at(tx: Tx, case_ids: Iterable[str], at: datetime) -> Sequence[Row[Any]]:
    """Return ``source``, ``event_id`` and ``case_id`` of these cases' events that were planned at ``at``."""
    return tx.all(_PLANNED, {"case_ids": list(case_ids), "at": at})
