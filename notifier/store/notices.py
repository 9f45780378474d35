"""Notices: what is to be told to whom, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update

from notifier.event_types import EVENT_TYPES
from notifier.records import CaseEvent, Notice, NoticeState, Tone
from notifier.rules.compliance import KNOWN_TO_HER
from notifier.store import sources
from notifier.store.among import among
from notifier.store.at_hand import Shelf
from notifier.store.database import Tx
from notifier.store.tables import cases, events, notices, victims

COURTESY = "courtesy"
OPEN = (NoticeState.PLANNED, NoticeState.HELD, NoticeState.FAILED)
REACHED = (NoticeState.SENT, NoticeState.TOLD, NoticeState.UNCERTAIN, NoticeState.WITH_PERSON)


def was_told(notice: Notice) -> bool:
    """Tell whether the news may be with her: by a message, even one of unknown outcome, or by a person."""
    return notice.state in REACHED or notice.reason in KNOWN_TO_HER


def subject_of(event: CaseEvent) -> str | None:
    """Return what the event is about where a newer event replaces an older one (rules, section 4)."""
    subject = EVENT_TYPES[event.type].subject
    return f"{subject[0]}:{getattr(event.data, subject[1])}" if subject else None


def add(tx: Tx, event: CaseEvent, case_pk: int, victim_pk: int, now: datetime) -> int | None:
    """Make the notice of one event to one victim, in a case that is locked; ``None`` where it exists."""
    if any(other.event_pk == event.pk for other in of_victim(tx, victim_pk, case_pk)):
        return None
    pk = _insert(
        tx,
        case_pk,
        victim_pk,
        now,
        event_id=event.id,
        event_pk=event.pk,
        event_type=event.type,
        source=event.source,
        occurred_at=event.occurred_at,
        subject=subject_of(event),
    )
    sources.count_made(tx, event.source, event.type, now)
    return pk


def add_courtesy(tx: Tx, case_pk: int, victim_pk: int, now: datetime) -> int:
    """Make the notice of a no-progress update that became due at ``now``."""
    return _insert(tx, case_pk, victim_pk, now, event_type=COURTESY, occurred_at=now)


def _insert(
    tx: Tx, case_pk: int, victim_pk: int, now: datetime, event_id: str | None = None, **values: Any
) -> int:
    pk = tx.new_key(notices)
    fresh = {"state": NoticeState.PLANNED, "tone": Tone.ROUTINE, "made_at": now}
    row = {"pk": pk, "case_pk": case_pk, "victim_pk": victim_pk, **fresh, **values}
    tx.bring(_OF_CASE, (case_pk,))
    tx.add(notices, queue="routine", **row)
    blank = dict.fromkeys(_FIELDS) | {"tries": 0, "full_only": False, "event_id": event_id}
    tx.put(_OF_CASE, case_pk, pk, Notice(**{**blank, **{name: row[name] for name in _FIELDS & row.keys()}}))
    return pk


_FIELDS = {field.name for field in fields(Notice)}
_WITH_EVENTS = select(notices, events.c.event_id).select_from(
    notices.outerjoin(events, events.c.pk == notices.c.event_pk)
)
_IN_CASES = _WITH_EVENTS.where(among(notices.c.case_pk, "cases")).order_by(notices.c.pk)


def _read(tx: Tx, case_pks: Sequence[int]) -> Iterator[tuple[int, int, Notice]]:
    for row in tx.all(_IN_CASES, {"cases": case_pks}):
        yield row.case_pk, row.pk, _record(row)


_OF_CASE = Shelf(_read, frozenset({notices}))


def bring(tx: Tx, case_pks: Iterable[int]) -> None:
    """Have every notice of these cases at hand."""
    tx.bring(_OF_CASE, case_pks)


def _in_order(found: Iterable[Notice]) -> list[Notice]:
    return sorted(found, key=lambda notice: (notice.occurred_at, notice.pk))


_LISTED = _WITH_EVENTS.where(among(notices.c.pk, "pks"))


def load(tx: Tx, pk: int) -> Notice:
    """Return one notice."""
    (notice,) = load_all(tx, [pk])
    return notice


def load_all(tx: Tx, pks: Iterable[int]) -> list[Notice]:
    """Return these notices, the oldest event first."""
    wanted = list(pks)
    at_hand = [notice for pk in wanted if (notice := tx.at(_OF_CASE, pk)) is not None]
    if len(at_hand) == len(wanted):
        return _in_order(at_hand)
    return _in_order(_record(row) for row in tx.all(_LISTED, {"pks": wanted}))


def by_victim(tx: Tx, pks: Iterable[int]) -> list[list[int]]:
    """Return these notices in groups, one for each victim."""
    groups: dict[int, list[int]] = {}
    for notice in load_all(tx, pks):
        groups.setdefault(notice.victim_pk, []).append(notice.pk)
    return list(groups.values())


def of_case(tx: Tx, case_pk: int) -> list[Notice]:
    """Return every notice of a case, the oldest event first."""
    return _in_order(tx.of(_OF_CASE, case_pk))


def of_victim(tx: Tx, victim_pk: int, case_pk: int) -> list[Notice]:
    """Return a victim's notices of one case, the oldest event first."""
    return [notice for notice in of_case(tx, case_pk) if notice.victim_pk == victim_pk]


def _record(row: Row[Any]) -> Notice:
    return Notice(
        pk=row.pk,
        event_pk=row.event_pk,
        event_id=row.event_id,
        event_type=row.event_type,
        case_pk=row.case_pk,
        victim_pk=row.victim_pk,
        occurred_at=row.occurred_at,
        made_at=row.made_at,
        subject=row.subject,
        state=NoticeState(row.state),
        tone=Tone(row.tone),
        deadline=row.deadline,
        at_risk_at=row.at_risk_at,
        send_at=row.send_at,
        reason=row.reason,
        hold=row.hold,
        tries=row.tries,
        full_only=row.full_only,
        retried_at=row.retried_at,
    )


def change(tx: Tx, pk: int, **values: Any) -> None:
    """Change columns of one notice."""
    tx.change(notices, pk, **values)
    known = tx.at(_OF_CASE, pk)
    if known is not None:
        seen = {name: value for name, value in values.items() if name in _FIELDS}
        tx.put(_OF_CASE, known.case_pk, pk, replace(known, **seen))


def hold_open(tx: Tx, victim_pk: int, why: str, before: int) -> int:
    """Hold what is not sent to a victim yet, until a person decides; return how many notices.

    ``before`` is the key of the event because of which: what came after it is not held.
    """
    waiting = [state.value for state in (*OPEN, NoticeState.SENDING)]
    mine = (notices.c.victim_pk == victim_pk) & notices.c.state.in_(waiting)
    mine &= notices.c.event_pk.is_(None) | (notices.c.event_pk < before)
    return tx.run(update(notices).where(mine).values(hold=why))


def held_of_source(tx: Tx, source: str, event_type: str, why: str) -> list[int]:
    """Return the notices of one source and type that are held for this reason, the oldest first."""
    same = (notices.c.source == source) & (notices.c.event_type == event_type)
    held = same & (notices.c.hold == why) & (notices.c.state == NoticeState.HELD)
    return [row.pk for row in tx.all(select(notices.c.pk).where(held).order_by(notices.c.pk))]


def held_of_victim(tx: Tx, victim_pk: int | None, event_pk: int | None, why: str) -> list[int]:
    """Return the victim's notices that are held for this reason; of a flood, the one about the event."""
    held = (notices.c.victim_pk == victim_pk) & (notices.c.hold == why)
    if why == "volume":
        held &= notices.c.event_pk == event_pk
    held &= notices.c.state == NoticeState.HELD
    return [row.pk for row in tx.all(select(notices.c.pk).where(held).order_by(notices.c.pk))]


_DUE = (notices.c.state == NoticeState.PLANNED) & (notices.c.send_at <= bindparam("now"))
_DUE_VICTIMS = (
    select(notices.c.victim_pk)
    .where(_DUE)
    .group_by(notices.c.victim_pk)
    .order_by(func.min(notices.c.send_at))
    .limit(bindparam("most"))
)
_HERS = among(notices.c.victim_pk, "victims")
_IN_HAND = select(notices.c.victim_pk).where(
    _HERS, notices.c.state == NoticeState.SENDING, notices.c.leased_until > bindparam("now")
)
_BROKEN_OFF = (
    select(notices.c.victim_pk)
    .where(_HERS, _DUE, notices.c.tries > 0)
    .group_by(notices.c.victim_pk)
    .order_by(func.max(notices.c.tries), notices.c.victim_pk)
)
_TO_LEASE = select(notices.c.pk).where(_HERS, _DUE).order_by(notices.c.pk).with_for_update(skip_locked=True)
_LEASE = (
    update(notices)
    .where(among(notices.c.pk, "pks"))
    .values(state=NoticeState.SENDING, leased_until=bindparam("until"), tries=notices.c.tries + 1)
)
_VICTIMS_FREE = (
    select(victims.c.pk)
    .where(among(victims.c.pk, "victims"))
    .order_by(victims.c.pk)
    .with_for_update(skip_locked=True)
)
_EXPIRED = (
    update(notices)
    .where(notices.c.state == NoticeState.SENDING, notices.c.leased_until <= bindparam("now"))
    .values(state=NoticeState.PLANNED, leased_until=None)
)
_AT_RISK = _WITH_EVENTS.where(notices.c.at_risk_at <= bindparam("now")).order_by(
    notices.c.at_risk_at, notices.c.pk
)


def due_victims(tx: Tx, queue: str | None, now: datetime, limit: int) -> list[int]:
    """Return victims with notices due on ``queue`` (``None``: any), who waited longest first."""
    query = _DUE_VICTIMS if queue is None else _DUE_VICTIMS.where(notices.c.queue == queue)
    return [row.victim_pk for row in tx.all(query, {"now": now, "most": limit})]


def lock_victims(tx: Tx, victim_pks: Sequence[int]) -> list[int]:
    """Lock those of the victims that no other worker has in hand; return them in the given order."""
    if not tx.is_postgresql:
        return list(victim_pks)
    got = {row.pk for row in tx.all(_VICTIMS_FREE, {"victims": list(victim_pks)})}
    return [pk for pk in victim_pks if pk in got]


def in_hand(tx: Tx, victim_pks: Iterable[int], now: datetime) -> set[int]:
    """Return those of the victims to whom a worker is sending now."""
    return {row.victim_pk for row in tx.all(_IN_HAND, {"victims": list(victim_pks), "now": now})}


def broken_off(tx: Tx, victim_pks: Iterable[int], now: datetime) -> list[int]:
    """Return the victims whose due notices a worker had in hand when it died, those of fewest tries first."""
    return [row.victim_pk for row in tx.all(_BROKEN_OFF, {"victims": list(victim_pks), "now": now})]


def lease_due(tx: Tx, victim_pks: Iterable[int], now: datetime, until: datetime) -> list[int]:
    """Take the victims' due notices in hand until ``until``, each try counted; return their keys.

    One that is being decided at this moment is left alone: it may be due no more.
    """
    pks = [row.pk for row in tx.all(_TO_LEASE, {"victims": list(victim_pks), "now": now})]
    tx.run(_LEASE, {"pks": pks, "until": until})
    return pks


def release_expired(tx: Tx, now: datetime) -> int:
    """Give notices back whose worker died before it committed an attempt; return how many."""
    return tx.run(_EXPIRED, {"now": now})


def due_by_queue(tx: Tx, now: datetime) -> dict[str, int]:
    """Return how many notices are due on each queue."""
    due = (notices.c.state == NoticeState.PLANNED) & (notices.c.send_at <= now)
    query = select(notices.c.queue, func.count().label("due")).where(due).group_by(notices.c.queue)
    return {row.queue: row.due for row in tx.all(query)}


def at_risk(tx: Tx, now: datetime) -> list[Notice]:
    """Return the notices whose duty must be looked at now."""
    return [_record(row) for row in tx.all(_AT_RISK, {"now": now})]


def overview(tx: Tx, states: Iterable[NoticeState]) -> Sequence[Row[Any]]:
    """Return notices in these states with ``case_id``, ``event_id`` and ``victim_id``, by deadline."""
    joined = (
        notices.join(cases, cases.c.pk == notices.c.case_pk)
        .join(victims, victims.c.pk == notices.c.victim_pk)
        .outerjoin(events, events.c.pk == notices.c.event_pk)
    )
    columns = (notices, cases.c.case_id, events.c.event_id, victims.c.victim_id)
    wanted = notices.c.state.in_([state.value for state in states])
    query = select(*columns).select_from(joined).where(wanted)
    return tx.all(query.order_by(notices.c.deadline, notices.c.pk))
