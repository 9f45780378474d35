"""Days, times and shifts written out as people say them, in each language that we write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class _Names:
    """A language's words for dates; ``days`` begin with Monday, ``months`` with January.

    ``days_after_to`` are the days as they stand after ``to``; ``halves`` what follows an hour of the
    12-hour clock, each with the hour from which it holds, latest first.
    """

    days: tuple[str, ...]
    days_after_to: tuple[str, ...]
    months: tuple[str, ...]
    at: str
    to: str
    midday: str
    midnight: str
    halves: tuple[tuple[int, str], ...]


_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WELSH_DAYS = (
    *("dydd Llun", "dydd Mawrth", "dydd Mercher", "dydd Iau"),
    *("dydd Gwener", "dydd Sadwrn", "dydd Sul"),
)

_NAMES = {
    "en": _Names(
        days=_ENGLISH_DAYS,
        days_after_to=_ENGLISH_DAYS,
        months=(
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
        at="at",
        to="to",
        midday="midday",
        midnight="midnight",
        halves=((12, "pm"), (0, "am")),
    ),
    "cy": _Names(
        days=_WELSH_DAYS,
        days_after_to=tuple(f"d{day}" for day in _WELSH_DAYS),  # the soft mutation: dydd, i ddydd
        months=(
            *("Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin"),
            *("Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr"),
        ),
        at="am",
        to="i",
        midday="hanner dydd",
        midnight="hanner nos",
        halves=((18, "yh"), (12, "yp"), (0, "yb")),  # yr hwyr, y prynhawn, y bore
    ),
}
LANGUAGES = tuple(_NAMES)

# As publishers write them, always in English: "Mon 07:00-15:00" or "Mon-Fri 9:00-17:00".
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_TIME = r"(?:[01]?\d|2[0-3]):[0-5]\d|24:00"
_DASH = r"\s*[-–]\s*"
_SHIFT = re.compile(
    rf"(?P<first>{_DAY})(?:{_DASH}(?P<last>{_DAY}))?\s+(?P<start>{_TIME}){_DASH}(?P<until>{_TIME})",
    re.IGNORECASE,
)
_SHIFT_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Dates:
    """Writes dates for one message: in its language, in local time, seen from the day it is written.

    ``now`` carries an offset; ``timezone`` is the policy's.
    """

    def __init__(self, language: str, now: datetime, timezone: ZoneInfo) -> None:
        self._names = _NAMES[language]
        self._timezone = timezone
        self.today = now.astimezone(timezone).date()

    def local_day(self, value: datetime) -> date:
        """Return the local day on which ``value`` falls."""
        return value.astimezone(self._timezone).date()

    def day(self, value: date) -> str:
        """Write a local day: "19 October", and the year where it is not this one."""
        return self._dated(value, with_year=value.year != self.today.year)

    def full_day(self, value: date) -> str:
        """Write a local day with its year: "19 October 2026"."""
        return self._dated(value, with_year=True)

    def moment(self, value: datetime) -> str:
        """Write a moment in local time: "Monday 19 October at 10am"."""
        local = value.astimezone(self._timezone)
        weekday = self._names.days[local.weekday()]
        return f"{weekday} {self.day(local.date())} {self._names.at} {self._clock(local.time())}"

    def shift(self, text: str) -> str | None:
        """Write a shift such as "Mon 07:00-15:00" as "Monday 7am to 3pm"; ``None`` for any other text."""
        found = _SHIFT.fullmatch(text.strip())
        if found is None:
            return None
        days = self._names.days[_weekday(found["first"])]
        if found["last"]:
            days = self._span(days, self._names.days_after_to[_weekday(found["last"])])
        return f"{days} {self._span(self._clock(_time(found['start'])), self._clock(_time(found['until'])))}"

    def _span(self, start: str, end: str) -> str:
        return f"{start} {self._names.to} {end}"

    def _dated(self, value: date, *, with_year: bool) -> str:
        year = f" {value.year}" if with_year else ""
        return f"{value.day} {self._names.months[value.month - 1]}{year}"

    def _clock(self, value: time) -> str:
        if value.minute == 0 and value.hour in (0, 12):
            return self._names.midday if value.hour else self._names.midnight
        minutes = f":{value.minute:02}" if value.minute else ""
        half = next(word for hour, word in self._names.halves if value.hour >= hour)
        return f"{value.hour % 12 or 12}{minutes}{half}"


def _weekday(english: str) -> int:
    return _SHIFT_DAYS.index(english[:3].lower())


def _time(text: str) -> time:
    hours, minutes = text.split(":")
    return time(int(hours) % 24, int(minutes))
