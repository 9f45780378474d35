"""dramatiq's broker: it only wakes workers up; nothing that must not be lost is in it."""

from __future__ import annotations

from dramatiq.broker import Consumer
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import ShutdownNotifications

URGENT, PLANNING, ASKING = "urgent", "planning", "asking"
QUEUES = (URGENT, "routine", "bulk")
"""Those by which notices are sent; each has threads of its own, wherever it is served."""
SERVED_WITH = {URGENT: (PLANNING, ASKING)}
"""What the workers of a queue do besides, by threads of its own: a provider that hangs stops no planning."""
_NAMESPACE = "notifier"
# News waits twice on its way until an idle worker looks for wake-ups. A look costs processor time: it is rare
# where nothing hurries, and on the queues for delayed messages that dramatiq has and nobody uses.
_SOON_MILLISECONDS = 20
# Its maintenance would hand a dead worker's messages out again, at a random time. The sweep does that.
_ALMOST_NEVER = 1_000_000


class _Broker(RedisBroker):
    """Looks for wake-ups sooner where they may be urgent."""

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Return what takes wake-ups from a queue; an idle one looks every ``timeout`` milliseconds."""
        pause = _SOON_MILLISECONDS if queue_name in (URGENT, PLANNING) else timeout
        return super().consume(queue_name, prefetch, pause)


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
    return int(broker.client.llen(f"{_NAMESPACE}:{queue}"))
