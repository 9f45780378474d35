"""Contact points of victims, representatives and parties; an address is found again by its keyed hash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, delete, exists, or_, select, update

from notifier.records import ChannelName, ContactPoint, Role
from notifier.same_place import place_of
from notifier.store.among import among
from notifier.store.at_hand import Shelf
from notifier.store.database import Tx
from notifier.store.tables import contact_points

_PARTY = "party"


@dataclass(frozen=True, slots=True)
class NewPoint:
    """A contact point to store; ``address`` is normalised, or as written where it is ``unusable``."""

    id: str
    channel: ChannelName
    address: str
    safe: bool
    safe_written: bool
    valid_from: date | None
    valid_until: date | None
    unusable: str | None


_OF_PEOPLE = (
    select(contact_points)
    .where(
        among(contact_points.c.victim_id, "victims"),
        contact_points.c.owner != _PARTY,
    )
    .order_by(contact_points.c.pk)
)


def _read(tx: Tx, victim_ids: Sequence[str]) -> Iterator[tuple[str, int, Row[Any]]]:
    for row in tx.all(_OF_PEOPLE, {"victims": victim_ids}):
        yield row.victim_id, row.pk, row


_STORED = Shelf(_read, frozenset({contact_points}))


def bring(tx: Tx, victim_ids: Iterable[str]) -> None:
    """Have the stored contact points of these victims, and of those who represent them, at hand."""
    tx.bring(_STORED, victim_ids)


def replace_points(
    tx: Tx, victim_id: str, role: Role, points: Sequence[NewPoint], confirmed: set[str], now: datetime
) -> None:
    """Make these the person's contact points.

    A changed address is a new point; a failure stands until the point's id is in ``confirmed``.
    """
    old = {row.point_id: row for row in tx.of(_STORED, victim_id) if row.owner == role.value}
    changed = False
    for position, point in enumerate(points):
        before = old.pop(point.id, None)
        values = _values(tx, point, position)
        if before is not None and _is_same_place(before, values):
            if point.id in confirmed:
                values["failed_at"] = None
            changed |= _change(tx, before, point, values)
            continue
        if before is not None:
            old[point.id] = before
        sealed = tx.cipher.seal(point.address)
        owner = {"owner": role.value, "victim_id": victim_id, "changed_at": now}
        tx.add(contact_points, address_sealed=sealed, **owner, **values)
        changed = True
    if old:
        tx.run(delete(contact_points).where(contact_points.c.pk.in_([row.pk for row in old.values()])))
    if changed or old:
        tx.clear(contact_points, but=_STORED)
        tx.drop(_STORED, victim_id)


def _is_same_place(before: Row[Any], values: dict[str, Any]) -> bool:
    return all(getattr(before, name) == values[name] for name in ("channel", "address_hash"))


def _change(tx: Tx, before: Row[Any], point: NewPoint, values: dict[str, Any]) -> bool:
    """Store what differs; tell whether anything does."""
    changes = {name: value for name, value in values.items() if getattr(before, name) != value}
    if tx.cipher.open(before.address_sealed) != point.address:
        changes["address_sealed"] = tx.cipher.seal(point.address)
    if changes:
        tx.change(contact_points, before.pk, **changes)
    return bool(changes)


def add_party_points(
    tx: Tx, case_id: str, victim_id: str | None, points: Iterable[NewPoint], now: datetime
) -> list[str]:
    """Keep a party's addresses so that nothing is ever sent to them; return their hashes."""
    hashes = []
    for position, point in enumerate(points):
        values = _values(tx, point, position)
        owner = {"owner": _PARTY, "victim_id": victim_id, "case_id": case_id, "changed_at": now}
        sealed = tx.cipher.seal(point.address)
        tx.run(contact_points.insert().values(address_sealed=sealed, **owner, **values))
        hashes.append(str(values["address_hash"]))
    return hashes


def drop_party_points(tx: Tx, case_id: str) -> list[str]:
    """Forget the addresses of every party of a case; return their hashes."""
    theirs = (contact_points.c.owner == _PARTY) & (contact_points.c.case_id == case_id)
    hashes = [row.address_hash for row in tx.all(select(contact_points.c.address_hash).where(theirs))]
    tx.run(delete(contact_points).where(theirs))
    return hashes


def _values(tx: Tx, point: NewPoint, position: int) -> dict[str, Any]:
    """Return the columns of a point but for the sealed address, which is never the same twice."""
    address_hash = tx.cipher.lookup("address", place_of(point.channel, point.address))
    return {
        "point_id": point.id,
        "position": position,
        "channel": point.channel.value,
        "address_hash": address_hash,
        "safe": point.safe,
        "safe_written": point.safe_written,
        "valid_from": point.valid_from,
        "valid_until": point.valid_until,
        "unusable": point.unusable,
    }


_other = contact_points.alias()
_on_party_file = exists().where(
    _other.c.address_hash == contact_points.c.address_hash,
    _other.c.owner == _PARTY,
    or_(_other.c.victim_id.is_(None), _other.c.victim_id != contact_points.c.victim_id),
)
_OF_VICTIMS = (
    select(contact_points, _on_party_file.label("on_party_file"))
    .where(
        among(contact_points.c.victim_id, "victims"),
        contact_points.c.owner != _PARTY,
    )
    .order_by(contact_points.c.position, contact_points.c.pk)
)


def load_points(tx: Tx, victim_id: str, role: Role) -> tuple[ContactPoint, ...]:
    """Return the person's contact points in the publisher's order."""
    return load_points_of(tx, [victim_id]).get((victim_id, role), ())


def load_points_of(tx: Tx, victim_ids: Sequence[str]) -> dict[tuple[str, Role], tuple[ContactPoint, ...]]:
    """Return the contact points of victims and their representatives, each in the publisher's order."""
    found: dict[tuple[str, Role], tuple[ContactPoint, ...]] = {}
    for row in tx.all(_OF_VICTIMS, {"victims": victim_ids}):
        point = ContactPoint(
            pk=row.pk,
            id=row.point_id,
            channel=ChannelName(row.channel),
            address=tx.cipher.open(row.address_sealed),
            safe=row.safe,
            safe_written=row.safe_written,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            failed=row.failed_at is not None,
            unusable=row.unusable,
            on_party_file=row.on_party_file,
        )
        owner = row.victim_id, Role(row.owner)
        found[owner] = (*found.get(owner, ()), point)
    return found


def mark_failed(tx: Tx, pk: int, now: datetime) -> None:
    """Note that nothing arrives there: it is not used again until it is confirmed or replaced."""
    tx.run(update(contact_points).where(contact_points.c.pk == pk).values(failed_at=now))


def victims_with(tx: Tx, hashes: Iterable[str]) -> set[str]:
    """Return the victims who have, or whose representative has, one of these addresses."""
    mine = contact_points.c.address_hash.in_(list(hashes)) & (contact_points.c.owner != _PARTY)
    return {row.victim_id for row in tx.all(select(contact_points.c.victim_id).where(mine))}
