"""The roles: each a loop that ends when it is asked to, after what it has in hand."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from functools import partial
from queue import SimpleQueue
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING

import dramatiq
import redis

from notifier.environment import PREFIX, read_environment
from notifier.errors import NotifierError, SettingsError, Unreachable
from notifier.event_queue import EventQueue, Rejected, run_intake
from notifier.facts import publish_facts
from notifier.intake import Outcome
from notifier.mail.desk import MailDesk
from notifier.mail.imap_in import watch_mailbox
from notifier.mail.settings import MailInSettings
from notifier.records import ChannelName, Receipt, Reply
from notifier.store import rejections
from notifier.wiring import Services, redis_client
from workers.actors import make_actors
from workers.broker import BULK, SERVED_WITH, WakeUps, make_broker
from workers.counting import counting
from workers.schedule import run_scheduler

if TYPE_CHECKING:
    from uvicorn import Server

_log = logging.getLogger(__name__)
_THREADS = 4
_GIVES_WAY = 10  # a morning's updates, to news: on a machine with few processors they would share it evenly
_IDLE_MILLISECONDS = 1_000  # then a thread looks whether it is to end
_FINISH_MILLISECONDS = 15_000
_FINISH_SECONDS = 10


@contextmanager
def stop_on_signals() -> Iterator[Event]:
    """Give an event that SIGTERM or Ctrl-C sets, in place of ending the process at once."""
    stop, asked = Event(), SimpleQueue[None]()

    def ask(_number: int, _frame: FrameType | None) -> None:
        # To set the event here could wait for ever: the thread that is interrupted may hold its lock.
        asked.put(None)

    def pass_on() -> None:
        asked.get()
        stop.set()

    Thread(target=pass_on, daemon=True).start()
    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def reachable_redis(url: str) -> redis.Redis:
    """Return a client of the Redis at ``url``; raises :class:`Unreachable` where it does not answer."""
    client = redis_client(url)
    try:
        client.ping()
    except redis.RedisError as problem:
        # The type only: a driver's text may quote an address with a password.
        name = type(problem).__name__
        raise Unreachable(
            f"Redis does not answer ({name}): start it, or correct NOTIFIER_REDIS_URL"
        ) from None
    return client


def run_intake_role(services: Services, redis_url: str, stop: Event) -> None:
    """Take events from the stream into the database until ``stop`` is set."""
    path, clock = services.path, services.clock
    with reachable_redis(redis_url) as client:
        actors = make_actors(_broker(services, redis_url), path, clock)

        def handle(documents: Sequence[str]) -> list[Rejected]:
            taken = path.take_in(documents, clock.now(), door="queue")
            actors.wake_planning(sorted({one.case_id for one in taken if one.case_id is not None}))
            answers = zip(documents, taken, strict=True)
            refused = [(text, one.reason) for text, one in answers if one.outcome is Outcome.REFUSED]
            return [Rejected(text, reason or "") for text, reason in refused]

        consumer = f"{socket.gethostname()}-{os.getpid()}"
        queue = EventQueue(client, services.settings.event_stream, consumer)
        _log.info("intake is ready")
        run_intake(queue, handle, stop)


def run_worker_role(services: Services, redis_url: str, queues: Sequence[str], stop: Event) -> None:
    """Do what wake-ups on ``queues`` ask for, each queue by threads of its own, until ``stop`` is set."""
    if set(queues) == {BULK}:
        os.nice(_GIVES_WAY)
    with reachable_redis(redis_url):
        served = [name for queue in queues for name in (queue, *SERVED_WITH.get(queue, ()))]
        working = [_worker(services, redis_url, name) for name in served]
        _log.info("the worker is ready", extra={"queues": ",".join(queues)})
        stop.wait()
        with ThreadPoolExecutor(len(working)) as stopping:
            list(stopping.map(_finish, working))


def _broker(services: Services, redis_url: str) -> WakeUps:
    return make_broker(services.settings.broker_url or redis_url)


def _finish(worker: dramatiq.Worker) -> None:
    worker.stop(timeout=_FINISH_MILLISECONDS)


def _worker(services: Services, redis_url: str, queue: str) -> dramatiq.Worker:
    """Start a worker of its own for a queue: a full one must not take the threads of the others."""
    broker = _broker(services, redis_url)
    make_actors(broker, services.path, services.clock)
    worker = dramatiq.Worker(
        broker, queues={queue}, worker_timeout=_IDLE_MILLISECONDS, worker_threads=_THREADS
    )
    worker.start()
    return worker


def run_scheduler_role(services: Services, redis_url: str, stop: Event) -> None:
    """Find what is due and publish facts until ``stop`` is set."""
    with reachable_redis(redis_url) as client, counting(services, stop):
        actors = make_actors(_broker(services, redis_url), services.path, services.clock)
        _log.info("the scheduler is ready")
        run_scheduler(
            actors, partial(publish_facts, services.store, client, services.settings.fact_stream), stop
        )


def run_web_role(services: Services, stop: Event) -> None:
    """Serve the HTTP doors until ``stop`` is set; requests in hand are answered first."""
    # Here, because the other roles start faster without a web framework.
    import uvicorn

    from notifier.web.app import create_app

    settings = services.settings
    config = uvicorn.Config(
        create_app(services),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )
    server = uvicorn.Server(config)
    with _listening(settings.http_host, settings.http_port, "HTTP_PORT") as listener:
        # It takes the signals over while it runs and hands them on at its end: one before that is ours.
        Thread(target=_end_with, args=(server, stop), daemon=True).start()
        _log.info("the web is ready", extra={"port": settings.http_port})
        server.run(sockets=[listener])


def run_mail_role(services: Services, stop: Event) -> None:
    """Take in what comes back by mail, bounces and replies, until ``stop`` is set.

    Raises :class:`SettingsError` where the settings name neither a port nor a mailbox.
    """
    # Here, because the other roles start faster without an SMTP server.
    from notifier.mail.smtp_in import serve_smtp

    settings = read_environment(MailInSettings)
    if settings.bounce_domain is None or not settings.hears_mail:
        raise SettingsError(
            f"no mail comes in: give {PREFIX}MAIL_IN_PORT or {PREFIX}IMAP_HOST, and {PREFIX}BOUNCE_DOMAIN"
        )
    desk = _mail_desk(services, settings.bounce_domain)
    doors: list[Callable[[], None]] = []
    with ExitStack() as stack:
        if settings.mail_in_port is not None:
            listener = _listening(settings.mail_in_host, settings.mail_in_port, "MAIL_IN_PORT")
            stack.enter_context(listener)
            doors.append(partial(serve_smtp, listener, desk, settings.mail_in_most_bytes, stop))
        if mailbox := settings.mailbox():
            doors.append(partial(watch_mailbox, mailbox, desk.take, settings.imap_poll_seconds, stop))
        _log.info("the mail is ready")
        _run_together(doors, stop)


def _mail_desk(services: Services, domain: str) -> MailDesk:
    path, clock = services.path, services.clock

    def receive(receipts: Sequence[Receipt]) -> None:
        path.receive(ChannelName.EMAIL, receipts, clock.now())

    def hear(replies: Sequence[Reply]) -> None:
        path.hear(replies, clock.now())

    def set_aside(raw: bytes, reason: str) -> None:
        with services.store.begin() as tx:
            rejections.add(tx, "mail", raw.decode(errors="backslashreplace"), reason, clock.now())

    return MailDesk(domain, receive, hear, set_aside)


def _run_together(doors: Sequence[Callable[[], None]], stop: Event) -> None:
    """Run each in a thread of its own; the end of one, whatever ends it, is the end of all."""

    def run(door: Callable[[], None]) -> None:
        try:
            door()
        finally:
            stop.set()

    with ThreadPoolExecutor(len(doors)) as threads:
        for ended in as_completed([threads.submit(run, door) for door in doors]):
            ended.result()


def _end_with(server: Server, stop: Event) -> None:
    stop.wait()
    server.should_exit = True


def _listening(host: str, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as problem:
        cause = errno.errorcode.get(problem.errno or 0, type(problem).__name__)
        raise NotifierError(
            f"port {port} of {host} cannot be used ({cause}): give another {PREFIX}{setting}"
        ) from None
