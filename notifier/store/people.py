"""Cases, victims and contact points as the events so far describe them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Row, Select, bindparam, delete, func, select, update

from notifier.records import (
    Absence,
    Case,
    ChannelName,
    Contract,
    Needs,
    PersonName,
    Role,
    StaffMember,
    Victim,
)
from notifier.rules.sensitivity import without_rank
from notifier.store.at_hand import Shelf
from notifier.store.cipher import Cipher
from notifier.store.contact_points import load_points_of
from notifier.store.database import Tx
from notifier.store.tables import absences, cases, contact_points, registrations, victims
from notifier.wire import Name, Staff, VictimProfile

_KEEP = 1_024  # so many profiles of each kind a process keeps decrypted: each is asked for at every hop


def case_pk(tx: Tx, case_id: str) -> int:
    """Return the case's key, made at its first event, and lock the case until the transaction ends."""
    return case_pks(tx, (case_id,))[case_id]


def case_pks(tx: Tx, case_ids: Sequence[str]) -> dict[str, int]:
    """Return the cases' keys, made at their first events, and lock the cases until the transaction ends."""
    if not case_ids:
        return {}
    found = _keys(tx, case_ids)
    if missing := sorted(set(case_ids) - set(found)):
        # Two workers may meet the same new case at once; the second waits for the first one's row.
        sealed = tx.cipher.seal({})
        tx.run(tx.insert_once(cases), [{"case_id": name, "profile_sealed": sealed} for name in missing])
        found = _keys(tx, case_ids)
    lock_cases(tx, found.values())
    return found


_NAMED = select(cases.c.case_id, cases.c.pk).where(cases.c.case_id.in_(bindparam("ids", expanding=True)))
_LOCKED = (
    select(cases.c.pk)
    .where(cases.c.pk.in_(bindparam("pks", expanding=True)))
    .order_by(cases.c.pk)
    .with_for_update()
)


def _keys(tx: Tx, case_ids: Sequence[str]) -> dict[str, int]:
    return {row.case_id: row.pk for row in tx.all(_NAMED, {"ids": list(case_ids)})}


def lock_cases(tx: Tx, pks: Iterable[int]) -> None:
    """Lock cases until the transaction ends: one worker at a time decides about each.

    In one order everywhere, and all that a transaction needs at once: then no two wait for each other.
    """
    if waiting := sorted(set(pks) - tx.locked):
        if tx.is_postgresql:
            tx.all(_LOCKED, {"pks": waiting})
            tx.forget()
        tx.locked.update(waiting)


@dataclass(frozen=True, slots=True)
class _Known:
    """A case, and whether closing it is blocked or cleared."""

    case: Case
    closure: str | None


_OF_CASES = select(cases).where(cases.c.pk.in_(bindparam("pks", expanding=True)))


def _read_cases(tx: Tx, pks: Sequence[int]) -> Iterator[tuple[int, int, _Known]]:
    rows = tx.all(_OF_CASES, {"pks": pks})
    profiles = {row.pk: _case_profile(tx.cipher, row.profile_sealed) for row in rows}
    away = _absences(tx, {known["officer"].id for known in profiles.values() if known.get("officer")})
    for row in rows:
        known = profiles[row.pk]
        officer = known.get("officer")
        absences_ = away.get(officer.id, ()) if officer else ()
        case = Case(row.pk, row.case_id, row.opened_at is not None, absences=absences_, **known)
        yield row.pk, row.pk, _Known(case, row.closure)


_CASES = Shelf(_read_cases, frozenset({cases, absences}))


def load_case(tx: Tx, pk: int) -> Case:
    """Return the case as far as it is known."""
    return _known(tx, pk).case


def bring_cases(tx: Tx, pks: Iterable[int]) -> None:
    """Have these cases at hand."""
    tx.bring(_CASES, pks)


def _known(tx: Tx, pk: int) -> _Known:
    (known,) = tx.of(_CASES, pk)
    return known


_PLAIN = ("offence", "fatal", "suspect_known", "force", "reference")
_STAFF = ("officer", "supervisor", "unit")


@lru_cache(maxsize=_KEEP)
def _case_profile(cipher: Cipher, sealed: bytes) -> dict[str, Any]:
    """Return the fields of a case that its sealed profile gives; nobody changes them."""
    profile = cipher.open(sealed)
    plain = {key: profile[key] for key in _PLAIN if key in profile}
    return plain | {key: _staff(profile.get(key)) for key in _STAFF}


def _staff(raw: dict[str, Any] | None) -> StaffMember | None:
    return Staff.model_validate(raw).record() if raw else None


def add_absence(tx: Tx, event_pk: int, absence: Absence, cover: dict[str, Any] | None) -> None:
    """Note that an officer is away, for all of her cases."""
    values = {
        "event_pk": event_pk,
        "officer_id": absence.officer_id,
        "first_day": absence.first,
        "last_day": absence.last,
        "cover_sealed": tx.cipher.seal(cover) if cover else None,
    }
    tx.run(tx.insert_once(absences).values(**values))


def drop_absence(tx: Tx, event_pk: int) -> None:
    """Forget an absence that was announced wrongly."""
    tx.run(delete(absences).where(absences.c.event_pk == event_pk))


_OF_OFFICERS = (
    select(absences)
    .where(absences.c.officer_id.in_(bindparam("officers", expanding=True)))
    .order_by(absences.c.event_pk.desc())
)


def _absences(tx: Tx, officer_ids: set[str]) -> dict[str, tuple[Absence, ...]]:
    """Return the officers' absences, the last announced first."""
    found: dict[str, tuple[Absence, ...]] = {}
    if not officer_ids:
        return found
    for row in tx.all(_OF_OFFICERS, {"officers": sorted(officer_ids)}):
        cover = _staff(tx.cipher.open(row.cover_sealed) if row.cover_sealed else None)
        away = Absence(row.officer_id, row.first_day, row.last_day, cover)
        found[row.officer_id] = (*found.get(row.officer_id, ()), away)
    return found


def save_case(tx: Tx, pk: int, profile: dict[str, Any], opened_at: datetime | None) -> None:
    """Store the case's profile; ``opened_at`` marks the opening, once; ``None``: not open."""
    first = func.coalesce(cases.c.opened_at, opened_at) if opened_at is not None else None
    values = {"profile_sealed": tx.cipher.seal(profile), "opened_at": first}
    tx.run(update(cases).where(cases.c.pk == pk).values(**values))


def closure_of(tx: Tx, pk: int) -> str | None:
    """Return whether closing the case is blocked or cleared, ``None`` where it is not asked for."""
    return _known(tx, pk).closure


def set_closure(tx: Tx, pk: int, closure: str | None) -> None:
    """Note whether closing the case is blocked or cleared."""
    tx.change(cases, pk, closure=closure)
    tx.put(_CASES, pk, pk, replace(_known(tx, pk), closure=closure))


def victim_pk(tx: Tx, victim_id: str) -> int | None:
    """Return the victim's key, or ``None`` where she is not known; locks her row."""
    row = tx.first(select(victims.c.pk).where(victims.c.victim_id == victim_id).with_for_update())
    return row.pk if row else None


def profile_of(tx: Tx, victim_id: str) -> dict[str, Any]:
    """Return the raw profile merged from the events so far; empty for an unknown victim."""
    row = tx.first(select(victims.c.profile_sealed).where(victims.c.victim_id == victim_id))
    return dict(tx.cipher.open(row.profile_sealed)) if row else {}


def save_profile(tx: Tx, victim_id: str, profile: dict[str, Any]) -> int:
    """Store the raw profile; return the victim's key."""
    sealed = tx.cipher.seal(profile)
    tx.run(tx.insert_once(victims).values(victim_id=victim_id, profile_sealed=sealed))
    pk = victim_pk(tx, victim_id)
    assert pk is not None
    tx.run(update(victims).where(victims.c.pk == pk).values(profile_sealed=sealed))
    return pk


def register(tx: Tx, case: int, victim: int, event: int, since: datetime) -> None:
    """Make the victim one of the case by this event, which takes the place of another one's registration."""
    values = {"case_pk": case, "victim_pk": victim, "event_pk": event, "since": since}
    same = (registrations.c.case_pk == case) & (registrations.c.victim_pk == victim)
    if not tx.run(update(registrations).where(same).values(**values)):
        tx.run(registrations.insert().values(**values))


@dataclass(frozen=True, slots=True)
class Registration:
    """A victim's place in a case, and what is due by the clock because of it."""

    pk: int
    case_pk: int
    victim_pk: int
    event_pk: int
    since: datetime
    courtesy_at: datetime | None
    prompt_at: datetime | None
    held_until: datetime | None
    referral_prompt_at: datetime | None
    referral_due_at: datetime | None


_COLUMNS = [registrations.c[field.name] for field in fields(Registration)]
_REGISTERED = (
    select(*_COLUMNS)
    .where(registrations.c.case_pk.in_(bindparam("cases", expanding=True)))
    .order_by(registrations.c.pk)
)


def _read_registrations(tx: Tx, case_pks: Sequence[int]) -> Iterator[tuple[int, int, Registration]]:
    for row in tx.all(_REGISTERED, {"cases": case_pks}):
        yield row.case_pk, row.pk, Registration(**row._mapping)


_REGISTRATIONS = Shelf(_read_registrations, frozenset({registrations}))


def bring_registrations(tx: Tx, case_pks: Iterable[int]) -> None:
    """Have the registrations of these cases at hand."""
    tx.bring(_REGISTRATIONS, case_pks)


def registrations_of(tx: Tx, case: int) -> list[Registration]:
    """Return the case's registrations, in the order of registering."""
    return tx.of(_REGISTRATIONS, case)


def registration_of(tx: Tx, case: int, victim: int) -> Registration:
    """Return the registration of a victim in a case."""
    return next(row for row in registrations_of(tx, case) if row.victim_pk == victim)


def update_registration(tx: Tx, pk: int, **values: Any) -> None:
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
    .order_by(registrations.c.case_pk)
    .limit(bindparam("most"))
)


@lru_cache
def _due(column: Column[Any]) -> Select[Any]:
    query = select(registrations).where(column <= bindparam("now"))
    return query.order_by(registrations.c.pk).with_for_update()


def courtesy_due(tx: Tx, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Return the registrations whose no-progress update is due, by case."""
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


def cases_of(tx: Tx, victim: int) -> list[int]:
    """Return the keys of the victim's cases."""
    query = select(registrations.c.case_pk).where(registrations.c.victim_pk == victim)
    return [row.case_pk for row in tx.all(query)]


_OF_VICTIMS = select(victims).where(victims.c.pk.in_(bindparam("pks", expanding=True)))


def _read_victims(tx: Tx, pks: Sequence[int]) -> Iterator[tuple[int, int, Victim]]:
    rows = tx.all(_OF_VICTIMS, {"pks": pks})
    points = load_points_of(tx, [row.victim_id for row in rows])
    for row in rows:
        known = _victim_profile(tx.cipher, row.profile_sealed)
        theirs = points.get((row.victim_id, known["role"]), ())
        yield row.pk, row.pk, Victim(row.pk, row.victim_id, withdrew=False, points=theirs, **known)


_VICTIMS = Shelf(_read_victims, frozenset({victims, contact_points}))


def bring_victims(tx: Tx, pks: Iterable[int]) -> None:
    """Have these victims at hand."""
    tx.bring(_VICTIMS, pks)


def load_victim(tx: Tx, pk: int) -> Victim:
    """Return a victim with the contact points of whoever is to be told; each case knows if she withdrew."""
    (victim,) = tx.of(_VICTIMS, pk)
    return victim


@lru_cache(maxsize=_KEEP)
def _victim_profile(cipher: Cipher, sealed: bytes) -> dict[str, Any]:
    """Return the fields of a victim that her sealed profile gives; nobody changes them."""
    profile = VictimProfile.model_validate(cipher.open(sealed))
    representative = profile.needs.representative
    name = _person(profile.name)
    return {
        "name": name,
        "contract": _contract(profile),
        "needs": _needs(profile),
        "enhanced": profile.enhanced,
        "role": Role.REPRESENTATIVE if representative else Role.VICTIM,
        "recipient": _person(representative.name) if representative else name,
    }


def _person(name: Name | str) -> PersonName:
    return (
        PersonName(family=name) if isinstance(name, str) else PersonName(name.title, name.given, name.family)
    )


def _contract(profile: VictimProfile) -> Contract:
    shape = profile.contract
    return Contract(
        wants=shape.wants,
        channels=tuple(ChannelName(channel) for channel in shape.channels),
        windows=tuple(window.record() for window in shape.windows),
        windows_strict=shape.windows_strict,
        every_days=shape.every_days,
    )


def _needs(profile: VictimProfile) -> Needs:
    shape = profile.needs
    return Needs(shape.language, shape.format, shape.discreet, shape.voicemail)


def names_on_file(case: Case, victims_of_case: Iterable[Victim]) -> tuple[str, ...]:
    """Return every person's name that the case holds: none may stand in an SMS."""
    people = [without_rank(staff.name) for staff in (case.officer, case.supervisor, case.unit) if staff]
    for victim in victims_of_case:
        for name in (victim.name, victim.recipient):
            people += [name.given, name.family]
    return tuple(people)
