"""The operations room over real sockets: two forces' cases, and somebody signed in with each role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Any

import httpx
import pytest

from notifier.clock import Clock
from notifier.path import Path
from notifier.rendering import Renderer
from notifier.settings import Settings
from notifier.store import accounts
from notifier.store.accounts import AccountRole
from notifier.store.database import Store
from notifier.web.ops.sign_in import hash_of
from notifier.wiring import Services
from tests.builders import POLICIES, a_cipher, a_store
from tests.fakes import FakeChannel, fake_channels
from tests.web.conftest import served
from tests.web.ops.world import NORTHMOOR, NOW, SOUTHMOOR, Force, play

PASSWORD = "a password of the tests"
PASSWORD_HASH = hash_of(PASSWORD)  # it takes long by intent: once is enough
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


@pytest.fixture
def room(database_url: str, tmp_path: File) -> Iterator[Room]:
    """The room over each kind of database, with the cases of two forces."""
    channels = fake_channels()
    with a_store(database_url) as store, running_room(store, tmp_path, channels) as running:
        play(running.services.path, channels, NORTHMOOR, SOUTHMOOR)
        yield running


@pytest.fixture
def light_room(tmp_path: File) -> Iterator[Room]:
    """The room over SQLite, for what has nothing to do with the database."""
    channels = fake_channels()
    with (
        a_store(f"sqlite:///{tmp_path / 'light.db'}") as store,
        running_room(store, tmp_path, channels) as running,
    ):
        play(running.services.path, channels, NORTHMOOR, SOUTHMOOR)
        yield running
