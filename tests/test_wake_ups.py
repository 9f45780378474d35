"""Wake-ups that nobody will ever take, because who had them was killed, hold up no others."""

from __future__ import annotations

import dramatiq
import pytest
from dramatiq.brokers.redis import RedisBroker

from workers.broker import WakeUps, make_broker

QUEUE = "routine"


@pytest.fixture
def broker(redis_url: str) -> WakeUps:
    return make_broker(redis_url)


def wake(broker: WakeUps, times: int) -> None:
    actor = dramatiq.actor(broker=broker, queue_name=QUEUE, actor_name="nothing")(lambda: None)
    for _ in range(times):
        actor.send()


def test_wake_ups_that_nobody_took_are_counted(broker: WakeUps) -> None:
    assert broker.waiting(QUEUE) == 0
    wake(broker, 3)
    assert broker.waiting(QUEUE) == 3


def test_what_a_worker_had_when_it_was_killed_is_not_waited_for(broker: WakeUps) -> None:
    wake(broker, 3)
    assert isinstance(broker, RedisBroker)
    assert len(broker.do_fetch(QUEUE, 2)) == 2  # and then it is killed: nothing is acknowledged
    assert broker.waiting(QUEUE) == 1
