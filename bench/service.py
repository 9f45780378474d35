"""Notifier as its users run it: each role a process of its own. It is known by its doors alone."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import redis

from bench.machine import Ground, processor_seconds_of
from bench.settings import DATA_KEY, SECRET_KEY, START, STREAM
from notifier.publishing import publish_lines
from notifier.store.cipher import Cipher
from notifier.store.database import Store
from notifier.supervisor import ROLES, Supervisor
from tests.e2e.service import others

_LONGEST_SECONDS = 3600
_LOOK_SECONDS = 0.05
_READY_SECONDS = 60
_STANDSTILL_SECONDS = 120
_PUBLISHED_BEFORE = timedelta(minutes=1)
# A force of this size sets such a limit; the count itself is made, as it always is.
_POLICY = "[breaker]\nhourly_notices = 10_000_000\n"


def cipher() -> Cipher:
    """Return the cipher that the roles use."""
    return Cipher([DATA_KEY], SECRET_KEY)


@contextmanager
def store(ground: Ground) -> Iterator[Store]:
    """Yield the database with its tables."""
    opened = Store(ground.database_url, cipher())
    opened.upgrade()
    try:
        yield opened
    finally:
        opened.close()


@dataclass(frozen=True, slots=True)
class Service:
    """Running roles."""

    ground: Ground
    supervisor: Supervisor
    roles: tuple[str, ...]

    def publish(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Put events into the stream."""
        publish(self.ground.redis_url, documents)

    @property
    def processes(self) -> dict[str, int]:
        """Each role's process."""
        return {role: self.supervisor.pid(role) for role in self.roles}

    def used(self) -> dict[str, float]:
        """Return the processor seconds so far of each role, the database server and Redis."""
        return processor_seconds_of(self.ground.servers | self.processes)


def publish(redis_url: str, documents: Iterable[Mapping[str, Any]]) -> None:
    """Put events into the stream."""
    with redis.Redis.from_url(redis_url) as client:
        publish_lines(client, STREAM, (json.dumps(document) for document in documents))


@contextmanager
def running(
    ground: Ground,
    settings: Mapping[str, str],
    *,
    roles: Iterable[str] = ROLES,
    start: datetime = START,
    processes: int = 1,
) -> Iterator[Service]:
    """Run ``roles`` with a clock that stood at ``start`` a minute ago; the tables must be there.

    ``settings`` are those of the providers, ``processes`` is how many of each role but the web, whose port
    is one.
    """
    wanted = {role: ROLES[role] for role in roles}
    for number in range(2, processes + 1):
        wanted |= {f"{role}-{number}": ROLES[role] for role in roles if role != "web"}
    logs = Path(tempfile.mkdtemp(prefix="logs-", dir=ground.home))
    environment = {**others(), **_environment(ground, start), **settings}
    with Supervisor(environment, wanted, log_dir=logs) as supervisor:
        wait_for("every role is ready", lambda: all(_is_ready(logs, role) for role in wanted), _READY_SECONDS)
        yield Service(ground, supervisor, tuple(wanted))


def _is_ready(logs: Path, role: str) -> bool:
    log = logs / f"{role}.log"
    return log.exists() and "is ready" in log.read_text()


def wait_for(what: str, holds: Callable[[], bool], seconds: float = _LONGEST_SECONDS) -> None:
    """Wait until something holds; raises ``AssertionError`` naming what did not."""
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, f"not within {seconds} s: {what}"
        time.sleep(_LOOK_SECONDS)


def wait_for_count(what: str, read: Callable[[], int], count: int) -> None:
    """Wait until ``read`` gives ``count``; raises ``AssertionError`` where it stands still before."""
    seen, since = -1, time.monotonic()
    while (now := read()) < count:
        if now != seen:
            seen, since = now, time.monotonic()
        assert time.monotonic() - since < _STANDSTILL_SECONDS, f"{what}: {now} of {count}, and no more"
        time.sleep(_LOOK_SECONDS)


def _environment(ground: Ground, start: datetime) -> dict[str, str]:
    policy = ground.home / "policy.toml"
    policy.write_text(_POLICY)
    return {
        "NOTIFIER_HOME": str(ground.home),
        "NOTIFIER_DATABASE_URL": ground.database_url,
        "NOTIFIER_REDIS_URL": ground.redis_url,
        "NOTIFIER_SECRET_KEY": SECRET_KEY,
        "NOTIFIER_DATA_KEYS": DATA_KEY,
        "NOTIFIER_PUBLIC_URL": ground.web_url,
        "NOTIFIER_HTTP_PORT": str(ground.web_port),
        "NOTIFIER_POLICY_FILE": str(policy),
        "NOTIFIER_GAP_MINUTES": "0",
        "NOTIFIER_CLOCK_EPOCH_REAL": datetime.now(UTC).isoformat(),
        "NOTIFIER_CLOCK_EPOCH_VIRTUAL": (start + _PUBLISHED_BEFORE).isoformat(),
    }
