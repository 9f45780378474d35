"""One small case over Easter 2026, to read and to try `notifier simulate` with."""

from __future__ import annotations

from people import SHAH
from publisher import Day

WEEKDAY_EVENINGS = {
    "windows": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "18:00", "until": "20:00"}]
}


def one_case() -> Day:
    """Return a burglary from the report to the first hearing; nothing in it is history."""
    day = Day("31 Mar 09:00")
    case = day.case("c1", "burglary", SHAH, "31 Mar 09:00")
    case.victim("31 Mar 09:05", "Siân Prydderch", "sms email", contract=WEEKDAY_EVENINGS)
    case.arrested("1 Apr 09:30")
    case.released("1 Apr 21:15", "bail", "must not enter Tannery Lane")
    case.charged("14 Apr 11:40", "burglary")
    case.hearing("15 Apr 10:05", "28 Apr 10:00", "first hearing")
    return day
