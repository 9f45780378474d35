"""Which member of staff a victim calls, and who is told on which level (rules, sections 5 and 6)."""

from __future__ import annotations

from datetime import date

from notifier.records import Case, Role, StaffMember

_ROLES = {1: Role.OFFICER, 2: Role.SUPERVISOR, 3: Role.UNIT}
HIGHEST_LEVEL = max(_ROLES)


def officer_on(case: Case, day: date) -> StaffMember | None:
    """Return the officer of the case on a local day: the cover where she is absent, ``None`` without one."""
    officer = case.officer
    if officer is None:
        return None
    for absence in case.absences:
        if absence.officer_id == officer.id and absence.first <= day <= absence.last:
            return absence.cover
    return officer


def responsible(case: Case, level: int, day: date) -> tuple[StaffMember | None, Role]:
    """Return who is told on ``level`` (1 officer, 2 supervisor, 3 unit), and in which role.

    Where there is nobody, the next level up is told instead, and at the top whoever there is.
    """
    by_role = {
        Role.OFFICER: officer_on(case, day),
        Role.SUPERVISOR: case.supervisor,
        Role.UNIT: case.unit,
    }
    above = [_ROLES[number] for number in range(level, HIGHEST_LEVEL + 1)]
    below = [_ROLES[number] for number in range(level - 1, 0, -1)]
    for role in above + below:
        person = by_role[role]
        if person is not None:
            return person, role
    return None, _ROLES[level]


def whom_to_call(case: Case, day: date) -> StaffMember | None:
    """Return the person whose number and shifts a message names."""
    return responsible(case, 1, day)[0]
