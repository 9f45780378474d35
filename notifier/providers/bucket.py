"""How many messages a second one process gives to a provider."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_BURST_SECONDS = 1.0


class TokenBucket:
    """Lets ``per_second`` calls a second through, at first as many at once as belong to one second.

    The sendings of a process are few at a time, so that nobody waits longer than a lease lasts.
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._apart = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = clock() - _BURST_SECONDS

    def take(self) -> None:
        """Wait for this caller's turn; the callers go in the order in which they came."""
        with self._lock:
            now = self._clock()
            turn = max(self._next + self._apart, now - _BURST_SECONDS + self._apart)
            self._next = turn
        if turn > now:
            self._sleep(turn - now)
