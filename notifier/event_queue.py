"""The queue's door: events on a Redis Stream, read by a consumer group, acknowledged after the commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any

import redis

from notifier import documents
from notifier.errors import Unreachable

_log = logging.getLogger(__name__)
GROUP = "notifier"
FIELD = "event"
BATCH = 500
_BATCH_CHARACTERS = 8_000_000  # with more than this no further page is read
_PAGE = 10  # entries that Redis gives at once, whatever their size: with giants, so many are in memory
_BLOCK_MILLISECONDS = 1_000
_DEAD_AFTER_MILLISECONDS = 30_000
_PAUSE_SECONDS = 1.0
_KEEP_REJECTED = 1_000
_FIRST, _NEW = "0-0", ">"


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
    group to read from. ``STREAM.rejected`` keeps about the last thousand, of a giant its beginning.

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

        A batch ends before :data:`BATCH` entries where they are large, so that memory stays bounded.
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
        return (interrupted and _batch(self._in_hand())) or _batch(self._abandoned()) or _batch(self._new())

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

    def _in_hand(self) -> Iterator[_Page]:
        after: Any = _FIRST
        while page := self._read(after):
            yield page
            after = page[-1][0]

    def _abandoned(self) -> Iterator[_Page]:
        start: Any = _FIRST
        while True:
            start, page, *_ = self._client.xautoclaim(
                self._stream,
                GROUP,
                self._consumer,
                min_idle_time=self._dead_after,
                start_id=start,
                count=_PAGE,
            )
            yield page
            if start == _FIRST.encode():
                return

    def _new(self) -> Iterator[_Page]:
        page = self._read(_NEW, wait=_BLOCK_MILLISECONDS)
        while page:
            yield page
            page = self._read(_NEW)

    def _read(self, after: str, wait: int | None = None) -> _Page:
        read: Any = self._client.xreadgroup(
            GROUP, self._consumer, {self._stream: after}, count=_PAGE, block=wait
        )
        return [entry for _, entries in read or () for entry in entries]

    def _acknowledge(self, entries: Sequence[Entry]) -> None:
        # What is committed stands in the database: the stream holds only what is still to be taken in.
        with self._client.pipeline() as pipe:
            pipe.xack(self._stream, GROUP, *(entry.id for entry in entries))
            pipe.xdel(self._stream, *(entry.id for entry in entries))
            pipe.execute()

    def _reject(self, rejected: Sequence[Rejected]) -> None:
        with self._client.pipeline() as pipe:
            for one in rejected:
                fields = {FIELD: documents.kept(one.document), "reason": one.reason}
                pipe.xadd(f"{self._stream}.rejected", fields, maxlen=_KEEP_REJECTED)  # type: ignore[arg-type]  # invariant dict
            pipe.execute()


_Page = list[tuple[bytes, dict[bytes, bytes]]]
"""Entries as Redis gives them; one that was deleted meanwhile has no fields."""


def _batch(pages: Iterable[_Page]) -> list[Entry]:
    """Return the entries of the first pages, as many as one batch may hold."""
    entries: list[Entry] = []
    for page in pages:
        entries += [_entry(id_, fields) for id_, fields in page if fields]
        if len(entries) >= BATCH or sum(len(entry.document) for entry in entries) >= _BATCH_CHARACTERS:
            break
    return entries


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
