"""Counts the duties of the compliance report, beside the sweeps: no victim waits until it is done."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from notifier.duties import count_next
from notifier.errors import Unreachable
from notifier.wiring import Services

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 60.0


@contextmanager
def counting(services: Services, stop: Event) -> Iterator[None]:
    """Count in a thread of its own; the block's end waits for the day in hand. ``stop`` ends it too."""
    thread = Thread(target=run_counting, args=(services, stop), name="counting")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def run_counting(services: Services, stop: Event) -> None:
    """Count one day after the other until ``stop`` is set, and look again a while after the last one.

    What fails is tried again; several may run.
    """
    while not stop.is_set():
        if not _count_one(services):
            stop.wait(_PAUSE_SECONDS)


def _count_one(services: Services) -> bool:
    """Return whether there may be more to count at once."""
    try:
        return count_next(services.store, services.policies, services.clock.now()) is not None
    except Unreachable as problem:
        _log.warning("duties are not counted yet, and will be", extra={"error": type(problem).__name__})
    except Exception as problem:
        _log.error("duties cannot be counted", exc_info=problem)
    return False
