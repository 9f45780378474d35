"""Folds events into what is known of a case and its victims (contract, "Events in")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any

from pydantic import ValidationError

from notifier.addresses import AddressRefused, normalise
from notifier.errors import EventRefused
from notifier.records import Absence, CaseEvent, ChannelName, Role
from notifier.rules.policy import ChannelPolicy, Policies, Policy
from notifier.store import contact_points, people
from notifier.store.contact_points import NewPoint
from notifier.store.database import Tx
from notifier.wire import ContactPointShape, PostalAddress, VictimProfile

_CASE_FIELDS = ("offence", "force", "reference", "officer", "supervisor", "unit", "fatal", "suspect_known")
_EARLY = "early"  # updates of a victim who is not registered yet, oldest first
_VICTIM_FIELDS = ("name", "contact_points", "contract", "needs", "enhanced")


@dataclass(slots=True)
class Changes:
    """Whose plans must be looked at again: victims (publisher's ids) whose profile or addresses changed."""

    victim_ids: set[str] = field(default_factory=set)


def fold(tx: Tx, case_pk: int, event: CaseEvent, policies: Policies, now: datetime, changes: Changes) -> None:
    """Apply one event to the profiles.

    Raises :class:`EventRefused` where the result would not be a whole profile.
    """
    if event.type == "case.opened":
        _open_case(tx, case_pk, event, now)
    elif event.type == "officer.assigned":
        people.update_case(tx, case_pk, {"officer": event.raw["officer"]})
    elif event.type == "officer.absent":
        data = event.data
        away = Absence(data.officer_id, data.first, data.until, data.cover.record() if data.cover else None)
        people.add_absence(tx, event.pk, away, event.raw.get("cover"))
    elif event.type == "case.party_recorded":
        _record_party(tx, event, now, changes)
    elif event.type in ("victim.registered", "victim.updated"):
        policy = policies.of(people.load_case(tx, case_pk).force, now)
        _merge_victim(tx, event, policy, now)
        changes.victim_ids.add(event.data.victim_id)
        if event.type == "victim.registered":
            victim_pk = people.victim_pk(tx, event.data.victim_id)
            assert victim_pk is not None
            people.register(tx, case_pk, victim_pk, event.pk, event.arrived_at)


def _open_case(tx: Tx, case_pk: int, event: CaseEvent, now: datetime) -> None:
    opened = {name: event.raw[name] for name in _CASE_FIELDS if event.raw.get(name) is not None}
    # An officer who was assigned since stays, although the opening came later.
    if people.load_case(tx, case_pk).officer is not None:
        opened.pop("officer", None)
    people.update_case(tx, case_pk, opened, opened_at=now)


def _record_party(tx: Tx, event: CaseEvent, now: datetime, changes: Changes) -> None:
    points = [_party_point(shape) for shape in event.data.contact_points]
    hashes = contact_points.add_party_points(tx, event.case_id, event.data.victim_id, points, now)
    changes.victim_ids |= contact_points.victims_with(tx, hashes)


def _party_point(shape: ContactPointShape) -> NewPoint:
    """A party's number is the same whatever it was recorded for: a landline as SMS blocks calls."""
    point = _new_point(shape, None)
    if point.unusable is None or shape.channel is not ChannelName.SMS:
        return point
    return _new_point(shape.model_copy(update={"channel": ChannelName.CALL}), None)


def _merge_victim(tx: Tx, event: CaseEvent, policy: Policy, now: datetime) -> None:
    victim_id = event.data.victim_id
    written = {name: event.raw[name] for name in _VICTIM_FIELDS if name in event.raw}
    before = people.profile_of(tx, victim_id)
    if event.type == "victim.updated" and "victim_id" not in before:
        early = [*before.get(_EARLY, ()), written]
        people.save_profile(tx, victim_id, {_EARLY: early})
        return
    # Updates that came before the registration still lie over it.
    merged = reduce(merge, [written, *before[_EARLY]]) if _EARLY in before else merge(before, written)
    merged["victim_id"] = victim_id
    people.save_profile(tx, victim_id, merged)
    try:
        profile = VictimProfile.model_validate(merged)
    except ValidationError as problem:
        entry = ".".join(str(part) for part in problem.errors()[0]["loc"])
        raise EventRefused(f"after this update {entry} would not be whole; publish it whole") from None
    _replace(tx, victim_id, Role.VICTIM, profile.contact_points, _confirmed(written), policy, now)
    representative = profile.needs.representative
    theirs = representative.contact_points if representative else ()
    about_them = (written.get("needs") or {}).get("representative") or {}
    _replace(tx, victim_id, Role.REPRESENTATIVE, theirs, _confirmed(about_them), policy, now)


def _confirmed(written: dict[str, Any]) -> set[str]:
    """Return the ids of the contact points whose address was written again."""
    return {point["id"] for point in written.get("contact_points") or () if point.get("address") is not None}


def _replace(
    tx: Tx,
    victim_id: str,
    role: Role,
    shapes: Iterable[ContactPointShape],
    confirmed: set[str],
    policy: Policy,
    now: datetime,
) -> None:
    points = [_new_point(shape, policy.channels) for shape in shapes]
    contact_points.replace_points(tx, victim_id, role, points, confirmed, now)


def merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return ``below`` with the partial update ``above`` laid over it.

    Objects merge, contact points merge by id, other lists replace; a null removes, and so does a contact
    point whose address is null.
    """
    merged = dict(below)
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        elif key == "contact_points":
            merged[key] = _merge_points(merged.get(key, ()), value)
        elif isinstance(value, dict) and key != "address":
            under = merged.get(key)
            merged[key] = merge(under if isinstance(under, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def _merge_points(below: Iterable[dict[str, Any]], above: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    points = {point["id"]: point for point in below}
    for patch in above:
        if "address" in patch and patch["address"] is None:
            points.pop(patch["id"], None)
        else:
            points[patch["id"]] = merge(points.get(patch["id"], {}), patch)
    return list(points.values())


def _new_point(shape: ContactPointShape, rules: ChannelPolicy | None) -> NewPoint:
    """Return the point to store; without ``rules`` an address abroad is as good as any."""
    written = shape.address.lines if isinstance(shape.address, PostalAddress) else shape.address
    unusable = None
    try:
        address = normalise(
            shape.channel,
            written,
            allow_international=rules is None or rules.allow_international,
            allow_foreign_post=rules is None or rules.allow_foreign_post,
        )
    except AddressRefused as refused:
        address = written if isinstance(written, str) else "\n".join(written)
        unusable = refused.reason
    return NewPoint(
        id=shape.id,
        channel=shape.channel,
        address=address,
        safe=shape.safe,
        safe_written=shape.safe_written,
        valid_from=shape.valid_from,
        valid_until=shape.valid_until,
        unusable=unusable,
    )
