"""The publisher: a process that puts events into the stream at a steady rate and notes what was taken."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from multiprocessing.synchronize import Lock
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import redis

from notifier.errors import Unreachable
from notifier.publishing import publish_lines
from tests.e2e.service import STREAM
from tests.soak.traffic import Sent, first

_TICK_SECONDS = 0.1
_AGAIN_SECONDS = 0.5
_PROCESSES = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Order:
    """What is published: ``count`` events of a seed, ``rate`` a second, the first of ``start``; and where."""

    seed: int
    rate: float
    count: int
    start: datetime
    redis_url: str
    log: Path


class Publisher:
    """The running process; ``log`` of its order then holds a line for each event that the stream took."""

    def __init__(self, order: Order) -> None:
        self._turn = _PROCESSES.Lock()
        self._process = _PROCESSES.Process(target=publish, args=(order, self._turn), name="publisher")

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._process.kill()
        self._process.join()

    @property
    def running(self) -> bool:
        """Whether there is still something to publish; raises ``RuntimeError`` where it broke."""
        if self._process.exitcode:
            raise RuntimeError(f"the publisher ended with {self._process.exitcode}")
        return self._process.is_alive()

    @contextmanager
    def silenced(self) -> Iterator[None]:
        """Have nothing published for as long as the block runs; all that was is in its log."""
        with self._turn:
            yield


def publish(order: Order, turn: Lock) -> None:
    """Publish the events of an order, each batch in a turn of its own."""
    events = first(order.count, order.seed, order.rate, order.start)
    began, done = time.monotonic(), 0
    with redis.Redis.from_url(order.redis_url) as client, order.log.open("a") as log:
        while done < order.count:
            due = min(order.count, 1 + int((time.monotonic() - began) * order.rate))
            batch = list(islice(events, due - done))
            with turn:
                _until_taken(client, batch)
                _note(log, batch)
            done = due
            time.sleep(_TICK_SECONDS)


def _until_taken(client: redis.Redis, batch: Sequence[Sent]) -> None:
    """Publish, the same again where Redis does not answer, as publishers are asked to do."""
    while True:
        try:
            publish_lines(client, STREAM, (sent.text for sent in batch))
        except Unreachable:
            time.sleep(_AGAIN_SECONDS)
        else:
            return


def _note(log: TextIO, batch: Sequence[Sent]) -> None:
    for sent in batch:
        known = sent.case_id, sent.event_id, sent.type
        log.write(json.dumps(known if sent.case_id else [sent.text]) + "\n")
    log.flush()
