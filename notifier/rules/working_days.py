"""Working days: Monday to Friday, less the bank holidays of England and Wales (rules, section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from notifier.errors import BeyondCalendar

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that are no working days, and the years for which they are known."""

    holidays: frozenset[date]
    first_year: int
    last_year: int


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Tell whether ``day`` is a working day.

    Raises :class:`BeyondCalendar` for a year whose bank holidays are not known.
    """
    if not calendar.first_year <= day.year <= calendar.last_year:
        raise BeyondCalendar(
            f"the bank holidays of {day.year} are not known (known: {calendar.first_year} to "
            f"{calendar.last_year}); update the 'holidays' package"
        )
    return day.weekday() < _SATURDAY and day not in calendar.holidays


def add_working_days(calendar: Calendar, day: date, count: int) -> date:
    """Return the ``count``-th working day after ``day``; ``day`` itself is day 0."""
    for _ in range(count):
        day = _next(calendar, day, _DAY)
    return day


def previous_working_day(calendar: Calendar, day: date) -> date:
    """Return the last working day before ``day``."""
    return _next(calendar, day, -_DAY)


def _next(calendar: Calendar, day: date, step: timedelta) -> date:
    day += step
    while not is_working_day(calendar, day):
        day += step
    return day
