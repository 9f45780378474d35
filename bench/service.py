"""Notifier as its users run it: each role a process of its own. It is known by its doors alone."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import redis

from bench.machine import Ground, processor_seconds_of
from notifier.embedded import free_port
from notifier.publishing import publish_lines
from notifier.store.cipher import Cipher
from notifier.store.database import Store
from notifier.supervisor import ROLES, Supervisor
from tests.e2e.service import others

ACCOUNT, TOKEN = "AC" + "0" * 32, "token-of-the-bench"
SECRET_KEY = "only-for-the-bench-" + "x" * 32
DATA_KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
STREAM = "case-events"
START = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)  # a Wednesday morning: everything may be sent at once
_LONGEST_SECONDS = 3600
_LOOK_SECONDS = 0.05
_READY_SECONDS = 60
# A force of this size sets such a limit; the count itself is made, as it always is.
_POLICY = "[breaker]\nhourly_notices = 10_000_000\n"


@dataclass(frozen=True, slots=True)
class Stub:
    """The provider in its own process."""

    url: str

    def stats(self) -> dict[str, Any]:
        """Return its counters."""
        return dict(self._get("/stats"))

    def log(self, start: int = 0) -> list[tuple[str, float]]:
        """Return number and time (seconds since 1970) of every message after the first ``start``."""
        return [(number, at) for number, at in self._get(f"/log?from={start}")]

    def wait(self, name: str, count: int) -> None:
        """Wait until a counter reaches ``count``; raises ``AssertionError`` where it stands still."""
        seen, since = -1, time.monotonic()
        while (now := int(self.stats()[name])) < count:
            if now != seen:
                seen, since = now, time.monotonic()
            assert time.monotonic() - since < _STANDSTILL_SECONDS, f"{name} stands still at {now} of {count}"
            time.sleep(_LOOK_SECONDS)

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)


_STANDSTILL_SECONDS = 60


@contextmanager
def stub() -> Iterator[Stub]:
    """Run the SMS provider."""
    command = [sys.executable, "-m", "bench.stub", "--account", ACCOUNT, "--token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Stub(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()


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
    twilio_url: str,
    *,
    roles: Iterable[str] = ROLES,
    start: datetime = START,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """Run ``roles`` with a clock that stood at ``start`` now; the tables must be there."""
    wanted = {role: ROLES[role] for role in roles}
    logs = Path(tempfile.mkdtemp(prefix="logs-", dir=ground.home))
    environment = {**others(), **_environment(ground, twilio_url, start), **(settings or {})}
    with Supervisor(environment, wanted, log_dir=logs) as supervisor:
        wait_for("every role is ready", lambda: all(is_ready(logs, role) for role in wanted), _READY_SECONDS)
        yield Service(ground, supervisor, tuple(wanted))


def is_ready(logs: Path, role: str) -> bool:
    """Tell whether a role has logged that it is ready."""
    log = logs / f"{role}.log"
    return log.exists() and "is ready" in log.read_text()


def wait_for(what: str, holds: Callable[[], bool], seconds: float = _LONGEST_SECONDS) -> None:
    """Wait until something holds; raises ``AssertionError`` naming what did not."""
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, f"not within {seconds} s: {what}"
        time.sleep(_LOOK_SECONDS)


def _environment(ground: Ground, twilio_url: str, start: datetime) -> dict[str, str]:
    port = free_port()
    policy = ground.home / "policy.toml"
    policy.write_text(_POLICY)
    return {
        "NOTIFIER_HOME": str(ground.home),
        "NOTIFIER_DATABASE_URL": ground.database_url,
        "NOTIFIER_REDIS_URL": ground.redis_url,
        "NOTIFIER_SECRET_KEY": SECRET_KEY,
        "NOTIFIER_DATA_KEYS": DATA_KEY,
        "NOTIFIER_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "NOTIFIER_HTTP_PORT": str(port),
        "NOTIFIER_POLICY_FILE": str(policy),
        "NOTIFIER_GAP_MINUTES": "0",
        "NOTIFIER_TWILIO_ACCOUNT_SID": ACCOUNT,
        "NOTIFIER_TWILIO_AUTH_TOKEN": TOKEN,
        "NOTIFIER_TWILIO_FROM": "+441632960000",
        "NOTIFIER_TWILIO_BASE_URL": twilio_url,
        "NOTIFIER_LETTER_DIR": str(ground.home / "letters"),
        "NOTIFIER_CLOCK_EPOCH_REAL": datetime.now(UTC).isoformat(),
        "NOTIFIER_CLOCK_EPOCH_VIRTUAL": (start + timedelta(minutes=1)).isoformat(),
    }
