"""Plays the day: publishes each event at its virtual time and watches until all is done."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime

from rich.console import Console

from notifier.demo.day import Day
from notifier.demo.display import display_on
from notifier.demo.stage import Stage
from notifier.demo.watching import Watcher
from notifier.publishing import publish_lines
from notifier.wiring import redis_client

_LOOK_SECONDS = 0.5
_STEP_SECONDS = 0.1
_PATIENCE_SECONDS = 60.0


def play(stage: Stage, day: Day, console: Console) -> list[str]:
    """Publish the day at its own pace and show it, until its end is reached and nothing is in hand.

    Returns the roles that ended by themselves and were started again.
    """
    clock, stream = stage.services.clock, stage.services.settings.event_stream
    published, next_look, restarted = 0, 0.0, []
    watcher = Watcher(stage.services)
    with redis_client(stage.redis_url) as client, display_on(console, day) as display:
        while (now := clock.now()) < day.end:
            lines = due_lines(day, published, now)
            published += publish_lines(client, stream, lines)
            restarted += stage.supervisor.restart_ended()
            if time.monotonic() >= next_look:
                display.show(now, watcher.look())
                next_look = time.monotonic() + _LOOK_SECONDS
            time.sleep(_STEP_SECONDS)
        _finish(lambda: bool(client.xlen(stream)) or watcher.in_hand(day.end))
        display.show(day.end, watcher.look())
    return restarted


def due_lines(day: Day, published: int, now: datetime) -> list[str]:
    """Return the lines to publish at ``now``, after the first ``published`` ones."""
    due = bisect_right(day.lines, now, key=lambda timed: timed[0])
    return [line for _, line in day.lines[published:due]]


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
