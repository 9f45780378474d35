"""What a case's page shows: the newest lines of each victim's story, found without reading all of a case.

Every query is about one case; whether the reader may see it is asked first, by :func:`find`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, exists, false, literal, select, union_all

from notifier.records import CaseEvent, What
from notifier.store import events
from notifier.store.among import among
from notifier.store.attempts import STAFF_ROLES
from notifier.store.database import Tx
from notifier.store.journal import is_no_repeat
from notifier.store.tables import (
    attempts,
    cases,
    escalations,
    journal,
    receipts,
    registrations,
    tasks,
    victims,
)
from notifier.store.tables import events as arrivals

_ENDS = ("case.closed", "case.reopened")
_RETRACTION = "event.retracted"


@dataclass(frozen=True, slots=True)
class Found:
    """A case that the reader may see; ``pk`` is ``None`` where only events of it came that nobody planned."""

    case_id: str
    pk: int | None
    closure: str | None = None


def find(tx: Tx, case_id: str, allowed: ColumnElement[bool], *, of_every_force: bool) -> Found | None:
    """Return the case, unless there is none that is ``allowed``.

    One that is known by unplanned events alone belongs to no force, so that only who sees all may see it.
    """
    named = cases.c.case_id == case_id
    row = tx.first(select(cases.c.pk, cases.c.closure).where(named, allowed))
    if row is not None:
        return Found(case_id, row.pk, row.closure)
    if not of_every_force:
        return None
    came = tx.first(select(arrivals.c.pk).where(arrivals.c.case_id == case_id).limit(1))
    return Found(case_id, None) if came is not None else None


class Source(IntEnum):
    """Where a line of the story stands; of the same moment, they are told in this order."""

    EVENT = 1
    JOURNAL = 2
    ATTEMPT = 3


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a story, oldest first: for each line its moment, where it stands, and its key.

    ``after`` is the moment of the last line before it, ``None`` where it begins with the first.
    """

    lines: tuple[tuple[datetime, Source, int], ...]
    after: datetime | None

    def keys(self, source: Source) -> list[int]:
        """Return the keys of the lines that stand there."""
        return [pk for _, at, pk in self.lines if at is source]


def stretch(tx: Tx, case: Found, victim_pk: int | None, *, limit: int, skip: int = 0) -> Stretch:
    """Return the newest ``limit`` lines but ``skip``: of the whole case, and of one victim where given.

    Events are all of the case's: whom one concerns is sealed.
    """
    parts = [_keys(arrivals.c.arrived_at, Source.EVENT, arrivals.c.pk, arrivals.c.case_id == case.case_id)]
    if case.pk is not None:
        of_all = journal.c.victim_pk.is_(None)
        hers = of_all if victim_pk is None else of_all | (journal.c.victim_pk == victim_pk)
        mine = (journal.c.case_pk == case.pk) & hers & is_no_repeat(case.pk)
        parts.append(_keys(journal.c.at, Source.JOURNAL, journal.c.pk, mine))
        without_line = _to_her(case.pk, victim_pk) & ~_has_line(case.pk)
        parts.append(_keys(attempts.c.created_at, Source.ATTEMPT, attempts.c.pk, without_line))
    every = union_all(*parts).subquery()
    newest = (every.c.at.desc(), every.c.source.desc(), every.c.pk.desc())
    rows = tx.all(select(every).order_by(*newest).limit(limit + 1).offset(skip))
    lines = tuple((row.at, Source(row.source), row.pk) for row in reversed(rows[:limit]))
    return Stretch(lines, rows[limit].at if len(rows) > limit else None)


def _keys(
    at: ColumnElement[Any], source: Source, pk: ColumnElement[Any], mine: ColumnElement[bool]
) -> Select[Any]:
    return select(at.label("at"), literal(int(source)).label("source"), pk.label("pk")).where(mine)


def _to_her(case_pk: int, victim_pk: int | None) -> ColumnElement[bool]:
    if victim_pk is None:
        return false()
    mine = (attempts.c.victim_pk == victim_pk) & (attempts.c.case_pk == case_pk)
    return mine & attempts.c.role.not_in(STAFF_ROLES)


def _has_line(case_pk: int) -> ColumnElement[bool]:
    """What is being handed over, or failed for a time, has no line of its own in the journal."""
    same = (journal.c.attempt_pk == attempts.c.pk) & (journal.c.what == What.MESSAGE)
    return exists().where(journal.c.case_pk == case_pk, same)


_ARRIVED = select(
    *(arrivals.c[name] for name in ("pk", "source", "event_id", "backfill", "repeats", "planned_at")),
    arrivals.c.problem,
).where(among(arrivals.c.pk, "pks"))


def came_in(tx: Tx, pks: Collection[int]) -> list[tuple[CaseEvent, Row[Any]]]:
    """Return these events in the order of arrival, each with what was noted when it came in."""
    noted = {row.pk: row for row in tx.all(_ARRIVED, {"pks": pks})}
    return [(event, noted[event.pk]) for event in events.load_all(tx, sorted(pks))]


def retractions(tx: Tx, case_id: str) -> list[CaseEvent]:
    """Return the events that call others of the case wrong."""
    these = (arrivals.c.case_id == case_id) & (arrivals.c.type == _RETRACTION)
    rows = tx.all(select(arrivals.c.pk).where(these, arrivals.c.problem.is_(None)))
    return events.load_all(tx, [row.pk for row in rows]) if rows else []


def endings(tx: Tx, case_id: str) -> Sequence[Row[Any]]:
    """Return ``source``, ``event_id`` and ``type`` of what closed or reopened the case, the latest last."""
    these = arrivals.c.case_id == case_id, arrivals.c.type.in_(_ENDS), arrivals.c.problem.is_(None)
    columns = (arrivals.c.source, arrivals.c.event_id, arrivals.c.type)
    return tx.all(select(*columns).where(*these).order_by(arrivals.c.occurred_at, arrivals.c.pk))


_TYPES = select(arrivals.c.event_id, arrivals.c.type).where(among(arrivals.c.event_id, "ids"))


def types_of(tx: Tx, case_id: str, event_ids: Collection[str]) -> dict[str, str]:
    """Return the type of each of the case's events with these ids."""
    rows = tx.all(_TYPES.where(arrivals.c.case_id == case_id), {"ids": event_ids}) if event_ids else ()
    return {row.event_id: row.type for row in rows}


def registered(tx: Tx, case_pk: int) -> Sequence[Row[Any]]:
    """Return the case's victims as they registered, with ``victim_id`` and what the clock will do."""
    query = select(registrations, victims.c.victim_id).join(victims)
    return tx.all(query.where(registrations.c.case_pk == case_pk).order_by(registrations.c.pk))


_SENT = select(*(column for column in attempts.c if column.name != "message_sealed"))
_RECEIPTS = select(receipts).where(among(receipts.c.attempt_pk, "pks")).order_by(receipts.c.pk)


def sent(tx: Tx, pks: Collection[int]) -> dict[int, Row[Any]]:
    """Return these attempts by their keys, without what they carried."""
    return {row.pk: row for row in tx.all(_SENT.where(among(attempts.c.pk, "pks")), {"pks": pks})}


def receipts_of(tx: Tx, attempt_pks: Collection[int]) -> dict[int, list[Row[Any]]]:
    """Return what providers said later about these attempts, by their keys."""
    found: dict[int, list[Row[Any]]] = {}
    for row in tx.all(_RECEIPTS, {"pks": attempt_pks}):
        found.setdefault(row.attempt_pk, []).append(row)
    return found


def work(tx: Tx, case_pk: int) -> dict[str, Row[Any]]:
    """Return every task (``T3``) and escalation (``E7``) of the case by its name.

    Each has ``open``, and ``about``: the type of the event that it is about, ``None`` without one.
    """
    todo = _asked(tasks, tasks.c.done_at).where(tasks.c.case_pk == case_pk)
    raised = _asked(escalations, escalations.c.resolved_at).where(escalations.c.case_pk == case_pk)
    named = {f"T{row.pk}": row for row in tx.all(todo.order_by(tasks.c.pk))}
    return named | {f"E{row.pk}": row for row in tx.all(raised.order_by(escalations.c.pk))}


def _asked(table: Table, ended_at: ColumnElement[Any]) -> Select[Any]:
    columns = [column for column in table.c if column.name != "text_sealed"]
    more = (ended_at.is_(None).label("open"), arrivals.c.type.label("about"))
    joined = table.outerjoin(arrivals, arrivals.c.pk == table.c.event_pk)
    return select(*columns, *more).select_from(joined)


def message(tx: Tx, attempt_pk: int, allowed: ColumnElement[bool]) -> Row[Any] | None:
    """Return one attempt with its ``case_id``, unless its case is not ``allowed``; never what it carried.

    A message about no case is there for who may see every case.
    """
    joined = attempts.outerjoin(cases, cases.c.pk == attempts.c.case_pk)
    query = _SENT.add_columns(cases.c.case_id).select_from(joined)
    return tx.first(query.where(attempts.c.pk == attempt_pk, allowed))
