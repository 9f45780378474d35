"""Publishers' keys for the HTTP door: each lets its holder publish as one source, and no other."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from notifier.store.database import Tx
from notifier.store.tables import publisher_keys

_BYTES = 32


def add(tx: Tx, source: str, now: datetime) -> str:
    """Make a key for ``source`` and return it. Only its hash is stored: it is shown this once."""
    key = secrets.token_urlsafe(_BYTES)
    tx.run(publisher_keys.insert().values(source=source, key_hash=_hash(tx, key), made_at=now))
    return key


def source_of(tx: Tx, key: str) -> str | None:
    """Return the source that the holder of ``key`` publishes as; ``None`` where it is unknown or revoked."""
    fits = (publisher_keys.c.key_hash == _hash(tx, key)) & publisher_keys.c.revoked_at.is_(None)
    row = tx.first(select(publisher_keys.c.source).where(fits))
    return row.source if row else None


def listed(tx: Tx) -> Sequence[Row[Any]]:
    """Return every key ever made: ``pk``, ``source``, ``made_at`` and ``revoked_at``, oldest first."""
    table = publisher_keys.c
    return tx.all(select(table.pk, table.source, table.made_at, table.revoked_at).order_by(table.pk))


def revoke(tx: Tx, key_pk: int, now: datetime) -> bool:
    """End a key's use; return whether there was one in use."""
    in_use = (publisher_keys.c.pk == key_pk) & publisher_keys.c.revoked_at.is_(None)
    return tx.run(update(publisher_keys).where(in_use).values(revoked_at=now)) == 1


def _hash(tx: Tx, key: str) -> str:
    return tx.cipher.lookup("publisher key", key)
