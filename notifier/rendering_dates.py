"""Days, times and shifts written out as people say them, in each language that we write."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import get_day_names, get_month_names


@dataclass(frozen=True, slots=True)
class _Words:
    """What people say around dates in one language, and Babel does not have.

    ``halves`` is what follows an hour of the 12-hour clock, each with the hour from which it holds, latest
    first. ``day_within`` and ``day_after_to`` turn Babel's name of a day into what stands within a sentence,
    and after ``to``.
    """

    at: str
    to: str
    midday: str
    midnight: str
    halves: tuple[tuple[int, str], ...]
    day_within: Callable[[str], str] = str
    day_after_to: Callable[[str], str] = str


_WORDS = {
    "en": _Words(at="at", to="to", midday="midday", midnight="midnight", halves=((12, "pm"), (0, "am"))),
    "cy": _Words(
        at="am",
        to="i",
        midday="hanner dydd",
        midnight="hanner nos",
        halves=((18, "yh"), (12, "yp"), (0, "yb")),  # yr hwyr, y prynhawn, y bore
        day_within=lambda day: f"d{day[1:]}",  # Dydd Llun: dydd Llun
        day_after_to=lambda day: f"dd{day[1:]}",  # the soft mutation: dydd, i ddydd
    ),
}
LANGUAGES = tuple(_WORDS)

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
        self.language = language
        self._words = _WORDS[language]
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
        weekday = self._words.day_within(_day_name(self.language, local.weekday()))
        return f"{weekday} {self.day(local.date())} {self._words.at} {self._clock(local.time())}"

    def shift(self, text: str) -> str | None:
        """Write a shift such as "Mon 07:00-15:00" as "Monday 7am to 3pm"; ``None`` for any other text."""
        found = _SHIFT.fullmatch(text.strip())
        if found is None:
            return None
        hours = self._span(self._clock(_time(found["start"])), self._clock(_time(found["until"])))
        return f"{self._days(found['first'], found['last'])} {hours}"

    def _days(self, first: str, last: str | None) -> str:
        start = self._words.day_within(_day_name(self.language, _weekday(first)))
        if last is None:
            return start
        return self._span(start, self._words.day_after_to(_day_name(self.language, _weekday(last))))

    def _span(self, start: str, end: str) -> str:
        return f"{start} {self._words.to} {end}"

    def _dated(self, value: date, *, with_year: bool) -> str:
        year = f" {value.year}" if with_year else ""
        return f"{value.day} {_month_name(self.language, value.month)}{year}"

    def _clock(self, value: time) -> str:
        if value.minute == 0 and value.hour in (0, 12):
            return self._words.midday if value.hour else self._words.midnight
        minutes = f":{value.minute:02}" if value.minute else ""
        half = next(word for hour, word in self._words.halves if value.hour >= hour)
        return f"{value.hour % 12 or 12}{minutes}{half}"


# Cached: Babel looks a language's data up anew each time, and one message holds many dates.
@cache
def _day_name(language: str, weekday: int) -> str:
    return str(get_day_names("wide", locale=language)[weekday])


@cache
def _month_name(language: str, month: int) -> str:
    return str(get_month_names("wide", locale=language)[month])


def _weekday(english: str) -> int:
    return _SHIFT_DAYS.index(english[:3].lower())


def _time(text: str) -> time:
    hours, minutes = text.split(":")
    return time(int(hours) % 24, int(minutes))
