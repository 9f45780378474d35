"""A stopwatch for the parts of a sweep, whose times are written down now and then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from notifier.clock import Clock
from notifier.store import sweeps
from notifier.store.database import Store
from notifier.store.sweeps import Ended

_PAUSE_SECONDS = 10.0  # to write after every sweep would be a commit a second for nobody


class SweepTimes:
    """The times of the parts of one scheduler's sweeps; a part that fails does not end."""

    def __init__(self, store: Store, clock: Clock, pause: float = _PAUSE_SECONDS) -> None:
        self._store = store
        self._clock = clock
        self._pause = pause
        self._parts: set[str] = set()
        self._ended: dict[str, Ended] = {}
        self._next_at = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Take the time of one part, unless it raises."""
        self._parts.add(name)
        begun = monotonic()
        yield
        took = monotonic() - begun
        before = self._ended.get(name)
        # The longest since it was last written: a slow one among quick ones is what people look for.
        self._ended[name] = Ended(self._clock.now(), max(took, before.seconds if before else 0.0))

    def write(self) -> None:
        """Write down what ended since the last time, if that is long enough ago; raises ``Unreachable``."""
        if monotonic() < self._next_at:
            return
        self._store.run(lambda tx: sweeps.note(tx, self._ended, self._parts))
        self._ended = {}
        self._next_at = monotonic() + self._pause
