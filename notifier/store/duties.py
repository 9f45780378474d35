"""Duties with a limit as they were met: counted by the day they were due, and the cases behind the numbers.

A day is local, and begins and ends at the instants that the caller gives. A case without a force or a unit
on file counts under the empty name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, delete, func, null, select, update

from notifier.records import CaseEvent, NoticeState
from notifier.rules.compliance import ARRIVED, KNOWN_TO_HER, NOT_TO_BE_TOLD, Facts, Result
from notifier.rules.history import standing
from notifier.rules.talks import first_talks
from notifier.store import events as stored
from notifier.store.among import among
from notifier.store.database import Tx
from notifier.store.ops_tables import counted_days, duty_days, duty_lapses
from notifier.store.tables import attempt_notices, attempts, cases, events, notices, victims

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_TALKS = ("contact.recorded", "event.retracted")


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """Whose duties are counted together."""

    force: str
    unit_id: str
    event_type: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many duties of a group were met, late and missed."""

    group: Group
    met: int
    late: int
    missed: int


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty with what is on record about it."""

    notice_pk: int
    case_pk: int
    case_id: str
    victim_id: str
    group: Group
    facts: Facts


_FORCE = func.coalesce(cases.c.force, "")
_UNIT = func.coalesce(cases.c.unit_id, "")
_GROUP = (_FORCE.label("force"), _UNIT.label("unit_id"), notices.c.event_type)
_MESSAGE_AT = (
    select(func.min(attempts.c.sent_at))
    .select_from(attempt_notices.join(attempts))
    .where(attempt_notices.c.notice_pk == notices.c.pk, attempts.c.state.in_(ARRIVED))
    .scalar_subquery()
)
_IS_OVER = notices.c.state.in_(NOT_TO_BE_TOLD) & func.coalesce(notices.c.reason, "").not_in(KNOWN_TO_HER)
_DUE = (
    notices.c.deadline >= bindparam("start"),
    notices.c.deadline < bindparam("end"),
    notices.c.deadline < bindparam("now"),
)


def _counted() -> Select[Any]:
    """Return how many duties of each group a message met in time, and by its key each that none did.

    One statement, so that a duty that changes meanwhile is neither lost nor counted twice. The first message
    of each is looked for once: the database must not look again wherever its time is named.
    """
    columns = (notices.c.pk, *_GROUP, notices.c.deadline, _IS_OVER.label("is_over"))
    of_day = select(*columns, _MESSAGE_AT.label("message_at")).select_from(notices.join(cases)).where(*_DUE)
    due = of_day.cte("due").prefix_with("MATERIALIZED")
    doubtful = case((due.c.message_at <= due.c.deadline, null()), else_=due.c.pk)
    groups = (due.c.force, due.c.unit_id, due.c.event_type, doubtful)
    query = select(*groups[:3], doubtful.label("notice_pk"), func.count().label("number"))
    return query.where(~due.c.is_over | due.c.message_at.is_not(None)).group_by(*groups)


_COUNTED = _counted()


def of_day(tx: Tx, start: datetime, end: datetime, now: datetime) -> tuple[dict[Group, int], list[int]]:
    """Return how many duties a message met in time, and the notices of the others that are to be judged.

    These are the duties due from ``start`` until ``end`` (exclusive) and before ``now``, without those that
    are not to be told.
    """
    rows = tx.all(_COUNTED, {"start": start, "end": end, "now": now})
    met = {_group(row): row.number for row in rows if row.notice_pk is None}
    return met, [row.notice_pk for row in rows if row.notice_pk is not None]


def _group(row: Row[Any]) -> Group:
    return Group(row.force, row.unit_id, row.event_type)


_NAMED = (
    notices.join(cases)
    .join(victims, victims.c.pk == notices.c.victim_pk)
    .join(events, events.c.pk == notices.c.event_pk)
)
_ONES = select(
    *(notices.c.pk, notices.c.case_pk, notices.c.state, notices.c.reason, notices.c.deadline, *_GROUP),
    *(cases.c.case_id, victims.c.victim_id, events.c.event_id, events.c.arrived_at),
    _MESSAGE_AT.label("message_at"),
).select_from(_NAMED)
_LISTED = _ONES.where(among(notices.c.pk, "pks")).order_by(notices.c.deadline, notices.c.pk)
_EVERY = _ONES.where(notices.c.deadline.is_not(None)).order_by(notices.c.deadline, notices.c.pk)


def load(tx: Tx, notice_pks: Sequence[int]) -> list[Duty]:
    """Return these notices' duties with what is on record about them, by deadline."""
    return _with_talks(tx, tx.all(_LISTED, {"pks": notice_pks})) if notice_pks else []


def every(tx: Tx) -> list[Duty]:
    """Return every duty there is, by deadline: for a small store, such as the demo's."""
    return _with_talks(tx, tx.all(_EVERY))


def _with_talks(tx: Tx, rows: Sequence[Row[Any]]) -> list[Duty]:
    histories = _talks_of(tx, {row.case_id for row in rows})
    return [_duty(row, histories.get(row.case_id, ())) for row in rows]


def _talks_of(tx: Tx, case_ids: Iterable[str]) -> Mapping[str, Sequence[CaseEvent]]:
    """Return each case's recorded talks; they are sealed, so only these of its events are opened."""
    found = sorted(stored.of_types(tx, case_ids, _TALKS), key=lambda event: event.case_id)
    return {name: standing(list(those)) for name, those in groupby(found, key=lambda event: event.case_id)}


def _duty(row: Row[Any], history: Sequence[CaseEvent]) -> Duty:
    talk_at = first_talks(history, row.victim_id).get(row.event_id)
    state = NoticeState(row.state)
    facts = Facts(row.deadline, row.arrived_at, state, row.reason, row.message_at, talk_at)
    return Duty(row.pk, row.case_pk, row.case_id, row.victim_id, _group(row), facts)


def counted_since(tx: Tx, first: date, last: date) -> dict[date, datetime]:
    """Return when each day was last counted, of those from ``first`` to ``last`` that ever were."""
    rows = tx.all(select(counted_days).where(counted_days.c.day.between(first, last)))
    return {row.day: row.counted_at for row in rows}


def take(tx: Tx, day: date) -> datetime | None:
    """Have a day to oneself until the transaction ends; return when it was last counted, if it was.

    Whoever counts the same day at this moment is waited for.
    """
    tx.add_once(counted_days, [{"day": day, "counted_at": _NEVER}])
    row = tx.first(select(counted_days).where(counted_days.c.day == day).with_for_update())
    assert row is not None
    return None if row.counted_at == _NEVER else row.counted_at


def replace(
    tx: Tx, day: date, tallies: Iterable[Tally], lapses: Iterable[tuple[Duty, Result]], now: datetime
) -> None:
    """Store what was counted on a day that was taken, instead of what was counted before."""
    numbers = [{"day": day, **_named(one.group), **_numbers(one)} for one in tallies]
    behind = [
        {"notice_pk": duty.notice_pk, "day": day, "result": result.value, **_named(duty.group)}
        for duty, result in lapses
    ]
    tx.run(delete(duty_days).where(duty_days.c.day == day))
    tx.run(delete(duty_lapses).where(duty_lapses.c.day == day))
    if numbers:
        tx.add_once(duty_days, numbers)
    if behind:
        # A deadline that was moved left its notice behind on another day.
        tx.run(_UNDO, {"pks": [row["notice_pk"] for row in behind]})
        tx.add_once(duty_lapses, behind)
    tx.run(update(counted_days).where(counted_days.c.day == day).values(counted_at=now))


_UNDO = delete(duty_lapses).where(among(duty_lapses.c.notice_pk, "pks"))


def _named(group: Group) -> dict[str, str]:
    return asdict(group)


def _numbers(tally: Tally) -> dict[str, int]:
    return {"met": tally.met, "late": tally.late, "missed": tally.missed}


@dataclass(frozen=True, slots=True)
class Span:
    """Which duties are asked for: those due from one local day to another, both included.

    ``force``, ``unit_id`` and ``event_type`` limit them where they are given.
    """

    first: date
    last: date
    force: str | None = None
    unit_id: str | None = None
    event_type: str | None = None

    def rows_of(self, table: Any) -> ColumnElement[bool]:
        """Return the condition on ``duty_days`` or ``duty_lapses``."""
        condition: ColumnElement[bool] = table.c.day.between(self.first, self.last)
        for name, value in self._limits():
            condition &= table.c[name] == value
        return condition

    def cases(self) -> ColumnElement[bool]:
        """Return the condition on notices with their cases."""
        condition: ColumnElement[bool] = notices.c.deadline.is_not(None)
        columns = {"force": _FORCE, "unit_id": _UNIT, "event_type": notices.c.event_type}
        for name, value in self._limits():
            condition &= columns[name] == value
        return condition

    def _limits(self) -> Iterator[tuple[str, str]]:
        for name in ("force", "unit_id", "event_type"):
            value = getattr(self, name)
            if value is not None:
                yield name, value


def tallies(tx: Tx, span: Span) -> list[Tally]:
    """Return the numbers of each group, by force, unit and event type."""
    table = duty_days.c
    groups = (table.force, table.unit_id, table.event_type)
    sums = (func.sum(table[name]).label(name) for name in ("met", "late", "missed"))
    query = select(*groups, *sums).where(span.rows_of(duty_days)).group_by(*groups).order_by(*groups)
    return [Tally(_group(row), row.met, row.late, row.missed) for row in tx.all(query)]


def met_by_day(tx: Tx, span: Span) -> dict[date, int]:
    """Return how many duties were met of each day that has any."""
    number = func.sum(duty_days.c.met).label("number")
    query = select(duty_days.c.day, number).where(span.rows_of(duty_days)).group_by(duty_days.c.day)
    rows = tx.all(query.having(number > 0).order_by(duty_days.c.day))
    return {row.day: row.number for row in rows}


def lapsed(
    tx: Tx, span: Span, result: Result, seen: ColumnElement[bool], limit: int, offset: int
) -> list[int]:
    """Return the notices of the duties that were counted as late or missed, by day.

    ``seen`` is the condition on ``cases`` that the asker may see them.
    """
    table = duty_lapses.c
    query = select(table.notice_pk).select_from(duty_lapses.join(notices).join(cases))
    query = query.where(span.rows_of(duty_lapses), table.result == result.value, seen)
    rows = tx.all(query.order_by(table.day, table.notice_pk).limit(limit).offset(offset))
    return [row.notice_pk for row in rows]


_LAPSED = select(duty_lapses.c.notice_pk).where(duty_lapses.c.notice_pk == notices.c.pk).exists()


def met(
    tx: Tx,
    span: Span,
    start: datetime,
    end: datetime,
    seen: ColumnElement[bool],
    limit: int,
    offset: int,
) -> list[int]:
    """Return the notices of duties due from ``start`` until ``end`` that were counted as met, by deadline.

    That is what was counted and did not lapse. Of one day: more would have to read too many notices.
    ``seen`` is as for :func:`lapsed`.
    """
    due = (notices.c.deadline >= start) & (notices.c.deadline < end)
    query = select(notices.c.pk).select_from(notices.join(cases)).where(due, span.cases(), seen)
    query = query.where(~_IS_OVER | _MESSAGE_AT.is_not(None), ~_LAPSED)
    rows = tx.all(query.order_by(notices.c.deadline, notices.c.pk).limit(limit).offset(offset))
    return [row.pk for row in rows]
