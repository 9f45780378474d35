"""What people sent back: each reply once, whom it is from, and what staff see of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from notifier.address_text import AddressRefused
from notifier.addresses import normalise
from notifier.records import ChannelName, Reply, Role, StaffRequest, TaskKind
from notifier.same_place import place_of
from notifier.store import attempts, contact_points, receipts, staff
from notifier.store.attempts import Attempt
from notifier.store.database import Tx
from notifier.store.tables import attempts as attempt_table
from notifier.store.tables import contact_points as point_table
from notifier.store.tables import registrations, replies, tasks, victims

AUTOMATIC_ANSWER = "automatic_answer"
"""What an attempt is about that answers a reply: it tells no event, and no notice hangs on it."""

_VICTIM_OR_HERS = (Role.VICTIM.value, Role.REPRESENTATIVE.value)
# Hundreds of replies to one open task must not make it grow without end; each is kept by itself.
_LONGEST_TASK = 50_000


@dataclass(frozen=True, slots=True)
class Sender:
    """A victim whom a reply may be from, or whose representative, in the case she was last told about."""

    case_pk: int
    victim_pk: int


def sound(reply: Reply) -> Reply:
    """Return the reply in characters that can be encoded: a mail may hold halves of some."""
    return replace(
        reply,
        address=_sound(reply.address),
        text=_sound(reply.text),
        provider_id=_sound(reply.provider_id),
    )


def _sound(text: str) -> str:
    return text.encode(errors="replace").decode()


def keep(tx: Tx, reply: Reply, sender: Sender | None, now: datetime) -> bool:
    """Keep a reply; ``False`` where it is a repeat."""
    row = {
        "identity_hash": tx.cipher.lookup("reply", reply.channel, reply.provider_id),
        "at": now,
        "channel": reply.channel,
        "address_sealed": tx.cipher.seal(reply.address),
        "text_sealed": tx.cipher.seal(reply.text),
        "case_pk": sender.case_pk if sender else None,
        "victim_pk": sender.victim_pk if sender else None,
    }
    return bool(tx.add_once(replies, [row], replies.c.pk))


def place_of_sender(reply: Reply) -> str:
    """Return the place that a reply came from, however its address is written."""
    try:
        address = normalise(reply.channel, reply.address, allow_international=True)
    except AddressRefused:
        address = reply.address
    return place_of(reply.channel, address)


def answered_attempt(tx: Tx, reply: Reply) -> Attempt | None:
    """Return the message that the reply names; one to staff has no victim."""
    pk = receipts.attempt_of(tx, reply.channel, reply.attempt_ref, None) if reply.attempt_ref else None
    return attempts.load(tx, pk) if pk is not None else None


def senders_at(tx: Tx, place: str) -> list[Sender]:
    """Return each victim who has a contact point there, who was last sent a message to it first."""
    # A key of a contact point that is gone may be given out again, so the victim must be the same too.
    sent = (attempt_table.c.point_pk == point_table.c.pk) & (attempt_table.c.victim_pk == victims.c.pk)
    joined = (
        point_table.join(victims, victims.c.victim_id == point_table.c.victim_id)
        .join(registrations, registrations.c.victim_pk == victims.c.pk)
        .outerjoin(attempt_table, sent & (attempt_table.c.case_pk == registrations.c.case_pk))
    )
    newest = func.coalesce(func.max(attempt_table.c.pk), 0)
    both = (registrations.c.case_pk, registrations.c.victim_pk)
    query = select(*both).select_from(joined).where(_owned_at(tx, place)).group_by(*both)
    found: dict[int, Sender] = {}
    for row in tx.all(query.order_by(newest.desc(), func.max(registrations.c.pk).desc())):
        found.setdefault(row.victim_pk, Sender(row.case_pk, row.victim_pk))
    return list(found.values())


def close_points(tx: Tx, place: str, channels: Iterable[ChannelName], now: datetime) -> None:
    """Use no contact point there by these channels until it is confirmed or replaced, whose ever it is."""
    points = _owned_at(tx, place) & point_table.c.channel.in_(list(channels))
    for row in tx.all(select(point_table.c.pk).where(points, point_table.c.failed_at.is_(None))):
        contact_points.mark_failed(tx, row.pk, now)


def _owned_at(tx: Tx, place: str) -> ColumnElement[bool]:
    hash_ = tx.cipher.lookup("address", place)
    return (point_table.c.address_hash == hash_) & point_table.c.owner.in_(_VICTIM_OR_HERS)


def was_answered(tx: Tx, victim_pk: int, since: datetime) -> bool:
    """Tell whether an automatic answer went, or may have gone, to her or for her after ``since``."""
    mine = (attempt_table.c.victim_pk == victim_pk) & (attempt_table.c.event_type == AUTOMATIC_ANSWER)
    return tx.first(select(attempt_table.c.pk).where(mine, attempt_table.c.created_at > since)) is not None


def add_to_open_task(tx: Tx, sender: Sender, request: StaffRequest) -> bool:
    """Add the text to the task that is open for the same; ``False`` where none is."""
    table = tasks.c
    mine = (table.case_pk == sender.case_pk) & (table.victim_pk == sender.victim_pk)
    # A call about an event has its own words to be said; how she is reached is one task for all.
    same = table.event_pk.is_(None) | (table.kind == TaskKind.FIND_CONTACT)
    open_ = (table.kind == request.kind) & table.done_at.is_(None)
    row = tx.first(select(tasks).where(mine, same, open_).order_by(table.pk).with_for_update())
    if row is None:
        return False
    before = [tx.cipher.open(row.text_sealed)] if row.text_sealed else []
    text = "\n\n".join((*before, request.text or ""))[-_LONGEST_TASK:]
    staff.change_task(tx, row.pk, text_sealed=tx.cipher.seal(text), safety=row.safety or request.safety)
    return True


def count_unknown(tx: Tx) -> int:
    """Return how many replies came from somebody who is on no case's file."""
    unknown = select(func.count()).select_from(replies).where(replies.c.case_pk.is_(None))
    return int(tx.all(unknown)[0][0])
