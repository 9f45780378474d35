"""Local time as a caseworker reckons it, apart from the service: London's clock, working days, windows."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
_DAY = timedelta(days=1)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# England and Wales, as published; Boxing Day 2026 and Christmas 2027 have substitutes.
_BANK_HOLIDAYS = {
    date.fromisoformat(day)
    for day in (
        *("2025-12-25", "2025-12-26", "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25"),
        *("2026-08-31", "2026-12-25", "2026-12-28", "2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03"),
    )
}
DEFAULT_WINDOW: dict[str, Any] = {"from": "08:00", "until": "20:00"}


def instant(text: str) -> datetime:
    """Return a written time in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def local_day(moment: datetime) -> date:
    """Return the day that a London calendar shows."""
    return moment.astimezone(LONDON).date()


def on_clock(day: date, clock: str) -> datetime:
    """Return when a London clock first shows ``clock`` on ``day``; "24:00" is the next midnight.

    In spring the clock goes from 01:00 to 02:00, so what lies between is the moment of the change.
    """
    if clock == "24:00":
        day, clock = day + _DAY, "00:00"
    wall = datetime.combine(day, time.fromisoformat(clock))
    moment = wall.replace(tzinfo=LONDON).astimezone(UTC)
    shown = moment.astimezone(LONDON).replace(tzinfo=None)
    return moment if shown == wall else datetime.combine(day, time(1), UTC)


def working_days_after(day: date, count: int) -> date:
    """Return the ``count``-th working day after ``day``."""
    while count:
        day += _DAY
        count -= day.weekday() < 5 and day not in _BANK_HOLIDAYS
    return day


def end_of_day(day: date) -> datetime:
    """Return the last second of a local day."""
    return on_clock(day, "23:59") + timedelta(seconds=59)


def in_windows(moment: datetime, windows: list[dict[str, Any]]) -> bool:
    """Tell whether a London clock shows a time in one of the windows; none agreed is 08:00 to 20:00."""
    local = moment.astimezone(LONDON)
    shown, weekday = f"{local:%H:%M}", _WEEKDAYS[local.weekday()]
    return any(
        window["from"] <= shown < window["until"] and weekday in window.get("days", _WEEKDAYS)
        for window in windows or [DEFAULT_WINDOW]
    )


def next_opening(moment: datetime, windows: list[dict[str, Any]]) -> datetime:
    """Return the first instant at or after ``moment`` that lies in one of the windows."""
    days = [local_day(moment) + offset * _DAY for offset in range(15)]
    openings = [on_clock(day, window["from"]) for day in days for window in windows or [DEFAULT_WINDOW]]
    # When the clock goes back, a window may open once more.
    openings += [datetime.combine(day, time(1), UTC) for day in days]
    return min(at for at in (moment, *openings) if at >= moment and in_windows(at, windows))
