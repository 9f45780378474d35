"""The operations room over real sockets: two forces' cases, and somebody signed in with each role."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import make_url

from notifier.clock import Clock
from notifier.path import Path
from notifier.rendering import Renderer
from notifier.settings import Settings
from notifier.store import accounts
from notifier.store.accounts import AccountRole
from notifier.store.database import Store
from notifier.wiring import Services
from tests.builders import POLICIES, a_cipher, a_store
from tests.conftest import fresh_database
from tests.fakes import FakeChannel, fake_channels
from tests.web.conftest import served
from tests.web.ops.world import NORTHMOOR, NOW, SOUTHMOOR, Force, have_some_fail, play

PASSWORD = "a password of the tests"
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""A light one: a real one takes long by intent, at each sign-in of each test."""
_FIELD = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@dataclass(frozen=True)
class Room:
    """A running operations room; :meth:`enter` signs somebody in with a browser of her own."""

    services: Services
    base_url: str
    channels: dict[Any, FakeChannel]

    @property
    def store(self) -> Store:
        """The database behind it."""
        return self.services.store

    @contextmanager
    def enter(self, role: str, force: Force | None = NORTHMOOR, name: str | None = None) -> Iterator[Browser]:
        """Give the browser of somebody with this role; ``None`` is every force."""
        name = name or f"{role} of {force.name if force else 'all'}"
        with self.store.begin() as tx:
            if accounts.named(tx, name) is None:
                accounts.add(
                    tx, name, AccountRole(role), NOW, force=force.name if force else None,
                    staff_id=f"{force.letter}-{role}" if force else None, password_hash=PASSWORD_HASH,
                )  # fmt: skip
        with httpx.Client(base_url=self.base_url, timeout=60, trust_env=False, follow_redirects=True) as http:
            browser = Browser(http)
            browser.sign_in(name)
            yield browser


class Browser:
    """Somebody's browser, without scripts: it follows where it is led, and sends the token of each page."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self._token = ""

    @property
    def token(self) -> str:
        """What a form of ours carries, as the page opened last had it."""
        return self._token

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in."""
        answer = self.http.post("/ops/sign-in", data={"name": name, "password": password})
        self._keep_token(answer)
        return answer

    def get(self, path: str, **query: Any) -> httpx.Response:
        """Open a page."""
        answer = self.http.get(path, params=query or None)
        self._keep_token(answer)
        return answer

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form of the page that was opened last, and open where it leads; a list is several fields."""
        answer = self.http.post(path, data={"csrf": self._token, **fields})
        self._keep_token(answer)
        return answer

    def _keep_token(self, answer: httpx.Response) -> None:
        found = _FIELD.search(answer.text)
        self._token = found[1] if found else self._token


@contextmanager
def running_room(
    store: Store,
    home: File,
    channels: dict[Any, FakeChannel],
    *,
    now: datetime = NOW,
    speed: float = 1,
    **settings: Any,
) -> Iterator[Room]:
    """Run the operations room over ``store`` at ``now``, on a clock that goes on from there.

    With a ``speed`` of 0 it stands still.
    """
    path = Path(store, POLICIES, Renderer(POLICIES.timezone).render, channels)
    given = Settings(_env_file=None, home=home, **settings)
    clock = Clock(datetime.now(UTC), now, speed)
    services = Services(given, clock, a_cipher(), store, POLICIES, dict(channels), path)
    try:
        with served(services) as http:
            yield Room(services, str(http.base_url), channels)
    finally:
        path.close()


@dataclass(frozen=True)
class Played:
    """A database with the cases of two forces, made once for many tests; each works on a copy."""

    url: str
    channels: dict[Any, FakeChannel]

    def copied_channels(self) -> dict[Any, FakeChannel]:
        """Return channels that remember what was sent, and still fail where they did."""
        channels = fake_channels()
        have_some_fail(channels, NORTHMOOR, SOUTHMOOR)
        for name, channel in channels.items():
            channel.sent.extend(self.channels[name].sent)
        return channels


def _played(url: str) -> Played:
    channels = fake_channels()
    with a_store(url) as store:
        path = Path(store, POLICIES, Renderer(POLICIES.timezone).render, channels)
        play(path, channels, NORTHMOOR, SOUTHMOOR)
        path.close()
    return Played(url, channels)


@pytest.fixture(scope="session")
def played_in_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The world as a file."""
    return _played(f"sqlite:///{tmp_path_factory.mktemp('world') / 'played.db'}")


@pytest.fixture(scope="session")
def played_in_postgresql(postgres_url: str) -> Iterator[Played]:
    """The world as a database that others are copied from."""
    with fresh_database(postgres_url) as url:
        yield _played(url)


@contextmanager
def copy_in_sqlite(played: Played, folder: File) -> Iterator[Room]:
    """Run the room over a copy of a file."""
    shutil.copy(str(make_url(played.url).database), folder / "copy.db")
    with _room_over(f"sqlite:///{folder / 'copy.db'}", folder, played) as running:
        yield running


@contextmanager
def _room_over(url: str, folder: File, played: Played) -> Iterator[Room]:
    store = Store(url, a_cipher())
    with closing(store), running_room(store, folder, played.copied_channels()) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: File) -> Iterator[Room]:
    """The room over each kind of database, with the cases of two forces."""
    played: Played = request.getfixturevalue(f"played_in_{request.param}")
    if request.param == "sqlite":
        with copy_in_sqlite(played, tmp_path) as running:
            yield running
        return
    server = request.getfixturevalue("postgres_url")
    with (
        fresh_database(server, copy_of=make_url(played.url).database) as url,
        _room_over(url, tmp_path, played) as running,
    ):
        yield running


@pytest.fixture
def light_room(played_in_sqlite: Played, tmp_path: File) -> Iterator[Room]:
    """The room over SQLite, for what has nothing to do with the database."""
    with copy_in_sqlite(played_in_sqlite, tmp_path) as running:
        yield running
