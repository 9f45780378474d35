"""The queue's door, over a real Redis and both databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path as File
from threading import Event, Thread
from typing import Any

import pytest
import redis
from sqlalchemy import select

from notifier.embedded import EmbeddedRedis
from notifier.errors import Unreachable
from notifier.event_queue import GROUP, EventQueue, Handle, Rejected, run_intake
from notifier.intake import Outcome, take_in
from notifier.publishing import publish_lines
from notifier.store import rejections
from notifier.store.database import Store
from notifier.store.engines import IN_MEMORY
from notifier.store.tables import events as table
from tests.builders import AN_ARREST, a_document, a_store, at

STREAM = "case-events"
WHEN = "Wed 1 Apr 2026 09:30"
NOW = at(WHEN)
WAIT = 20.0  # seconds; only a hung test waits so long


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with a_store(database_url) as store:
        yield store


@pytest.fixture
def memory() -> Iterator[Store]:
    with a_store(IN_MEMORY) as store:
        yield store


def into(store: Store) -> Handle:
    """Return what takes documents in, as the intake role does."""

    def handle(documents: Sequence[str]) -> list[Rejected]:
        with store.begin() as tx:
            taken = take_in(tx, documents, door="queue", now=NOW)
        answers = zip(documents, taken, strict=True)
        return [Rejected(text, one.reason or "") for text, one in answers if one.outcome is Outcome.REFUSED]

    return handle


def unreachable(_documents: Sequence[str]) -> list[Rejected]:
    raise Unreachable("the database does not answer; try again")


def put(client: redis.Redis, *ids: str) -> None:
    publish_lines(client, STREAM, (json.dumps(a_document(AN_ARREST, WHEN, id_=each)) for each in ids))


def stored(store: Store) -> list[str]:
    with store.begin() as tx:
        return [row.event_id for row in tx.all(select(table.c.event_id).order_by(table.c.pk))]


def left(client: redis.Redis) -> int:
    return int(client.xlen(STREAM))


def pending(client: redis.Redis) -> int:
    summary: Any = client.xpending(STREAM, GROUP)
    return int(summary["pending"])


def a_queue(client: redis.Redis, name: str = "one", dead_after: int = 60_000) -> EventQueue:
    """Return a queue whose group exists."""
    if not client.exists(STREAM) or not client.xinfo_groups(STREAM):
        client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    return EventQueue(client, STREAM, name, dead_after=dead_after)


def drain(queue: EventQueue, handle: Handle, wanted: int) -> list[int]:
    """Step until ``wanted`` entries came; return how many each step brought."""
    counts: list[int] = []
    while sum(counts) < wanted:
        counts.append(queue.step(handle))
    return counts


def test_the_first_step_makes_the_group_and_nothing_before_it_is_lost(
    client: redis.Redis, memory: Store
) -> None:
    put(client, "e1")
    queue = EventQueue(client, STREAM, "one")
    assert [queue.step(into(memory)) for _ in range(2)] == [0, 1]
    assert stored(memory) == ["e1"]


def test_1200_events_come_in_in_order_and_leave_the_stream(client: redis.Redis, store: Store) -> None:
    ids = [f"e{number}" for number in range(1_200)]
    put(client, *ids)
    assert drain(a_queue(client), into(store), 1_200) == [500, 500, 200]
    assert stored(store) == ids
    assert left(client) == 0


def test_what_was_not_committed_is_not_acknowledged(client: redis.Redis, store: Store) -> None:
    put(client, "e1", "e2")
    queue = a_queue(client)
    with pytest.raises(Unreachable):
        queue.step(unreachable)
    assert left(client) == 2
    assert pending(client) == 2
    put(client, "e3")
    assert queue.step(into(store)) == 2, "the same consumer comes back to them at once"
    assert queue.step(into(store)) == 1
    assert stored(store) == ["e1", "e2", "e3"]
    assert left(client) == 0


def test_what_was_trimmed_while_in_hand_stops_nothing(client: redis.Redis, memory: Store) -> None:
    put(client, "e1", "e2")
    queue = a_queue(client)
    with pytest.raises(Unreachable):
        queue.step(unreachable)
    client.xtrim(STREAM, maxlen=1, approximate=False)
    assert queue.step(into(memory)) == 1
    assert stored(memory) == ["e2"]


def test_an_event_that_breaks_the_intake_stays_and_blocks_no_other(
    client: redis.Redis, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    put(client, "e1", "e2", "e3")

    def breaks(documents: Sequence[str]) -> Sequence[Rejected]:
        if any('"e2"' in document for document in documents):
            raise ZeroDivisionError("a fault of the program")
        return into(store)(documents)

    queue = a_queue(client)
    assert queue.step(breaks) == 3
    put(client, "e4")
    assert queue.step(breaks) == 1, "it is not tried again at once"
    assert stored(store) == ["e1", "e3", "e4"]
    assert [record.getMessage() for record in caplog.records] == ["an event stays in the queue"]
    assert left(client) == pending(client) == 1
    assert a_queue(client, "mended", dead_after=0).step(into(store)) == 1
    assert stored(store) == ["e1", "e3", "e4", "e2"], "nothing is lost"


def test_a_crash_between_commit_and_acknowledgement_makes_a_repeat(client: redis.Redis, store: Store) -> None:
    put(client, "e1")

    def dies_after_the_commit(documents: Sequence[str]) -> list[Rejected]:
        into(store)(documents)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        a_queue(client).step(dies_after_the_commit)
    assert a_queue(client, "two", dead_after=0).step(into(store)) == 1
    assert stored(store) == ["e1"]
    with store.begin() as tx:
        assert [row.repeats for row in tx.all(select(table.c.repeats))] == [1]


def test_entries_of_a_dead_consumer_come_before_new_ones(client: redis.Redis, store: Store) -> None:
    put(client, "e1", "e2")
    with pytest.raises(Unreachable):
        a_queue(client, "dead").step(unreachable)
    put(client, "e3")
    drain(a_queue(client, "alive", dead_after=0), into(store), 3)
    assert stored(store) == ["e1", "e2", "e3"]


def test_entries_of_a_living_consumer_are_left_to_it(client: redis.Redis, memory: Store) -> None:
    put(client, "e1")
    with pytest.raises(Unreachable):
        a_queue(client, "busy").step(unreachable)
    put(client, "e2")
    assert a_queue(client, "other").step(into(memory)) == 1
    assert stored(memory) == ["e2"]
    assert left(client) == 1


def test_after_redis_was_emptied_it_goes_on(client: redis.Redis, store: Store) -> None:
    queue = a_queue(client)
    put(client, "e1")
    assert queue.step(into(store)) == 1
    client.flushall()
    put(client, "e1", "e2")
    drain(queue, into(store), 2)
    assert stored(store) == ["e1", "e2"], "what had come before was a repeat"


Put = Callable[[redis.Redis], object]
UNREADABLE: list[tuple[str, Put, str]] = [
    ("not JSON", lambda client: client.xadd(STREAM, {"event": "{"}), "{"),
    ("another field", lambda client: client.xadd(STREAM, {"events": "{}"}), "events {}"),
    ("no text", lambda client: client.xadd(STREAM, {"event": b'{"id": "\xe9"}'}), '{"id": "\\xe9"}'),
    ("empty", lambda client: client.xadd(STREAM, {"event": ""}), ""),
]


@pytest.mark.parametrize(("what", "put_it", "whole"), UNREADABLE, ids=[case[0] for case in UNREADABLE])
def test_what_cannot_be_read_is_kept_whole_and_blocks_nothing(
    client: redis.Redis, memory: Store, what: str, put_it: Put, whole: str
) -> None:
    put(client, "e1")
    put_it(client)
    put(client, "e2")
    assert a_queue(client).step(into(memory)) == 3
    assert stored(memory) == ["e1", "e2"], what
    rejected: Any = client.xrange(f"{STREAM}.rejected")
    ((_, fields),) = rejected
    assert fields[b"event"].decode() == whole
    with memory.begin() as tx:
        (row,) = rejections.waiting(tx)
    assert (row.door, row.reason) == ("queue", fields[b"reason"].decode())
    assert left(client) == 0


def test_intake_outlives_a_restart_of_redis(tmp_path: File, memory: Store) -> None:
    stop, came = Event(), {"e1": Event(), "e2": Event()}
    take = into(memory)

    def handle(documents: Sequence[str]) -> Sequence[Rejected]:
        rejected = take(documents)
        for document in documents:
            came[json.loads(document)["id"]].set()
        return rejected

    with EmbeddedRedis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        put(client, "e1")
        running = Thread(target=run_intake, args=(EventQueue(client, STREAM, "one"), handle, stop))
        running.start()
        try:
            assert came["e1"].wait(WAIT)
            server.kill()
            server.start()
            with redis.Redis.from_url(server.url) as publisher:
                put(publisher, "e2")
            assert came["e2"].wait(WAIT)
        finally:
            stop.set()
            running.join(WAIT)
    assert not running.is_alive()
    assert stored(memory) == ["e1", "e2"]


def test_intake_tries_again_while_the_database_is_away(client: redis.Redis, memory: Store) -> None:
    put(client, "e1")
    stop, take, calls = Event(), into(memory), iter([unreachable])

    def handle(documents: Sequence[str]) -> Sequence[Rejected]:
        rejected = next(calls, take)(documents)
        stop.set()
        return rejected

    queue = EventQueue(client, STREAM, "one")
    running = Thread(target=run_intake, args=(queue, handle, stop))
    running.start()
    running.join(WAIT)
    assert not running.is_alive()
    assert stored(memory) == ["e1"]
