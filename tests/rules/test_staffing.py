from __future__ import annotations

from typing import Any

import pytest

from notifier.records import Absence, Role, StaffMember
from notifier.rules.staffing import officer_on, responsible, whom_to_call
from tests.builders import COVER, OFFICER, SUPERVISOR, UNIT, a_case, day

AWAY = Absence(OFFICER.id, day("Mon 30 Mar 2026"), day("Wed 1 Apr 2026"), COVER)
AWAY_WITHOUT_COVER = Absence(OFFICER.id, day("Mon 30 Mar 2026"), day("Wed 1 Apr 2026"), None)
SOMEBODY_ELSES = Absence("off9", day("Mon 30 Mar 2026"), day("Wed 1 Apr 2026"), COVER)


@pytest.mark.parametrize(
    ("on", "absence", "expected", "reason"),
    [
        ("Sun 29 Mar 2026", AWAY, OFFICER, "the day before"),
        ("Mon 30 Mar 2026", AWAY, COVER, "the first day counts"),
        ("Wed 1 Apr 2026", AWAY, COVER, "the last day counts"),
        ("Thu 2 Apr 2026", AWAY, OFFICER, "the day after"),
        ("Tue 31 Mar 2026", AWAY_WITHOUT_COVER, None, "away, and nobody covers"),
        ("Tue 31 Mar 2026", SOMEBODY_ELSES, OFFICER, "another officer is away"),
    ],
)
def test_the_officer_of_a_day(on: str, absence: Absence, expected: StaffMember | None, reason: str) -> None:
    assert officer_on(a_case(absences=(absence,)), day(on)) == expected, reason


NOBODY: dict[str, Any] = {"officer": None, "supervisor": None, "unit": None}


@pytest.mark.parametrize(
    ("level", "case", "expected", "reason"),
    [
        (1, {}, (OFFICER, Role.OFFICER), "level 1 is the officer"),
        (2, {}, (SUPERVISOR, Role.SUPERVISOR), "level 2 is the supervisor"),
        (3, {}, (UNIT, Role.UNIT), "level 3 is the unit"),
        (1, {"absences": (AWAY,)}, (COVER, Role.OFFICER), "the cover if absent"),
        (1, {"absences": (AWAY_WITHOUT_COVER,)}, (SUPERVISOR, Role.SUPERVISOR), "the supervisor if neither"),
        (1, {"officer": None}, (SUPERVISOR, Role.SUPERVISOR), "no officer assigned"),
        (1, {"officer": None, "supervisor": None}, (UNIT, Role.UNIT), "whoever is next above"),
        (3, {"unit": None}, (SUPERVISOR, Role.SUPERVISOR), "at the top, whoever there is"),
        (1, NOBODY, (None, Role.OFFICER), "nobody is named on the case"),
    ],
)
def test_who_is_told(
    level: int, case: dict[str, Any], expected: tuple[StaffMember | None, Role], reason: str
) -> None:
    assert responsible(a_case(**case), level, day("Wed 1 Apr 2026")) == expected, reason


def test_a_message_names_the_person_who_is_there() -> None:
    assert whom_to_call(a_case(absences=(AWAY,)), day("Wed 1 Apr 2026")) == COVER
    assert whom_to_call(a_case(absences=(AWAY,)), day("Thu 2 Apr 2026")) == OFFICER
