"""The queue's door: events on a Redis Stream, read by a consumer group, acknowledged after the commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any

import redis

from notifier.errors import Unreachable

_log = logging.getLogger(__name__)
GROUP = "notifier"
FIELD = "event"
BATCH = 500
_BLOCK_MILLISECONDS = 1_000
_DEAD_AFTER_MILLISECONDS = 30_000
_PAUSE_SECONDS = 1.0
_KEEP_REJECTED = 10_000
_IN_HAND, _NEW = "0", ">"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the stream; ``document`` is what stood in its field ``event``, as text."""

    id: bytes
    document: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document that could not be taken, with its reason."""

    document: str
    reason: str


Handle = Callable[[Sequence[str]], Sequence[Rejected]]
"""Takes documents in and commits; returns those that were rejected."""


class EventQueue:
    """The stream ``stream`` as one consumer of the group reads it.

    What was taken in is deleted from it, so it never grows beyond what waits; it is no place for another
    group to read from. ``STREAM.rejected`` keeps about the last ten thousand.

    ``dead_after`` is how long (milliseconds) another consumer may hold an entry before it counts as dead.
    """

    def __init__(
        self,
        client: redis.Redis,
        stream: str,
        consumer: str,
        *,
        dead_after: int = _DEAD_AFTER_MILLISECONDS,
    ) -> None:
        self._client = client
        self._stream = stream
        self._consumer = consumer
        self._dead_after = dead_after
        self._interrupted = True

    def step(self, handle: Handle) -> int:
        """Hand one batch to ``handle`` and acknowledge it; return how many entries it had.

        What an absent server interrupted here comes first, then entries of dead consumers. Raises
        ``redis.RedisError`` and :class:`Unreachable`: nothing is acknowledged then, and the next step
        begins with the same entries.
        """
        try:
            entries = self._next()
        except redis.ResponseError as problem:
            if "NOGROUP" not in str(problem):
                raise
            self._make_group()
            return 0
        if entries:
            self._take(entries, handle)
        self._interrupted = False
        return len(entries)

    def _next(self) -> list[Entry]:
        interrupted, self._interrupted = self._interrupted, True
        return (interrupted and self._read(_IN_HAND)) or self._abandoned() or self._read(_NEW)

    def _take(self, entries: Sequence[Entry], handle: Handle) -> None:
        """Have entries taken in; one that breaks the intake stays in the queue and blocks no other."""
        try:
            self._reject(handle([entry.document for entry in entries]))
            self._acknowledge(entries)
        except (redis.RedisError, Unreachable):
            raise
        except Exception as problem:
            if len(entries) == 1:
                # It counts as abandoned after a while, and is then tried again: by a mended program, perhaps.
                _log.error("an event stays in the queue", extra={"entry": entries[0].id}, exc_info=problem)
                return
            for entry in entries:
                self._take([entry], handle)

    def _make_group(self) -> None:
        """Begin with the oldest entry: after Redis was emptied, everything in it is new."""
        try:
            self._client.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        except redis.ResponseError as problem:
            if "BUSYGROUP" not in str(problem):
                raise

    def _abandoned(self) -> list[Entry]:
        claimed: Any = self._client.xautoclaim(
            self._stream, GROUP, self._consumer, min_idle_time=self._dead_after, count=BATCH
        )
        return [_entry(id_, fields) for id_, fields in claimed[1] if fields is not None]

    def _read(self, which: str) -> list[Entry]:
        read: Any = self._client.xreadgroup(
            GROUP, self._consumer, {self._stream: which}, count=BATCH, block=_BLOCK_MILLISECONDS
        )
        return [_entry(id_, fields) for _, entries in read or () for id_, fields in entries if fields]

    def _acknowledge(self, entries: Sequence[Entry]) -> None:
        # What is committed stands in the database: the stream holds only what is still to be taken in.
        with self._client.pipeline() as pipe:
            pipe.xack(self._stream, GROUP, *(entry.id for entry in entries))
            pipe.xdel(self._stream, *(entry.id for entry in entries))
            pipe.execute()

    def _reject(self, rejected: Sequence[Rejected]) -> None:
        with self._client.pipeline() as pipe:
            for one in rejected:
                fields = {FIELD: one.document, "reason": one.reason}
                pipe.xadd(f"{self._stream}.rejected", fields, maxlen=_KEEP_REJECTED)  # type: ignore[arg-type]  # invariant dict
            pipe.execute()


def _entry(id_: bytes, fields: dict[bytes, bytes]) -> Entry:
    """Read one entry; what has no such field, or is no text, still gets its rejection."""
    body = fields.get(FIELD.encode())
    if body is None:
        body = b" ".join(part for pair in fields.items() for part in pair)
    return Entry(id_, body.decode(errors="backslashreplace"))


def run_intake(queue: EventQueue, handle: Handle, stop: Event) -> None:
    """Take batches in until ``stop`` is set; while Redis or the database is away, try again."""
    while not stop.is_set():
        try:
            queue.step(handle)
        except (redis.RedisError, Unreachable) as problem:
            # The type only: a driver's text may quote an address with a password.
            _log.warning("intake waits for a server", extra={"error": type(problem).__name__})
            stop.wait(_PAUSE_SECONDS)
