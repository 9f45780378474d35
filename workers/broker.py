"""dramatiq's broker: it only wakes workers up; nothing that must not be lost is in it."""

from __future__ import annotations

import redis
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import ShutdownNotifications

URGENT, PLANNING, ASKING = "urgent", "planning", "asking"
QUEUES = (URGENT, "routine", "bulk")
"""Those by which notices are sent; each has threads of its own, wherever it is served."""
SERVED_WITH = {URGENT: (PLANNING, ASKING)}
"""What the workers of a queue do besides, by threads of its own: a provider that hangs stops no planning."""
_NAMESPACE = "notifier"
# Its maintenance would hand a dead worker's messages out again, at a random time. The sweep does that.
_ALMOST_NEVER = 1_000_000
_WAIT_SECONDS = 1.0  # then a worker looks whether it is to stop
# Another worker was faster, or this one has its hands full.
_LOOK_AGAIN_MILLISECONDS = 20


class _Consumer(_RedisConsumer):
    """Waits in Redis until there is a wake-up.

    dramatiq asks again and again, which makes every wake-up wait, and took an idle worker 6 % of a processor
    at 20 milliseconds.
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


class _Broker(RedisBroker):
    @property
    def consumer_class(self) -> type[_Consumer]:
        """What takes wake-ups from a queue."""
        return _Consumer

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Return what takes wake-ups from a queue; where it got none it looks again soon, then waits."""
        return super().consume(queue_name, prefetch, _LOOK_AGAIN_MILLISECONDS)


def make_broker(redis_url: str) -> RedisBroker:
    """Return a broker on the Redis at ``redis_url``.

    There is no retry middleware: retries are in the database, where a Redis that fails cannot lose them.
    """
    return _Broker(  # type: ignore[no-untyped-call]  # dramatiq's, without types
        url=redis_url,
        namespace=_NAMESPACE,
        maintenance_chance=_ALMOST_NEVER,
        middleware=[ShutdownNotifications()],
    )


def waiting(broker: RedisBroker, queue: str) -> int:
    """Return how many wake-ups stand in ``queue`` that nobody took yet.

    What a worker had taken when it was killed stays in Redis for good: it is not waited for.
    """
    return int(broker.client.llen(_key(queue)))


def _key(queue: str) -> str:
    return f"{_NAMESPACE}:{queue}"
