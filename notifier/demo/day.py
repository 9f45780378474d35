"""The events of the demo, and the clock on which they are published."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from notifier.clock import Clock
from notifier.errors import NotifierError
from notifier.simulation import read_lines

_SPEED = 1440.0  # a working day of twelve hours in half a minute
_LONGEST_SECONDS = 170.0
_BEFORE = timedelta(minutes=15)
_WARM_UP = timedelta(seconds=15)  # real ones, in which the roles start, on a busy machine too
_AFTER = timedelta(hours=4, minutes=30)  # four hours without a receipt are read as a failure
_LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Day:
    """Lines to publish with their times, oldest first, and when the virtual clock starts and ends."""

    lines: tuple[tuple[datetime, str], ...]
    start: datetime
    end: datetime

    @property
    def speed(self) -> float:
        """Virtual seconds per real one: faster than usual only for events that span very long."""
        return max(_SPEED, (self.end - self.start).total_seconds() / _LONGEST_SECONDS)

    def clock(self, now: datetime) -> Clock:
        """Return the clock of the day; it reaches ``start`` soon after ``now``, a real time."""
        return Clock(now + _WARM_UP, self.start, self.speed)


def load_day(file: Path) -> Day:
    """Read events from ``file``; raises :class:`NotifierError`.

    The clock starts shortly before the first event that is not backfill; all before it is published then.
    """
    read = [_timed(line, number) for number, line in enumerate(read_lines(file), start=1)]
    if not read:
        raise NotifierError(f"{file} has no events; give one CloudEvents document a line")
    live = [at for at, is_live, _ in read if is_live] or [max(at for at, _, _ in read)]
    lines = sorted(((at, line) for at, _, line in read), key=lambda pair: pair[0])
    return Day(tuple(lines), min(live) - _BEFORE, max(live) + _AFTER)


def _timed(line: str, number: int) -> tuple[datetime, bool, str]:
    """Return when a line is published; the service itself judges whether it is right."""
    try:
        event = json.loads(line)
        at = datetime.fromisoformat(event["time"])
    except (ValueError, KeyError, TypeError):
        raise NotifierError(f"line {number} has no time; every event needs one") from None
    data = event.get("data")
    backfill = isinstance(data, dict) and data.get("backfill") is True
    return (at if at.utcoffset() is not None else at.replace(tzinfo=_LONDON)), not backfill, line
