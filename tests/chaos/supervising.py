"""Runs every role through :mod:`tests.chaos.role`, so that it obeys the harness."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from notifier.embedded import die_with_parent
from notifier.supervisor import ROLES, Supervisor
from tests.chaos.orders import FOLDER, Orders

_SECOND = "-2"
TWICE: dict[str, tuple[str, ...]] = {
    **ROLES,
    **{
        f"{role}{_SECOND}": ROLES[role] for role in ("scheduler", "worker-urgent", "worker-routine", "intake")
    },
}


class ObedientRoles(Supervisor):
    """The service's supervisor, but for the program that it starts."""

    def __init__(
        self,
        environment: Mapping[str, str],
        orders: Orders,
        roles: Mapping[str, Sequence[str]],
        log_dir: Path,
    ) -> None:
        super().__init__({**environment, FOLDER: str(orders.folder)}, roles, log_dir)

    def _start(self, role: str) -> None:
        output = self._output(role)
        assert output is not None
        with output:
            self._children[role] = subprocess.Popen(
                # Whichever of two comes by a point first is struck.
                [sys.executable, "-m", "tests.chaos.role", role.removesuffix(_SECOND), *self._roles[role]],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        self._last_start[role] = time.monotonic()
