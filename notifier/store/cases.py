"""Cases as the events so far describe them, with their officers' absences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, select

from notifier.records import Absence, Case, StaffMember
from notifier.store.among import among
from notifier.store.at_hand import Shelf
from notifier.store.cipher import Cipher
from notifier.store.database import Tx
from notifier.store.tables import absences, cases
from notifier.wire import Staff

_KEEP = 1_024  # so many profiles a process keeps decrypted: each is asked for at every hop


def key(tx: Tx, case_id: str) -> int:
    """Return the case's key, made at its first event, and lock the case until the transaction ends."""
    return keys(tx, (case_id,))[case_id]


def keys(tx: Tx, case_ids: Sequence[str], *, wait: bool = True) -> dict[str, int]:
    """Return the cases' keys, made at their first events, and lock the cases until the transaction ends.

    Without ``wait`` those that somebody else has in hand are left out.
    """
    if not case_ids:
        return {}
    found = _found(tx, case_ids)
    if missing := sorted(set(case_ids) - set(found)):
        # Two workers may meet the same new case at once; the second waits for the first one's row.
        sealed = tx.cipher.seal({})
        tx.add_once(cases, [{"case_id": name, "profile_sealed": sealed} for name in missing])
        found = _found(tx, case_ids)
    if wait:
        lock(tx, found.values())
        return found
    free = _lock_free(tx, found.values())
    return {name: pk for name, pk in found.items() if pk in free}


_NAMED = select(cases.c.case_id, cases.c.pk).where(among(cases.c.case_id, "ids"))
_LOCKED = select(cases.c.pk).where(among(cases.c.pk, "pks")).order_by(cases.c.pk).with_for_update()


def _found(tx: Tx, case_ids: Sequence[str]) -> dict[str, int]:
    return {row.case_id: row.pk for row in tx.all(_NAMED, {"ids": list(case_ids)})}


def lock(tx: Tx, pks: Iterable[int]) -> None:
    """Lock cases until the transaction ends: one worker at a time decides about each.

    In one order everywhere, and all that a transaction needs at once: then no two wait for each other.
    """
    if waiting := sorted(set(pks) - tx.locked):
        if tx.is_postgresql:
            tx.all(_LOCKED, {"pks": waiting})
            tx.forget()
        tx.locked.update(waiting)


def _lock_free(tx: Tx, pks: Iterable[int]) -> set[int]:
    """Lock those of the cases that nobody has in hand; return them."""
    free = set(pks)
    if tx.is_postgresql:
        free = {row.pk for row in tx.all(_LOCKED.with_for_update(skip_locked=True), {"pks": free})}
        tx.forget()
    tx.locked |= free
    return free


@dataclass(frozen=True, slots=True)
class _Known:
    """A case, when it was opened, and whether closing it is blocked or cleared."""

    case: Case
    opened_at: datetime | None
    closure: str | None


_OF_CASES = select(cases).where(among(cases.c.pk, "pks"))


def _read_cases(tx: Tx, pks: Sequence[int]) -> Iterator[tuple[int, int, _Known]]:
    rows = tx.all(_OF_CASES, {"pks": pks})
    profiles = {row.pk: _case_profile(tx.cipher, row.profile_sealed) for row in rows}
    tx.bring(_ABSENCES, {known["officer"].id for known in profiles.values() if known["officer"]})
    for row in rows:
        case = _case(tx, row.pk, row.case_id, row.opened_at, profiles[row.pk])
        yield row.pk, row.pk, _Known(case, row.opened_at, row.closure)


def _case(tx: Tx, pk: int, case_id: str, opened_at: datetime | None, profile: dict[str, Any]) -> Case:
    officer = profile["officer"]
    away = tuple(tx.of(_ABSENCES, officer.id)) if officer else ()
    return Case(pk, case_id, opened_at is not None, absences=away, **profile)


_CASES = Shelf(_read_cases, frozenset({cases, absences}))


def load(tx: Tx, pk: int) -> Case:
    """Return the case as far as it is known."""
    return _known(tx, pk).case


def bring(tx: Tx, pks: Iterable[int]) -> None:
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
    tx.add_once(absences, [values])


def bring_absences(tx: Tx, officer_ids: Iterable[str]) -> None:
    """Have these officers' absences at hand."""
    tx.bring(_ABSENCES, officer_ids)


def drop_absence(tx: Tx, event_pk: int) -> None:
    """Forget an absence that was announced wrongly."""
    tx.run(delete(absences).where(absences.c.event_pk == event_pk))


_OF_OFFICERS = (
    select(absences).where(among(absences.c.officer_id, "officers")).order_by(absences.c.event_pk.desc())
)


def _read_absences(tx: Tx, officer_ids: Sequence[str]) -> Iterator[tuple[str, int, Absence]]:
    for row in tx.all(_OF_OFFICERS, {"officers": officer_ids}):
        cover = _staff(tx.cipher.open(row.cover_sealed) if row.cover_sealed else None)
        yield row.officer_id, row.pk, Absence(row.officer_id, row.first_day, row.last_day, cover)


# By officer, the last announced first.
_ABSENCES = Shelf(_read_absences, frozenset({absences}))


def save(tx: Tx, pk: int, profile: dict[str, Any], opened_at: datetime | None) -> None:
    """Store a locked case's profile; ``opened_at`` marks the opening, once; ``None``: not open."""
    known = _known(tx, pk)
    first = (known.opened_at or opened_at) if opened_at is not None else None
    sealed = tx.cipher.seal(profile)
    case = _case(tx, pk, known.case.case_id, first, _case_profile(tx.cipher, sealed))
    tx.change(cases, pk, profile_sealed=sealed, opened_at=first, **_columns(tx.cipher, case))
    tx.put(_CASES, pk, pk, _Known(case, first, known.closure))
    tx.clear(cases, but=_CASES)


def _columns(cipher: Cipher, case: Case) -> dict[str, str | None]:
    """Return what staff find a case by; its reference only as a hash, for the victim knows it too."""
    staff = {f"{name}_id": member.id if (member := getattr(case, name)) else None for name in _STAFF}
    return {"force": case.force or None, "reference_hash": _reference_hash(cipher, case.reference), **staff}


def _reference_hash(cipher: Cipher, reference: str) -> str | None:
    """Return the hash of a reference, however it is spaced, or ``None`` where there is none."""
    bare = "".join(letter for letter in reference.upper() if letter.isalnum())
    return cipher.lookup("reference", bare) if bare else None


def with_reference(tx: Tx, reference: str) -> list[int]:
    """Return the keys of the cases with this reference, as it is shown to the victim."""
    wanted = _reference_hash(tx.cipher, reference)
    if wanted is None:
        return []
    return [row.pk for row in tx.all(select(cases.c.pk).where(cases.c.reference_hash == wanted))]


def fill_columns(tx: Tx, limit: int) -> int:
    """Fill in, for cases stored by an older version, what staff find them by; return how many there were."""
    bare = cases.c.opened_at.is_not(None) & cases.c.force.is_(None)
    rows = tx.all(select(cases.c.pk).where(bare).order_by(cases.c.pk).limit(limit))
    bring(tx, [row.pk for row in rows])
    for row in rows:
        tx.change(cases, row.pk, **_columns(tx.cipher, load(tx, row.pk)))
    return len(rows)


def closure_of(tx: Tx, pk: int) -> str | None:
    """Return whether closing the case is blocked or cleared, ``None`` where it is not asked for."""
    return _known(tx, pk).closure


def set_closure(tx: Tx, pk: int, closure: str | None) -> None:
    """Note whether closing the case is blocked or cleared."""
    tx.change(cases, pk, closure=closure)
    tx.put(_CASES, pk, pk, replace(_known(tx, pk), closure=closure))
