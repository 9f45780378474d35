"""The times of a sweep's parts: written now and then, the longest of each, and never of one that failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from time import sleep

import pytest

from notifier.clock import Clock
from notifier.path import Path
from notifier.rendering import Renderer
from notifier.store import sweeps
from notifier.store.database import Store
from tests.builders import LONDON, POLICIES, a_store, at
from tests.fakes import fake_channels
from workers.sweep_times import SweepTimes

NOON = at("Wed 1 Apr 2026 12:00")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with a_store(database_url) as store:
        yield store


def written(store: Store) -> dict[str, tuple[datetime, float]]:
    with store.read() as tx:
        return {row.part: (row.at, row.seconds) for row in sweeps.listed(tx)}


def test_the_longest_of_each_part_is_written_with_when_it_last_ended(store: Store) -> None:
    times = SweepTimes(store, Clock(NOON, NOON), pause=0)
    before = Clock(NOON, NOON).now()
    for seconds in (0.02, 0):
        with times.part("delivery"):
            sleep(seconds)
    times.write()
    ((at_, seconds),) = written(store).values()
    assert seconds >= 0.02
    assert at_ >= before
    with times.part("delivery"):
        pass
    times.write()
    ((later, seconds),) = written(store).values()
    assert later > at_
    assert seconds < 0.02


def test_between_two_writings_nothing_is_written(store: Store) -> None:
    times = SweepTimes(store, Clock(), pause=3_600)
    times.write()
    with times.part("delivery"):
        pass
    times.write()
    assert written(store) == {}


def test_a_part_that_fails_keeps_the_time_of_its_last_end(store: Store) -> None:
    times = SweepTimes(store, Clock(), pause=0)
    with times.part("delivery"):
        pass
    times.write()
    ended = written(store)
    with pytest.raises(ValueError, match="broken"), times.part("delivery"):
        raise ValueError("broken")
    times.write()
    assert written(store) == ended


def test_a_part_that_this_version_does_not_have_is_forgotten(store: Store) -> None:
    for part in ("of_an_older_version", "delivery"):
        times = SweepTimes(store, Clock(), pause=0)
        with times.part(part):
            pass
        times.write()
    assert set(written(store)) == {"delivery"}


def test_every_part_of_a_sweep_is_timed_and_one_that_fails_stops_no_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_now: datetime) -> None:
        raise ValueError("broken")

    times = SweepTimes(store, Clock(), pause=0)
    path = Path(store, POLICIES, Renderer(LONDON).render, fake_channels())
    path.sweep(NOON, times.part)
    times.write()
    all_parts = set(written(store))
    assert {"attempts", "staff", "courtesy", "referrals", "sources"} <= all_parts
    monkeypatch.setattr(path, "_sweep_staff", fail)
    fail.__name__ = "_sweep_staff"
    before = written(store)
    path.sweep(NOON, times.part)
    times.write()
    path.close()
    moved = {part for part, (ended, _) in written(store).items() if ended > before[part][0]}
    assert moved == all_parts - {"staff"}
