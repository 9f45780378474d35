"""Putting events into the queue, for Python publishers and for `notifier publish`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import redis
from pydantic import Field
from pydantic_settings import BaseSettings

from notifier.environment import CONFIG, read_environment
from notifier.errors import SettingsError, Unreachable
from notifier.event_queue import FIELD

_BATCH = 500


class _Queue(BaseSettings):
    """Where the queue is: all that a publisher must know of the service's settings."""

    model_config = CONFIG

    redis_url: str | None = Field(default=None, repr=False)
    event_stream: str = "case-events"


def publish(
    events: Mapping[str, Any] | Iterable[Mapping[str, Any]],
    *,
    redis_url: str | None = None,
    stream: str | None = None,
) -> int:
    """Put CloudEvents (as dictionaries) into the queue; return how many.

    One event or many. They are only written down here: the intake checks them, and shows to staff what it
    had to refuse. ``redis_url`` and ``stream`` are by default ``NOTIFIER_REDIS_URL`` and
    ``NOTIFIER_EVENT_STREAM``, from the environment or ``.env``.

    Raises ``TypeError`` for what JSON cannot hold, :class:`~notifier.errors.SettingsError` where it is not
    known where Redis is, and :class:`~notifier.errors.Unreachable` where it does not answer; then publish
    the same again: a repeat does no harm.
    """
    queue = read_environment(_Queue)
    url = redis_url or queue.redis_url
    if url is None:
        raise SettingsError("NOTIFIER_REDIS_URL is missing: set it, or call publish(..., redis_url=...)")
    many = [events] if isinstance(events, Mapping) else events
    lines = (json.dumps(event, ensure_ascii=False) for event in many)
    with redis.Redis.from_url(url) as client:
        return publish_lines(client, stream or queue.event_stream, lines)


def publish_lines(client: redis.Redis, stream: str, lines: Iterable[str]) -> int:
    """Put documents into the queue as they are, in batches; return how many."""
    waiting, count = iter(lines), 0
    try:
        while batch := list(islice(waiting, _BATCH)):
            with client.pipeline(transaction=False) as pipe:
                for line in batch:
                    pipe.xadd(stream, {FIELD: line})
                pipe.execute()
            count += len(batch)
    except redis.RedisError as problem:
        name = type(problem).__name__
        raise Unreachable(f"Redis does not answer ({name}) after {count} events; publish again") from None
    return count
