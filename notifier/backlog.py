"""What waits although it should not: for `notifier doctor`, which names the mend, and for figures."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import ColumnElement, func, select

from notifier.event_queue import GROUP
from notifier.records import NoticeState
from notifier.store.database import Store
from notifier.store.tables import events, notices

PATIENCE = timedelta(minutes=10)
"""What waits for longer waits although it should not."""
_LEAST_FREE_BYTES = 500_000_000


def check_work(store: Store, now: datetime) -> str | None:
    """Look for events and notices that nobody takes in hand; raises ``Unreachable``."""
    unplanned = events.c.planned_at.is_(None) & events.c.problem.is_(None)
    planned = notices.c.state == NoticeState.PLANNED
    for what, since in (
        ("an event has waited for its planning", _oldest(store, events.c.arrived_at, unplanned)),
        ("a notice has waited for its sending", _oldest(store, notices.c.send_at, planned)),
    ):
        if since is not None and now - since >= PATIENCE:
            waited = _minutes(now - since)
            return f"{what} for {waited}: start `notifier worker` and `notifier scheduler`"
    return None


def _oldest(store: Store, column: Any, condition: ColumnElement[bool]) -> datetime | None:
    with store.begin() as tx:
        oldest: datetime | None = tx.all(select(func.min(column)).where(condition))[0][0]
    return oldest


@dataclass(frozen=True, slots=True)
class InStream:
    """What stands in the queue: ``waiting`` was given to no intake yet, ``in_hand`` was, and is not stored.

    ``oldest`` is how long the first of them has stood there, ``None`` where nothing does.
    """

    waiting: int
    in_hand: int
    oldest: timedelta | None


def in_stream(client: redis.Redis, stream: str) -> InStream:
    """Return what stands in the queue; raises ``redis.RedisError``."""
    length, groups = client.xlen(stream), _groups(client, stream)
    in_hand = sum(int(group["pending"]) for group in groups if group["name"] == GROUP.encode())
    # What was taken in is deleted: whatever stands there and is in nobody's hand waits for the intake.
    return InStream(max(0, int(length) - in_hand), in_hand, waits_in_stream(client, stream))


def _groups(client: redis.Redis, stream: str) -> Any:
    return client.xinfo_groups(stream) if client.exists(stream) else ()


def check_stream(client: redis.Redis, stream: str, patience: timedelta = PATIENCE) -> str | None:
    """Look for an event that nobody takes from the queue; raises ``redis.RedisError``."""
    waited = waits_in_stream(client, stream)
    if waited is None or waited < patience:
        return None
    return f"an event has waited in the queue for {_minutes(waited)}: start `notifier intake`"


def waits_in_stream(client: redis.Redis, stream: str) -> timedelta | None:
    """Return how long the oldest event in the queue has waited, on Redis' own clock.

    ``None`` where the queue is empty; raises ``redis.RedisError``.
    """
    first: Any = client.xrange(stream, count=1)
    if not first:
        return None
    seconds, microseconds = client.time()
    added = timedelta(milliseconds=int(first[0][0].split(b"-")[0]))
    return timedelta(seconds=int(seconds), microseconds=int(microseconds)) - added


def check_disk(folder: Path, least_free: int = _LEAST_FREE_BYTES) -> str | None:
    """Ask how much room there is where the database and the letters are."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free >= least_free:
        return None
    return f"only {free // 1_000_000} MB are free in {existing}: make room, or nothing can be stored"


def _minutes(waited: timedelta) -> str:
    return f"{int(waited.total_seconds() // 60):,} minutes"
