"""The journal: every decision and what became of it, with its reasons. Only ever added to.

It is what `notifier trace` reads, what `notifier simulate` prints, and what facts are made of.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, update

from notifier.records import What
from notifier.store.among import among
from notifier.store.database import Tx
from notifier.store.tables import attempts, cases, events, journal, victims

_NUMBERING_BATCH = 1_000
_REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Line:
    """One line to add. ``detail`` holds personal data (address, text) and is sealed.

    ``event_ids`` are the publishers' ids of the events told, oldest first; ``person_id`` the staff id on
    a line for staff, else the victim's.
    """

    what: What
    case_pk: int | None
    victim_pk: int | None = None
    event_pk: int | None = None
    attempt_pk: int | None = None
    event_type: str | None = None
    event_ids: tuple[str, ...] = ()
    person_id: str | None = None
    role: str | None = None
    channel: str | None = None
    language: str | None = None
    kind: str | None = None
    ref: str | None = None
    level: int | None = None
    reason: str | None = None
    deadline: datetime | None = None
    why: tuple[str, ...] = ()
    detail: dict[str, str] = field(default_factory=dict)


def write(tx: Tx, line: Line, at: datetime) -> None:
    """Add ``line``, which became true at ``at``."""
    tx.add(
        journal,
        at=at,
        what=line.what.value,
        case_pk=line.case_pk,
        victim_pk=line.victim_pk,
        event_pk=line.event_pk,
        attempt_pk=line.attempt_pk,
        event_type=line.event_type,
        event_ids=list(line.event_ids),
        person_id=line.person_id,
        role=line.role,
        channel=line.channel,
        language=line.language,
        kind=line.kind,
        ref=line.ref,
        level=line.level,
        reason=line.reason,
        deadline=line.deadline,
        why=list(line.why),
        detail_sealed=tx.cipher.seal(line.detail) if line.detail else None,
    )


def has_line(tx: Tx, line: Line) -> bool:
    """Tell whether the same was written before about the same notice."""
    table = journal.c
    same = (table.what == line.what) & (table.reason == line.reason) & (table.case_pk == line.case_pk)
    about = (table.victim_pk == line.victim_pk) & (table.event_pk == line.event_pk)
    return any(tuple(row.why) == line.why for row in tx.all(select(table.why).where(same, about)))


def _lines() -> Select[Any]:
    joined = (
        journal.outerjoin(cases, cases.c.pk == journal.c.case_pk)
        .outerjoin(events, events.c.pk == journal.c.event_pk)
        .outerjoin(victims, victims.c.pk == journal.c.victim_pk)
        .outerjoin(attempts, attempts.c.pk == journal.c.attempt_pk)
    )
    return select(
        journal,
        cases.c.case_id,
        events.c.source.label("event_source"),
        events.c.event_id,
        victims.c.victim_id,
        attempts.c.ref.label("attempt_ref"),
    ).select_from(joined)


def after(tx: Tx, pk: int) -> Sequence[Row[Any]]:
    """Return the lines added after the one with this key, in the order of decision."""
    return tx.all(_lines().where(journal.c.pk > pk).order_by(journal.c.pk))


def of_case(tx: Tx, case_id: str) -> Sequence[Row[Any]]:
    """Return a case's lines in the order of decision."""
    return tx.all(_lines().where(cases.c.case_id == case_id).order_by(journal.c.pk))


def listed(tx: Tx, pks: Collection[int]) -> Sequence[Row[Any]]:
    """Return these lines in the order of decision."""
    return tx.all(_lines().where(among(journal.c.pk, "pks")).order_by(journal.c.pk), {"pks": pks})


def repeats(tx: Tx, case_pk: int | None) -> dict[int, Row[Any]]:
    """Return, for each escalation of a case that staff were told of again, the newest line that says so.

    By the line's key: ``times`` is how often they were, ``since`` the first time. ``None``: of no case.
    """
    return {row.pk: row for row in tx.all(_newest_repeats(case_pk))}


def is_no_repeat(case_pk: int | None) -> ColumnElement[bool]:
    """Leave out what only says once more that an escalation is open, but for the newest line of each."""
    newest = _newest_repeats(case_pk).with_only_columns(func.max(journal.c.pk))
    return or_(journal.c.kind.is_distinct_from(_REPEATED), journal.c.pk.in_(newest))


def _newest_repeats(case_pk: int | None) -> Select[Any]:
    again = (journal.c.what == What.ESCALATION) & (journal.c.kind == _REPEATED)
    pk, times, since = func.max(journal.c.pk), func.count(), func.min(journal.c.at)
    columns: list[ColumnElement[Any]] = [pk.label("pk"), times.label("times"), since.label("since")]
    return select(*columns).where(journal.c.case_pk == case_pk, again).group_by(journal.c.ref)


def of_event(tx: Tx, event_pk: int, event_id: str, case_id: str) -> Sequence[Row[Any]]:
    """Return the lines that are about an event, those included where it was told among others."""
    told = select(journal.c.pk, journal.c.event_ids).join(cases).where(cases.c.case_id == case_id)
    mine = [row.pk for row in tx.all(told) if event_id in (row.event_ids or ())]
    about = or_(journal.c.event_pk == event_pk, journal.c.pk.in_(mine))
    return tx.all(_lines().where(about).order_by(journal.c.pk))


def number_facts(tx: Tx) -> int:
    """Give committed lines their place in the order of facts; return how many got one.

    A key may become visible later than a greater one; a reader that goes on after a cursor would miss
    it. Numbers are given here only, under a lock, to lines that are committed.
    """
    if tx.is_postgresql:
        tx.all(select(func.pg_advisory_xact_lock(_NUMBERING_LOCK)))
    last = select(func.coalesce(func.max(journal.c.fact_id), 0)).scalar_subquery()
    number = last + func.row_number().over(order_by=journal.c.pk)
    waiting = select(journal.c.pk, number.label("number")).where(journal.c.fact_id.is_(None))
    batch = waiting.order_by(journal.c.pk).limit(_NUMBERING_BATCH).subquery()
    # One statement for all of them: one for each took 0.2 ms a line, this takes 0.002 ms.
    return tx.run(update(journal).where(journal.c.pk == batch.c.pk).values(fact_id=batch.c.number))


_NUMBERING_LOCK = 0x6E6F7469  # any number that only this lock uses


def facts_after(tx: Tx, cursor: int, limit: int) -> Sequence[Row[Any]]:
    """Return numbered lines after ``cursor``, in the order of their numbers: what a fact may hold of them."""
    lines = _lines().where(journal.c.fact_id > cursor).order_by(journal.c.fact_id).limit(limit)
    return tx.all(lines.with_only_columns(*(lines.selected_columns[name] for name in _OF_A_FACT)))


_OF_A_FACT = (
    *("fact_id", "at", "what", "kind", "ref", "level", "reason", "deadline", "channel"),
    *("case_id", "victim_id", "event_type", "event_source", "event_id", "event_ids", "attempt_ref"),
)


def last_key(tx: Tx) -> int:
    """Return the key of the newest line, 0 where there is none."""
    return int(tx.all(select(func.max(journal.c.pk)))[0][0] or 0)
