"""Planners in processes of their own, killed by one event.

``python -m tests.rooms.killed_planners DATABASE NOTES MOST`` starts one after the other, ``MOST`` of them or
until one comes to its end. Prints what ended each: a signal's number as a negative one, or 0.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import closing
from pathlib import Path as File
from typing import Any

from notifier.in_hand import InHand
from notifier.path import Path
from notifier.rendering import Renderer
from notifier.store.cipher import Cipher
from notifier.store.database import Store
from tests.builders import DATA_KEY, LONDON, POLICIES, SECRET_KEY, at
from tests.fakes import fake_channels

NOW = at("Wed 1 Apr 2026 09:30")
DEADLY = "deadly"


class DeadlyCipher(Cipher):
    """Ends the process, as the kernel does where memory runs out, when it opens one event."""

    def open(self, sealed: bytes) -> Any:
        """Return what was sealed, unless it is deadly."""
        opened = super().open(sealed)
        if isinstance(opened, dict) and opened.get("id") == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        return opened


def plan(url: str, notes: File) -> None:
    """Plan what waits, as a worker that has just started."""
    store = Store(url, DeadlyCipher((DATA_KEY,), SECRET_KEY))
    render = Renderer(LONDON).render
    with closing(Path(store, POLICIES, render, fake_channels(), in_hand=InHand(notes))) as path:
        path.plan(path.unplanned_cases(), NOW)
    store.close()


def main(url: str, notes: File, most: int) -> None:
    """Start one planner after the other."""
    for _ in range(most):
        child = os.fork()
        if child == 0:
            plan(url, notes)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
        if status == 0:
            break


if __name__ == "__main__":
    main(sys.argv[1], File(sys.argv[2]), int(sys.argv[3]))
