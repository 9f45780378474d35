"""Transactions that meet: one gives way, and is done again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier, BrokenBarrierError

import pytest
from sqlalchemy import select

from notifier.errors import GaveWay
from notifier.path import Path
from notifier.rendering import Renderer
from notifier.store import cases
from notifier.store.database import Store, Tx
from notifier.store.tables import cases as table
from tests.builders import LONDON, POLICIES, a_document, a_store, at
from tests.fakes import fake_channels

PATIENCE = 30  # seconds
FIRST, SECOND = "c1", "c2"
WHEN = "Wed 1 Apr 2026 09:30"


@pytest.fixture
def store(postgres_database_url: str) -> Iterator[Store]:
    with a_store(postgres_database_url) as store:
        with store.begin() as tx:
            cases.keys(tx, [FIRST, SECOND])
        yield store


class Crossing:
    """Two transactions that lock two cases in opposite orders, and so wait for each other."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._both_have_one = Barrier(2)

    def work(self, tx: Tx, one: str, other: str) -> str:
        self.calls.append(one)
        self._lock(tx, one)
        try:
            self._both_have_one.wait(PATIENCE)
        except BrokenBarrierError:
            pass  # the other one was through at the first turn
        else:
            self._both_have_one.abort()
        self._lock(tx, other)
        return one

    def _lock(self, tx: Tx, case_id: str) -> None:
        tx.all(select(table.c.pk).where(table.c.case_id == case_id).with_for_update())


def test_of_two_that_wait_for_each_other_one_gives_way_and_is_done_again(store: Store) -> None:
    crossing = Crossing()
    with ThreadPoolExecutor(2) as threads:
        ways = [(FIRST, SECOND), (SECOND, FIRST)]
        done = [threads.submit(store.run, lambda tx, way=way: crossing.work(tx, *way)) for way in ways]
        assert [one.result() for one in done] == [FIRST, SECOND]
    assert len(crossing.calls) == 3


def test_what_gives_way_again_and_again_says_so(store: Store) -> None:
    calls = []

    def work(tx: Tx) -> None:
        calls.append(tx)
        tx.connection.exec_driver_sql("DO $$ BEGIN RAISE serialization_failure; END $$")

    with pytest.raises(GaveWay, match="two transactions met"):
        store.run(work)
    assert len(calls) > 1


def test_another_trouble_is_not_tried_again(store: Store) -> None:
    calls = []

    def work(tx: Tx) -> None:
        calls.append(tx)
        raise LookupError

    with pytest.raises(LookupError):
        store.run(work)
    assert len(calls) == 1


def test_planning_leaves_a_case_in_another_hand_for_later_and_keeps_nobody_waiting(store: Store) -> None:
    known = {"offence": "burglary", "force": "Example", "reference": "EX/1/26"}
    opened = [a_document("case.opened", WHEN, case_id=case_id, **known) for case_id in (FIRST, SECOND)]
    with closing(Path(store, POLICIES, Renderer(LONDON).render, fake_channels())) as path:
        path.take_in([json.dumps(document) for document in opened], at(WHEN), door="test")
        with store.begin() as tx:
            cases.keys(tx, [FIRST])
            assert path.plan([FIRST, SECOND], at(WHEN), wait=False) == [FIRST]
            assert path.unplanned_cases() == [FIRST]
        assert path.plan([FIRST], at(WHEN), wait=False) == []
        assert path.unplanned_cases() == []
