"""How long each part of a sweep took, and when it last came to its end."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, delete, select, update

from notifier.store.database import Tx
from notifier.store.ops_tables import sweeps


class Ended(NamedTuple):
    """A part of a sweep ended at ``at`` and took so many seconds."""

    at: datetime
    seconds: float


_NOTED = (
    update(sweeps)
    .where(sweeps.c.part == bindparam("named"))
    .values(at=bindparam("ended_at"), seconds=bindparam("took"))
)


def note(tx: Tx, ended: Mapping[str, Ended], parts: Collection[str]) -> None:
    """Note the parts that ended. Those not among ``parts`` were an older version's and are forgotten."""
    # In one order everywhere: two schedulers never wait for each other's part.
    for part in sorted(ended):
        at, seconds = ended[part]
        tx.add_once(sweeps, [{"part": part, "at": at, "seconds": seconds}])
        tx.run(_NOTED, {"named": part, "ended_at": at, "took": seconds})
    tx.run(delete(sweeps).where(sweeps.c.part.not_in(sorted(parts))))


def listed(tx: Tx) -> Sequence[Row[Any]]:
    """Return ``part``, ``at`` and ``seconds`` of each part that ever ended, by name."""
    return tx.all(select(sweeps).order_by(sweeps.c.part))
