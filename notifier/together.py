"""Calls that threads make at the same moment, made as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock, Semaphore
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Together(Generic[T, R]):
    """Has ``work`` called, by ``at_once`` threads at most, with what all threads ask for that wait then.

    Nobody waits for more to come: what is asked while the calls run shares the next one. What ``work``
    raises is raised to each of them.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]], *, at_once: int = 1) -> None:
        self._work = work
        self._waiting: list[tuple[T, Future[R]]] = []
        self._adding, self._working = Lock(), Semaphore(at_once)

    def __call__(self, item: T) -> R:
        """Return the answer to ``item``, from a call that began after it was asked for."""
        answer: Future[R] = Future()
        with self._adding:
            self._waiting.append((item, answer))
        with self._working:
            if not answer.done():
                self._answer_all()
        return answer.result()

    def _answer_all(self) -> None:
        with self._adding:
            together, self._waiting = self._waiting, []
        if not together:
            return  # another thread took them along
        try:
            results = self._work([item for item, _ in together])
        except BaseException as problem:
            for _, answer in together:
                answer.set_exception(problem)
            return
        for (_, answer), result in zip(together, results, strict=True):
            answer.set_result(result)
