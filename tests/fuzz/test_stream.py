"""The stream, with documents that were right once: no stuck consumer, no lost neighbour, a reason for each.

``FUZZ_EXAMPLES`` (`make fuzz`) has many more tried.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from io import StringIO
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from notifier.cli.logs import PlainFormatter
from notifier.event_queue import GROUP, EventQueue, Rejected
from notifier.intake import Outcome
from notifier.path import Path
from notifier.rendering import Renderer
from notifier.store import events
from notifier.store.tables import events as table
from notifier.store.tables import rejections
from tests.builders import LONDON, POLICIES, a_document, a_store, at
from tests.fakes import fake_channels
from tests.fuzz.mutations import broken_documents
from tests.fuzz.written import MARKER, WHEN, written

NOW = at(WHEN)
STREAM = "case-events"
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))


class Consumer:
    """The intake role over a real stream, and the planning behind it."""

    def __init__(self, client: redis.Redis, path: Path, logs: StringIO) -> None:
        client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        self.client = client
        self.path = path
        self.logs = logs
        self._queue = EventQueue(client, STREAM, "one")
        self._good = 0

    def good(self) -> bytes:
        """Return an event of a case of its own that must arrive."""
        self._good += 1
        opened = a_document("case.opened", WHEN, case_id=f"good{self._good}", id_=f"good{self._good}",
                            offence="burglary", force="Example", reference="EX/1")  # fmt: skip
        return json.dumps(opened).encode()

    def publish(self, bodies: Sequence[bytes]) -> None:
        """Put entries into the stream."""
        for body in bodies:
            self.client.xadd(STREAM, {"event": body})

    def step(self) -> int:
        """Take one batch in and plan what it brought; return how many entries it had."""
        taken = self._queue.step(self._handle)
        for case_id in self.path.unplanned_cases():
            self.path.plan([case_id], NOW)
        return taken

    def _handle(self, documents: Sequence[str]) -> list[Rejected]:
        taken = self.path.take_in(documents, NOW, door="queue")
        answers = zip(documents, taken, strict=True)
        return [Rejected(text, one.reason or "") for text, one in answers if one.outcome is Outcome.REFUSED]

    def left(self) -> int:
        """Return how many entries are in the stream still."""
        return int(self.client.xlen(STREAM))

    def lost(self) -> int:
        """Return how many of the good events are not stored and planned."""
        with self.path.store.begin() as tx:
            planned = (
                table.c.event_id.like("good%") & table.c.planned_at.is_not(None) & table.c.problem.is_(None)
            )
            return self._good - int(tx.all(select(func.count()).where(planned))[0][0])

    def reasons(self) -> list[str]:
        """Return every reason kept of a refusal, or of an event set aside."""
        with self.path.store.begin() as tx:
            kept = [row.reason for row in tx.all(select(rejections.c.reason))]
            return kept + [row.problem for row in events.with_problems(tx)]


@pytest.fixture
def consumer(redis_url: str, database_url: str) -> Iterator[Consumer]:
    logs = StringIO()
    handler = logging.StreamHandler(logs)
    handler.setFormatter(PlainFormatter())
    logging.getLogger().addHandler(handler)
    try:
        with (
            a_store(database_url) as store,
            redis.Redis.from_url(redis_url) as client,
            closing(Path(store, POLICIES, Renderer(LONDON).render, fake_channels())) as path,
        ):
            yield Consumer(client, path, logs)
    finally:
        logging.getLogger().removeHandler(handler)


@given(bad=st.lists(broken_documents(), min_size=1, max_size=4))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
def test_neighbours_of_whatever_is_published_arrive(consumer: Consumer, bad: list[bytes]) -> None:
    batch = [consumer.good(), *bad, consumer.good()]
    consumer.publish(batch)
    assert consumer.step() == len(batch)
    assert consumer.left() == 0
    assert consumer.lost() == 0
    assert all(consumer.reasons())
    assert MARKER not in "".join(consumer.reasons()).lower()
    assert MARKER not in consumer.logs.getvalue().lower()


def test_the_marker_stands_where_persons_stand() -> None:
    whole = json.dumps([written("victim.registered"), written("case.opened"), written("case.party_recorded")])
    assert whole.count(MARKER) > 10, "the test above would prove nothing"


def test_giants_are_refused_by_size_a_few_at_a_time(consumer: Consumer) -> None:
    giants = [b'{"id": "' + b"x" * 10_000_000 + b'%d"}' % number for number in range(25)]
    consumer.publish([consumer.good(), *giants, consumer.good()])
    taken = [consumer.step() for _ in range(3)]
    assert sum(taken) == len(giants) + 2
    assert max(taken) <= 10, "so many are in memory, whatever their size"
    assert (consumer.left(), consumer.lost()) == (0, 0)
    assert sum("larger than 262,144 bytes" in reason for reason in consumer.reasons()) == len(giants)
    rejected: Any = consumer.client.xrange(f"{STREAM}.rejected")
    assert max(len(fields[b"event"]) for _, fields in rejected) < 10_000
