from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from notifier.records import NoticeState
from notifier.store import cases, notices, people
from notifier.store.database import Store, Tx
from tests.builders import AN_ARREST, a_document, a_store, at, stored

NOW = at("Wed 1 Apr 2026 09:30")
UNTIL = NOW + timedelta(minutes=3)
LATER = UNTIL + timedelta(seconds=1)
HEARING = {"hearing_id": "h1", "starts_at": NOW.isoformat(), "court": "Example", "purpose": "trial"}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with a_store(database_url) as store:
        yield store


def a_victim_with_a_notice(
    tx: Tx, name: str, *, due_before: int = 0, queue: str = "routine"
) -> tuple[int, int]:
    """Store a victim with one notice that is due so many minutes ago; return both keys."""
    victim = people.save_profile(tx, name, {"victim_id": name})
    notice = a_notice(tx, victim)
    due = NOW - timedelta(minutes=due_before)
    notices.change(tx, notice, send_at=due, queue=queue)
    return victim, notice


def a_notice(tx: Tx, victim: int) -> int:
    event = stored(tx, a_document(AN_ARREST, "Wed 1 Apr 2026 09:30"))
    pk = notices.add(tx, event, cases.key(tx, "c1"), victim, NOW)
    assert pk is not None
    return pk


def take(tx: Tx, victims: list[int]) -> list[int]:
    """Take what is due to these victims in hand as a worker does."""
    locked = notices.lock_victims(tx, victims)
    busy = notices.in_hand(tx, locked, NOW)
    return notices.lease_due(tx, [victim for victim in locked if victim not in busy], NOW, UNTIL)


def test_an_event_makes_one_notice_for_a_victim(store: Store) -> None:
    with store.begin() as tx:
        victim = people.save_profile(tx, "v1", {})
        event, case = stored(tx, a_document(AN_ARREST, "Wed 1 Apr 2026 09:30")), cases.key(tx, "c1")
        pk = notices.add(tx, event, case, victim, NOW)
        assert notices.add(tx, event, case, victim, NOW) is None
        (notice,) = notices.of_victim(tx, victim, case)
        assert (notice.pk, notice.event_pk, notice.state) == (pk, event.pk, NoticeState.PLANNED)
        assert notice.subject is None


def test_what_a_notice_is_about_is_kept_where_newer_replaces_older(store: Store) -> None:
    with store.begin() as tx:
        hearing = stored(tx, a_document("court.hearing_changed", "Wed 1 Apr 2026 09:30", **HEARING))
        victim = people.save_profile(tx, "v1", {})
        pk = notices.add(tx, hearing, cases.key(tx, "c1"), victim, NOW)
        assert pk is not None
        assert notices.load(tx, pk).subject == "hearing:h1"


def test_due_victims_come_longest_waiting_first(store: Store) -> None:
    with store.begin() as tx:
        recent, _ = a_victim_with_a_notice(tx, "v1", due_before=1)
        longest, _ = a_victim_with_a_notice(tx, "v2", due_before=60, queue="urgent")
        now, _ = a_victim_with_a_notice(tx, "v3", due_before=0)
        a_victim_with_a_notice(tx, "v4", due_before=-1)
        assert notices.due_victims(tx, None, NOW, limit=10) == [longest, recent, now]
        assert notices.due_victims(tx, None, NOW, limit=1) == [longest]
        assert notices.due_victims(tx, "urgent", NOW, limit=10) == [longest]
        assert notices.due_by_queue(tx, NOW) == {"routine": 2, "urgent": 1}


def test_a_victims_due_notices_are_leased_together_and_each_try_is_counted(store: Store) -> None:
    with store.begin() as tx:
        victim, first = a_victim_with_a_notice(tx, "v1")
        second, not_yet = a_notice(tx, victim), a_notice(tx, victim)
        notices.change(tx, second, send_at=NOW)
        notices.change(tx, not_yet, send_at=NOW + timedelta(seconds=1))
        assert take(tx, [victim]) == [first, second]
        leased = notices.load_all(tx, [first, second, not_yet])
        assert [one.state for one in leased] == [
            NoticeState.SENDING,
            NoticeState.SENDING,
            NoticeState.PLANNED,
        ]
        assert [one.tries for one in leased] == [1, 1, 0]


def test_a_victim_to_whom_a_worker_is_sending_is_left_alone(store: Store) -> None:
    with store.begin() as tx:
        victim, first = a_victim_with_a_notice(tx, "v1")
        assert take(tx, [victim]) == [first]
        another = a_notice(tx, victim)
        notices.change(tx, another, send_at=NOW)
        assert take(tx, [victim]) == []
        assert notices.in_hand(tx, [victim], NOW) == {victim}
        assert notices.in_hand(tx, [victim], LATER) == set(), "the lease is over"


def test_what_a_dead_worker_had_in_hand_is_given_back_when_its_lease_is_over(store: Store) -> None:
    with store.begin() as tx:
        victim, notice = a_victim_with_a_notice(tx, "v1")
        take(tx, [victim])
        assert notices.release_expired(tx, UNTIL - timedelta(seconds=1)) == 0
        assert notices.release_expired(tx, UNTIL) == 1
        back = notices.load(tx, notice)
        assert (back.state, back.tries) == (NoticeState.PLANNED, 1), "the try stays counted"


def test_a_worker_passes_over_victims_whom_another_has_locked(postgres_database_url: str) -> None:
    with a_store(postgres_database_url) as store:
        with store.begin() as tx:
            victims = [a_victim_with_a_notice(tx, f"v{number}")[0] for number in range(4)]
        with store.begin() as one:
            assert notices.lock_victims(one, victims[:2]) == victims[:2]
            with store.begin() as other:
                assert notices.lock_victims(other, list(reversed(victims))) == [victims[3], victims[2]]
        with store.begin() as tx:
            assert notices.lock_victims(tx, victims) == victims


def test_two_workers_at_once_take_no_victim_twice(postgres_database_url: str) -> None:
    with a_store(postgres_database_url) as store:
        with store.begin() as tx:
            all_due = {a_victim_with_a_notice(tx, f"v{number}")[1] for number in range(40)}
        start = Barrier(2, timeout=30)

        def work(_: int) -> list[int]:
            """Take batches until nothing is due that nobody has in hand."""
            taken: list[int] = []
            start.wait()
            while True:
                with store.begin() as tx:
                    due = notices.due_victims(tx, None, NOW, limit=5)
                    taken += take(tx, due)
                if not due:
                    return taken

        with ThreadPoolExecutor(2) as workers:
            one, other = workers.map(work, range(2))
        assert sorted(one + other) == sorted(all_due), "each once, and none left"
        with store.begin() as tx:
            assert {notice.tries for notice in notices.load_all(tx, all_due)} == {1}
