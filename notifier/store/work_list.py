"""The work list: open tasks and escalations as one list, the most pressing first; and each of them alone.

A row has ``letter`` (T or E) and ``pk``, which make its name, such as E7; ``kind`` (a task's kind or an
escalation's reason), ``until`` (its time limit), ``person_id`` (who is responsible), ``in_hand_of`` (the name
of the account that has it in hand), and ``case_id``, ``victim_id``, ``event_id`` and ``event_type``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from notifier.store import finding
from notifier.store.accounts import Account
from notifier.store.database import Tx
from notifier.store.tables import UtcTime, cases, escalations, events, tasks, victims

PAGE = 50
_MOST_LEADERS = 50
COUNTED = 1_000
"""Rows are counted up to this number: nobody needs to know how many more there are."""


class Whose(StrEnum):
    """Which rows are listed."""

    MINE = "mine"
    TEAM = "team"
    ALL = "all"


class Order(StrEnum):
    """What comes first."""

    URGENCY = "urgency"  # safety, then what is overdue, then by time limit
    OLDEST = "oldest"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are listed, and in what order; ``words`` name a case, a victim or a row."""

    whose: Whose = Whose.ALL
    kind: str | None = None
    safety: bool = False
    overdue: bool = False
    order: Order = Order.URGENCY
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the two tables, and what its columns are called in the list."""

    letter: str
    table: Table
    columns: dict[str, ColumnElement[Any]]

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        return self.columns[name]


# The same as the rules say (`rules.staffing.responsible`), but for an officer's cover while she is absent.
_STAFF = (cases.c.officer_id, cases.c.supervisor_id, cases.c.unit_id)
_RESPONSIBLE = case(
    (escalations.c.level == 1, func.coalesce(*_STAFF)),
    (escalations.c.level == 2, func.coalesce(_STAFF[1], _STAFF[2], _STAFF[0])),
    else_=func.coalesce(*reversed(_STAFF)),
)


def _nothing(type_: Any) -> ColumnElement[Any]:
    return cast(null(), type_)


_TASKS = _Part(
    "T",
    tasks,
    {
        "letter": literal_column("'T'", String),
        "pk": tasks.c.pk,
        "kind": tasks.c.kind,
        "safety": tasks.c.safety,
        "opened_at": tasks.c.opened_at,
        "until": func.coalesce(tasks.c.deadline, tasks.c.escalate_at, tasks.c.opened_at),
        "person_id": tasks.c.person_id,
        "in_hand_of": tasks.c.in_hand_of,
        "level": _nothing(Integer),
        "acknowledged_by": _nothing(String),
        "acknowledged_at": _nothing(UtcTime),
        "repeats": literal_column("0", Integer),
        "source": _nothing(String),
        "about_type": _nothing(String),
        "ended_at": tasks.c.done_at,
        "ended_by": tasks.c.done_by,
        "outcome": tasks.c.outcome,
        "text_sealed": tasks.c.text_sealed,
    },
)
_ESCALATIONS = _Part(
    "E",
    escalations,
    {
        "letter": literal_column("'E'", String),
        "pk": escalations.c.pk,
        "kind": escalations.c.reason,
        "safety": escalations.c.safety,
        "opened_at": escalations.c.opened_at,
        # When it climbs; at the top it is overdue until somebody looks after it.
        "until": func.coalesce(escalations.c.climb_at, escalations.c.opened_at),
        "person_id": _RESPONSIBLE,
        "in_hand_of": escalations.c.in_hand_of,
        "level": escalations.c.level,
        "acknowledged_by": escalations.c.acknowledged_by,
        "acknowledged_at": escalations.c.acknowledged_at,
        "repeats": escalations.c.repeats,
        "source": escalations.c.source,
        "about_type": escalations.c.event_type,
        "ended_at": escalations.c.resolved_at,
        "ended_by": _nothing(String),
        "outcome": escalations.c.outcome,
        "text_sealed": _nothing(LargeBinary),
    },
)
_PARTS = (_TASKS, _ESCALATIONS)
_LISTED = (
    *("letter", "pk", "kind", "safety", "opened_at", "until"),
    *("person_id", "in_hand_of", "level", "acknowledged_by", "source"),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a page, whether more follow, and how many match; above :data:`COUNTED` there are many."""

    rows: Sequence[Row[Any]]
    more: bool
    count: int


def listed(tx: Tx, account: Account, wanted: Wanted, now: datetime, page: int) -> Listed:
    """Return the open rows of a page (the first is 1) that the account may see."""
    parts = [(part, _open(part, account, _conditions(tx, part, account, wanted, now))) for part in _PARTS]
    rows = _page(tx, parts, wanted.order, (page - 1) * PAGE)
    more = len(rows) > PAGE
    count = len(rows) if page == 1 and not more else _count(tx, [some for _, some in parts])
    return Listed(rows[:PAGE], more, count)


def _page(tx: Tx, parts: Sequence[tuple[_Part, Select[Any]]], order: Order, skip: int) -> Sequence[Row[Any]]:
    """Return the rows of one page, and one more where there is."""
    # Each table gives its first rows in the wanted order, so that the two are never sorted whole together.
    first = [
        select(
            some.order_by(*_order({**part.columns, "case_id": cases.c.case_id}, order))
            .limit(skip + PAGE + 1)
            .subquery()
        )
        for part, some in parts
    ]
    both = union_all(*first).subquery()
    shown = select(both).order_by(*_order(both.c, order), both.c.letter)
    cut = shown.limit(PAGE + 1).offset(skip).subquery()
    return tx.all(_with_names(cut).order_by(*_order(cut.c, order), cut.c.letter))


def _count(tx: Tx, parts: Sequence[Select[Any]]) -> int:
    left = COUNTED + 1
    for some in parts:
        left -= tx.all(select(func.count()).select_from(some.limit(left).subquery()))[0][0]
    return COUNTED + 1 - left


def _open(part: _Part, account: Account, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    columns = [part[name].label(name) for name in _LISTED]
    keys = [part.table.c.case_pk, part.table.c.victim_pk, part.table.c.event_pk, cases.c.case_id]
    return select(*columns, *keys).select_from(_seen(part, account)).where(*conditions)


def _seen(part: _Part, account: Account) -> FromClause:
    """What belongs to no case is for who sees every force."""
    return part.table.join(
        cases, (cases.c.pk == part.table.c.case_pk) & account.its_cases, isouter=account.force is None
    )


def _conditions(
    tx: Tx, part: _Part, account: Account, wanted: Wanted, now: datetime
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [part["ended_at"].is_(None)]
    if wanted.whose is Whose.MINE:
        conditions.append(_mine(part, account))
    if wanted.whose is Whose.TEAM:
        conditions.append(_of_team(tx, part, account))
    if wanted.kind is not None:
        conditions.append(part["kind"] == wanted.kind)
    if wanted.safety:
        conditions.append(part["safety"])
    if wanted.overdue:
        conditions.append(part["until"] < now)
    if wanted.words:
        conditions.append(_named(tx, part, account, wanted.words))
    return conditions


def _mine(part: _Part, account: Account) -> ColumnElement[bool]:
    in_hand = part["in_hand_of"]
    if account.staff_id is None:
        return in_hand == account.name
    return or_(in_hand == account.name, and_(in_hand.is_(None), part["person_id"] == account.staff_id))


def _of_team(tx: Tx, part: _Part, account: Account) -> ColumnElement[bool]:
    """Her own cases, those that she leads, and those that have the same supervisor as one of her own."""
    in_hand = part["in_hand_of"] == account.name
    if account.staff_id is None:
        return in_hand
    # Asked first: as a part of the list's own statement it led PostgreSQL to read every case.
    own = select(cases.c.supervisor_id).where(account.its_cases, cases.c.officer_id == account.staff_id)
    led_by = [row.supervisor_id for row in tx.all(own.distinct().limit(_MOST_LEADERS)) if row.supervisor_id]
    hers = (column == account.staff_id for column in _STAFF)
    return or_(in_hand, *hers, cases.c.supervisor_id.in_(led_by))


def _named(tx: Tx, part: _Part, account: Account, words: str) -> ColumnElement[bool]:
    """What is called so: everything about a case or a victim, or one row."""
    named = [row.pk for row in finding.with_words(tx, account, words)]
    of_case = part.table.c.case_pk.in_(named)
    ref = finding.ref_of(words)
    if ref is None or ref[0] != part.letter:
        return of_case
    return or_(of_case, part["pk"] == ref[1])


def _order(columns: Any, order: Order) -> list[ColumnElement[Any]]:
    # What is overdue has an earlier limit than what is not.
    urgent = [columns["safety"].desc(), columns["until"], columns["pk"]]
    first = {Order.URGENCY: [], Order.OLDEST: [columns["opened_at"]], Order.CASE: [columns["case_id"]]}
    return [*first[order], *urgent]


def _with_names(rows: Any) -> Select[Any]:
    joined = rows.outerjoin(victims, victims.c.pk == rows.c.victim_pk).outerjoin(
        events, events.c.pk == rows.c.event_pk
    )
    names = (victims.c.victim_id, events.c.event_id, events.c.type.label("event_type"))
    return select(*rows.c, *names).select_from(joined)


def one(tx: Tx, account: Account, ref: str) -> Row[Any] | None:
    """Return a task or an escalation by its name, open or ended, unless the account may not see it.

    Beside what the list shows it has who ended it and when (``ended_by`` only of a task), ``outcome``,
    ``text_sealed`` and the like.
    """
    letter, pk = finding.ref_of(ref) or ("", 0)
    part = next((part for part in _PARTS if part.letter == letter), None)
    if part is None:
        return None
    columns = [column.label(name) for name, column in part.columns.items()]
    keys = [
        part.table.c.case_pk,
        part.table.c.victim_pk,
        part.table.c.event_pk,
        cases.c.case_id,
        cases.c.force,
    ]
    alone = select(*columns, *keys).select_from(_seen(part, account)).where(part["pk"] == pk)
    return tx.first(_with_names(alone.subquery()))
