"""dramatiq's broker: it only wakes workers up; nothing that must not be lost is in it."""

from __future__ import annotations

from abc import abstractmethod

import redis
from dramatiq.broker import Broker, Consumer, MessageProxy
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import Middleware, ShutdownNotifications

from notifier.errors import Unreachable
from notifier.settings import RABBITMQ

URGENT, PLANNING, ASKING, BULK = "urgent", "planning", "asking", "bulk"
QUEUES = (URGENT, "routine", BULK)
"""Those by which notices are sent; each has threads of its own, wherever it is served."""
SERVED_WITH = {URGENT: (PLANNING, ASKING)}
"""What the workers of a queue do besides, by threads of its own: a provider that hangs stops no planning."""
_NAMESPACE = "notifier"
# Its maintenance would hand a dead worker's messages out again, at a random time. The sweep does that.
_ALMOST_NEVER = 1_000_000
_WAIT_SECONDS = 1.0  # then a worker looks whether it is to stop
# Another worker was faster, or this one has its hands full.
_LOOK_AGAIN_MILLISECONDS = 20


class BrokerAway(Unreachable):
    """Nobody can be woken; what is due is in the database and found by the next sweep."""


class WakeUps(Broker):
    """A broker that can be asked how much waits in it."""

    @abstractmethod
    def waiting(self, queue: str) -> int:
        """Return how many wake-ups stand in ``queue`` that nobody took yet."""


class _Consumer(_RedisConsumer):
    """Waits in Redis until there is a wake-up.

    dramatiq asks again and again: that makes each wake-up wait, and took an idle worker for urgent news 3 %
    of a processor; this takes 0.4.
    """

    def __next__(self) -> MessageProxy | None:
        if not self.message_cache and self.outstanding_message_count < self.prefetch:
            queue = _key(self.queue_name)
            try:
                # To where it is: it comes back when the list holds something, and takes nothing out.
                self.broker.client.blmove(queue, queue, _WAIT_SECONDS, "LEFT", "LEFT")
            except redis.ConnectionError as problem:
                raise ConnectionClosed(problem) from None
        message: MessageProxy | None = super().__next__()  # type: ignore[no-untyped-call]
        return message


class _RedisWakeUps(RedisBroker, WakeUps):
    @property
    def consumer_class(self) -> type[_Consumer]:
        """What takes wake-ups from a queue."""
        return _Consumer

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Return what takes wake-ups from a queue; where it got none it looks again soon, then waits."""
        return super().consume(queue_name, prefetch, _LOOK_AGAIN_MILLISECONDS)

    def waiting(self, queue: str) -> int:
        """Return how many wake-ups stand in ``queue``.

        What a worker had taken when it was killed stays in Redis for good: it is not waited for.
        """
        return int(self.client.llen(_key(queue)))


def make_broker(url: str) -> WakeUps:
    """Return a broker on the Redis or RabbitMQ at ``url``; raises ``SettingsError`` without its driver.

    There is no retry middleware: retries are in the database, where a broker that fails cannot lose them.
    """
    middleware: list[Middleware] = [ShutdownNotifications()]
    if url.startswith(RABBITMQ):
        # Here, because its driver is needed by nobody else.
        from workers.rabbitmq import make_rabbitmq_broker

        return make_rabbitmq_broker(url, middleware)
    return _RedisWakeUps(  # type: ignore[no-untyped-call]  # dramatiq's, without types
        url=url, namespace=_NAMESPACE, maintenance_chance=_ALMOST_NEVER, middleware=middleware
    )


def _key(queue: str) -> str:
    return f"{_NAMESPACE}:{queue}"
