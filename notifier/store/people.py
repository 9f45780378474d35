"""Cases, victims and contact points as the events so far describe them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from notifier.records import (
    Case,
    ChannelName,
    Contract,
    Needs,
    PersonName,
    Role,
    Victim,
)
from notifier.rules.sensitivity import without_rank
from notifier.store.among import among
from notifier.store.at_hand import Shelf
from notifier.store.cipher import Cipher
from notifier.store.contact_points import load_points_of
from notifier.store.database import Tx
from notifier.store.tables import contact_points, victims
from notifier.wire import Name, VictimProfile

_KEEP = 1_024  # so many profiles a process keeps decrypted: each is asked for at every hop


_LOCKED = select(victims).where(among(victims.c.victim_id, "ids")).order_by(victims.c.pk).with_for_update()


def _lock(tx: Tx, victim_ids: Sequence[str]) -> Iterator[tuple[str, int, bytes]]:
    for row in tx.all(_LOCKED, {"ids": victim_ids}):
        yield row.victim_id, row.pk, row.profile_sealed


# Sealed profiles of victims who are locked, by the publisher's id: nobody else changes them now.
_MINE = Shelf(_lock, frozenset())


def lock(tx: Tx, victim_ids: Collection[str]) -> dict[str, int]:
    """Lock those of the victims who are known until the transaction ends, in one order everywhere.

    Returns their keys.
    """
    tx.bring(_MINE, sorted(victim_ids))
    return {name: pk for name in victim_ids for pk in tx.keys_of(_MINE, name)}


def make(tx: Tx, victim_ids: Collection[str]) -> None:
    """Lock these victims until the transaction ends; who is new has an empty profile from now on."""
    if new := sorted(set(victim_ids) - set(lock(tx, victim_ids))):
        # Another worker may meet the same new victim at once; the second waits for the first one's row.
        sealed = tx.cipher.seal({})
        tx.add_once(victims, [{"victim_id": name, "profile_sealed": sealed} for name in new])
        for name in new:
            tx.drop(_MINE, name)
        lock(tx, new)


def victim_pk(tx: Tx, victim_id: str) -> int | None:
    """Return the victim's key, or ``None`` where she is not known; locks her row."""
    return next(iter(tx.keys_of(_MINE, victim_id)), None)


def profile_of(tx: Tx, victim_id: str) -> dict[str, Any]:
    """Return the raw profile merged from the events so far, empty for an unknown victim; locks her row."""
    return next((dict(tx.cipher.open(sealed)) for sealed in tx.of(_MINE, victim_id)), {})


def save_profile(tx: Tx, victim_id: str, profile: dict[str, Any]) -> int:
    """Store the raw profile; return the victim's key."""
    sealed = tx.cipher.seal(profile)
    make(tx, (victim_id,))
    pk = victim_pk(tx, victim_id)
    assert pk is not None
    tx.change(victims, pk, profile_sealed=sealed)
    tx.put(_MINE, victim_id, pk, sealed)
    tx.clear(victims)
    return pk


_OF_VICTIMS = select(victims).where(among(victims.c.pk, "pks"))


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
