"""The contact plan of a victim as staff see it: what was agreed with her, and every address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from notifier.records import ContactPoint, Role, Victim
from notifier.rules.history import standing, withdrew
from notifier.store import contact_points, events, people
from notifier.store.database import Tx
from notifier.store.tables import cases, registrations, victims


@dataclass(frozen=True, slots=True)
class Plan:
    """A victim of a case with her contact points and those of who is told instead, each by their role.

    ``stamp`` is another one whenever what was agreed, or an address, was written anew.
    """

    case_pk: int
    case_id: str
    force: str | None
    victim: Victim
    points: dict[Role, tuple[ContactPoint, ...]]
    withdrew: bool
    stamp: str


def load(tx: Tx, case_id: str, victim_id: str, its_cases: ColumnElement[bool]) -> Plan | None:
    """Return the plan of a victim of one of these cases, or ``None`` where there is none."""
    joined = registrations.join(cases).join(victims)
    mine = (cases.c.case_id == case_id) & (victims.c.victim_id == victim_id) & its_cases
    query = select(cases.c.pk, cases.c.force, registrations.c.victim_pk).select_from(joined).where(mine)
    row = tx.first(query)
    if row is None:
        return None
    roles = (Role.VICTIM, Role.REPRESENTATIVE)
    history = standing(events.of_case(tx, case_id))
    return Plan(
        row.pk,
        case_id,
        row.force,
        people.load_victim(tx, row.victim_pk),
        {role: contact_points.load_points(tx, victim_id, role) for role in roles},
        withdrew(history, victim_id),
        stamp(tx, row.victim_pk),
    )


def stamp(tx: Tx, victim_pk: int, *, lock: bool = False) -> str:
    """Return the stamp of a victim's plan as it is; with ``lock`` it stays so until the transaction ends."""
    query = select(victims.c.profile_sealed).where(victims.c.pk == victim_pk)
    row = tx.first(query.with_for_update() if lock else query)
    assert row is not None
    # What is sealed is never the same twice, so it is another one after every writing.
    return hashlib.sha256(row.profile_sealed).hexdigest()[:32]


def cases_of(tx: Tx, victim_pk: int, its_cases: ColumnElement[bool]) -> list[int]:
    """Return the keys of those of these cases that have the victim."""
    hers = (registrations.c.victim_pk == victim_pk) & its_cases
    query = select(cases.c.pk).select_from(registrations.join(cases)).where(hers).order_by(cases.c.pk)
    return [row.pk for row in tx.all(query)]
