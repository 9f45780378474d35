"""Fixtures over real servers, and the guard that keeps every test on this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import redis
from sqlalchemy import make_url

from notifier.embedded import EmbeddedRedis
from tests.servers import (
    NoPostgres,
    Postgres,
    packaged_binaries,
    postgres_server,
    running_postgres,
    system_binaries,
)

_GIVEN_POSTGRES = "NOTIFIER_TEST_POSTGRES_URL"
_NO_POSTGRES = f"no PostgreSQL for the tests: `make test` installs one, or give {_GIVEN_POSTGRES}"


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    """Refuse every connection beyond this machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield


def _guarded(original: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        if self.family != socket.AF_UNIX and not _is_loopback(arguments[-1][0]):
            raise PermissionError("a test tried to leave this machine; start a peer on 127.0.0.1 instead")
        return original(self, *arguments)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own ``NOTIFIER_`` variables must not change what a test sees."""
    for name in list(os.environ):
        if name.startswith("NOTIFIER_") and name != _GIVEN_POSTGRES:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def redis_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Redis for the whole run; use ``redis_url``."""
    with EmbeddedRedis(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture
def redis_url(redis_of_the_tests: str) -> str:
    """A Redis with nothing in it."""
    with redis.Redis.from_url(redis_of_the_tests) as client:
        client.flushall()
    return redis_of_the_tests


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server's ``postgres`` database, for the whole run; a test that has none fails."""
    if given := os.environ.get(_GIVEN_POSTGRES):
        yield make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    binaries = system_binaries() or packaged_binaries()
    if binaries is None:
        pytest.fail(_NO_POSTGRES, pytrace=False)
    try:
        with postgres_server(binaries) as url:
            yield url
    except NoPostgres as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of the test's own, for it is stopped or restarted."""
    binaries = system_binaries() or packaged_binaries()
    assert binaries is not None
    with running_postgres(binaries) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'notifier.db'}"
        return
    with fresh_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
def postgres_database_url(postgres_url: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, for what only PostgreSQL does."""
    with fresh_database(postgres_url) as url:
        yield url


@contextmanager
def fresh_database(server: str, copy_of: str | None = None) -> Iterator[str]:
    """Give a new database on a server: an empty one, or a copy of another that nobody uses meanwhile."""
    url = make_url(server)
    name = f"test_{uuid4().hex}"
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{copy_of}"' if copy_of else ""))
        yield url.set(database=name).render_as_string(hide_password=False)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
