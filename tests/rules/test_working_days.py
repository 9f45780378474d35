from __future__ import annotations

from datetime import date, timedelta

import holidays
import pytest

from notifier.errors import BeyondCalendar
from notifier.policy_file import bank_holidays
from notifier.rules.working_days import add_working_days, is_working_day, previous_working_day
from tests.builders import day

CALENDAR = bank_holidays()


@pytest.mark.parametrize(
    ("day_0", "count", "expected", "reason"),
    [
        ("Mon 1 Jun 2026", 1, "Tue 2 Jun 2026", "an ordinary week; the day of the event is day 0"),
        ("Mon 1 Jun 2026", 5, "Mon 8 Jun 2026", "a weekend lies between"),
        ("Fri 5 Jun 2026", 1, "Mon 8 Jun 2026", "Saturday and Sunday are no working days"),
        ("Sat 6 Jun 2026", 1, "Mon 8 Jun 2026", "day 0 may be a Saturday"),
        ("Sun 7 Jun 2026", 5, "Fri 12 Jun 2026", "day 0 may be a Sunday"),
        ("Sun 7 Jun 2026", 0, "Sun 7 Jun 2026", "no working days later is the day itself"),
        ("Wed 1 Apr 2026", 5, "Fri 10 Apr 2026", "Good Friday 3 and Easter Monday 6 April"),
        ("Thu 2 Apr 2026", 1, "Tue 7 Apr 2026", "the whole Easter weekend"),
        ("Fri 3 Apr 2026", 1, "Tue 7 Apr 2026", "day 0 may be a bank holiday"),
        ("Fri 1 May 2026", 1, "Tue 5 May 2026", "early May bank holiday"),
        ("Fri 22 May 2026", 1, "Tue 26 May 2026", "spring bank holiday"),
        ("Fri 28 Aug 2026", 1, "Tue 1 Sep 2026", "summer bank holiday"),
        ("Thu 24 Dec 2026", 1, "Tue 29 Dec 2026", "Boxing Day is a Saturday: Monday 28 December instead"),
        ("Thu 24 Dec 2026", 5, "Tue 5 Jan 2027", "Christmas, its substitute day and New Year's Day"),
        ("Thu 31 Dec 2026", 1, "Mon 4 Jan 2027", "New Year's Day is a Friday"),
        ("Fri 24 Dec 2027", 1, "Wed 29 Dec 2027", "Christmas on a weekend: Monday and Tuesday instead"),
        ("Fri 31 Dec 2027", 1, "Tue 4 Jan 2028", "New Year's Day is a Saturday: Monday 3 January instead"),
        ("Thu 7 May 2020", 1, "Mon 11 May 2020", "early May was moved to VE Day, Friday 8 May 2020"),
        ("Fri 16 Sep 2022", 1, "Tue 20 Sep 2022", "the state funeral, for that one year"),
        ("Fri 5 May 2023", 1, "Tue 9 May 2023", "the coronation, for that one year"),
        ("Fri 27 Nov 2026", 1, "Mon 30 Nov 2026", "St Andrew's Day is Scotland's"),
        ("Fri 31 Jul 2026", 1, "Mon 3 Aug 2026", "the first Monday of August is Scotland's"),
        ("Mon 16 Mar 2026", 1, "Tue 17 Mar 2026", "St Patrick's Day is Northern Ireland's"),
        ("Fri 10 Jul 2026", 1, "Mon 13 Jul 2026", "the day for 12 July is Northern Ireland's"),
    ],
)
def test_the_nth_working_day_after(day_0: str, count: int, expected: str, reason: str) -> None:
    assert add_working_days(CALENDAR, day(day_0), count) == day(expected), reason


@pytest.mark.parametrize(
    ("before", "expected", "reason"),
    [
        ("Wed 3 Jun 2026", "Tue 2 Jun 2026", "an ordinary week"),
        ("Mon 8 Jun 2026", "Fri 5 Jun 2026", "over a weekend"),
        ("Tue 7 Apr 2026", "Thu 2 Apr 2026", "over Easter"),
        ("Tue 29 Dec 2026", "Thu 24 Dec 2026", "over Christmas and its substitute day"),
    ],
)
def test_the_working_day_before(before: str, expected: str, reason: str) -> None:
    assert previous_working_day(CALENDAR, day(before)) == day(expected), reason


def test_every_day_of_every_known_year() -> None:
    """Against a naive count: a weekday that the package names as no holiday of England."""
    years = range(CALENDAR.first_year, CALENDAR.last_year + 1)
    english = holidays.country_holidays("GB", subdiv="ENG", years=years)
    first, last = date(CALENDAR.first_year, 1, 1), date(CALENDAR.last_year, 12, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    naive = [day for day in days if day.weekday() < 5 and day not in english]
    assert [day for day in days if is_working_day(CALENDAR, day)] == naive
    for before, after, fifth in zip(naive, naive[1:], naive[5:], strict=False):
        assert add_working_days(CALENDAR, before, 1) == after
        assert add_working_days(CALENDAR, before, 5) == fifth
        assert previous_working_day(CALENDAR, after) == before


@pytest.mark.parametrize("year", range(2020, CALENDAR.last_year + 1))
def test_every_year_has_its_eight_bank_holidays(year: int) -> None:
    """Eight on weekdays in every year, one more where the Crown named one."""
    proclaimed = {2022: 2, 2023: 1}  # the platinum jubilee and the state funeral; the coronation
    named = [day for day in CALENDAR.holidays if day.year == year and day.weekday() < 5]
    assert len(named) == 8 + proclaimed.get(year, 0)


def test_a_year_without_known_bank_holidays_is_an_error() -> None:
    last = date(CALENDAR.last_year, 12, 31)
    with pytest.raises(BeyondCalendar, match=f"bank holidays of {last.year + 1} are not known"):
        add_working_days(CALENDAR, last, 1)
    with pytest.raises(BeyondCalendar, match=f"{CALENDAR.first_year - 1}"):
        is_working_day(CALENDAR, date(CALENDAR.first_year - 1, 12, 31))
