"""A RabbitMQ of the tests' own, where one is installed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from notifier.embedded import free_port

_WAIT_SECONDS = 60
# Debian's program of this name asks for the user `rabbitmq`; the one that it calls does not.
_PLACES = ("/usr/lib/rabbitmq/bin/rabbitmq-server", shutil.which("rabbitmq-server") or "")


def installed() -> str | None:
    """Return the program that starts a RabbitMQ, where there is one."""
    return next((place for place in _PLACES if place and Path(place).exists()), None)


class RabbitMq:
    """A server with its data in ``home``; it can be killed and started again."""

    def __init__(self, program: str, home: Path) -> None:
        self._program = program
        self._home = home
        self._port, self._names_port, self._dist_port = free_port(), free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/%2F"

    def __enter__(self) -> RabbitMq:
        # What keeps the names of Erlang's nodes would be started by it, and outlive it.
        self._names = subprocess.Popen(["epmd", "-port", str(self._names_port)], stderr=subprocess.DEVNULL)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._names.kill()
        self._names.wait()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        with (self._home / "rabbitmq.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program], env=self._environment(), stdout=log, stderr=log, start_new_session=True
            )
        give_up = time.monotonic() + _WAIT_SECONDS
        while not self._listens():
            assert self._process.poll() is None, "RabbitMQ ended before it listened"
            assert time.monotonic() < give_up, "RabbitMQ does not listen"
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill it, with everything that it started."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def _environment(self) -> dict[str, str]:
        home = str(self._home)
        return {
            **os.environ,
            "HOME": home,  # for Erlang's cookie
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"notifier{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_MNESIA_BASE": f"{home}/data",
            "RABBITMQ_LOG_BASE": f"{home}/log",
            "RABBITMQ_PID_FILE": f"{home}/pid",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/plugins",
        }
