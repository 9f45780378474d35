"""Documents that could not be taken, each with its reason, until a person has dealt with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from notifier import documents
from notifier.store.database import Tx
from notifier.store.tables import rejections


def add(tx: Tx, door: str, body: str, reason: str, now: datetime) -> None:
    """Keep what could not be taken with its reason: whole, or its beginning where it is too large.

    The same body is kept once, and shown again where a person had discarded it.
    """
    values = {
        "at": now,
        "door": door,
        "reason": reason[:500],
        "body_sealed": tx.cipher.seal(documents.kept(body)),
        "body_hash": tx.cipher.lookup("rejection", body),
    }
    tx.add_once(rejections, [values])
    again = (rejections.c.body_hash == values["body_hash"]) & rejections.c.done_at.is_not(None)
    tx.run(update(rejections).where(again).values(done_at=None))


def waiting(tx: Tx) -> Sequence[Row[Any]]:
    """Return what could not be taken and waits for a person, newest first.

    A row has ``pk``, ``at``, ``door`` and ``reason``.
    """
    columns = (rejections.c.pk, rejections.c.at, rejections.c.door, rejections.c.reason)
    waits = rejections.c.done_at.is_(None)
    return tx.all(select(*columns).where(waits).order_by(rejections.c.pk.desc()))


def discard(tx: Tx, pk: int, by: str, words: str, now: datetime) -> bool:
    """Note that a person discarded a refused document, and why; ``False`` where it does not wait for one."""
    waits = (rejections.c.pk == pk) & rejections.c.done_at.is_(None)
    done = {"done_at": now, "done_by": by[:200], "outcome": words[:200]}
    return bool(tx.run(update(rejections).where(waits).values(done)))


def document(tx: Tx, pk: int) -> str | None:
    """Return what is kept of a refused document; it may hold personal data."""
    row = tx.first(select(rejections.c.body_sealed).where(rejections.c.pk == pk))
    return None if row is None else str(tx.cipher.open(row.body_sealed))
