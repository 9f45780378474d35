"""The web over real sockets: uvicorn in a thread, a database of each kind, channels that reach nobody."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path as File
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn

from notifier.channels.base import Channel
from notifier.clock import Clock
from notifier.path import Path
from notifier.records import ChannelName
from notifier.rendering import Renderer
from notifier.settings import Settings
from notifier.store import keys
from notifier.store.database import Store
from notifier.web.app import create_app
from notifier.wiring import Services
from tests.builders import POLICIES, a_cipher, a_store, at
from tests.fakes import FakeChannel, fake_channels

RECORDS, COURTS = "urn:example:records", "urn:example:courts"
NOW = at("Wed 1 Apr 2026 09:30")


@dataclass(frozen=True)
class Web:
    """A running web: ``http`` asks without a key, ``records`` and ``courts`` with a publisher's."""

    services: Services
    http: httpx.Client
    records: httpx.Auth
    courts: httpx.Auth

    @property
    def store(self) -> Store:
        """The database behind it."""
        return self.services.store


class Key(httpx.Auth):
    """A publisher's key."""

    def __init__(self, key: str) -> None:
        self.key = key

    def auth_flow(self, request: httpx.Request) -> Any:
        """Send it along."""
        request.headers["Authorization"] = f"Bearer {self.key}"
        yield request


@contextmanager
def served(services: Services) -> Iterator[httpx.Client]:
    """Serve the web on a free port; give a client of it."""
    config = uvicorn.Config(create_app(services), log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        running = Thread(target=server.run, args=([listener],))
        running.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
                client.get("/healthz")  # until it answers, it cannot be asked to end
                yield client
        finally:
            server.should_exit = True
            running.join()


@contextmanager
def running_web(
    store: Store, home: File, channels: Mapping[ChannelName, Channel], **settings: Any
) -> Iterator[Web]:
    """Run the web over ``store`` with a key for each of two publishers."""
    path = Path(store, POLICIES, Renderer(POLICIES.timezone).render, channels)
    services = Services(
        Settings(_env_file=None, home=home, **settings), Clock(), a_cipher(), store, POLICIES,
        dict(channels), path,
    )  # fmt: skip
    with store.begin() as tx:
        records, courts = Key(keys.add(tx, RECORDS, NOW)), Key(keys.add(tx, COURTS, NOW))
    try:
        with served(services) as http:
            yield Web(services, http, records, courts)
    finally:
        path.close()


@pytest.fixture
def channels() -> dict[ChannelName, FakeChannel]:
    return fake_channels()


@pytest.fixture
def web(database_url: str, tmp_path: File, channels: dict[ChannelName, FakeChannel]) -> Iterator[Web]:
    with a_store(database_url) as store, running_web(store, tmp_path, channels) as web:
        yield web


@pytest.fixture
def light_web(tmp_path: File, channels: dict[ChannelName, FakeChannel]) -> Iterator[Web]:
    """The web over SQLite, for what has nothing to do with the database."""
    with (
        a_store(f"sqlite:///{tmp_path / 'light.db'}") as store,
        running_web(store, tmp_path, channels) as web,
    ):
        yield web
