"""RabbitMQ as the broker, in place of Redis. Events and facts go through Redis still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dramatiq import Message
from dramatiq.errors import BrokerConnectionError
from dramatiq.middleware import Middleware

from notifier.errors import SettingsError
from workers.broker import BrokerAway, WakeUps

try:
    import pika
    from dramatiq.brokers.rabbitmq import RabbitmqBroker
except ImportError:
    raise SettingsError("NOTIFIER_BROKER_URL names a RabbitMQ: install notifier[rabbitmq] for it") from None


def make_rabbitmq_broker(url: str, middleware: list[Middleware]) -> WakeUps:
    """Return a broker on the RabbitMQ at ``url``; nothing is connected yet."""
    # Confirmed: otherwise one that nobody takes is lost unseen, and what stands there is counted late.
    return _RabbitmqWakeUps(url=url, middleware=middleware, confirm_delivery=True)


class _RabbitmqWakeUps(RabbitmqBroker, WakeUps):
    def enqueue(self, message: Message[None], *, delay: int | None = None) -> Message[None]:
        """Have somebody woken; raises :class:`BrokerAway`."""
        with _answering():
            return super().enqueue(message, delay=delay)

    def waiting(self, queue: str) -> int:
        """Return how many wake-ups stand in ``queue``; raises :class:`BrokerAway`.

        RabbitMQ hands what a worker had taken when it was killed to another one.
        """
        with _answering():
            self.declare_queue(queue, ensure=True)
            try:
                return int(self.channel.queue_declare(queue, passive=True).method.message_count)
            except pika.exceptions.AMQPError:
                # The next one who asks makes a new connection.
                del self.connection
                raise


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (BrokerConnectionError, pika.exceptions.AMQPError, OSError) as problem:
        # The type only: a driver's text may quote an address with a password.
        name = type(problem).__name__
        raise BrokerAway(
            f"RabbitMQ does not answer ({name}): start it, or correct NOTIFIER_BROKER_URL"
        ) from None
