from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from notifier.rendering_dates import Dates

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 4, 7, 9, 0, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("shift", "words"),
    [
        ("Mon 07:00-15:00", "Monday 7am to 3pm"),
        ("Mon 7:00-15:00", "Monday 7am to 3pm"),
        ("tuesday 22:00 – 06:30", "Tuesday 10pm to 6:30am"),
        ("Mon-Fri 9:00-17:00", "Monday to Friday 9am to 5pm"),
        ("Sat 12:00-24:00", "Saturday midday to midnight"),
        ("front desk", None),
        ("Mon 25:00-26:00", None),
    ],
)
def test_shifts(shift: str, words: str | None) -> None:
    assert Dates("en", NOW, LONDON).shift(shift) == words


@pytest.mark.parametrize(
    ("shift", "words"),
    [
        ("Mon 07:00-15:00", "dydd Llun 7yb i 3yp"),
        ("tuesday 22:00 – 06:30", "dydd Mawrth 10yh i 6:30yb"),
        ("Mon-Fri 9:00-17:00", "dydd Llun i ddydd Gwener 9yb i 5yp"),
        ("Sat 12:00-24:00", "dydd Sadwrn hanner dydd i hanner nos"),
        ("front desk", None),
    ],
)
def test_shifts_in_welsh(shift: str, words: str | None) -> None:
    assert Dates("cy", NOW, LONDON).shift(shift) == words


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [
        (10, 0, "am 10yb"),
        (11, 59, "am 11:59yb"),
        (12, 0, "am hanner dydd"),
        (12, 1, "am 12:01yp"),
        (17, 59, "am 5:59yp"),
        (18, 0, "am 6yh"),
        (0, 0, "am hanner nos"),
        (0, 5, "am 12:05yb"),
    ],
)
def test_times_in_welsh(hour: int, minute: int, words: str) -> None:
    moment = datetime(2026, 10, 19, hour, minute, tzinfo=LONDON)
    assert Dates("cy", NOW, LONDON).moment(moment) == f"dydd Llun 19 Hydref {words}"


def test_days_in_welsh() -> None:
    dates = Dates("cy", NOW, LONDON)
    assert dates.full_day(date(2026, 5, 1)) == "1 Mai 2026"
    assert dates.day(date(2027, 5, 1)) == "1 Mai 2027"


@pytest.mark.parametrize(
    ("language", "months"),
    [
        ("en", "January February March April May June July August September October November December"),
        ("cy", "Ionawr Chwefror Mawrth Ebrill Mai Mehefin Gorffennaf Awst Medi Hydref Tachwedd Rhagfyr"),
    ],
)
def test_every_month(language: str, months: str) -> None:
    dates = Dates(language, NOW, LONDON)
    written = [dates.day(date(2026, month, 1)) for month in range(1, 13)]
    assert written == [f"1 {month}" for month in months.split()]


@pytest.mark.parametrize(
    ("language", "days"),
    [
        ("en", "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"),
        ("cy", "dydd Llun, dydd Mawrth, dydd Mercher, dydd Iau, dydd Gwener, dydd Sadwrn, dydd Sul"),
    ],
)
def test_every_day_stands_within_a_sentence(language: str, days: str) -> None:
    dates = Dates(language, NOW, LONDON)
    moments = [dates.moment(datetime(2026, 6, day, 10, tzinfo=LONDON)) for day in range(1, 8)]
    assert [re.split(r" \d", moment)[0] for moment in moments] == days.split(", ")


@pytest.mark.parametrize(
    ("last", "words"),
    [("Tue", "ddydd Mawrth"), ("Wed", "ddydd Mercher"), ("Sat", "ddydd Sadwrn"), ("Sun", "ddydd Sul")],
)
def test_a_welsh_day_after_to_is_mutated(last: str, words: str) -> None:
    assert Dates("cy", NOW, LONDON).shift(f"Mon-{last} 9:00-17:00") == f"dydd Llun i {words} 9yb i 5yp"
