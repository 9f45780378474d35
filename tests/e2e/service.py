"""The whole service as its users run it: every role a process of its own, over real servers and peers."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import redis
from sqlalchemy import func, select

from notifier.clock import Clock
from notifier.embedded import EmbeddedRedis, free_port
from notifier.peers import smtp, twilio
from notifier.peers.smtp import SmtpPeer
from notifier.peers.twilio import TwilioPeer
from notifier.publishing import publish_lines
from notifier.store.cipher import Cipher
from notifier.store.database import Store
from notifier.store.tables import attempts, escalations, events, notices
from notifier.supervisor import Supervisor

SECRET_KEY = "only-for-the-tests-" + "x" * 32
DATA_KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
STREAM = "case-events"
_ACCOUNT, _TOKEN = "AC" + "0" * 32, "token-of-the-tests"
_ON_THE_WAY = ("planned", "sending", "sent")
Supervise = Callable[[Mapping[str, str], Path], Supervisor]


def every_role(environment: Mapping[str, str], log_dir: Path) -> Supervisor:
    """Return what runs each role once, as `notifier run` does."""
    return Supervisor(environment, log_dir=log_dir)


@dataclass
class Service:
    """A running service; ``start`` is where its virtual clock began."""

    redis: EmbeddedRedis
    sms: TwilioPeer
    mail: SmtpPeer
    store: Store
    cipher: Cipher
    supervisor: Supervisor
    clock: Clock
    home: Path
    web: str
    database_url: str
    restarted: list[str] = field(default_factory=list)

    def publish(self, documents: Sequence[dict[str, Any]]) -> None:
        """Put events into the stream."""
        with redis.Redis.from_url(self.redis.url) as client:
            publish_lines(client, STREAM, (json.dumps(document) for document in documents))

    def wait(self, what: str, holds: Callable[[], bool], seconds: float = 120) -> None:
        """Wait until something holds, or fail saying what did not."""
        give_up = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < give_up, f"not within {seconds} s: {what}; {self.states()}"
            time.sleep(0.1)

    def taken_in(self) -> int:
        """Return how many events are in the database."""
        with self.store.begin() as tx:
            return int(tx.all(select(func.count()).select_from(events))[0][0])

    def states(self) -> dict[str, dict[str, int]]:
        """Return how many notices and attempts are in each state."""
        counted = {}
        with self.store.begin() as tx:
            for table in (notices, attempts):
                query = select(table.c.state, func.count().label("number")).group_by(table.c.state)
                counted[table.name] = {row.state: row.number for row in tx.all(query)}
        return counted

    def all_planned(self) -> bool:
        """Tell whether every event was planned."""
        with self.store.begin() as tx:
            waiting = select(events.c.pk).where(events.c.planned_at.is_(None))
            return tx.first(waiting) is None

    def at_rest(self) -> bool:
        """Tell whether nothing is on its way any more."""
        states = self.states()
        moving = set(states["notices"]) & set(_ON_THE_WAY)
        return self.all_planned() and not moving and "dispatching" not in states["attempts"]

    def unsettled(self) -> bool:
        """Tell whether a sending's outcome is still to be found out."""
        asking = (attempts.c.state == "unknown") & attempts.c.check_at.is_not(None)
        with self.store.begin() as tx:
            query = select(attempts.c.pk).where(asking | (attempts.c.state == "dispatching"))
            return tx.first(query) is not None

    def escalated(self) -> set[tuple[int, int]]:
        """Return case and victim of the open escalations."""
        with self.store.begin() as tx:
            rows = tx.all(select(escalations).where(escalations.c.resolved_at.is_(None)))
        return {(row.case_pk, row.victim_pk) for row in rows}


@contextmanager
def running(
    home: Path,
    database_url: str,
    *,
    start: datetime,
    speed: float,
    lease_seconds: int = 60,
    sms: Callable[[str], twilio.Behaviour] = lambda number: twilio.ACCEPT,
    mail: Callable[[str], smtp.Behaviour] = lambda address: smtp.ACCEPT,
    settings: Mapping[str, str] | None = None,
    supervise: Supervise = every_role,
) -> Iterator[Service]:
    """Run the service with its clock ``speed`` times as fast, from ``start``.

    ``settings`` come on top of the usual ones; ``supervise`` makes what runs the roles.
    """
    cipher = Cipher([DATA_KEY], SECRET_KEY)
    store = Store(database_url, cipher)
    store.upgrade()
    clock = Clock(datetime.now(UTC), start, speed)
    port = free_port()
    web = f"http://127.0.0.1:{port}"
    with (
        closing(store),
        EmbeddedRedis(home / "redis") as server,
        TwilioPeer(_ACCOUNT, _TOKEN, behaviour=sms, clock=clock.now) as twilio_peer,
        SmtpPeer(
            bounce_url=f"{web}/receipts/email", secret=SECRET_KEY, behaviour=mail, clock=clock.now
        ) as smtp_peer,
    ):
        environment = {
            "NOTIFIER_HOME": str(home),
            "NOTIFIER_DATABASE_URL": database_url,
            "NOTIFIER_REDIS_URL": server.url,
            "NOTIFIER_SECRET_KEY": SECRET_KEY,
            "NOTIFIER_DATA_KEYS": DATA_KEY,
            "NOTIFIER_PUBLIC_URL": web,
            "NOTIFIER_HTTP_PORT": str(port),
            "NOTIFIER_GAP_MINUTES": "0",
            "NOTIFIER_LEASE_SECONDS": str(lease_seconds),
            "NOTIFIER_TWILIO_ACCOUNT_SID": _ACCOUNT,
            "NOTIFIER_TWILIO_AUTH_TOKEN": _TOKEN,
            "NOTIFIER_TWILIO_FROM": "+441632960000",
            "NOTIFIER_TWILIO_BASE_URL": twilio_peer.url,
            "NOTIFIER_SMTP_HOST": smtp_peer.host,
            "NOTIFIER_SMTP_PORT": str(smtp_peer.port),
            "NOTIFIER_SMTP_TLS": "none",
            "NOTIFIER_MAIL_FROM": "updates@police.example",
            "NOTIFIER_BOUNCE_DOMAIN": "bounces.police.example",
            "NOTIFIER_LETTER_DIR": str(home / "letters"),
            "NOTIFIER_CLOCK_EPOCH_REAL": clock.epoch_real.isoformat(),
            "NOTIFIER_CLOCK_EPOCH_VIRTUAL": clock.epoch_virtual.isoformat(),
            "NOTIFIER_CLOCK_SPEED": str(speed),
            **(settings or {}),
        }
        logs = home / "logs"
        logs.mkdir(exist_ok=True)
        with supervise({**others(), **environment}, logs) as supervisor:
            service = Service(
                server, twilio_peer, smtp_peer, store, cipher, supervisor, clock, home, web, database_url
            )
            with _kept_running(service):
                yield service


@contextmanager
def _kept_running(service: Service) -> Iterator[None]:
    """Start roles again that end, as `notifier run` does."""
    stop = Event()

    def watch() -> None:
        while not stop.wait(0.2):
            service.restarted += service.supervisor.restart_ended()

    thread = Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def role_logs(home: Path) -> str:
    """Return everything that the roles logged."""
    return "\n".join(path.read_text() for path in sorted((home / "logs").glob("*.log")))


def others() -> dict[str, str]:
    """Return what is in this environment apart from settings of the service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NOTIFIER_")}
