"""Plays the day: publishes each event at its virtual time and watches until all is done."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from notifier.demo.day import Day
from notifier.demo.display import display_on
from notifier.demo.peers import Peers
from notifier.demo.watching import Watcher
from notifier.publishing import publish_lines
from notifier.supervisor import Supervisor
from notifier.wiring import Services, redis_client

_LOOK_SECONDS = 0.5
_STEP_SECONDS = 0.1
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs during the demo."""

    day: Day
    services: Services
    peers: Peers
    supervisor: Supervisor
    redis_url: str
    home: Path


def play(stage: Stage, console: Console) -> None:
    """Publish the day at its own pace and show it, until its end is reached and nothing is in hand."""
    day, clock = stage.day, stage.services.clock
    times = [at for at, _ in day.lines]
    published, next_look, watcher = 0, 0.0, Watcher(stage.services)
    with redis_client(stage.redis_url) as client, display_on(console, day) as display:
        while (now := clock.now()) < day.end:
            due = bisect_right(times, now)
            lines = (line for _, line in day.lines[published:due])
            published += publish_lines(client, stage.services.settings.event_stream, lines)
            stage.supervisor.restart_ended()
            if time.monotonic() >= next_look:
                display.show(now, watcher.look())
                next_look = time.monotonic() + _LOOK_SECONDS
            time.sleep(_STEP_SECONDS)
        stream = stage.services.settings.event_stream
        _finish(lambda: bool(client.xlen(stream)) or watcher.in_hand())
        display.show(day.end, watcher.look())


def _finish(busy: Callable[[], bool]) -> None:
    """Wait until no event is in the queue and nothing in hand; what is due later stays planned."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while busy() and time.monotonic() < give_up:
        time.sleep(_STEP_SECONDS)


def stay_up(stage: Stage) -> None:
    """Keep everything running until Ctrl-C."""
    try:
        while True:
            stage.supervisor.restart_ended()
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:
        return
