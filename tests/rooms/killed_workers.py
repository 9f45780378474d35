"""Workers in processes of their own, killed by one notice: ``python -m tests.rooms.killed_workers DATABASE``.

Prints what ended each worker: a signal's number, or 0 where it came to its end.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import closing
from datetime import datetime, timedelta

from notifier.path import Path
from notifier.records import Rendered, RenderRequest
from notifier.rendering import Renderer
from notifier.store.database import Store
from tests.builders import LONDON, POLICIES, a_cipher, at
from tests.fakes import fake_channels

FIRST = at("Wed 1 Apr 2026 09:30")
WORKERS = 7
EVERY = timedelta(minutes=5)
_RENDER = Renderer(LONDON).render


def kills_for_v2(request: RenderRequest) -> Rendered:
    """End the process as the kernel does where memory runs out."""
    if request.victim.victim_id == "v2":
        os.kill(os.getpid(), signal.SIGKILL)
    return _RENDER(request)


def work(url: str, now: datetime) -> None:
    """Do what is due, as a worker that has just started."""
    store = Store(url, a_cipher())
    with closing(Path(store, POLICIES, kills_for_v2, fake_channels())) as path:
        path.sweep(now)
        path.deliver(path.due(now), now, now + timedelta(minutes=3))
    store.close()


def main(url: str) -> None:
    """Start one worker after the other."""
    for number in range(WORKERS):
        child = os.fork()
        if child == 0:
            work(url, FIRST + number * EVERY)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
