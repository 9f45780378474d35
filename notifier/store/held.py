"""What is held until a person releases or discards it, as staff look at it: in groups, and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, or_, select

from notifier.records import NoticeState, TaskKind, Tone
from notifier.rules.decision import HOLDS
from notifier.store.database import Tx
from notifier.store.tables import cases, escalations, notices, tasks, victims

_MAY_STILL_GO = (NoticeState.HELD, NoticeState.PLANNED, NoticeState.SENDING, NoticeState.FAILED)
_PERSON_FIRST = "person_first"
_VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Group:
    """Why notices are held, and of which source and type of event; a no-progress update has no source."""

    hold: str
    source: str | None
    event_type: str

    @property
    def _members(self) -> ColumnElement[bool]:
        mine = (notices.c.hold == self.hold) & (notices.c.event_type == self.event_type)
        return _HELD & mine & notices.c.source.is_not_distinct_from(self.source)


# Named one by one, so that the index on them is used.
_HELD = notices.c.hold.in_(tuple(HOLDS)) & (notices.c.state == NoticeState.HELD)
_FIGURES = (
    func.count().label("number"),
    func.count(notices.c.victim_pk.distinct()).label("victims"),
    func.min(notices.c.made_at).label("oldest"),
    func.max(notices.c.pk).label("newest_pk"),
    func.max(case((notices.c.tone == Tone.SAFETY, 1), else_=0)).label("safety"),
)


def groups(tx: Tx, its_cases: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Return the groups among these cases, what is about safety first, then the largest.

    A row has ``hold``, ``source``, ``event_type``, ``number`` of notices and of ``victims``, ``oldest``, the
    greatest key ``newest_pk``, and ``safety`` (1 where any of them is).
    """
    key = (notices.c.hold, notices.c.source, notices.c.event_type)
    query = select(*key, *_FIGURES).select_from(notices.join(cases)).where(_HELD, its_cases).group_by(*key)
    return tx.all(query.order_by(_FIGURES[-1].desc(), _FIGURES[0].desc(), *key))


def figures(
    tx: Tx, group: Group, its_cases: ColumnElement[bool], chosen: Sequence[int] | None = None
) -> Row[Any]:
    """Return the same figures of one group, or of those ``chosen`` of its notices; ``number`` may be 0."""
    query = select(*_FIGURES).select_from(notices.join(cases)).where(_mine(group, its_cases, chosen))
    row = tx.first(query)
    assert row is not None
    return row


def keys(
    tx: Tx,
    group: Group,
    its_cases: ColumnElement[bool],
    chosen: Sequence[int] | None,
    *,
    up_to: int,
    limit: int,
) -> list[int]:
    """Return the keys of a group's notices, none greater than ``up_to``, the oldest first."""
    wanted = _mine(group, its_cases, chosen) & (notices.c.pk <= up_to)
    query = select(notices.c.pk).select_from(notices.join(cases)).where(wanted)
    return [row.pk for row in tx.all(query.order_by(notices.c.pk).limit(limit))]


def members(
    tx: Tx, group: Group, its_cases: ColumnElement[bool], *, after: int, limit: int
) -> Sequence[Row[Any]]:
    """Return a group's notices whose key is greater than ``after``, the oldest first.

    A row has ``pk``, ``tone``, ``made_at``, ``deadline``, ``case_id``, ``victim_id`` and both their keys.
    """
    wanted = _mine(group, its_cases, None) & (notices.c.pk > after)
    return tx.all(_listed().where(wanted).order_by(notices.c.pk).limit(limit))


def first_of(
    tx: Tx, group: Group, its_cases: ColumnElement[bool], chosen: Sequence[int] | None = None
) -> Row[Any] | None:
    """Return the oldest notice of a group, or of those chosen, as :func:`members` does."""
    return tx.first(_listed().where(_mine(group, its_cases, chosen)).order_by(notices.c.pk).limit(1))


def _mine(group: Group, its_cases: ColumnElement[bool], chosen: Sequence[int] | None) -> ColumnElement[bool]:
    mine = and_(group._members, its_cases)
    return mine if chosen is None else mine & notices.c.pk.in_(chosen)


def _listed() -> Select[Any]:
    names = ("pk", "tone", "made_at", "deadline", "case_pk", "victim_pk")
    joined = notices.join(cases).join(victims, victims.c.pk == notices.c.victim_pk)
    return select(*(notices.c[name] for name in names), cases.c.case_id, victims.c.victim_id).select_from(
        joined
    )


def told_by_person(tx: Tx, its_cases: ColumnElement[bool], limit: int) -> Sequence[Row[Any]]:
    """Return news that a person tells first, the most pressing first.

    A row has ``pk``, ``event_type``, ``deadline``, ``case_id``, ``victim_id``, and ``task_pk`` where the task
    is open.
    """
    order = (notices.c.deadline, notices.c.pk)
    waits = (notices.c.state == NoticeState.HELD) & (notices.c.reason == _PERSON_FIRST)
    first = select(notices.c.pk).select_from(notices.join(cases)).where(waits, its_cases)
    shown = first.order_by(*order).limit(limit).subquery()
    joined = notices.join(cases).join(victims, victims.c.pk == notices.c.victim_pk)
    columns = (notices.c.pk, notices.c.event_type, notices.c.deadline, cases.c.case_id, victims.c.victim_id)
    query = select(*columns, _TASK.label("task_pk")).select_from(joined)
    return tx.all(query.where(notices.c.pk.in_(select(shown.c.pk))).order_by(*order))


_TASK = (
    select(func.min(tasks.c.pk))
    .where(
        tasks.c.case_pk == notices.c.case_pk,
        tasks.c.victim_pk == notices.c.victim_pk,
        tasks.c.event_pk == notices.c.event_pk,
        tasks.c.kind == TaskKind.TELL_IN_PERSON,
        tasks.c.done_at.is_(None),
    )
    .correlate(notices)
    .scalar_subquery()
)


def asking_about(tx: Tx, notice_pks: Sequence[int]) -> list[int]:
    """Return the open escalations that ask to release or discard any of these notices."""
    query = select(escalations.c.pk).where(_OPEN, _holds(notices.c.pk.in_(notice_pks)))
    return [row.pk for row in tx.all(query)]


def asked_in_vain(tx: Tx, escalation_pks: Sequence[int]) -> list[int]:
    """Return those of the escalations that are open although none of their notices is held any more."""
    may_still_go = notices.c.state.in_([state.value for state in _MAY_STILL_GO])
    query = select(escalations.c.pk).where(_OPEN, escalations.c.pk.in_(escalation_pks), ~_holds(may_still_go))
    return [row.pk for row in tx.all(query)]


_OPEN = escalations.c.resolved_at.is_(None) & escalations.c.reason.in_(tuple(HOLDS))


def _holds(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that an escalation asks about a notice that is held, and is one of these.

    It is about all of a source and type, or about one victim; of a flood each safety notice has one of its
    own beside.
    """
    held = which & (notices.c.hold == escalations.c.reason)
    same_kind = notices.c.event_type == escalations.c.event_type
    same_event = or_(escalations.c.reason != _VOLUME, notices.c.event_pk == escalations.c.event_pk)
    of_source = exists().where(held, notices.c.source == escalations.c.source, same_kind)
    of_victim = exists().where(held, notices.c.victim_pk == escalations.c.victim_pk, same_event)
    by_source = escalations.c.source.is_not(None)
    return or_(and_(by_source, of_source), and_(~by_source, of_victim))
