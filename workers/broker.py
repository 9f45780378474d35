"""dramatiq's broker: it only wakes workers up; nothing that must not be lost is in it."""

from __future__ import annotations

from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import ShutdownNotifications

URGENT, PLANNING, ASKING = "urgent", "planning", "asking"
QUEUES = (URGENT, "routine", "bulk")
"""Those by which notices are sent; each has threads of its own, wherever it is served."""
SERVED_WITH = {URGENT: (PLANNING, ASKING)}
"""What the workers of a queue do besides, by threads of its own: a provider that hangs stops no planning."""
_NAMESPACE = "notifier"
# Its maintenance would hand a dead worker's messages out again, at a random time. The sweep does that.
_ALMOST_NEVER = 1_000_000


def make_broker(redis_url: str) -> RedisBroker:
    """Return a broker on the Redis at ``redis_url``.

    There is no retry middleware: retries are in the database, where a Redis that fails cannot lose them.
    """
    return RedisBroker(
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
