"""Cases, victims and contact points as the events so far describe them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, update

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
from notifier.store.contact_points import load_points
from notifier.store.database import Tx
from notifier.store.tables import absences, cases, registrations, victims
from notifier.wire import Name, Staff, VictimProfile


def case_pk(tx: Tx, case_id: str) -> int:
    """Return the case's key, made at its first event, and lock the case until the transaction ends."""
    values = {"case_id": case_id, "profile_sealed": tx.cipher.seal({})}
    # Two workers may meet the same new case at once; the second waits for the first one's row.
    tx.run(tx.insert_once(cases).values(**values))
    row = tx.first(select(cases.c.pk).where(cases.c.case_id == case_id).with_for_update())
    assert row is not None
    return int(row.pk)


def lock_case(tx: Tx, pk: int) -> None:
    """Lock a case until the transaction ends: one worker at a time decides about it."""
    tx.first(select(cases.c.pk).where(cases.c.pk == pk).with_for_update())


def load_case(tx: Tx, pk: int) -> Case:
    """Return the case as far as it is known."""
    row = tx.first(select(cases).where(cases.c.pk == pk))
    assert row is not None
    profile = tx.cipher.open(row.profile_sealed)
    officer = _staff(profile.get("officer"))
    return Case(
        pk=pk,
        case_id=row.case_id,
        opened=row.opened_at is not None,
        officer=officer,
        supervisor=_staff(profile.get("supervisor")),
        unit=_staff(profile.get("unit")),
        absences=_absences(tx, officer.id) if officer else (),
        **{key: profile[key] for key in _PLAIN if key in profile},
    )


_PLAIN = ("offence", "fatal", "suspect_known", "force", "reference")


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


def _absences(tx: Tx, officer_id: str) -> tuple[Absence, ...]:
    """Return the officer's absences, the last announced first."""
    query = select(absences).where(absences.c.officer_id == officer_id).order_by(absences.c.event_pk.desc())
    return tuple(
        Absence(
            row.officer_id,
            row.first_day,
            row.last_day,
            _staff(tx.cipher.open(row.cover_sealed) if row.cover_sealed else None),
        )
        for row in tx.all(query)
    )


def save_case(tx: Tx, pk: int, profile: dict[str, Any], opened_at: datetime | None) -> None:
    """Store the case's profile; ``opened_at`` marks the opening, once; ``None``: not open."""
    first = func.coalesce(cases.c.opened_at, opened_at) if opened_at is not None else None
    values = {"profile_sealed": tx.cipher.seal(profile), "opened_at": first}
    tx.run(update(cases).where(cases.c.pk == pk).values(**values))


def closure_of(tx: Tx, pk: int) -> str | None:
    """Return whether closing the case is blocked or cleared, ``None`` where it is not asked for."""
    row = tx.first(select(cases.c.closure).where(cases.c.pk == pk))
    return row.closure if row else None


def set_closure(tx: Tx, pk: int, closure: str | None) -> None:
    """Note whether closing the case is blocked or cleared."""
    tx.run(update(cases).where(cases.c.pk == pk).values(closure=closure))


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


def registrations_of(tx: Tx, case: int) -> Sequence[Row[Any]]:
    """Return the case's registrations with ``victim_id``, in the order of registering."""
    join = registrations.join(victims, victims.c.pk == registrations.c.victim_pk)
    query = select(registrations, victims.c.victim_id).select_from(join)
    return tx.all(query.where(registrations.c.case_pk == case).order_by(registrations.c.pk))


def registration(tx: Tx, pk: int) -> Row[Any] | None:
    """Return one registration."""
    return tx.first(select(registrations).where(registrations.c.pk == pk))


def registration_of(tx: Tx, case: int, victim: int) -> Row[Any]:
    """Return the registration of a victim in a case."""
    same = (registrations.c.case_pk == case) & (registrations.c.victim_pk == victim)
    row = tx.first(select(registrations).where(same))
    assert row is not None
    return row


def update_registration(tx: Tx, pk: int, **values: Any) -> None:
    """Change columns of one registration."""
    tx.run(update(registrations).where(registrations.c.pk == pk).values(**values))


def courtesy_due(tx: Tx, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Return the registrations whose no-progress update is due, by case."""
    held = registrations.c.held_until
    due = (registrations.c.courtesy_at <= now) & (held.is_(None) | (held <= now))
    return tx.all(select(registrations).where(due).order_by(registrations.c.case_pk).limit(limit))


def prompts_due(tx: Tx, now: datetime) -> Sequence[Row[Any]]:
    """Return the registrations of whose update the officer is to be reminded now; they are locked."""
    due = registrations.c.prompt_at <= now
    return tx.all(select(registrations).where(due).order_by(registrations.c.pk).with_for_update())


def referral_prompts_due(tx: Tx, now: datetime) -> Sequence[Row[Any]]:
    """Return the registrations of whose referral the officer is to be reminded now; they are locked."""
    due = registrations.c.referral_prompt_at <= now
    return tx.all(select(registrations).where(due).order_by(registrations.c.pk).with_for_update())


def referrals_due(tx: Tx, now: datetime) -> Sequence[Row[Any]]:
    """Return the registrations whose referral is not on record and to be escalated now; they are locked."""
    due = registrations.c.referral_due_at <= now
    return tx.all(select(registrations).where(due).order_by(registrations.c.pk).with_for_update())


def cases_of(tx: Tx, victim: int) -> list[int]:
    """Return the keys of the victim's cases."""
    query = select(registrations.c.case_pk).where(registrations.c.victim_pk == victim)
    return [row.case_pk for row in tx.all(query)]


def load_victim(tx: Tx, pk: int) -> Victim:
    """Return a victim with the contact points of whoever is to be told; each case knows if she withdrew."""
    row = tx.first(select(victims).where(victims.c.pk == pk))
    assert row is not None
    profile = VictimProfile.model_validate(tx.cipher.open(row.profile_sealed))
    representative = profile.needs.representative
    role = Role.REPRESENTATIVE if representative else Role.VICTIM
    name = _person(profile.name)
    return Victim(
        pk=pk,
        victim_id=row.victim_id,
        name=name,
        contract=_contract(profile),
        needs=_needs(profile),
        enhanced=profile.enhanced,
        withdrew=False,
        role=role,
        recipient=_person(representative.name) if representative else name,
        points=load_points(tx, row.victim_id, role),
    )


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
