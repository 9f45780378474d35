"""One soak on stage: publish, break, sample, drain, stop, and audit."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import redis
from sqlalchemy import func, select

from notifier.errors import Unreachable
from notifier.store.tables import events, notices
from notifier.supervisor import Supervisor
from tests.chaos.scene import SPEED, START, asked, at_rest
from tests.e2e.service import Service, role_logs, running
from tests.servers import Postgres, fresh_database
from tests.soak.audit import Found, audit
from tests.soak.faults import EVERY_ROLE, FAULTS, Planned, Stage, waiting_events
from tests.soak.ledger import ledger
from tests.soak.memory import Growth, Memory
from tests.soak.publisher import Order, Publisher
from tests.soak.stubs import Stubs, stubs

_TICK_SECONDS = 0.5
_QUIET_SECONDS = 2.0  # between two looks whether everything is at rest
_LEASE_SECONDS = 30
_SETTINGS = {
    "NOTIFIER_BREAKER": "off",  # it holds what is unusually much, as all of this is
    "NOTIFIER_TWILIO_TIMEOUT_SECONDS": "4",
    "NOTIFIER_SMTP_TIMEOUT_SECONDS": "4",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is run: so many minutes at ``rate`` events a second, and its faults.

    ``drain_minutes`` is how long it may take afterwards until everything is at rest.
    """

    seed: int
    minutes: float
    rate: float
    faults: Sequence[Planned]
    drain_minutes: float = 15
    sample_seconds: float = 10

    @property
    def seconds(self) -> float:
        """How long events are published."""
        return self.minutes * 60


@dataclass(slots=True)
class Outcome:
    """What became of a run."""

    wanted: Wanted
    found: Found
    growths: list[Growth]
    faults: Counter[str]
    drained_after: float | None
    """Seconds from the last event until everything was at rest; ``None``: it never was."""

    @property
    def good(self) -> bool:
        """Whether nothing was lost or doubled without being known, and no memory grew."""
        flat = all(growth.flat is not False for growth in self.growths)
        return self.found.clean and flat and self.drained_after is not None


@dataclass
class Watch:
    """Looks after the run while it waits: memory at its times, and a line a minute."""

    service: Service
    stubs: Stubs
    memory: Memory
    sample_seconds: float
    say: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)
    faults: Counter[str] = field(default_factory=Counter)
    _sampled: float = 0.0
    _said: float = 0.0

    @property
    def at(self) -> float:
        """How many seconds into the run it is."""
        return time.monotonic() - self.began

    def wait(self, holds: Callable[[], bool], seconds: float, every: float = _TICK_SECONDS) -> bool:
        """Wait until something holds, for so many seconds at most; tell whether it did."""
        until = time.monotonic() + seconds
        while not (held := asked(holds)) and time.monotonic() < until:
            time.sleep(max(0.0, min(every, until - time.monotonic())))
            self._look()
        return held

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self.wait(lambda: False, seconds)

    def _look(self) -> None:
        if self.at - self._sampled >= self.sample_seconds:
            self._sampled = self.at
            self.memory.sample(self._pids(), self.at)
        if self.at - self._said >= 60:
            self._said = self.at
            self.say(self.line())

    def _pids(self) -> Mapping[str, int]:
        roles = {role: self.service.supervisor.pid(role) for role in EVERY_ROLE}
        return {**roles, **_redis_pid(self.service), "(the soak itself)": os.getpid()}

    def line(self) -> str:
        """Return how it stands."""
        told = ", ".join(f"{name} {times}" for name, times in self.faults.items()) or "none"
        return (
            f"minute {self.at / 60:.0f}: {_backlog(self.service)}; {self.stubs.log.count} messages; "
            f"{self.memory.now_mib:.0f} MiB; faults: {told}"
        )


def _redis_pid(service: Service) -> dict[str, int]:
    """Return the process of Redis, where it answers just now."""
    with redis.Redis.from_url(service.redis.url) as client, suppress(redis.RedisError):
        return {"Redis": int(client.info("server")["process_id"])}
    return {}


def _backlog(service: Service) -> str:
    try:
        published = waiting_events(service)
        unplanned = select(func.count()).where(events.c.planned_at.is_(None))
        moving = select(func.count()).where(notices.c.state.in_(("planned", "sending")))
        with service.store.begin() as tx:
            planning, sending = (tx.all(query)[0][0] for query in (unplanned, moving))
        return f"waiting: {published} events to be taken in, {planning} to be planned, {sending} notices"
    except (redis.RedisError, Unreachable):
        return "waiting: nobody knows, a server is away"


def soak(wanted: Wanted, postgres: Postgres, home: Path, say: Callable[[str], None]) -> Outcome:
    """Run one soak in the empty folder ``home`` and audit it; ``say`` hears a line a minute."""
    published = home / "published.log"
    memory = Memory(wanted.seconds)
    with fresh_database(postgres.url) as url, stubs(home) as providers:
        with _staged(home, url, providers) as service:
            order = _order(wanted, service, published)
            with Publisher(order) as publisher:
                watch = Watch(service, providers, memory, wanted.sample_seconds, say)
                _break(Stage(service, providers, publisher, postgres, watch.wait), watch, wanted)
                watch.wait(lambda: not publisher.running, wanted.drain_minutes * 60)
            ended = watch.at
            drained = watch.wait(
                lambda: _quiet(service, providers), wanted.drain_minutes * 60, _QUIET_SECONDS
            )
            drained_after = watch.at - ended if drained else None
        with ledger(home / "ledger.db") as known:
            known.read_published(published)
            known.read_received(home / "received.log")
            found = audit(service.store, service.cipher, known)
        service.store.close()
    return Outcome(wanted, found, memory.growths(), watch.faults, drained_after)


@contextmanager
def _staged(home: Path, url: str, providers: Stubs) -> Iterator[Service]:
    """Run the service with every role, the mail's too, and with the soak's own providers."""

    def supervise(environment: Mapping[str, str], log_dir: Path) -> Supervisor:
        return Supervisor(environment, EVERY_ROLE, log_dir)

    with running(
        home,
        url,
        start=START,
        speed=SPEED,
        lease_seconds=_LEASE_SECONDS,
        settings={**_SETTINGS, **providers.settings},
        supervise=supervise,
    ) as service:
        providers.clock = service.clock.now
        service.wait("every role is ready", lambda: role_logs(home).count("is ready") >= len(EVERY_ROLE))
        yield service


def _order(wanted: Wanted, service: Service, log: Path) -> Order:
    count = round(wanted.seconds * wanted.rate)
    return Order(wanted.seed, wanted.rate, count, service.clock.now(), service.redis.url, log)


def _break(stage: Stage, watch: Watch, wanted: Wanted) -> None:
    """Let each fault come at its time, one after the other."""
    for planned in wanted.faults:
        watch.pause(planned.at - watch.at)
        watch.faults[planned.name] += 1
        with FAULTS[planned.name](stage, planned):
            watch.pause(planned.seconds)


def _quiet(service: Service, providers: Stubs) -> bool:
    return waiting_events(service) == 0 and at_rest(service) and providers.idle
