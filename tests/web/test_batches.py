"""Receipts of several requests in one transaction, each answered for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from threading import Event
from typing import Any

import pytest

from notifier.errors import Unreachable
from notifier.records import AttemptState, Receipt
from notifier.web import batches
from notifier.web.batches import Batches, Full


def brought(*refs: str) -> list[Receipt]:
    """Return what one request brought."""
    return [Receipt(AttemptState.DELIVERED, attempt_ref=ref) for ref in refs]


class Ledger:
    """Keeps what was committed, in order; the first commit waits until the test lets it go."""

    def __init__(self, **failing: Exception) -> None:
        self.commits: list[list[str]] = []
        self.asked: list[list[str]] = []
        self.go_on = Event()
        self._failing = failing

    def commit(self, receipts: Sequence[Receipt]) -> None:
        """Commit all or, where one of them fails, none."""
        refs = [str(receipt.attempt_ref) for receipt in receipts]
        self.asked.append(refs)
        assert self.go_on.wait(20)
        for ref in refs:
            if ref in self._failing:
                raise self._failing[ref]
        self.commits.append(refs)


async def all_of(*waiting: Coroutine[Any, Any, None]) -> list[Any]:
    """Return what each came to, ``None`` or an exception."""
    return list(await asyncio.gather(*waiting, return_exceptions=True))


async def until_asked(ledger: Ledger) -> None:
    while not ledger.asked:
        await asyncio.sleep(0.001)


def together(ledger: Ledger, *requests: Sequence[Receipt]) -> list[Any]:
    """Have one request under way, and these waiting behind it; return what became of these."""

    async def play() -> list[Any]:
        door = Batches(ledger.commit)
        first = asyncio.create_task(door.add(brought("first")))
        await until_asked(ledger)
        others = asyncio.create_task(all_of(*(door.add(request) for request in requests)))
        await asyncio.sleep(0)  # they begin
        ledger.go_on.set()
        await first
        return await others

    return asyncio.run(play())


def test_who_comes_alone_waits_for_nobody() -> None:
    ledger = Ledger()
    ledger.go_on.set()

    async def one_after_the_other() -> None:
        door = Batches(ledger.commit)
        await door.add(brought("a", "b"))
        await door.add(brought("c"))

    asyncio.run(one_after_the_other())
    assert ledger.commits == [["a", "b"], ["c"]]


def test_what_comes_while_a_commit_runs_shares_the_next_one_in_its_order() -> None:
    ledger = Ledger()
    assert together(ledger, brought("a"), brought(), brought("b", "c")) == [None, None, None]
    assert ledger.commits == [["first"], ["a", "b", "c"]]


def test_nobody_is_answered_before_the_commit() -> None:
    ledger = Ledger()

    async def play() -> bool:
        waiting = asyncio.create_task(Batches(ledger.commit).add(brought("a")))
        await until_asked(ledger)
        answered = waiting.done()
        ledger.go_on.set()
        await waiting
        return answered

    assert asyncio.run(play()) is False
    assert ledger.commits == [["a"]]


def test_a_bad_request_harms_no_neighbour() -> None:
    bad = ValueError("a fault of the program")
    ledger = Ledger(bad=bad)
    assert together(ledger, brought("a"), brought("b", "bad"), brought("c")) == [None, bad, None]
    assert ledger.commits == [["first"], ["a"], ["c"]], "of the bad one nothing is kept"


def test_a_deadlock_of_a_batch_is_nobodys_answer() -> None:
    """It looks like a server that is away, and is gone at the next try."""
    commits: list[int] = []

    def commit(receipts: Sequence[Receipt]) -> None:
        if len(receipts) > 1:
            raise Unreachable("the database does not answer")
        commits.append(len(receipts))

    async def play() -> list[Any]:
        door = Batches(commit)
        return await all_of(door.add(brought("a")), door.add(brought("b")))

    assert asyncio.run(play()) == [None, None]
    assert commits == [1, 1]


def test_while_the_database_is_away_all_are_told_and_it_is_not_asked_for_each() -> None:
    away = Unreachable("the database does not answer")
    ledger = Ledger(a=away, b=away, c=away)
    assert together(ledger, brought("a"), brought("b"), brought("c")) == [away, away, away]
    assert ledger.asked == [["first"], ["a", "b", "c"], ["a"]]


def test_who_goes_away_stops_no_other() -> None:
    ledger = Ledger()

    async def play() -> None:
        door = Batches(ledger.commit)
        leaves = asyncio.create_task(door.add(brought("a")))
        await until_asked(ledger)
        leaves.cancel()
        stays = asyncio.create_task(door.add(brought("b")))
        await asyncio.sleep(0)
        ledger.go_on.set()
        await stays

    asyncio.run(play())
    assert ledger.commits == [["a"], ["b"]]


def test_there_is_a_limit_to_waiting_and_to_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_MOST_WAITING", 3)
    monkeypatch.setattr(batches, "_MOST_TOGETHER", 2)
    ledger = Ledger()
    *taken, refused = together(ledger, brought("a"), brought("b"), brought("c"), brought("d"))
    assert taken == [None, None, None]
    assert isinstance(refused, Full)
    assert ledger.commits == [["first"], ["a", "b"], ["c"]]
