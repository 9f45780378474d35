"""Rounds of a loop: news of so many cases goes in; it is over when each one's message is done with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.documents import arrests
from bench.figures import Measured
from bench.service import wait_for_count
from bench.settings import START

WARM = 100
UNITS = {"rate": "notices/s", "processor": "ms/notice"}
_LOOK_SECONDS = 1.0
_REST_SECONDS = 120.0
_NEXT_TO_NOTHING = 0.2  # of a processor: idle roles look for work now and then


@dataclass
class Rounds:
    """``publish`` puts events in; ``used`` gives the processor seconds so far, by process.

    ``settled`` tells how many messages are done with and when the last one was. Each round is about cases
    that no round before it was about; ``told`` counts them.
    """

    settled: Callable[[], tuple[int, float]]
    publish: Callable[[Sequence[Mapping[str, Any]]], None]
    used: Callable[[], dict[str, float]]
    told: int = 0

    def rest(self) -> None:
        """Wait until the processes have next to nothing to do any more: what follows a message costs too."""
        give_up = time.monotonic() + _REST_SECONDS
        used = sum(self.used().values())
        while time.monotonic() < give_up:
            time.sleep(_LOOK_SECONDS)
            before, used = used, sum(self.used().values())
            if used - before < _NEXT_TO_NOTHING * _LOOK_SECONDS:
                return

    def turn(self, count: int) -> Measured:
        """Return rate, processor time a notice, and each process' share of it (``... of it``)."""
        self.rest()
        news = list(arrests(range(self.told, self.told + count), START, "news"))
        settled, before, started = self.settled()[0], self.used(), time.time()
        self.publish(news)
        self.told += count
        wait_for_count("messages", lambda: self.settled()[0], settled + count)
        seconds = self.settled()[1] - started
        self.rest()
        after = self.used()
        shares = {f"{name} of it": 1000 * (after[name] - before[name]) / count for name in after}
        return {"rate": count / seconds, "processor": sum(shares.values()), **shares}
