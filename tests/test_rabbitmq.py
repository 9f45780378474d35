"""RabbitMQ wakes the workers in place of Redis: the real one, where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import dramatiq
import pytest

from notifier.embedded import free_port
from tests.chaos.audit import audit
from tests.chaos.scene import at_rest
from tests.e2e.events import cases
from tests.e2e.service import running
from tests.rabbitmq import RabbitMq, installed
from workers.broker import BrokerAway, WakeUps, make_broker

START = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)  # a Tuesday, in working hours
QUEUE = "routine"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RabbitMq]:
    program = installed()
    if program is None:
        pytest.skip("RabbitMQ is not installed: what it does as the broker is left out")
    home = tmp_path / "rabbitmq"
    home.mkdir()
    with RabbitMq(program, home) as started:
        yield started


def test_wake_ups_are_counted_until_somebody_takes_them(server: RabbitMq) -> None:
    with closing(make_broker(server.url)) as broker:
        wake_and_count(broker)


def wake_and_count(broker: WakeUps) -> None:
    woken: list[int] = []
    actor = dramatiq.actor(broker=broker, queue_name=QUEUE, actor_name="note")(woken.append)
    assert broker.waiting(QUEUE) == 0
    for number in range(3):
        actor.send(number)
    assert broker.waiting(QUEUE) == 3
    worker = dramatiq.Worker(broker, worker_timeout=100, worker_threads=1)
    worker.start()
    broker.join(QUEUE, timeout=10_000)
    worker.stop()
    assert sorted(woken) == [0, 1, 2]


def test_one_that_is_away_is_named_without_its_password() -> None:
    broker = make_broker(f"amqp://user:very-secret@127.0.0.1:{free_port()}/")
    with pytest.raises(BrokerAway, match="RabbitMQ does not answer") as refused:
        broker.waiting(QUEUE)
    assert "very-secret" not in str(refused.value)


def test_everything_is_told_though_it_is_killed_on_the_way(server: RabbitMq, tmp_path: Path) -> None:
    events = list(cases(20, START, news=3))
    settings = {"NOTIFIER_BROKER_URL": server.url}
    with running(
        tmp_path, f"sqlite:///{tmp_path / 'n.db'}", start=START, speed=600, settings=settings
    ) as service:
        service.publish(events[:50])
        service.wait("the first messages went out", lambda: bool(service.sms.messages))
        server.kill()
        service.publish(events[50:])
        service.wait("every event is taken in", lambda: service.taken_in() == len(events))
        server.start()
        service.wait("everything is with a provider", lambda: at_rest(service))
        assert "worker-routine" not in service.restarted
    found = audit(service, events)
    service.store.close()
    assert (found.lost, found.doubled, found.with_person) == ([], [], 0)
