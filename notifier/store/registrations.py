"""Registrations: which victims a case has, and what is due by the clock because of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Row, Select, bindparam, select

from notifier.store.among import among
from notifier.store.at_hand import Shelf
from notifier.store.database import Tx
from notifier.store.tables import registrations


def register(tx: Tx, case: int, victim: int, event: int, since: datetime) -> None:
    """Make the victim one of the case, which is locked, by this event: it takes another one's place."""
    known = next((row for row in of_case(tx, case) if row.victim_pk == victim), None)
    if known is not None:
        change(tx, known.pk, event_pk=event, since=since)
        return
    pk = tx.new_key(registrations)
    tx.add(registrations, pk=pk, case_pk=case, victim_pk=victim, event_pk=event, since=since)
    tx.put(_REGISTRATIONS, case, pk, Registration(pk, case, victim, event, since))
    tx.clear(registrations, but=_REGISTRATIONS)


@dataclass(frozen=True, slots=True)
class Registration:
    """A victim's place in a case, and what is due by the clock because of it."""

    pk: int
    case_pk: int
    victim_pk: int
    event_pk: int
    since: datetime
    courtesy_at: datetime | None = None
    prompt_at: datetime | None = None
    held_until: datetime | None = None
    referral_prompt_at: datetime | None = None
    referral_due_at: datetime | None = None


_COLUMNS = [registrations.c[field.name] for field in fields(Registration)]
_REGISTERED = select(*_COLUMNS).where(among(registrations.c.case_pk, "cases")).order_by(registrations.c.pk)


def _read_registrations(tx: Tx, case_pks: Sequence[int]) -> Iterator[tuple[int, int, Registration]]:
    for row in tx.all(_REGISTERED, {"cases": case_pks}):
        yield row.case_pk, row.pk, Registration(*tuple(row))


_REGISTRATIONS = Shelf(_read_registrations, frozenset({registrations}))


def bring(tx: Tx, case_pks: Iterable[int]) -> None:
    """Have the registrations of these cases at hand."""
    tx.bring(_REGISTRATIONS, case_pks)


def of_case(tx: Tx, case: int) -> list[Registration]:
    """Return the case's registrations, in the order of registering."""
    return tx.of(_REGISTRATIONS, case)


def of_victim(tx: Tx, case: int, victim: int) -> Registration:
    """Return the registration of a victim in a case."""
    return next(row for row in of_case(tx, case) if row.victim_pk == victim)


def change(tx: Tx, pk: int, **values: Any) -> None:
    """Change columns of one registration."""
    known = tx.at(_REGISTRATIONS, pk)
    if known is not None:
        after = replace(known, **values)
        if after == known:
            return
        tx.put(_REGISTRATIONS, known.case_pk, pk, after)
    tx.change(registrations, pk, **values)


_HELD = registrations.c.held_until
_COURTESY_DUE = (
    select(registrations)
    .where(registrations.c.courtesy_at <= bindparam("now"), _HELD.is_(None) | (bindparam("now") >= _HELD))
    .order_by(registrations.c.courtesy_at, registrations.c.pk)
    .limit(bindparam("most"))
)


@lru_cache
def _due(column: Column[Any]) -> Select[Any]:
    query = select(registrations).where(column <= bindparam("now"))
    return query.order_by(column, registrations.c.pk).with_for_update()


def courtesy_due(tx: Tx, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Return the registrations whose no-progress update is due, those that waited longest first."""
    return tx.all(_COURTESY_DUE, {"now": now, "most": limit})


def prompts_due(tx: Tx, now: datetime) -> Sequence[Row[Any]]:
    """Return the registrations of whose update the officer is to be reminded now; they are locked."""
    return tx.all(_due(registrations.c.prompt_at), {"now": now})


def referral_prompts_due(tx: Tx, now: datetime) -> Sequence[Row[Any]]:
    """Return the registrations of whose referral the officer is to be reminded now; they are locked."""
    return tx.all(_due(registrations.c.referral_prompt_at), {"now": now})


def referrals_due(tx: Tx, now: datetime) -> Sequence[Row[Any]]:
    """Return the registrations whose referral is not on record and to be escalated now; they are locked."""
    return tx.all(_due(registrations.c.referral_due_at), {"now": now})


_OF_VICTIMS = select(registrations.c.victim_pk, registrations.c.case_pk).where(
    among(registrations.c.victim_pk, "victims")
)


def cases_of(tx: Tx, victims: Collection[int]) -> dict[int, list[int]]:
    """Return the keys of each victim's cases."""
    found: dict[int, list[int]] = {victim: [] for victim in victims}
    for row in tx.all(_OF_VICTIMS, {"victims": list(found)}) if found else ():
        found[row.victim_pk].append(row.case_pk)
    return found
