"""Attempts: one sending of one message by one channel, and what providers said about it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, Select, func, or_, select, update

from notifier.records import OUTAGE, AttemptState, ChannelName, Message, Role, Tone, Wording
from notifier.store.database import Tx
from notifier.store.tables import attempt_notices, attempts, cases, events, notices, receipts

_MESSAGE = TypeAdapter(Message)
# In one order everywhere: two transactions over several cases never wait for each other.
_BY_CASE = (attempts.c.case_pk, attempts.c.pk)
_GONE = (AttemptState.FAILED, AttemptState.DEFERRED)
_STAFF = tuple(role.value for role in (Role.OFFICER, Role.SUPERVISOR, Role.UNIT))


def new_ref() -> str:
    """Return a name for an attempt that nobody can guess: links and return paths carry it."""
    return secrets.token_hex(12)


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """An attempt to store before its provider is called; ``notice_pks`` is empty for staff."""

    message: Message
    role: Role
    person_id: str
    wording: Wording
    tone: Tone
    event_type: str
    why: tuple[str, ...] = ()
    case_pk: int | None = None
    victim_pk: int | None = None
    point_pk: int | None = None
    notice_pks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A stored attempt; ``message`` is what was or will be sent."""

    pk: int
    ref: str
    state: AttemptState
    channel: ChannelName
    role: Role
    person_id: str
    wording: Wording
    tone: Tone
    event_type: str
    why: tuple[str, ...]
    case_pk: int | None
    victim_pk: int | None
    point_pk: int | None
    sent_at: datetime | None
    silence_means: AttemptState | None
    tries: int
    message: Message


def add(tx: Tx, attempt: NewAttempt, *, leased_until: datetime) -> int:
    """Store an attempt in state ``dispatching``; this must be committed before the provider is called."""
    now = attempt.message.created_at
    return _insert(tx, attempt, state=AttemptState.DISPATCHING, sent_at=now, leased_until=leased_until)


def add_waiting(tx: Tx, attempt: NewAttempt) -> int:
    """Store a message to staff that is to be sent as soon as possible."""
    now = attempt.message.created_at
    return _insert(tx, attempt, state=AttemptState.DEFERRED, check_at=now, tries=0)


def _insert(tx: Tx, attempt: NewAttempt, **state: Any) -> int:
    pk = tx.insert(
        attempts.insert().values(
            ref=attempt.message.attempt_ref,
            case_pk=attempt.case_pk,
            victim_pk=attempt.victim_pk,
            point_pk=attempt.point_pk,
            role=attempt.role,
            person_id=attempt.person_id,
            channel=attempt.message.channel,
            wording=attempt.wording,
            tone=attempt.tone,
            event_type=attempt.event_type,
            message_sealed=tx.cipher.seal(_MESSAGE.dump_python(attempt.message, mode="json")),
            why=list(attempt.why),
            created_at=attempt.message.created_at,
            **state,
        )
    )
    for notice_pk in attempt.notice_pks:
        tx.run(attempt_notices.insert().values(attempt_pk=pk, notice_pk=notice_pk))
    return pk


def load(tx: Tx, pk: int) -> Attempt:
    """Return one attempt."""
    row = tx.first(select(attempts).where(attempts.c.pk == pk))
    assert row is not None
    return _record(tx, row)


def _record(tx: Tx, row: Row[Any]) -> Attempt:
    return Attempt(
        pk=row.pk,
        ref=row.ref,
        state=AttemptState(row.state),
        channel=ChannelName(row.channel),
        role=Role(row.role),
        person_id=row.person_id,
        wording=Wording(row.wording),
        tone=Tone(row.tone),
        event_type=row.event_type,
        why=tuple(row.why),
        case_pk=row.case_pk,
        victim_pk=row.victim_pk,
        point_pk=row.point_pk,
        sent_at=row.sent_at,
        silence_means=AttemptState(row.silence_means) if row.silence_means else None,
        tries=row.tries,
        message=_MESSAGE.validate_python(tx.cipher.open(row.message_sealed)),
    )


def change(tx: Tx, pk: int, **values: Any) -> None:
    """Change columns of one attempt."""
    tx.run(update(attempts).where(attempts.c.pk == pk).values(**values))


def load_locked(tx: Tx, pk: int) -> Attempt:
    """Return one attempt as it is now, its case and itself locked until the transaction ends.

    An answer, a receipt and a silence may meet: each takes its turn and sees what the others did. The case
    comes first everywhere, so that no two of them wait for each other.
    """
    row = tx.first(select(attempts.c.case_pk).where(attempts.c.pk == pk))
    if row is not None and row.case_pk is not None:
        tx.first(select(cases.c.pk).where(cases.c.pk == row.case_pk).with_for_update())
    tx.first(select(attempts.c.pk).where(attempts.c.pk == pk).with_for_update())
    return load(tx, pk)


def hand_over(tx: Tx, ref: str, provider: str) -> bool:
    """Note which provider is about to be called; this must be committed before the call.

    ``False`` where the attempt is no longer being sent: its lease ended, and others decide about it.
    """
    mine = (attempts.c.ref == ref) & (attempts.c.state == AttemptState.DISPATCHING)
    return tx.run(update(attempts).where(mine).values(provider=provider)) == 1


def provider_of(tx: Tx, ref: str) -> str | None:
    """Return the provider that an attempt was last handed to, as far as it is known."""
    row = tx.first(select(attempts.c.provider).where(attempts.c.ref == ref))
    return row.provider if row else None


def find(tx: Tx, channel: ChannelName, ref: str | None, provider_id: str | None) -> int | None:
    """Return the attempt that a receipt is about: by our own name for it, else by the provider's.

    Our own names no channel: a provider of several may bring the receipts of all at the door of one.
    """
    theirs = (attempts.c.provider_id == provider_id) & (attempts.c.channel == channel)
    row = tx.first(select(attempts.c.pk).where((attempts.c.ref == ref) if ref else theirs))
    return int(row.pk) if row else None


def keep_receipt(
    tx: Tx, attempt_pk: int, state: AttemptState, code: str | None, at: datetime, *, moved: bool
) -> bool:
    """Keep a receipt once per attempt and state; ``False`` where it is a repeat."""
    same = (receipts.c.attempt_pk == attempt_pk) & (receipts.c.state == state)
    if tx.first(select(receipts.c.pk).where(same)) is not None:
        return False
    values = {"attempt_pk": attempt_pk, "state": state, "code": code or "", "at": at, "moved": moved}
    tx.run(receipts.insert().values(**values))
    return True


def notices_of(tx: Tx, attempt_pk: int) -> Sequence[Row[Any]]:
    """Return the notices that an attempt carried, oldest first: ``pk``, ``event_pk``, ``event_id``,
    ``deadline``.
    """
    joined = attempt_notices.join(notices, notices.c.pk == attempt_notices.c.notice_pk).outerjoin(
        events, events.c.pk == notices.c.event_pk
    )
    query = select(notices.c.pk, notices.c.event_pk, events.c.event_id, notices.c.deadline)
    mine = attempt_notices.c.attempt_pk == attempt_pk
    return tx.all(query.select_from(joined).where(mine).order_by(notices.c.occurred_at, notices.c.pk))


def of_notice(tx: Tx, notice_pk: int, since: datetime | None = None) -> Sequence[Row[Any]]:
    """Return a notice's attempts in order: ``pk``, ``point_pk``, ``state``, ``wording``, ``created_at``.

    ``since`` leaves out those from before a person asked to try again.
    """
    columns = ("pk", "point_pk", "state", "wording", "channel", "created_at")
    query = select(*(attempts.c[name] for name in columns)).select_from(attempts.join(attempt_notices))
    query = query.where(attempt_notices.c.notice_pk == notice_pk)
    if since is not None:
        query = query.where(attempts.c.created_at >= since)
    return tx.all(query.order_by(attempts.c.pk))


def deferred_before(tx: Tx, attempt: Attempt) -> int:
    """Return how often the same message failed for a time before this attempt; outages do not count."""
    if attempt.role.value in _STAFF:
        return attempt.tries - 1
    mine = select(attempt_notices.c.notice_pk).where(attempt_notices.c.attempt_pk == attempt.pk)
    same = (attempts.c.point_pk == attempt.point_pk) & (attempts.c.wording == attempt.wording)
    query = select(func.count(attempts.c.pk.distinct())).select_from(attempts.join(attempt_notices))
    failed = query.where(
        attempt_notices.c.notice_pk.in_(mine),
        same,
        attempts.c.state == AttemptState.DEFERRED,
        attempts.c.code.is_distinct_from(OUTAGE),
    )
    return int(tx.all(failed)[0][0])


def last_message_at(tx: Tx, victim_pk: int) -> datetime | None:
    """Return when the last message to the victim, or to who is told instead, went out."""
    mine = (attempts.c.victim_pk == victim_pk) & attempts.c.role.not_in(_STAFF)
    query = select(func.max(attempts.c.sent_at)).where(mine, attempts.c.state.not_in(_GONE))
    last: datetime | None = tx.all(query)[0][0]
    return last


def reached(tx: Tx, case_pk: int, victim_pk: int) -> Sequence[Row[Any]]:
    """Return what of a case reached the victim, as far as is known: a row for each notice.

    The columns are ``sent_at``, ``event_type``, ``event_pk`` and ``notice_pk``. A message counts when it
    was delivered, or was accepted by a channel that gives no receipts.
    """
    table, notice = attempts.c, notices.c
    silent = (table.state == AttemptState.ACCEPTED) & (table.silence_means == AttemptState.DELIVERED)
    arrived = table.state.in_((AttemptState.DELIVERED, AttemptState.CONFIRMED))
    mine = (table.case_pk == case_pk) & (table.victim_pk == victim_pk) & table.role.not_in(_STAFF)
    columns = (table.sent_at, notice.event_type, notice.event_pk, notice.pk.label("notice_pk"))
    query = select(*columns).select_from(attempts.join(attempt_notices).join(notices))
    return tx.all(query.where(mine, or_(silent, arrived)))


def stranded(tx: Tx, now: datetime) -> list[int]:
    """Return attempts whose worker died while the provider was called."""
    lost = (attempts.c.state == AttemptState.DISPATCHING) & (attempts.c.leased_until <= now)
    return [row.pk for row in tx.all(select(attempts.c.pk).where(lost).order_by(*_BY_CASE))]


def silent(tx: Tx, channels: Iterable[ChannelName], now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Return the channels' accepted attempts whose receipt is overdue, with what the silence means."""
    query = _checked((AttemptState.ACCEPTED,), now).add_columns(attempts.c.silence_means)
    query = query.where(attempts.c.channel.in_([name.value for name in channels]))
    return tx.all(query.order_by(None).order_by(*_BY_CASE).limit(limit))


def unknown(tx: Tx, now: datetime, limit: int) -> list[int]:
    """Return attempts of unknown outcome about which the provider is to be asked now."""
    return [row.pk for row in tx.all(_checked((AttemptState.UNKNOWN,), now).limit(limit))]


def staff_waiting(tx: Tx, now: datetime) -> bool:
    """Tell whether messages to staff are to be sent now."""
    return tx.first(_staff_due(now).limit(1)) is not None


def _staff_due(now: datetime) -> Select[Any]:
    return _checked((AttemptState.DEFERRED,), now).where(attempts.c.role.in_(_STAFF))


def take_waiting(tx: Tx, now: datetime, until: datetime, limit: int) -> list[int]:
    """Take messages to staff that are to be sent now in hand until ``until``, each try counted."""
    rows = tx.all(_staff_due(now).limit(limit).with_for_update(skip_locked=True))
    pks = [row.pk for row in rows]
    taken = {
        "state": AttemptState.DISPATCHING,
        "leased_until": until,
        "sent_at": now,
        "tries": attempts.c.tries + 1,
    }
    tx.run(update(attempts).where(attempts.c.pk.in_(pks)).values(**taken))
    return pks


def _checked(states: Iterable[AttemptState], now: datetime) -> Select[Any]:
    due = attempts.c.state.in_([state.value for state in states]) & (attempts.c.check_at <= now)
    return select(attempts.c.pk).where(due).order_by(attempts.c.check_at, attempts.c.pk)
