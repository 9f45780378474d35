"""How the service itself is: what waits for it, whether its parts answer, and which sources are silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import redis
from sqlalchemy import Row

from notifier.backlog import PATIENCE, InStream, in_stream
from notifier.errors import SettingsError
from notifier.settings import Settings
from notifier.store import providers, today
from notifier.store.accounts import Account
from notifier.web.ops.kept import Kept
from notifier.wiring import Services, asking_redis, redis_url

_SECONDS = 5


@dataclass(frozen=True, slots=True)
class State:
    """What an account may know of the service at one moment.

    ``stream`` is ``None`` where Redis does not answer, and for an account of one force.
    """

    due: today.Grouped
    oldest_due: datetime | None
    unplanned: int
    held: today.Grouped
    providers_out: Sequence[Row[Any]]
    silent_sources: Sequence[Row[Any]]
    redis_answers: bool
    stream: InStream | None
    due_too_long: bool


def state_of(services: Services, account: Account, kept: Kept) -> State:
    """Return how the service is, or was a few seconds ago."""
    return kept.get(("state", account.force), _SECONDS, partial(_look, services, account, kept))


def _look(services: Services, account: Account, kept: Kept) -> State:
    now = services.clock.now()
    stream = kept.get("stream", _SECONDS, partial(_stream, services.settings))
    with services.store.read() as tx:
        oldest = today.oldest_due(tx, account, now)
        return State(
            due=today.due_now(tx, account, now),
            oldest_due=oldest,
            due_too_long=oldest is not None and now - oldest >= PATIENCE,
            unplanned=today.unplanned(tx, account),
            held=today.held_by_volume(tx, account),
            providers_out=[row for row in providers.listed(tx) if row.out_since is not None],
            silent_sources=today.silent_sources(tx, account),
            redis_answers=stream is not None,
            stream=stream if account.force is None else None,
        )


def _stream(settings: Settings) -> InStream | None:
    try:
        with asking_redis(redis_url(settings)) as client:
            return in_stream(client, settings.event_stream)
    except (redis.RedisError, SettingsError):
        return None
