"""Putting events into the queue, for Python publishers and for `notifier publish`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import redis

from notifier.errors import Unreachable
from notifier.event_queue import FIELD

_BATCH = 500


def publish(
    events: Mapping[str, Any] | Iterable[Mapping[str, Any]], *, redis_url: str, stream: str = "case-events"
) -> int:
    """Put CloudEvents (as dictionaries) into the queue at ``redis_url``; return how many.

    One event or many. They are only written down here: the intake checks them, and shows to staff what it
    had to refuse. Raises ``TypeError`` for what JSON cannot hold, and
    :class:`~notifier.errors.Unreachable` where Redis does not answer; then publish the same again: a repeat
    does no harm.
    """
    many = [events] if isinstance(events, Mapping) else events
    with redis.Redis.from_url(redis_url) as client:
        return publish_lines(client, stream, (json.dumps(event, ensure_ascii=False) for event in many))


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
