from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event

import pytest

from notifier.together import Together

PATIENCE = 30  # seconds


class Work:
    """Doubles numbers, and stops in its first call until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.begun, self.let_go = Event(), Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.calls.append(sorted(items))
        if len(self.calls) == 1:
            self.begun.set()
            assert self.let_go.wait(PATIENCE)
        if 13 in items:
            raise LookupError("thirteen")
        return [2 * item for item in items]


def asked_while_one_works(work: Work, first: int, others: Sequence[int]) -> list[Callable[[], int]]:
    """Ask for one, and for the others while that one is in work; return their answers."""
    together, asking = Together(work), SimpleQueue[int]()

    def ask(item: int) -> int:
        asking.put(item)
        return together(item)

    with ThreadPoolExecutor(1 + len(others)) as threads:
        answers = [threads.submit(ask, first)]
        assert work.begun.wait(PATIENCE)
        answers += [threads.submit(ask, item) for item in others]
        for _ in (first, *others):
            asking.get(timeout=PATIENCE)
        work.let_go.set()
    return [answer.result for answer in answers]


def test_what_is_asked_while_a_call_runs_shares_few_calls_and_gets_its_own_answers() -> None:
    work = Work()
    answers = asked_while_one_works(work, 1, range(2, 12))
    assert [answer() for answer in answers] == [2 * item for item in range(1, 12)]
    assert work.calls[0] == [1]
    assert sorted(item for call in work.calls for item in call) == list(range(1, 12)), "each once"


def test_what_a_call_raises_reaches_those_who_shared_it_and_no_later_one() -> None:
    work = Work()
    first, second = asked_while_one_works(work, 1, [13])
    assert first() == 2
    with pytest.raises(LookupError, match="thirteen"):
        second()
    assert Together(work)(4) == 8


def test_alone_a_call_waits_for_nobody() -> None:
    work = Work()
    work.let_go.set()
    together = Together(work)
    assert [together(item) for item in (1, 2, 3)] == [2, 4, 6]
    assert work.calls == [[1], [2], [3]]


def test_two_calls_may_run_at_once_and_what_is_asked_meanwhile_waits_for_the_first_to_end() -> None:
    running, let_go = SimpleQueue[list[int]](), Event()

    def work(items: Sequence[int]) -> list[int]:
        running.put(list(items))
        assert let_go.wait(PATIENCE)
        return list(items)

    together = Together(work, at_once=2)
    with ThreadPoolExecutor(3) as threads:
        answers = []
        for item in (1, 2):
            answers.append(threads.submit(together, item))
            assert running.get(timeout=PATIENCE) == [item]
        answers.append(threads.submit(together, 3))
        let_go.set()
        assert [answer.result(PATIENCE) for answer in answers] == [1, 2, 3]
    assert running.get(timeout=PATIENCE) == [3]
