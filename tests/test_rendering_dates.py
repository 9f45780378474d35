from __future__ import annotations

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


def test_dates_in_welsh() -> None:
    dates = Dates("cy", NOW, LONDON)
    assert dates.moment(datetime(2026, 10, 19, 10, tzinfo=LONDON)) == "dydd Llun 19 Hydref am 10am"
    assert dates.full_day(date(2026, 5, 1)) == "1 Mai 2026"
    assert dates.day(date(2027, 5, 1)) == "1 Mai 2027"
