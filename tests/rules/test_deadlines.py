from __future__ import annotations

import pytest

from notifier.errors import BeyondCalendar
from notifier.event_types import EVENT_TYPES
from notifier.rules.deadlines import duty
from tests.builders import SHIPPED, a_policy, an_event, at

# rules, section 1: the limit in working days for standard and for enhanced rights, and the clock.
DUTIES = {
    "victim.registered": (5, 1, "occurred"),
    "case.not_investigated": (5, 1, "occurred"),
    "case.no_further_action": (5, 1, "occurred"),
    "case.suspect_arrested": (5, 1, "occurred"),
    "case.suspect_interviewed": (5, 1, "occurred"),
    "case.suspect_released": (5, 1, "occurred"),
    "case.bail_changed": (5, 1, "occurred"),
    "case.charged": (5, 1, "occurred"),
    "case.out_of_court": (5, 1, "occurred"),
    "case.charge_altered": (5, 1, "occurred"),
    "case.closed": (5, 1, "occurred"),
    "case.reopened": (5, 1, "occurred"),
    "case.progress": (5, 1, "occurred"),
    "officer.assigned": (5, 1, "occurred"),
    "court.hearing_listed": (1, 1, "received"),
    "court.hearing_changed": (1, 1, "received"),
    "court.witness_required": (1, 1, "received"),
    "court.bail_decided": (5, 1, "received"),
    "court.warrant_issued": (5, 1, "received"),
    "court.special_measures": (5, 1, "received"),
    "court.verdict": (1, 1, "received"),
    "court.sentenced": (1, 1, "received"),
    "court.appeal": (1, 1, "received"),
    "custody.release_planned": (1, 1, "received"),
    "custody.recalled": (1, 1, "received"),
    "contact_scheme.offered": (10, 10, "received"),
}
# It happened on Wednesday 1 April 2026, before Easter, and was received on Tuesday 14 April.
DUE = {
    (1, "occurred"): "Thu 2 Apr 2026 23:59:59",
    (5, "occurred"): "Fri 10 Apr 2026 23:59:59",
    (1, "received"): "Wed 15 Apr 2026 23:59:59",
    (5, "received"): "Tue 21 Apr 2026 23:59:59",
    (10, "received"): "Tue 28 Apr 2026 23:59:59",
}
AT_ONCE = frozenset({"custody.released", "custody.escaped"})
TOLD = [row.name for row in EVENT_TYPES.values() if row.told and row.name not in AT_ONCE]
HEARING = "court.hearing_listed"


@pytest.mark.parametrize("enhanced", [False, True], ids=["standard", "enhanced"])
@pytest.mark.parametrize("name", TOLD)
def test_every_duty_of_the_table(name: str, enhanced: bool) -> None:
    standard, shorter, clock = DUTIES[name]
    event = an_event(name, "Wed 1 Apr 2026 09:30", received="Tue 14 Apr 2026 11:00")
    expected = DUE[shorter if enhanced else standard, clock]
    assert duty(event, enhanced, SHIPPED).deadline == at(expected)


def test_what_is_never_told_brings_no_duty() -> None:
    silent = {row.name for row in EVENT_TYPES.values() if not row.told}
    assert silent >= {"case.opened", "case.party_recorded", "victim.updated", "contact.recorded"}
    assert silent.isdisjoint(DUTIES)


@pytest.mark.parametrize(
    ("name", "occurred", "received", "enhanced", "expected", "reason"),
    [
        (
            "case.charged", "Tue 31 Mar 2026 23:30", "Wed 1 Apr 2026 08:00", True,
            "Wed 1 Apr 2026 23:59:59", "day 0 is the day on which it happened, not when we heard of it",
        ),
        (
            "case.charged", "Thu 2 Apr 2026 00:10", "Thu 2 Apr 2026 08:00", True,
            "Tue 7 Apr 2026 23:59:59", "day 0 is the local day: in UTC it was still 1 April",
        ),
        (
            "case.charged", "Thu 24 Dec 2026 10:00", "Thu 24 Dec 2026 10:00", False,
            "Tue 5 Jan 2027 23:59:59", "Christmas, Boxing Day's substitute and New Year's Day do not count",
        ),
        (
            "case.charged", "Thu 22 Oct 2026 10:00", "Thu 22 Oct 2026 10:00", False,
            "Thu 29 Oct 2026 23:59:59", "the end of the day by the clock, after it went back",
        ),
        (
            HEARING, "Mon 30 Mar 2026 10:00", "Thu 2 Apr 2026 16:00", False,
            "Tue 7 Apr 2026 23:59:59", "a court's day counts from when we received it",
        ),
        (
            "case.charged", "Thu 2 Apr 2026 17:30", "Thu 2 Apr 2026 17:30", False,
            "Mon 13 Apr 2026 23:59:59", "Good Friday and Easter Monday do not count",
        ),
        (
            "case.charged", "Fri 26 Mar 2027 10:00", "Fri 26 Mar 2027 10:00", False,
            "Mon 5 Apr 2027 23:59:59", "Good Friday is day 0, Easter Monday the day after the clock change",
        ),
        (
            "case.charged", "Fri 29 Oct 2027 10:00", "Fri 29 Oct 2027 10:00", True,
            "Mon 1 Nov 2027 23:59:59", "over the Sunday that has 25 hours",
        ),
        (
            "case.charged", "Fri 24 Dec 2027 23:59", "Fri 24 Dec 2027 23:59", False,
            "Wed 5 Jan 2028 23:59:59", "two substitute days at Christmas and one at New Year",
        ),
        (
            "contact_scheme.offered", "Mon 27 Apr 2026 10:00", "Mon 27 Apr 2026 10:00", True,
            "Tue 12 May 2026 23:59:59", "ten working days for everybody, less the early May holiday",
        ),
        (
            "court.verdict", "Fri 22 May 2026 16:00", "Fri 22 May 2026 23:59:59", False,
            "Tue 26 May 2026 23:59:59", "received in the last second of Friday, over the spring holiday",
        ),
        (
            "court.verdict", "Fri 22 May 2026 16:00", "Sat 23 May 2026 00:00", False,
            "Tue 26 May 2026 23:59:59", "received on Saturday: the same Tuesday",
        ),
    ],
)  # fmt: skip
def test_dates_of_duties(
    name: str, occurred: str, received: str, enhanced: bool, expected: str, reason: str
) -> None:
    event = an_event(name, occurred, received=received)
    assert duty(event, enhanced, SHIPPED).deadline == at(expected), reason


@pytest.mark.parametrize(
    ("received", "starts", "expected", "passed", "reason"),
    [
        (
            "Wed 1 Apr 2026 09:30", "Mon 12 Oct 2026 10:00",
            "Thu 2 Apr 2026 23:59:59", False, "far away: the ordinary limit",
        ),
        (
            "Wed 1 Apr 2026 09:30", "Thu 2 Apr 2026 10:00",
            "Wed 1 Apr 2026 20:00", False, "tomorrow: by 20:00 today",
        ),
        (
            "Thu 2 Apr 2026 09:30", "Tue 7 Apr 2026 10:00",
            "Mon 6 Apr 2026 20:00", False, "by 20:00 the evening before, a bank holiday or not",
        ),
        (
            "Wed 1 Apr 2026 19:59", "Thu 2 Apr 2026 10:00",
            "Wed 1 Apr 2026 20:00", False, "a minute before the evening's limit",
        ),
        (
            "Wed 1 Apr 2026 20:01", "Thu 2 Apr 2026 10:00",
            "Thu 2 Apr 2026 23:59:59", True, "the evening's limit had passed when it arrived",
        ),
        (
            "Wed 1 Apr 2026 09:30", "Wed 1 Apr 2026 14:00",
            "Thu 2 Apr 2026 23:59:59", True, "today: the evening before is long over",
        ),
        (
            "Fri 27 Mar 2026 09:30", "Mon 30 Mar 2026 10:00",
            "Sun 29 Mar 2026 20:00", False, "20:00 by the clock, on the day it goes forward",
        ),
        (
            "Fri 23 Oct 2026 09:30", "Mon 26 Oct 2026 10:00",
            "Sun 25 Oct 2026 20:00", False, "20:00 by the clock, on the day it goes back",
        ),
    ],
)  # fmt: skip
def test_a_known_moment(received: str, starts: str, expected: str, passed: bool, reason: str) -> None:
    event = an_event(HEARING, received, starts_at=at(starts).isoformat())
    found = duty(event, False, SHIPPED)
    assert (found.deadline, found.moment_passed) == (at(expected), passed), reason


def test_a_moment_counts_from_the_arrival_not_from_the_publishing() -> None:
    tomorrow = at("Thu 2 Apr 2026 10:00").isoformat()
    delayed = an_event(HEARING, "Wed 1 Apr 2026 15:00", arrived="Wed 1 Apr 2026 21:00", starts_at=tomorrow)
    assert duty(delayed, False, SHIPPED).moment_passed


@pytest.mark.parametrize(
    ("name", "occurred", "enhanced", "expected", "reason"),
    [
        ("case.charged", "Wed 1 Apr 2026 09:30", False, "Thu 9 Apr 2026 12:00", "the working day before"),
        (
            "case.charged",
            "Fri 27 Mar 2026 09:30",
            False,
            "Thu 2 Apr 2026 12:00",
            "due on Tuesday after Easter: the Thursday before it",
        ),
        (
            "case.charged",
            "Wed 1 Apr 2026 09:30",
            True,
            "Thu 2 Apr 2026 12:00",
            "one day: the last day itself",
        ),
        (HEARING, "Wed 1 Apr 2026 09:30", False, "Thu 2 Apr 2026 12:00", "one day: the last day itself"),
        (
            "case.charged",
            "Thu 24 Dec 2026 09:30",
            False,
            "Mon 4 Jan 2027 12:00",
            "due on 5 January: the first working day of the year before it",
        ),
        (
            "contact_scheme.offered",
            "Mon 12 Oct 2026 09:30",
            False,
            "Fri 23 Oct 2026 12:00",
            "due on the Monday after the clock went back: noon of the Friday before",
        ),
    ],
)
def test_when_a_duty_is_at_risk(name: str, occurred: str, enhanced: bool, expected: str, reason: str) -> None:
    assert duty(an_event(name, occurred), enhanced, SHIPPED).at_risk_at == at(expected), reason


def test_a_force_may_set_its_own_limit() -> None:
    own = a_policy(limits={"case.charged": (3, 2)})
    event = an_event("case.charged", "Mon 1 Jun 2026 09:30")
    assert duty(event, False, own).deadline == at("Thu 4 Jun 2026 23:59:59")
    assert duty(event, True, own).deadline == at("Wed 3 Jun 2026 23:59:59")


def test_why_names_the_limit_the_rights_and_the_source() -> None:
    why = duty(an_event("case.charged"), True, SHIPPED).why
    assert "1 working day " in why
    assert "enhanced rights" in why
    assert "Code" in why


def test_a_limit_beyond_the_known_bank_holidays_is_an_error() -> None:
    last = f"{SHIPPED.calendar.last_year}"
    with pytest.raises(BeyondCalendar):
        duty(an_event("case.charged", f"Fri 31 Dec {last} 09:30"), False, SHIPPED)


@pytest.mark.parametrize(
    "name",
    [
        "victim.registered",
        "case.progress",
        "officer.assigned",
        "case.closed",
        "case.reopened",
        "court.special_measures",
        "custody.release_planned",
        "custody.released",
        "custody.recalled",
        "custody.escaped",
    ],
)
def test_where_the_source_gives_no_limit_it_is_called_our_policy(name: str) -> None:
    limit = EVENT_TYPES[name].limit
    assert limit is not None
    assert "our policy" in limit.source
