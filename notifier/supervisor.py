"""Runs the roles as child processes and starts again what ends."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from notifier.embedded import die_with_parent

_log = logging.getLogger(__name__)
_GRACE_SECONDS = 20
_RESTART_SECONDS = 1.0

ROLES: dict[str, tuple[str, ...]] = {
    "intake": ("intake",),
    "worker-urgent": ("worker", "--queue", "urgent"),
    "worker-routine": ("worker", "--queue", "routine"),
    "worker-bulk": ("worker", "--queue", "bulk"),
    "scheduler": ("scheduler",),
    "web": ("web",),
}
MAIL: dict[str, tuple[str, ...]] = {"mail": ("mail",)}  # runs where the settings ask for it


class Supervisor:
    """Child processes by role; they end with this process, whatever ends it.

    ``environment`` is theirs. With ``log_dir`` each role writes ``ROLE.log`` there;
    otherwise the children share this process's output.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        roles: Mapping[str, Sequence[str]] = ROLES,
        log_dir: Path | None = None,
    ) -> None:
        # Each thread of glibc's would keep memory of its own that it once needed for a moment.
        self._environment = {"MALLOC_ARENA_MAX": "2", **environment}
        self._roles = roles
        self._log_dir = log_dir
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._last_start: dict[str, float] = {}

    def __enter__(self) -> Self:
        for role in self._roles:
            self._start(role)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def pid(self, role: str) -> int:
        """Return the process of a role."""
        return self._children[role].pid

    def restart_ended(self) -> list[str]:
        """Start roles again that ended by themselves, each at most once a second; return their names."""
        restarted = []
        for role, child in self._children.items():
            if child.poll() is None or time.monotonic() - self._last_start[role] < _RESTART_SECONDS:
                continue
            _log.error("a role ended and is started again", extra={"role": role, "status": child.returncode})
            restarted.append(role)
        for role in restarted:
            self._start(role)
        return restarted

    def stop(self) -> None:
        """Ask every role to finish what it has in hand, and end those that do not."""
        for child in self._children.values():
            child.terminate()
        deadline = time.monotonic() + _GRACE_SECONDS
        for child in self._children.values():
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._children.clear()

    def _start(self, role: str) -> None:
        command = [sys.executable, "-m", "notifier", *self._roles[role]]
        output = self._output(role)
        try:
            self._children[role] = subprocess.Popen(  # noqa: S603  # our own program, no shell
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for us, who then end each role once and in order
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        finally:
            if output is not None:
                output.close()
        self._last_start[role] = time.monotonic()

    def _output(self, role: str) -> IO[bytes] | None:
        return None if self._log_dir is None else (self._log_dir / f"{role}.log").open("ab")
