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
    false,
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
_PARTS = {"T": _TASKS, "E": _ESCALATIONS}
_LISTED = (
    *("letter", "pk", "kind", "safety", "opened_at", "until"),
    *("person_id", "in_hand_of", "level", "acknowledged_by", "source"),
)


def listed(tx: Tx, account: Account, wanted: Wanted, now: datetime, page: int) -> Sequence[Row[Any]]:
    """Return the open rows of a page (the first is 1) that the account may see, and one more if there is."""
    most = page * PAGE + 1
    found = _found(tx, account, wanted.words)
    # Each table gives its first rows in the wanted order, so that the two are never sorted whole together.
    parts = []
    for part in _PARTS.values():
        order = _order({**part.columns, "case_id": cases.c.case_id}, wanted.order)
        rows = _open(part, account, wanted, found, now).order_by(*order)
        parts.append(select(rows.limit(most).subquery()))
    both = union_all(*parts).subquery()
    shown = select(both).order_by(*_order(both.c, wanted.order), both.c.letter)
    cut = shown.limit(PAGE + 1).offset(most - 1 - PAGE).subquery()
    return tx.all(_with_names(cut).order_by(*_order(cut.c, wanted.order), cut.c.letter))


def count(tx: Tx, account: Account, wanted: Wanted, now: datetime) -> int:
    """Return how many open rows the account may see; more than :data:`COUNTED` are one more than that."""
    found = _found(tx, account, wanted.words)
    most = COUNTED + 1
    for part in _PARTS.values():
        some = _open(part, account, wanted, found, now).limit(most).subquery()
        most -= tx.all(select(func.count()).select_from(some))[0][0]
    return COUNTED + 1 - max(most, 0)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the words of a search name."""

    ref: tuple[str, int] | None
    case_pks: tuple[int, ...]


def _found(tx: Tx, account: Account, words: str) -> _Found | None:
    if not words:
        return None
    named = finding.with_words(tx, account, words)
    return _Found(finding.ref_of(words), tuple(row.pk for row in named))


def _open(part: _Part, account: Account, wanted: Wanted, found: _Found | None, now: datetime) -> Select[Any]:
    columns = [part[name].label(name) for name in _LISTED]
    keys = [part.table.c.case_pk, part.table.c.victim_pk, part.table.c.event_pk]
    chosen = [part["ended_at"].is_(None), *_conditions(part, account, wanted, now)]
    if found is not None:
        chosen.append(_names(part, found))
    return select(*columns, *keys, cases.c.case_id).select_from(_seen(part, account)).where(*chosen)


def _seen(part: _Part, account: Account) -> FromClause:
    """What belongs to no case is for who sees every force."""
    return part.table.join(
        cases, (cases.c.pk == part.table.c.case_pk) & account.its_cases, isouter=account.force is None
    )


def _conditions(part: _Part, account: Account, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.whose is not Whose.ALL:
        conditions.append(_mine(part, account) if wanted.whose is Whose.MINE else _of_team(part, account))
    if wanted.kind is not None:
        conditions.append(part["kind"] == wanted.kind)
    if wanted.safety:
        conditions.append(part["safety"])
    if wanted.overdue:
        conditions.append(part["until"] < now)
    return conditions


def _mine(part: _Part, account: Account) -> ColumnElement[bool]:
    in_hand = part["in_hand_of"]
    if account.staff_id is None:
        return in_hand == account.name
    return or_(in_hand == account.name, and_(in_hand.is_(None), part["person_id"] == account.staff_id))


def _of_team(part: _Part, account: Account) -> ColumnElement[bool]:
    """Her own cases, those that she leads, and those that have the same supervisor as one of her own."""
    in_hand = part["in_hand_of"] == account.name
    if account.staff_id is None:
        return in_hand
    own = cases.alias()
    led_by = select(own.c.supervisor_id).where(
        own.c.officer_id == account.staff_id, own.c.supervisor_id.is_not(None)
    )
    hers = (column == account.staff_id for column in _STAFF)
    return or_(in_hand, *hers, cases.c.supervisor_id.in_(led_by))


def _names(part: _Part, found: _Found) -> ColumnElement[bool]:
    named = part.table.c.case_pk.in_(found.case_pks) if found.case_pks else false()
    if found.ref is not None and _PARTS.get(found.ref[0]) is part:
        named |= part["pk"] == found.ref[1]
    return named


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
    wanted = finding.ref_of(ref)
    if wanted is None or wanted[0] not in _PARTS:
        return None
    part = _PARTS[wanted[0]]
    columns = [column.label(name) for name, column in part.columns.items()]
    keys = [part.table.c.case_pk, part.table.c.victim_pk, part.table.c.event_pk, cases.c.case_id]
    alone = select(*columns, *keys).select_from(_seen(part, account)).where(part["pk"] == wanted[1])
    return tx.first(_with_names(alone.subquery()))
