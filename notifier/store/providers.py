"""How each provider stands: failures in a row, since when it is out, and when it is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from notifier.store.database import Tx
from notifier.store.tables import providers


def load(tx: Tx, name: str) -> Row[Any]:
    """Return a provider's row; one that was never used stands well."""
    query = select(providers).where(providers.c.name == name)
    row = tx.first(query)
    if row is None:
        tx.run(tx.insert_once(providers), {"name": name, "failures": 0})
        row = tx.first(query)
    assert row is not None
    return row


def listed(tx: Tx) -> Sequence[Row[Any]]:
    """Return every provider that was ever used, by name."""
    return tx.all(select(providers).order_by(providers.c.name))


def begin_trial(tx: Tx, name: str, now: datetime, next_at: datetime) -> bool:
    """Take the one trial that is due; ``False`` where none is. The next one is at ``next_at``."""
    due = (providers.c.name == name) & (providers.c.trial_at <= now)
    return tx.run(update(providers).where(due).values(trial_at=next_at)) == 1


def add_failure(tx: Tx, name: str) -> Row[Any]:
    """Count one more failure in a row; return the row, which is locked."""
    load(tx, name)
    tx.run(update(providers).where(providers.c.name == name).values(failures=providers.c.failures + 1))
    return load(tx, name)


def change(tx: Tx, name: str, **values: Any) -> None:
    """Change columns of one provider."""
    tx.run(update(providers).where(providers.c.name == name).values(**values))
