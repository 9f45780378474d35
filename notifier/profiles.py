"""Folds events into what is known of a case and its victims, and takes back what was retracted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from notifier.addresses import AddressRefused, normalise
from notifier.errors import EventRefused
from notifier.merging import case_profile, victim_profile, written
from notifier.records import Absence, CaseEvent, ChannelName, Role
from notifier.rules.history import standing
from notifier.rules.policy import ChannelPolicy, Policies
from notifier.store import cases, contact_points, events, people, registrations
from notifier.store.contact_points import NewPoint
from notifier.store.database import Tx
from notifier.wire import ContactPointShape, PostalAddress, VictimProfile

_OF_THE_CASE = frozenset({"case.opened", "officer.assigned"})
_OF_THE_VICTIM = frozenset({"victim.registered", "victim.updated"})
_REGISTERED = "victim_id"  # a stored profile has it once she is registered
_FOLDED = "events"  # in a stored profile: the keys of the events that it was made of


@dataclass(slots=True)
class Changes:
    """Whose plans must be looked at again: victims (publisher's ids) whose profile or addresses changed."""

    victim_ids: set[str] = field(default_factory=set)


def bring(tx: Tx, case_pks: Iterable[int], fresh: Collection[CaseEvent]) -> None:
    """Have at hand what ``fresh`` events may change: of these cases, which are locked, and of the victims.

    Victims of whom they are the first word are made; all whom they name are locked.
    """
    pks = list(case_pks)
    victim_ids = {event.data.victim_id for event in fresh if event.type in _OF_THE_VICTIM}
    people.make(tx, victim_ids)
    cases.bring(tx, pks)
    cases.bring_absences(
        tx, {event.data.officer.id for event in fresh if event.type in _OF_THE_CASE and event.data.officer}
    )
    registrations.bring(tx, pks)
    contact_points.bring(tx, victim_ids)


@dataclass(frozen=True, slots=True)
class Fold:
    """What applying events needs; ``received`` is all of the case's, in the order of arrival.

    ``changes`` is added to.
    """

    tx: Tx
    case_pk: int
    received: Sequence[CaseEvent]
    policies: Policies
    now: datetime
    changes: Changes

    @property
    def history(self) -> tuple[CaseEvent, ...]:
        """The case's events without those that were retracted."""
        return standing(self.received)


def fold(about: Fold, event: CaseEvent) -> None:
    """Apply one event to the profiles; a retracted one leaves no trace in them, in whatever order they came.

    Raises :class:`EventRefused` where the result would not be a whole profile.
    """
    if event.type == "event.retracted":
        _take_back(about, event)
    elif event not in about.history:
        return
    elif event.type in _OF_THE_CASE:
        _fold_case(about)
    elif event.type == "officer.absent":
        _note_absence(about, event)
    elif event.type == "case.party_recorded":
        _record_party(about, event)
    elif event.type in _OF_THE_VICTIM:
        _fold_victim(about, event)
        if event.type == "victim.registered":
            _register(about, event.data.victim_id)


def _take_back(about: Fold, retraction: CaseEvent) -> None:
    """Undo what an event did that its own source calls wrong: nothing may rest on it (rules, section 4)."""
    wrong = (retraction.data.source, retraction.data.id)
    event = next((event for event in about.received if (event.source, event.id) == wrong), None)
    if event is None or event in about.history:
        return
    if event.type in _OF_THE_CASE:
        _fold_case(about)
    elif event.type == "officer.absent":
        cases.drop_absence(about.tx, event.pk)
    elif event.type == "case.party_recorded":
        _drop_party(about, event)
    elif event.type in _OF_THE_VICTIM:
        _take_back_of_victim(about, event)
        _register(about, event.data.victim_id)


def _fold_case(about: Fold) -> None:
    opened = any(event.type == "case.opened" for event in about.history)
    cases.save(about.tx, about.case_pk, case_profile(about.history), about.now if opened else None)


def _note_absence(about: Fold, event: CaseEvent) -> None:
    data = event.data
    away = Absence(data.officer_id, data.first, data.until, data.cover.record() if data.cover else None)
    cases.add_absence(about.tx, event.pk, away, event.raw.get("cover"))


def _record_party(about: Fold, event: CaseEvent) -> None:
    points = [_party_point(shape) for shape in event.data.contact_points]
    hashes = contact_points.add_party_points(about.tx, event.case_id, event.data.victim_id, points, about.now)
    about.changes.victim_ids |= contact_points.victims_with(about.tx, hashes)


def _drop_party(about: Fold, event: CaseEvent) -> None:
    hashes = contact_points.drop_party_points(about.tx, event.case_id)
    about.changes.victim_ids |= contact_points.victims_with(about.tx, hashes)
    for other in about.history:
        if other.type == event.type:
            _record_party(about, other)


def _party_point(shape: ContactPointShape) -> NewPoint:
    """A party's number is the same whatever it was recorded for: a landline as SMS blocks calls."""
    point = _new_point(shape, None)
    if point.unusable is None or shape.channel is not ChannelName.SMS:
        return point
    return _new_point(shape.model_copy(update={"channel": ChannelName.CALL}), None)


def _register(about: Fold, victim_id: str) -> None:
    """Make the victim one of the case by the first registration that stands."""
    victim_pk = people.victim_pk(about.tx, victim_id)
    assert victim_pk is not None
    for event in about.history:
        if event.type == "victim.registered" and event.data.victim_id == victim_id:
            registrations.register(about.tx, about.case_pk, victim_pk, event.pk, event.arrived_at)
            return


def _fold_victim(about: Fold, event: CaseEvent) -> None:
    victim_id = event.data.victim_id
    folded = _folded(about, victim_id)
    if event.pk in folded:
        return
    try:
        _save_victim(about, victim_id, [*folded, event.pk], written(event))
    except EventRefused:
        if event.type != "victim.registered" or _REGISTERED in people.profile_of(about.tx, victim_id):
            raise
        _register_without(about, event, folded)


def _register_without(about: Fold, registration: CaseEvent, early: list[int]) -> None:
    """Register her without those updates from before that do not fit: they are set aside, and not she."""
    victim_id, fitting = registration.data.victim_id, [registration.pk]
    _save_victim(about, victim_id, fitting, written(registration))
    for pk in early:
        try:
            _save_victim(about, victim_id, sorted([*fitting, pk]), {})
            fitting.append(pk)
        except EventRefused as problem:
            events.mark_problem(about.tx, pk, str(problem))


def _take_back_of_victim(about: Fold, event: CaseEvent) -> None:
    """Make the victim's profile anew without the event.

    What is left may not be whole, or nobody may have registered her: then she has no contact points until it
    is published whole, and staff hear that she cannot be reached.
    """
    victim_id = event.data.victim_id
    left = [pk for pk in _folded(about, victim_id) if pk != event.pk]
    try:
        whole = _save_victim(about, victim_id, left, {})
    except EventRefused:
        _keep_profile(about, victim_id, left)
        whole = False
    if not whole:
        for role in (Role.VICTIM, Role.REPRESENTATIVE):
            contact_points.replace_points(about.tx, victim_id, role, (), set(), about.now)


def _folded(about: Fold, victim_id: str) -> list[int]:
    return list(people.profile_of(about.tx, victim_id).get(_FOLDED, ()))


def _keep_profile(about: Fold, victim_id: str, folded: list[int]) -> None:
    people.save_profile(about.tx, victim_id, {**people.profile_of(about.tx, victim_id), _FOLDED: folded})


def _save_victim(about: Fold, victim_id: str, folded: list[int], written: dict[str, Any]) -> bool:
    """Store the profile that these events make, ``written`` by the last; tell whether she is registered."""
    about.changes.victim_ids.add(victim_id)
    merged = victim_profile(events.load_all(about.tx, folded))
    if merged is None:
        _keep_profile(about, victim_id, folded)
        return False
    try:
        profile = VictimProfile.model_validate(merged)
    except ValidationError as problem:
        entry = ".".join(str(part) for part in problem.errors()[0]["loc"])
        raise EventRefused(f"after this update {entry} would not be whole; publish it whole") from None
    people.save_profile(about.tx, victim_id, {**merged, _FOLDED: folded})
    policy = about.policies.of(cases.load(about.tx, about.case_pk).force, about.now).channels
    representative = profile.needs.representative
    theirs = representative.contact_points if representative else ()
    about_them = (written.get("needs") or {}).get("representative") or {}
    for role, shapes, again in (
        (Role.REPRESENTATIVE, theirs, about_them),
        (Role.VICTIM, profile.contact_points, written),
    ):
        points = [_new_point(shape, policy) for shape in shapes]
        contact_points.replace_points(about.tx, victim_id, role, points, _confirmed(again), about.now)
    return True


def _confirmed(written: dict[str, Any]) -> set[str]:
    """Return the ids of the contact points whose address was written again."""
    return {point["id"] for point in written.get("contact_points") or () if point.get("address") is not None}


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
