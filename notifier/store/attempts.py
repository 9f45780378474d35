"""Attempts: one sending of one message by one channel, and what providers said about it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, select

from notifier.records import OUTAGE, AttemptState, ChannelName, Message, Notice, Role, Tone, Wording
from notifier.store import cases, notices
from notifier.store.among import among
from notifier.store.at_hand import Shelf
from notifier.store.database import Tx
from notifier.store.tables import attempt_notices, attempts

_MESSAGE = TypeAdapter(Message)
_GONE = (AttemptState.FAILED, AttemptState.DEFERRED)
STAFF = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.UNIT})
STAFF_ROLES = tuple(sorted(role.value for role in STAFF))


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

    @property
    def content(self) -> Content:
        """What the stored attempt will carry."""
        return Content(self.message, self.why)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A stored attempt; ``notice_pks`` is empty for staff. What was sent is its :class:`Content`."""

    pk: int
    ref: str
    state: AttemptState
    channel: ChannelName
    role: Role
    person_id: str
    wording: Wording
    tone: Tone
    event_type: str
    case_pk: int | None
    victim_pk: int | None
    point_pk: int | None
    created_at: datetime
    sent_at: datetime | None
    silence_means: AttemptState | None
    tries: int
    code: str | None
    notice_pks: tuple[int, ...]

    @property
    def may_have_arrived(self) -> bool:
        """Whether it reached its address, as far as is known.

        It was delivered, or was accepted by a channel that gives no receipts.
        """
        silent = self.state is AttemptState.ACCEPTED and self.silence_means is AttemptState.DELIVERED
        return silent or self.state in (AttemptState.DELIVERED, AttemptState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Content:
    """What was or will be sent, and why so."""

    message: Message
    why: tuple[str, ...]


def add(tx: Tx, attempt: NewAttempt, *, leased_until: datetime) -> int:
    """Store an attempt in state ``dispatching``; this must be committed before the provider is called."""
    now = attempt.message.created_at
    return _insert(tx, attempt, state=AttemptState.DISPATCHING, sent_at=now, leased_until=leased_until)


def add_waiting(tx: Tx, attempt: NewAttempt) -> int:
    """Store a message to staff that is to be sent as soon as possible."""
    now = attempt.message.created_at
    return _insert(tx, attempt, state=AttemptState.DEFERRED, check_at=now, tries=0)


def _insert(tx: Tx, attempt: NewAttempt, **state: Any) -> int:
    pk = tx.new_key(attempts)
    shown = {
        "pk": pk,
        "ref": attempt.message.attempt_ref,
        "case_pk": attempt.case_pk,
        "victim_pk": attempt.victim_pk,
        "point_pk": attempt.point_pk,
        "role": attempt.role,
        "person_id": attempt.person_id,
        "channel": attempt.message.channel,
        "wording": attempt.wording,
        "tone": attempt.tone,
        "event_type": attempt.event_type,
        "created_at": attempt.message.created_at,
        **{"tries": 1, "sent_at": None, **state},
    }
    sealed = tx.cipher.seal(_MESSAGE.dump_python(attempt.message, mode="json"))
    tx.add(attempts, message_sealed=sealed, why=list(attempt.why), **shown)
    for notice_pk in attempt.notice_pks:
        tx.add(attempt_notices, attempt_pk=pk, notice_pk=notice_pk)
    if attempt.victim_pk is not None and attempt.role not in STAFF:
        known = {name: shown[name] for name in _SHOWN}
        record = Attempt(**known, silence_means=None, code=None, notice_pks=attempt.notice_pks)
        tx.put(_OF_VICTIM, attempt.victim_pk, pk, record)
    return pk


_COLUMNS = [attempts.c[name] for name in Attempt.__dataclass_fields__ if name != "notice_pks"]
_SHOWN = {column.name for column in _COLUMNS} - {"silence_means", "code"}
_READ = (
    select(*_COLUMNS)
    .where(
        among(attempts.c.victim_pk, "victims"),
        attempts.c.role.not_in(STAFF_ROLES),
    )
    .order_by(attempts.c.pk)
)
_CARRIED = select(attempt_notices).join(attempts).where(among(attempts.c.victim_pk, "victims"))


def _read(tx: Tx, victim_pks: Sequence[int]) -> Iterator[tuple[int, int, Attempt]]:
    carried = _grouped(tx.all(_CARRIED, {"victims": victim_pks}))
    for row in tx.all(_READ, {"victims": victim_pks}):
        yield row.victim_pk, row.pk, _record(row, carried.get(row.pk, ()))


_OF_VICTIM = Shelf(_read, frozenset({attempts, attempt_notices}))


def _grouped(rows: Iterable[Row[Any]]) -> dict[int, tuple[int, ...]]:
    carried: dict[int, tuple[int, ...]] = {}
    for row in rows:
        carried[row.attempt_pk] = (*carried.get(row.attempt_pk, ()), row.notice_pk)
    return carried


def _record(row: Row[Any], notice_pks: tuple[int, ...]) -> Attempt:
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
        case_pk=row.case_pk,
        victim_pk=row.victim_pk,
        point_pk=row.point_pk,
        created_at=row.created_at,
        sent_at=row.sent_at,
        silence_means=AttemptState(row.silence_means) if row.silence_means else None,
        tries=row.tries,
        code=row.code,
        notice_pks=notice_pks,
    )


def bring(tx: Tx, victim_pks: Iterable[int]) -> None:
    """Have the attempts to reach these victims at hand."""
    tx.bring(_OF_VICTIM, victim_pks)


def load(tx: Tx, pk: int) -> Attempt:
    """Return one attempt."""
    known = tx.at(_OF_VICTIM, pk)
    if known is not None:
        return known
    carried = tx.all(select(attempt_notices).where(attempt_notices.c.attempt_pk == pk))
    row = tx.first(select(*_COLUMNS).where(attempts.c.pk == pk))
    assert row is not None
    return _record(row, tuple(one.notice_pk for one in carried))


_SEALED = select(attempts.c.pk, attempts.c.message_sealed, attempts.c.why).where(among(attempts.c.pk, "pks"))


def _read_contents(tx: Tx, pks: Sequence[int]) -> Iterator[tuple[int, int, Content]]:
    for row in tx.all(_SEALED, {"pks": pks}):
        message = _MESSAGE.validate_python(tx.cipher.open(row.message_sealed))
        yield row.pk, row.pk, Content(message, tuple(row.why))


# What an attempt carries never changes; to its reasons something may be added, by who knows it.
_CONTENTS = Shelf(_read_contents, frozenset())


def bring_contents(tx: Tx, pks: Iterable[int]) -> None:
    """Have what these attempts carry at hand."""
    tx.bring(_CONTENTS, pks)


def know_content(tx: Tx, pk: int, content: Content) -> None:
    """Have at hand what an attempt carries, because who sent it knows."""
    tx.know(_CONTENTS, pk, content)


def content(tx: Tx, pk: int) -> Content:
    """Return what an attempt carries."""
    (found,) = tx.of(_CONTENTS, pk)
    return found


def change(tx: Tx, pk: int, **values: Any) -> None:
    """Change columns of one attempt."""
    tx.change(attempts, pk, **values)
    known = tx.at(_OF_VICTIM, pk)
    if known is not None:
        seen = {name: values[name] for name in _CHANGING & values.keys()}
        tx.put(_OF_VICTIM, known.victim_pk, pk, replace(known, **seen))


_CHANGING = {"state", "sent_at", "silence_means", "tries", "code"}
_OWNERS = select(attempts.c.pk, attempts.c.case_pk, attempts.c.victim_pk, attempts.c.role).where(
    among(attempts.c.pk, "pks")
)


_LOCKED = select(attempts.c.pk).where(among(attempts.c.pk, "pks")).order_by(attempts.c.pk).with_for_update()


def lock(tx: Tx, pks: Iterable[int]) -> None:
    """Lock attempts and their cases until the transaction ends, and have them at hand as they are then.

    An answer, a receipt and a silence may meet: each takes its turn and sees what the others did. The cases
    come first everywhere, so that no two of them wait for each other. All attempts to reach a victim change
    under the lock of their case; those of staff, and the few without a case, have one of their own.
    """
    wanted = sorted(pks)
    if not wanted:
        return
    owners = tx.all(_OWNERS, {"pks": wanted})
    cases.lock(tx, {row.case_pk for row in owners if row.case_pk is not None})
    alone = [row.pk for row in owners if row.case_pk is None or row.role in STAFF_ROLES]
    if alone and tx.is_postgresql:
        tx.all(_LOCKED, {"pks": alone})
    bring(tx, {row.victim_pk for row in owners if row.pk not in alone and row.victim_pk is not None})


def load_locked(tx: Tx, pk: int) -> Attempt:
    """Return one attempt as it is now, its case and itself locked until the transaction ends."""
    known = tx.at(_OF_VICTIM, pk)
    if known is None or known.case_pk not in tx.locked:
        lock(tx, (pk,))
    return load(tx, pk)


def notices_of(tx: Tx, attempt: Attempt) -> list[Notice]:
    """Return the notices that an attempt carried, oldest first."""
    return notices.load_all(tx, attempt.notice_pks)


def of_notice(tx: Tx, notice: Notice, since: datetime | None = None) -> list[Attempt]:
    """Return a notice's attempts in order; ``since`` leaves out those from before.

    A person who asks to try again begins anew: what was tried before does not count.
    """
    hers = tx.of(_OF_VICTIM, notice.victim_pk)
    made = [one for one in hers if notice.pk in one.notice_pks]
    return [one for one in made if since is None or one.created_at >= since]


def deferred_before(tx: Tx, attempt: Attempt) -> int:
    """Return how often the same message failed for a time before this attempt; outages do not count."""
    if attempt.role in STAFF or attempt.victim_pk is None:
        return attempt.tries - 1
    return sum(
        (one.point_pk, one.wording, one.state) == (attempt.point_pk, attempt.wording, AttemptState.DEFERRED)
        and one.code != OUTAGE
        and not set(one.notice_pks).isdisjoint(attempt.notice_pks)
        for one in tx.of(_OF_VICTIM, attempt.victim_pk)
    )


def last_message_at(tx: Tx, victim_pk: int) -> datetime | None:
    """Return when the last message to the victim, or to who is told instead, went out."""
    sent = [one.sent_at for one in tx.of(_OF_VICTIM, victim_pk) if one.state not in _GONE]
    return max((at for at in sent if at is not None), default=None)


def reached(tx: Tx, case_pk: int, victim_pk: int) -> list[tuple[Attempt, list[Notice]]]:
    """Return the messages of a case that reached the victim, as far as is known, each with its notices."""
    hers = tx.of(_OF_VICTIM, victim_pk)
    arrived = [one for one in hers if one.case_pk == case_pk and one.may_have_arrived and one.notice_pks]
    return [(one, notices_of(tx, one)) for one in arrived]
