"""The servers and the guard that the other tests stand on."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.servers import packaged_binaries, postgres_server


def test_a_connection_beyond_this_machine_is_refused() -> None:
    with socket.socket() as beyond, pytest.raises(PermissionError):
        beyond.connect(("192.0.2.1", 80))


def test_a_datagram_beyond_this_machine_is_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as beyond, pytest.raises(PermissionError):
        beyond.sendto(b"", ("192.0.2.1", 53))


def test_a_connection_to_this_machine_goes_through() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_every_test_gets_an_empty_database(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mark (number INTEGER)"))
        connection.execute(text("INSERT INTO mark VALUES (1)"))
        assert connection.scalar(text("SELECT count(*) FROM mark")) == 1
    engine.dispose()


def test_the_packaged_postgres_runs_where_none_is_installed() -> None:
    binaries = packaged_binaries()
    assert binaries is not None
    with postgres_server(binaries) as url:
        engine = create_engine(url)
        with engine.connect() as connection:
            assert str(connection.scalar(text("SHOW server_version"))).startswith("18")
        engine.dispose()


def test_the_packaged_postgres_runs_from_a_folder_that_only_root_can_enter(tmp_path: Path) -> None:
    binaries = packaged_binaries()
    assert binaries is not None
    tmp_path.chmod(0o700)
    package = binaries.parents[1]
    for part in package.parent.glob(f"{package.name}*"):
        if part.is_dir():
            (tmp_path / part.name).symlink_to(part)
    hidden = tmp_path / binaries.relative_to(package.parent)
    with postgres_server(hidden) as url:
        engine = create_engine(url)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        engine.dispose()
