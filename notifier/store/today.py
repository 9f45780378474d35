"""What *Today* shows: what is red, what is due next, what failed, and what waits for the service itself.

Each function counts only what an account may see. A count goes to :data:`MOST` and says then that there is
more: nobody needs the exact number of a flood, and counting it would read all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    FromClause,
    Row,
    Select,
    Table,
    UnaryExpression,
    bindparam,
    func,
    literal_column,
    select,
)

from notifier.records import NoticeState, What
from notifier.store.accounts import Account
from notifier.store.database import Tx
from notifier.store.tables import cases, escalations, events, journal, notices, registrations, sources, tasks

SHOWN = 10
"""How many rows a list of *Today* has at most."""
MOST = 1_000
"""So far a count goes; one more stands for all that are more."""
_SAMPLE = 10_000  # so many rows are put into groups at most

_NOT_TOLD = (
    *(NoticeState.PLANNED, NoticeState.HELD, NoticeState.SENDING),
    *(NoticeState.WITH_PERSON, NoticeState.UNCERTAIN, NoticeState.FAILED),
)
_FAILURES = (What.FAILED, What.UNCONFIRMED)


def _is_one_of(column: Column[Any], values: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition with the values in its text: only so is an index of these few rows used."""
    listed: BindParameter[Any] = bindparam(
        None, [str(value) for value in values], expanding=True, literal_execute=True
    )
    return column.in_(listed)


@dataclass(frozen=True, slots=True)
class Listed:
    """The first rows of a list, and how many it has (see :data:`MOST`)."""

    rows: Sequence[Row[Any]]
    count: int


@dataclass(frozen=True, slots=True)
class Grouped:
    """How many of each; ``is_part``: there are more than could be put into groups."""

    rows: Sequence[Row[Any]]
    is_part: bool

    @property
    def count(self) -> int:
        """How many there are together."""
        return sum(row.number for row in self.rows)


def _listed(tx: Tx, query: Select[Any], *order: UnaryExpression[Any] | ColumnElement[Any]) -> Listed:
    rows = tx.all(query.order_by(*order).limit(SHOWN))
    return Listed(rows, len(rows) if len(rows) < SHOWN else _count(tx, query))


def _count(tx: Tx, query: Select[Any]) -> int:
    few = query.with_only_columns(literal_column("1").label("one")).limit(MOST + 1).subquery()
    return int(tx.all(select(func.count()).select_from(few))[0][0])


def _grouped(tx: Tx, query: Select[Any]) -> Grouped:
    """Put the rows of a query into groups of equal ones, the largest first."""
    found = query.limit(_SAMPLE).subquery()
    number = func.count().label("number")
    rows = tx.all(select(*found.c, number).group_by(*found.c).order_by(number.desc(), *found.c))
    grouped = Grouped(rows, is_part=False)
    return Grouped(rows, is_part=grouped.count == _SAMPLE)


def _with_case(table: Table, account: Account, *, optional: bool = False) -> FromClause:
    """Return the table with the cases of its rows; ``optional`` keeps rows of no case for every force."""
    return table.join(cases, cases.c.pk == table.c.case_pk, isouter=optional and account.force is None)


def _only_counted(table: Table, account: Account) -> FromClause:
    """Return the table for counting: with its cases only where a force's are to be told from others."""
    return table if account.force is None else _with_case(table, account)


def not_acknowledged(tx: Tx, account: Account) -> Listed:
    """Return the escalations that nobody looks after: safety first, then the highest level."""
    table = escalations.c
    columns = (table.pk, table.reason, table.level, table.safety, table.opened_at, cases.c.case_id)
    query = select(*columns).select_from(_with_case(escalations, account, optional=True))
    waiting = table.resolved_at.is_(None) & table.acknowledged_at.is_(None)
    order = (table.safety.desc(), table.level.desc(), table.opened_at, table.pk)
    return _listed(tx, query.where(waiting, account.its_cases), *order)


def duties(tx: Tx, account: Account, after: datetime | None = None, until: datetime | None = None) -> Listed:
    """Return the duties that are not met yet, whose limit is ``after`` (included) and before ``until``."""
    return _listed(tx, _duties(account, after, until), notices.c.deadline, notices.c.pk)


def page_of_duties(
    tx: Tx, account: Account, after: datetime | None, until: datetime | None, skip: int, size: int
) -> Sequence[Row[Any]]:
    """Return one page of the same duties, and one row more where there are any after it."""
    query = _duties(account, after, until).order_by(notices.c.deadline, notices.c.pk)
    return tx.all(query.offset(skip).limit(size + 1))


def _duties(account: Account, after: datetime | None, until: datetime | None) -> Select[Any]:
    table = notices.c
    columns = (table.pk, table.event_type, table.tone, table.deadline, table.state, table.reason)
    query = select(*columns, cases.c.case_id).select_from(_with_case(notices, account))
    query = query.where(account.its_cases, table.deadline.is_not(None), _is_one_of(table.state, _NOT_TOLD))
    query = query if after is None else query.where(table.deadline >= after)
    return query if until is None else query.where(table.deadline < until)


_LIMIT = func.coalesce(tasks.c.deadline, tasks.c.escalate_at, tasks.c.opened_at)


def open_tasks(
    tx: Tx, account: Account, after: datetime | None = None, until: datetime | None = None
) -> Listed:
    """Return the tasks that are not done, whose limit is ``after`` (included) and before ``until``.

    One without a limit of its own is to be done until it is escalated. Safety comes first.
    """
    table = tasks.c
    columns = (table.pk, table.kind, table.safety, table.person_id, _LIMIT.label("until"), cases.c.case_id)
    query = select(*columns).select_from(_with_case(tasks, account))
    query = query.where(table.done_at.is_(None), account.its_cases)
    query = query if after is None else query.where(after <= _LIMIT)
    query = query if until is None else query.where(until > _LIMIT)
    return _listed(tx, query, table.safety.desc(), _LIMIT, table.pk)


def updates_due(tx: Tx, account: Account, until: datetime) -> int:
    """Count the no-progress updates that are due before ``until``."""
    return _registered(tx, account, registrations.c.courtesy_at < until)


def prompts_due(tx: Tx, account: Account, until: datetime) -> int:
    """Count the updates of which officers are to be reminded before ``until``."""
    return _registered(tx, account, registrations.c.prompt_at < until)


def _registered(tx: Tx, account: Account, condition: ColumnElement[bool]) -> int:
    query = select(registrations).select_from(_only_counted(registrations, account))
    return _count(tx, query.where(condition, account.its_cases))


def failures(tx: Tx, account: Account, since: datetime) -> Sequence[Row[Any]]:
    """Count what failed, or had no receipt in time, from ``since`` on.

    The rows have ``what``, ``channel``, ``reason`` and ``number``, the most frequent first.
    """
    kind = (journal.c.what, journal.c.channel, journal.c.reason)
    number = func.count().label("number")
    query = select(*kind, number).select_from(_only_counted(journal, account))
    failed = _is_one_of(journal.c.what, _FAILURES) & (journal.c.at >= since)
    query = query.where(failed, account.its_cases)
    return tx.all(query.group_by(*kind).order_by(number.desc(), *kind))


def held_by_volume(tx: Tx, account: Account) -> Grouped:
    """Count the notices that the volume breaker holds, by ``source`` and ``event_type``."""
    query = select(notices.c.source, notices.c.event_type).select_from(_only_counted(notices, account))
    held = (notices.c.hold == "volume") & (notices.c.state == NoticeState.HELD)
    return _grouped(tx, query.where(held, account.its_cases))


def due_now(tx: Tx, account: Account, now: datetime) -> Grouped:
    """Count the notices whose time has come and that no worker has taken yet, by ``queue``."""
    query = select(notices.c.queue).select_from(_only_counted(notices, account))
    return _grouped(tx, query.where(_is_due(now), account.its_cases))


def oldest_due(tx: Tx, account: Account, now: datetime) -> datetime | None:
    """Return since when the notice is due that waited longest."""
    query = select(notices.c.send_at).select_from(_only_counted(notices, account))
    row = tx.first(query.where(_is_due(now), account.its_cases).order_by(notices.c.send_at).limit(1))
    return row.send_at if row else None


def _is_due(now: datetime) -> ColumnElement[bool]:
    return (notices.c.state == NoticeState.PLANNED) & (notices.c.send_at <= now)


def unplanned(tx: Tx, account: Account) -> int:
    """Count the events that were taken in and wait to be planned."""
    joined = events if account.force is None else events.join(cases, cases.c.case_id == events.c.case_id)
    waits = events.c.planned_at.is_(None) & events.c.problem.is_(None)
    return _count(tx, select(events).select_from(joined).where(waits, account.its_cases))


def silent_sources(tx: Tx, account: Account) -> Sequence[Row[Any]]:
    """Return the sources that stopped publishing, for an account of every force: they belong to none."""
    if account.force is not None:
        return ()
    query = select(sources.c.source, sources.c.silent_since).where(sources.c.silent_since.is_not(None))
    return tx.all(query.order_by(sources.c.silent_since, sources.c.source))
