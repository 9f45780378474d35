"""Attempts that something is awaited of: an answer, a receipt, or that they are sent at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, select, update

from notifier.records import AttemptState, ChannelName
from notifier.store.among import among
from notifier.store.attempts import STAFF_ROLES
from notifier.store.database import Tx
from notifier.store.tables import attempts

# In one order everywhere: two transactions over several cases never wait for each other.
_BY_CASE = (attempts.c.case_pk, attempts.c.pk)
_STRANDED = (
    select(attempts.c.pk)
    .where(attempts.c.state == AttemptState.DISPATCHING, attempts.c.leased_until <= bindparam("now"))
    .order_by(*_BY_CASE)
)


def _to_check(*conditions: ColumnElement[bool]) -> Select[Any]:
    due = select(attempts.c.pk).where(attempts.c.check_at <= bindparam("now"), *conditions)
    return due.order_by(attempts.c.check_at, attempts.c.pk).limit(bindparam("most"))


_UNKNOWN = _to_check(attempts.c.state == AttemptState.UNKNOWN)
_STAFF_DUE = _to_check(attempts.c.state == AttemptState.DEFERRED, attempts.c.role.in_(STAFF_ROLES))
_SILENT = (
    _to_check(
        attempts.c.state == AttemptState.ACCEPTED,
        among(attempts.c.channel, "channels"),
    )
    .add_columns(attempts.c.silence_means)
    .order_by(None)
    .order_by(*_BY_CASE)
)


def stranded(tx: Tx, now: datetime) -> list[int]:
    """Return attempts whose worker died while the provider was called."""
    return [row.pk for row in tx.all(_STRANDED, {"now": now})]


def silent(tx: Tx, channels: Iterable[ChannelName], now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Return the channels' accepted attempts whose receipt is overdue, with what the silence means."""
    names = [name.value for name in channels]
    return tx.all(_SILENT, {"channels": names, "now": now, "most": limit})


def unknown(tx: Tx, now: datetime, limit: int) -> list[int]:
    """Return attempts of unknown outcome about which the provider is to be asked now."""
    return [row.pk for row in tx.all(_UNKNOWN, {"now": now, "most": limit})]


def staff_waiting(tx: Tx, now: datetime) -> bool:
    """Tell whether messages to staff are to be sent now."""
    return tx.first(_STAFF_DUE, {"now": now, "most": 1}) is not None


def take_waiting(tx: Tx, now: datetime, until: datetime, limit: int) -> list[int]:
    """Take messages to staff that are to be sent now in hand until ``until``, each try counted."""
    locked = _STAFF_DUE.with_for_update(skip_locked=True)
    pks = [row.pk for row in tx.all(locked, {"now": now, "most": limit})]
    taken = {
        "state": AttemptState.DISPATCHING,
        "leased_until": until,
        "sent_at": now,
        "tries": attempts.c.tries + 1,
    }
    if pks:
        tx.run(update(attempts).where(attempts.c.pk.in_(pks)).values(**taken))
    return pks
