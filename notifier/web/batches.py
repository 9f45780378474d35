"""What requests bring at one moment, committed together: each still waits for its own commit."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

from fastapi.concurrency import run_in_threadpool

from notifier.errors import Unreachable
from notifier.records import Receipt

_log = logging.getLogger(__name__)
_MOST_TOGETHER = 500
_MOMENT_SECONDS = 0.05
_MOST_WAITING = 2_000  # requests: at the rates of docs/scaling.md some seconds, and a provider waits longer

Brought = Sequence[Receipt]
"""The receipts of one request."""


class Full(Exception):
    """More requests wait than can be answered in time; come again."""


class _Waiting(NamedTuple):
    brought: Brought
    done: asyncio.Future[None]


class Batches:
    """Has ``commit`` called in a thread, once at a time, for all requests that wait then.

    Each commit waits a moment for more: callbacks come in swarms, and most of what a commit costs is the same
    for few and many. It belongs to one event loop.
    """

    def __init__(self, commit: Callable[[Brought], None]) -> None:
        self._commit = commit
        self._waiting: deque[_Waiting] = deque()
        self._working: asyncio.Task[None] | None = None

    async def add(self, brought: Brought) -> None:
        """Return once these receipts are committed.

        Raises what their commit raised, whatever became of their neighbours, and :class:`Full`.
        """
        if len(self._waiting) >= _MOST_WAITING:
            raise Full
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(brought, done))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        await done

    async def _work(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(_MOMENT_SECONDS)
                batch = self._next()
                problems = await run_in_threadpool(self._together, [one.brought for one in batch])
                for one, problem in zip(batch, problems, strict=True):
                    _answer(one.done, problem)
        finally:
            self._working = None

    def _next(self) -> list[_Waiting]:
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_TOGETHER))]

    def _together(self, batch: Sequence[Brought]) -> list[Exception | None]:
        """Commit a batch; where it fails, each request alone, so that a bad one harms no neighbour."""
        problem = self._problem(list(chain.from_iterable(batch)))
        if problem is None or len(batch) == 1:
            return [problem] * len(batch)
        about = {"requests": len(batch), "error": type(problem).__name__}
        _log.warning("receipts cannot be applied together, and are one by one", extra=about)
        return self._one_by_one(batch)

    def _one_by_one(self, batch: Sequence[Brought]) -> list[Exception | None]:
        problems: list[Exception | None] = []
        for place, brought in enumerate(batch):
            problem = self._problem(brought)
            if isinstance(problem, Unreachable):
                # The others would wait as long to hear the same.
                return problems + [problem] * (len(batch) - place)
            problems.append(problem)
        return problems

    def _problem(self, brought: Brought) -> Exception | None:
        try:
            self._commit(brought)
        except Exception as problem:
            return problem
        return None


def _answer(done: asyncio.Future[None], problem: Exception | None) -> None:
    if done.done():
        return  # whoever asked went away
    if problem is None:
        done.set_result(None)
    else:
        done.set_exception(problem)
