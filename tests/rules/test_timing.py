from __future__ import annotations

from datetime import datetime, time

import pytest

from notifier.records import Window
from notifier.rules.timing import (
    at_local,
    days_later,
    first_in_windows,
    local_day,
    send_time,
    window_end,
    working_days_later,
)
from tests.builders import LONDON, SHIPPED, a_contract, a_window, at, day

EVENINGS = a_window("18:00", "20:00", "mon tue wed thu fri")
SUNDAYS = a_window("10:00", "12:00", "sun")
ALL_DAY = SHIPPED.default_windows


@pytest.mark.parametrize(
    ("on", "clock", "expected", "reason"),
    [
        ("Wed 1 Apr 2026", "09:30", "2026-04-01T08:30+00:00", "summer time is an hour before UTC"),
        ("Wed 4 Nov 2026", "09:30", "2026-11-04T09:30+00:00", "winter time is UTC"),
        ("Sun 29 Mar 2026", "00:59", "2026-03-29T00:59+00:00", "before the clocks go forward"),
        ("Sun 29 Mar 2026", "01:00", "2026-03-29T01:00+00:00", "does not exist: 02:00 instead"),
        ("Sun 29 Mar 2026", "01:30", "2026-03-29T01:00+00:00", "does not exist: 02:00, not 02:30"),
        ("Sun 29 Mar 2026", "01:59:59", "2026-03-29T01:00+00:00", "does not exist: 02:00 instead"),
        ("Sun 29 Mar 2026", "02:00", "2026-03-29T01:00+00:00", "the first time after the gap"),
        ("Sun 25 Oct 2026", "00:59", "2026-10-24T23:59+00:00", "before the repeated hour"),
        ("Sun 25 Oct 2026", "01:00", "2026-10-25T00:00+00:00", "occurs twice: the first"),
        ("Sun 25 Oct 2026", "01:30", "2026-10-25T00:30+00:00", "occurs twice: the first"),
        ("Sun 25 Oct 2026", "02:00", "2026-10-25T02:00+00:00", "after the repeated hour"),
        ("Sun 28 Mar 2027", "01:30", "2027-03-28T01:00+00:00", "does not exist in 2027 either: 02:00"),
        ("Sun 28 Mar 2027", "23:59:59", "2027-03-28T22:59:59+00:00", "the last second of the short day"),
        ("Sun 31 Oct 2027", "01:30", "2027-10-31T00:30+00:00", "occurs twice: the first"),
        ("Sun 31 Oct 2027", "23:59:59", "2027-10-31T23:59:59+00:00", "the last second of the long day"),
    ],
)
def test_a_wall_clock_time_as_an_instant(on: str, clock: str, expected: str, reason: str) -> None:
    instant = at_local(day(on), time.fromisoformat(clock), LONDON)
    assert instant == datetime.fromisoformat(expected), reason


def test_the_local_day_is_not_the_day_in_utc() -> None:
    assert local_day(datetime.fromisoformat("2026-04-01T23:30+00:00"), LONDON) == day("Thu 2 Apr 2026")


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        local_day(at("Wed 1 Apr 2026 09:30").replace(tzinfo=None), LONDON)


@pytest.mark.parametrize(
    ("earliest", "windows", "expected", "reason"),
    [
        ("Wed 1 Apr 2026 09:30", [EVENINGS], "Wed 1 Apr 2026 18:00", "the same evening"),
        ("Wed 1 Apr 2026 17:59", [EVENINGS], "Wed 1 Apr 2026 18:00", "a minute before it opens"),
        ("Wed 1 Apr 2026 18:00", [EVENINGS], "Wed 1 Apr 2026 18:00", "'from' is inclusive"),
        ("Wed 1 Apr 2026 19:12", [EVENINGS], "Wed 1 Apr 2026 19:12", "inside it, at once"),
        ("Wed 1 Apr 2026 19:59:59", [EVENINGS], "Wed 1 Apr 2026 19:59:59", "the last second"),
        ("Wed 1 Apr 2026 20:00", [EVENINGS], "Thu 2 Apr 2026 18:00", "'until' is exclusive"),
        ("Fri 5 Jun 2026 20:00", [EVENINGS], "Mon 8 Jun 2026 18:00", "not at weekends"),
        ("Thu 2 Apr 2026 21:00", [EVENINGS], "Fri 3 Apr 2026 18:00", "a bank holiday is a weekday to her"),
        ("Sun 7 Jun 2026 12:00", [SUNDAYS], "Sun 14 Jun 2026 10:00", "one weekday: a week later"),
        ("Wed 1 Apr 2026 07:00", ALL_DAY, "Wed 1 Apr 2026 08:00", "never at night by default"),
        ("Wed 1 Apr 2026 20:00", ALL_DAY, "Thu 2 Apr 2026 08:00", "the default window ends at 20:00"),
        ("Sat 4 Apr 2026 21:00", ALL_DAY, "Sun 5 Apr 2026 08:00", "the default window is every day's"),
        (
            "Wed 1 Apr 2026 10:00",
            [EVENINGS, a_window("12:00", "13:00")],
            "Wed 1 Apr 2026 12:00",
            "of several windows the first that comes, whatever their order",
        ),
        (
            "Wed 1 Apr 2026 13:00",
            [EVENINGS, a_window("12:00", "13:00")],
            "Wed 1 Apr 2026 18:00",
            "of several windows the next",
        ),
        (
            "Sat 4 Apr 2026 13:00",
            [EVENINGS, a_window("12:00", "13:00", "sat sun")],
            "Sun 5 Apr 2026 12:00",
            "each window has days of its own",
        ),
        (
            "Wed 1 Apr 2026 12:30",
            [a_window("12:00", "14:00"), a_window("12:45", "13:00")],
            "Wed 1 Apr 2026 12:30",
            "windows may overlap",
        ),
        (
            "Wed 1 Apr 2026 23:59:59",
            [a_window("22:00", "24:00")],
            "Wed 1 Apr 2026 23:59:59",
            "24:00 is the end of the day",
        ),
        (
            "Thu 2 Apr 2026 00:00",
            [a_window("22:00", "24:00")],
            "Thu 2 Apr 2026 22:00",
            "midnight belongs to the next day",
        ),
        (
            "Sat 28 Mar 2026 21:00",
            ALL_DAY,
            "Sun 29 Mar 2026 08:00",
            "08:00 by her clock, although the night was an hour short",
        ),
        (
            "Sun 29 Mar 2026 00:30",
            [a_window("01:30", "04:00")],
            "Sun 29 Mar 2026 02:00",
            "01:30 does not exist on that day",
        ),
        (
            "Sun 29 Mar 2026 00:30",
            [a_window("01:00", "02:00")],
            "Mon 30 Mar 2026 01:00",
            "on that day the whole window does not exist; 02:00 is outside it",
        ),
        (
            "Sun 25 Oct 2026 00:30",
            [a_window("01:30", "04:00")],
            "Sun 25 Oct 2026 01:30",
            "01:30 occurs twice: the first",
        ),
    ],
)
def test_the_first_time_in_her_windows(
    earliest: str, windows: list[Window], expected: str, reason: str
) -> None:
    assert first_in_windows(at(earliest), tuple(windows), LONDON) == at(expected), reason


EARLY_SUNDAY = [a_window("01:00", "02:00", "sun")]
HALF_PAST = [a_window("01:30", "04:00")]
TO_QUARTER_PAST = [a_window("00:30", "01:15")]


@pytest.mark.parametrize(
    ("earliest", "again", "windows", "expected", "expected_again", "reason"),
    [
        (
            "Sat 27 Mar 2027 12:00", False, EARLY_SUNDAY,
            "Sun 4 Apr 2027 01:00", False, "her only hour of the week does not exist: the week after",
        ),
        (
            "Sun 28 Mar 2027 00:10", False, HALF_PAST,
            "Sun 28 Mar 2027 02:00", False, "half past one does not exist: the first time that does",
        ),
        (
            "Sun 28 Mar 2027 00:45", False, TO_QUARTER_PAST,
            "Sun 28 Mar 2027 00:45", False, "open until the clock goes forward",
        ),
        (
            "Sun 28 Mar 2027 02:00", False, TO_QUARTER_PAST,
            "Mon 29 Mar 2027 00:30", False, "and over when it went forward",
        ),
        (
            "Sun 31 Oct 2027 01:40", False, HALF_PAST,
            "Sun 31 Oct 2027 01:40", False, "open at 01:40 for the first time",
        ),
        (
            "Sun 31 Oct 2027 01:10", True, HALF_PAST,
            "Sun 31 Oct 2027 01:30", True, "at 01:10 for the second time it is closed again",
        ),
        (
            "Sun 31 Oct 2027 01:20", False, TO_QUARTER_PAST,
            "Mon 1 Nov 2027 00:30", False, "closed at the first 01:15; it does not open again",
        ),
        (
            "Sun 31 Oct 2027 01:15", True, TO_QUARTER_PAST,
            "Mon 1 Nov 2027 00:30", False, "closed at the second 01:15",
        ),
    ],
)  # fmt: skip
def test_windows_on_the_day_of_a_clock_change(
    earliest: str, again: bool, windows: list[Window], expected: str, expected_again: bool, reason: str
) -> None:
    found = first_in_windows(at(earliest, again=again), tuple(windows), LONDON)
    assert found == at(expected, again=expected_again), reason


@pytest.mark.parametrize(
    ("moment", "windows", "expected", "reason"),
    [
        ("Wed 1 Apr 2026 18:00", [EVENINGS], "Wed 1 Apr 2026 20:00", "the window has just opened"),
        ("Wed 1 Apr 2026 20:00", [EVENINGS], None, "the end is exclusive"),
        ("Wed 1 Apr 2026 12:00", [EVENINGS], None, "outside"),
        ("Wed 1 Apr 2026 23:00", [a_window("22:00", "24:00")], "Thu 2 Apr 2026 00:00", "24:00"),
        ("Wed 1 Apr 2026 19:00", [a_window("19:00", "19:30"), EVENINGS], "Wed 1 Apr 2026 20:00", "the later"),
    ],
)
def test_when_the_window_closes(
    moment: str, windows: list[Window], expected: str | None, reason: str
) -> None:
    end = window_end(at(moment), tuple(windows), LONDON)
    assert end == (at(expected) if expected else None), reason


@pytest.mark.parametrize(
    ("start", "days", "expected", "reason"),
    [
        ("Wed 1 Apr 2026 18:00", 7, "Wed 8 Apr 2026 18:00", "calendar days, bank holidays included"),
        ("Mon 16 Mar 2026 10:00", 28, "Mon 13 Apr 2026 10:00", "the same time by the clock, over March"),
        ("Mon 5 Oct 2026 10:00", 28, "Mon 2 Nov 2026 10:00", "the same time by the clock, over October"),
        ("Sun 1 Mar 2026 01:30", 28, "Sun 29 Mar 2026 02:00", "01:30 does not exist on 29 March"),
    ],
)
def test_days_later_at_the_same_local_time(start: str, days: int, expected: str, reason: str) -> None:
    assert days_later(at(start), days, LONDON) == at(expected), reason


@pytest.mark.parametrize(
    ("start", "days", "expected", "reason"),
    [
        ("Wed 1 Apr 2026 15:20", 1, "Thu 2 Apr 2026 15:20", "a wait ends at the same time of day"),
        ("Thu 2 Apr 2026 15:20", 1, "Tue 7 Apr 2026 15:20", "over Easter"),
        ("Fri 27 Mar 2026 15:20", 1, "Mon 30 Mar 2026 15:20", "the same time by the clock, over March"),
        ("Sat 6 Jun 2026 15:20", 1, "Mon 8 Jun 2026 15:20", "from a Saturday"),
    ],
)
def test_a_wait_of_working_days(start: str, days: int, expected: str, reason: str) -> None:
    assert working_days_later(at(start), days, SHIPPED) == at(expected), reason


DEADLINE = "Wed 8 Apr 2026 23:59:59"


@pytest.mark.parametrize(
    ("earliest", "window", "strict", "expected", "too_late", "reason"),
    [
        ("Tue 7 Apr 2026 09:00", EVENINGS, False, "Tue 7 Apr 2026 18:00", False, "her evening is in time"),
        ("Wed 8 Apr 2026 19:59", EVENINGS, False, "Wed 8 Apr 2026 19:59", False, "the last evening"),
        ("Wed 8 Apr 2026 10:00", SUNDAYS, False, "Wed 8 Apr 2026 10:00", False, "the deadline beats Sunday"),
        ("Wed 8 Apr 2026 06:00", SUNDAYS, False, "Wed 8 Apr 2026 08:00", False, "but never at night"),
        ("Wed 8 Apr 2026 10:00", SUNDAYS, True, "Sun 12 Apr 2026 10:00", True, "strict windows hold"),
        ("Tue 7 Apr 2026 09:00", EVENINGS, True, "Tue 7 Apr 2026 18:00", False, "strict, and in time"),
        ("Wed 8 Apr 2026 21:00", SUNDAYS, False, "Thu 9 Apr 2026 08:00", False, "missed anyway: the sooner"),
        (
            "Wed 8 Apr 2026 21:00",
            None,
            False,
            "Thu 9 Apr 2026 08:00",
            False,
            "no windows agreed: the default",
        ),
        ("Wed 8 Apr 2026 10:00", None, False, "Wed 8 Apr 2026 10:00", False, "no windows agreed, by day"),
    ],
)
def test_the_deadline_against_her_windows(
    earliest: str, window: Window | None, strict: bool, expected: str, too_late: bool, reason: str
) -> None:
    contract = a_contract(windows=(window,) if window else (), windows_strict=strict)
    timing = send_time(at(earliest), contract, at(DEADLINE), SHIPPED)
    assert (timing.at, timing.too_late) == (at(expected), too_late), reason


def test_why_says_that_the_default_window_was_used() -> None:
    contract = a_contract(windows=(SUNDAYS,))
    timing = send_time(at("Wed 8 Apr 2026 10:00"), contract, at(DEADLINE), SHIPPED)
    assert "default window" in timing.why


def test_without_a_deadline_her_windows_hold() -> None:
    contract = a_contract(windows=(SUNDAYS,))
    assert send_time(at("Wed 8 Apr 2026 10:00"), contract, None, SHIPPED).at == at("Sun 12 Apr 2026 10:00")


def test_the_very_second_of_the_deadline_is_in_time() -> None:
    late_evening = a_contract(windows=(a_window("20:00", "24:00"),))
    timing = send_time(at(DEADLINE), late_evening, at(DEADLINE), SHIPPED)
    assert timing.at == at(DEADLINE)
