"""Databases that restart, are out of connections, contradict every second transaction, or are full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from sqlalchemy import make_url

from tests.chaos.scene import Fault, Scene, Setting
from tests.chaos.supervising import TWICE

_AWAY_MINUTES = 15


def restart(scene: Scene) -> None:
    """Crash the server in the middle of traffic, and start it again a while later."""
    assert scene.postgres is not None
    scene.open_cases()
    scene.wait_for_messages(2)
    scene.postgres.stop()
    scene.pass_minutes(_AWAY_MINUTES)
    scene.postgres.start()
    scene.tell_news()
    scene.tell_safety_news()


def out_of_connections(scene: Scene) -> None:
    """Take every connection that the server gives, the service's own included, and hold them for a while."""
    scene.open_cases()
    scene.wait_for_messages(2)
    with _every_connection(scene):
        scene.pass_minutes(_AWAY_MINUTES)
    scene.tell_news()


@contextmanager
def _every_connection(scene: Scene) -> Iterator[None]:
    held: list[psycopg.Connection] = []
    try:
        _take_all(scene, held)
        _cut_others(held)
        _take_all(scene, held)
        yield
    finally:
        for connection in held:
            connection.close()


def _take_all(scene: Scene, held: list[psycopg.Connection]) -> None:
    with suppress(psycopg.OperationalError):
        while True:
            held.append(psycopg.connect(_conninfo(scene), autocommit=True))


def _cut_others(held: list[psycopg.Connection]) -> None:
    mine = [connection.info.backend_pid for connection in held]
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> ALL(%s)"
    held[0].execute(f"SELECT pg_terminate_backend(pid) {others}", [mine])


def contradict(scene: Scene) -> None:
    """Have every transaction serialisable: those that meet end with a serialization failure."""
    with psycopg.connect(_conninfo(scene), autocommit=True) as connection:
        connection.execute(
            f'ALTER DATABASE "{connection.info.dbname}" SET default_transaction_isolation TO serializable'
        )
        _cut_others([connection])
    for _ in range(2):
        scene.open_cases()
        scene.tell_news()
        scene.tell_safety_news()


def _conninfo(scene: Scene) -> str:
    url = make_url(scene.service.database_url).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def fill(scene: Scene) -> None:
    """Give SQLite no further page for a while, in the middle of traffic."""
    scene.open_cases()
    scene.wait_for_messages(2)
    scene.orders.database_full = True
    scene.tell_news()
    scene.pass_minutes(_AWAY_MINUTES)
    scene.orders.database_full = False


FAULTS = (
    Fault(
        "PostgreSQL restarted",
        f"crashed in traffic, started {_AWAY_MINUTES} minutes of the service later",
        restart,
        only_on="postgresql",
    ),
    Fault(
        "PostgreSQL out of connections",
        f"ours cut, and every one taken for {_AWAY_MINUTES} minutes of the service",
        out_of_connections,
        only_on="postgresql",
    ),
    Fault(
        "serialization conflicts",
        "every transaction serialisable, two of each role: those that meet fail",
        contradict,
        Setting(roles=TWICE),
        only_on="postgresql",
    ),
    Fault(
        "disk full for the database",
        f"SQLite gets no page more for {_AWAY_MINUTES} minutes of the service",
        fill,
        only_on="sqlite",
    ),
)
