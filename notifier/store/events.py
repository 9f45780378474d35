"""Case events as they came, and what could not be taken."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from notifier.event_types import EVENT_TYPES
from notifier.records import CaseEvent
from notifier.store.among import among
from notifier.store.at_hand import Shelf
from notifier.store.cipher import Cipher
from notifier.store.database import Tx
from notifier.store.tables import events

_KEPT = 2_048  # so many events a process keeps decrypted: each is asked for again at every hop
_CLEAR = (
    "pk",
    "source",
    "event_id",
    "type",
    "case_id",
    "published_at",
    "occurred_at",
    "arrived_at",
    "backfill",
)
_COLUMNS = [events.c[name] for name in (*_CLEAR, "data_sealed")]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A checked event on its way into the store; ``document`` is the whole of it as published."""

    source: str
    id: str
    type: str
    case_id: str
    published_at: datetime
    occurred_at: datetime
    backfill: bool
    document: dict[str, Any]

    @property
    def identity(self) -> tuple[str, str]:
        """CloudEvents' own: ``source`` and ``id``."""
        return self.source, self.id


class Added(StrEnum):
    """What became of an event that was to be stored."""

    NEW = "new"
    REPEAT = "repeat"
    DIFFERENT = "different"  # the identity is taken by other content, which stands


def content_hash(tx: Tx, document: dict[str, Any]) -> str:
    """Return a keyed hash of the document in which the order of its keys does not matter."""
    return tx.cipher.lookup("event", json.dumps(document, sort_keys=True, ensure_ascii=False))


def add_all(tx: Tx, new: Sequence[NewEvent], now: datetime) -> list[Added]:
    """Store each event once, by ``source`` and ``id``; repeats are counted, the first content stands."""
    hashes = [content_hash(tx, event.document) for event in new]
    before = _known(tx, new)
    fresh: dict[tuple[str, str], dict[str, Any]] = {}
    for event, digest in zip(new, hashes, strict=True):
        if event.identity not in before and event.identity not in fresh:
            fresh[event.identity] = _values(tx, event, digest, now)
    mine: set[tuple[str, str]] = set()
    if fresh:
        # Another intake may store the same event at this moment: it is then a repeat.
        kept = tx.add_once(events, list(fresh.values()), events.c.source, events.c.event_id)
        mine = {(row.source, row.event_id) for row in kept}
    stands = _known(tx, new)
    results, repeated = [], []
    for event, digest in zip(new, hashes, strict=True):
        first = event.identity in mine
        mine.discard(event.identity)
        same = stands[event.identity] == digest
        results.append((Added.NEW if first else Added.REPEAT) if same else Added.DIFFERENT)
        if results[-1] is Added.REPEAT:
            repeated.append(event.identity)
    _count_repeats(tx, repeated)
    return results


# Of one source: the index begins with it, and of several whole sources would be read.
_KNOWN = select(events.c.event_id, events.c.content_hash).where(
    events.c.source == bindparam("source"), among(events.c.event_id, "ids")
)


def _known(tx: Tx, new: Sequence[NewEvent]) -> dict[tuple[str, str], str]:
    ids: dict[str, list[str]] = {}
    for event in new:
        ids.setdefault(event.source, []).append(event.id)
    return {
        (source, row.event_id): row.content_hash
        for source in ids
        for row in tx.all(_KNOWN, {"source": source, "ids": ids[source]})
    }


def _count_repeats(tx: Tx, repeated: Sequence[tuple[str, str]]) -> None:
    if not repeated:
        return
    same = (events.c.source == bindparam("its_source")) & (events.c.event_id == bindparam("its_id"))
    # In one order everywhere: otherwise two intakes with the same repeats could wait for each other.
    parameters = [{"its_source": source, "its_id": event_id} for source, event_id in sorted(repeated)]
    tx.run(update(events).where(same).values(repeats=events.c.repeats + 1), parameters)


def _values(tx: Tx, event: NewEvent, digest: str, now: datetime) -> dict[str, Any]:
    return {
        "source": event.source,
        "event_id": event.id,
        "type": event.type,
        "case_id": event.case_id,
        "published_at": event.published_at,
        "occurred_at": event.occurred_at,
        "arrived_at": now,
        "backfill": event.backfill,
        "data_sealed": tx.cipher.seal(event.document),
        "content_hash": digest,
    }


_WAITS = events.c.planned_at.is_(None) & events.c.problem.is_(None)
_WAITING = select(events.c.case_id).where(_WAITS).order_by(events.c.pk).limit(bindparam("most"))


def unplanned_cases(tx: Tx, limit: int) -> list[str]:
    """Return the cases (publisher's reference) of the ``limit`` events that wait longest to be planned."""
    return list(dict.fromkeys(row.case_id for row in tx.all(_WAITING, {"most": limit})))


_IN_CASES = (
    select(*_COLUMNS)
    .where(among(events.c.case_id, "case_ids"), events.c.problem.is_(None))
    .order_by(events.c.pk)
)
_IN_CASES_ALONE = _IN_CASES.where(events.c.planned_at.is_not(None) | among(events.c.pk, "alone"))


def _read(tx: Tx, case_ids: Sequence[str]) -> Iterator[tuple[str, int, CaseEvent]]:
    if tx.alone is None:
        rows = tx.all(_IN_CASES, {"case_ids": case_ids})
    else:
        rows = tx.all(_IN_CASES_ALONE, {"case_ids": case_ids, "alone": tx.alone})
    for row in rows:
        yield row.case_id, row.pk, _record(tx, row)


_OF_CASE = Shelf(_read, frozenset({events}))


def bring(tx: Tx, case_ids: Iterable[str]) -> None:
    """Have every event of these cases at hand, but for those that were set aside."""
    tx.bring(_OF_CASE, case_ids)


def of_case(tx: Tx, case_id: str) -> list[CaseEvent]:
    """Return the events of the case in the order of arrival, without those that were set aside."""
    return tx.of(_OF_CASE, case_id)


_OF_TYPES = _IN_CASES.where(among(events.c.type, "types"))


def of_types(tx: Tx, case_ids: Iterable[str], types: Iterable[str]) -> list[CaseEvent]:
    """Return the cases' events of these types in the order of arrival, without those that were set aside.

    Only these are opened, which for cases with much history is far faster than :func:`of_case`.
    """
    wanted = {"case_ids": sorted(set(case_ids)), "types": sorted(types)}
    return [_record(tx, row) for row in tx.all(_OF_TYPES, wanted)]


_LISTED = select(*_COLUMNS).where(among(events.c.pk, "pks")).order_by(events.c.pk)


def opened_by(tx: Tx, source: str, case_ids: Iterable[str]) -> set[str]:
    """Return those of the cases that this source opened; where several did, it was the first of them."""
    wanted = list(case_ids)
    if not wanted:
        return set()
    opened = among(events.c.case_id, "ids") & (events.c.type == "case.opened")
    query = select(events.c.case_id, events.c.source).where(opened).order_by(events.c.pk.desc())
    first = {row.case_id: row.source for row in tx.all(query, {"ids": wanted})}
    return {case_id for case_id, opener in first.items() if opener == source}


def load_all(tx: Tx, pks: Sequence[int]) -> list[CaseEvent]:
    """Return these events in the order of arrival."""
    at_hand = [tx.at(_OF_CASE, pk) for pk in sorted(pks)]
    known = [event for event in at_hand if event is not None]
    if len(known) == len(pks):
        return known
    return [_record(tx, row) for row in tx.all(_LISTED, {"pks": pks})]


_UNPLANNED = select(events.c.case_id, events.c.pk, events.c.planners_lost).where(
    among(events.c.case_id, "case_ids"), _WAITS
)


def unplanned(tx: Tx, case_ids: Iterable[str]) -> dict[str, dict[int, int]]:
    """Return what was not planned yet, for each of the cases that has any.

    That is the keys of its events, each with the number of processes that died while they planned it.
    """
    waiting: dict[str, dict[int, int]] = {}
    for row in tx.all(_UNPLANNED, {"case_ids": list(case_ids)}):
        waiting.setdefault(row.case_id, {})[row.pk] = row.planners_lost
    return waiting


def still_unplanned(tx: Tx, pks: Sequence[int]) -> list[str]:
    """Return the cases (publisher's reference) of those of these events that were not planned yet."""
    query = select(events.c.case_id).where(events.c.pk.in_(pks), _WAITS).distinct()
    return [row.case_id for row in tx.all(query)]


def count_lost_planner(tx: Tx, pks: Sequence[int]) -> dict[int, int]:
    """Note that a process died while it planned these events; return how many did.

    Only what still waits is counted and returned.
    """
    lost = update(events).where(events.c.pk.in_(pks), _WAITS)
    lost = lost.values(planners_lost=events.c.planners_lost + 1)
    counted = lost.returning(events.c.pk, events.c.planners_lost)
    return {row.pk: row.planners_lost for row in tx.all(counted)}


_PLANNED = (
    update(events)
    .where(among(events.c.pk, "pks"), events.c.problem.is_(None))
    .values(planned_at=bindparam("now"))
)


def mark_planned(tx: Tx, pks: Iterable[int], now: datetime) -> None:
    """Note that these events were planned, but for those that were set aside meanwhile."""
    tx.run(_PLANNED, {"pks": list(pks), "now": now})


def mark_problem(tx: Tx, pk: int, problem: str) -> None:
    """Set an event aside that cannot be planned; staff see it with ``problem``."""
    tx.run(update(events).where(events.c.pk == pk).values(problem=problem[:200], planned_at=None))


# One that a person gave up counts as planned, and keeps its problem: nothing is ever made of it.
_SET_ASIDE = events.c.problem.is_not(None) & events.c.planned_at.is_(None)


def with_problems(tx: Tx) -> Sequence[Row[Any]]:
    """Return the events that were set aside and wait for a person, oldest first.

    A row has ``pk``, ``source``, ``event_id``, ``type``, ``case_id`` and ``problem``.
    """
    columns = ("pk", "source", "event_id", "type", "case_id", "problem")
    return tx.all(select(*(events.c[name] for name in columns)).where(_SET_ASIDE).order_by(events.c.pk))


def set_aside(tx: Tx, pk: int) -> Row[Any] | None:
    """Return ``case_id``, ``problem`` and the sealed document of an event that was set aside."""
    columns = (events.c.case_id, events.c.problem, events.c.data_sealed)
    return tx.first(select(*columns).where(_SET_ASIDE, events.c.pk == pk))


def take_back(tx: Tx, pk: int) -> None:
    """Have an event that was set aside planned again."""
    tx.run(update(events).where(_SET_ASIDE, events.c.pk == pk).values(problem=None))


def give_up(tx: Tx, pk: int, note: str, now: datetime) -> None:
    """Note that a person gave up an event that was set aside; ``note`` says who, why, and its problem."""
    given_up = {"problem": note[:200], "planned_at": now}
    tx.run(update(events).where(_SET_ASIDE, events.c.pk == pk).values(given_up))


def load(tx: Tx, pk: int) -> CaseEvent:
    """Return one event."""
    (event,) = load_all(tx, [pk])
    return event


def find(tx: Tx, event_id: str) -> list[CaseEvent]:
    """Return the events with this id, of any source."""
    return [_record(tx, row) for row in tx.all(select(*_COLUMNS).where(events.c.event_id == event_id))]


def _record(tx: Tx, row: Row[Any]) -> CaseEvent:
    return _opened(tx.cipher, *row)


@lru_cache(maxsize=_KEPT)
def _opened(
    cipher: Cipher,
    pk: int,
    source: str,
    event_id: str,
    type_: str,
    case_id: str,
    published_at: datetime,
    occurred_at: datetime,
    arrived_at: datetime,
    backfill: bool,
    sealed: bytes,
) -> CaseEvent:
    """Return the event of a row of ``_COLUMNS``; what is stored of it never changes."""
    raw = cipher.open(sealed)["data"]
    data = EVENT_TYPES[type_].data.model_validate(raw)
    at = {"published_at": published_at, "occurred_at": occurred_at, "arrived_at": arrived_at}
    return CaseEvent(
        pk,
        source,
        event_id,
        type_,
        case_id,
        **at,
        backfill=backfill,
        victim_ids=data.victim_ids,
        data=data,
        raw=raw,
    )
