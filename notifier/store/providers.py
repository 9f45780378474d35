"""How each provider stands, and which of them has which attempt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from notifier.records import AttemptState
from notifier.store.among import among
from notifier.store.database import Tx
from notifier.store.tables import attempts, providers

_BY_NAME = select(providers).where(providers.c.name == bindparam("name"))


def load(tx: Tx, name: str) -> Row[Any]:
    """Return a provider's row; one that was never used stands well."""
    row = tx.first(_BY_NAME, {"name": name})
    if row is None:
        tx.add_once(providers, [{"name": name, "failures": 0}])
        row = tx.first(_BY_NAME, {"name": name})
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


_HANDED_OVER = (
    update(attempts)
    .where(
        among(attempts.c.ref, "refs"),
        attempts.c.state == AttemptState.DISPATCHING,
    )
    .values(provider=bindparam("by"))
    .returning(attempts.c.ref)
)


def hand_over(tx: Tx, refs: Sequence[str], provider: str) -> set[str]:
    """Note which provider is about to be called with these attempts, and return which of them may be sent.

    It must be committed before the calls. The others' leases ended: somebody else decides about them.
    """
    return {row.ref for row in tx.all(_HANDED_OVER, {"refs": refs, "by": provider})}


def holder_of(tx: Tx, ref: str) -> str | None:
    """Return the provider that an attempt was last handed to, as far as it is known."""
    row = tx.first(select(attempts.c.provider).where(attempts.c.ref == ref))
    return row.provider if row else None


def is_anothers(tx: Tx, ref: str, provider_id: str) -> bool:
    """Tell whether a provider's id is that of another attempt than the one with this name."""
    other = (attempts.c.provider_id == provider_id) & (attempts.c.ref != ref)
    return tx.first(select(attempts.c.pk).where(other).limit(1)) is not None
