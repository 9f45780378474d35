from __future__ import annotations

from typing import Any

import pytest

from notifier.event_types import EVENT_TYPES, Courtesy
from notifier.records import CaseEvent, CourtesyContent, Window
from notifier.rules.cadence import Contact, content, courtesy_plan, stopped, wants_courtesy
from tests.builders import SHIPPED, a_case, a_contract, a_victim, a_window, an_event, at, day

EVENINGS = a_window("18:00", "20:00", "mon tue wed thu fri")


@pytest.mark.parametrize(
    ("last_contact", "acknowledged_only", "case", "every", "due", "prompt", "reason"),
    [
        (
            "Mon 1 Jun 2026 10:15", True, {}, None,
            "Mon 8 Jun 2026 10:15", "Sat 6 Jun 2026 08:00", "first: 7 days, the officer 2 days before",
        ),
        (
            "Mon 1 Jun 2026 10:15", False, {}, None,
            "Mon 29 Jun 2026 10:15", "Mon 22 Jun 2026 08:00", "later: 28 days, the officer 7 days before",
        ),
        (
            "Mon 1 Jun 2026 10:15", False, {"offence": "stalking"}, None,
            "Mon 15 Jun 2026 10:15", "Thu 11 Jun 2026 08:00", "serious: 14 days, the officer 4 days before",
        ),
        (
            "Mon 1 Jun 2026 10:15", True, {"offence": "stalking"}, None,
            "Mon 8 Jun 2026 10:15", "Sat 6 Jun 2026 08:00", "serious, the first: 7 days",
        ),
        (
            "Mon 1 Jun 2026 10:15", False, {"offence": "road_collision", "fatal": True}, None,
            "Mon 15 Jun 2026 10:15", "Thu 11 Jun 2026 08:00", "a fatal collision is serious",
        ),
        (
            "Mon 1 Jun 2026 10:15", False, {}, 10,
            "Thu 11 Jun 2026 10:15", "Mon 8 Jun 2026 08:00", "every 10 days: a quarter, rounded up, is 3",
        ),
        (
            "Mon 1 Jun 2026 10:15", True, {"offence": "stalking"}, 30,
            "Wed 1 Jul 2026 10:15", "Tue 23 Jun 2026 08:00", "the contract overrides all of these",
        ),
        (
            "Mon 1 Jun 2026 10:15", False, {}, 4,
            "Fri 5 Jun 2026 10:15", "Thu 4 Jun 2026 08:00", "every 4 days: a quarter is 1",
        ),
        (
            "Mon 1 Jun 2026 10:15", False, {}, 2,
            "Wed 3 Jun 2026 10:15", "Tue 2 Jun 2026 08:00", "every 2 days: at least 1 day before",
        ),
        (
            "Mon 1 Jun 2026 10:15", False, {}, 1,
            "Tue 2 Jun 2026 10:15", None, "every day: the morning of the reminder is before the contact",
        ),
        (
            "Mon 1 Jun 2026 21:30", True, {}, None,
            "Tue 9 Jun 2026 08:00", "Sun 7 Jun 2026 08:00", "never at night: the next morning",
        ),
        (
            "Mon 1 Jun 2026 20:00", True, {}, None,
            "Tue 9 Jun 2026 08:00", "Sun 7 Jun 2026 08:00", "20:00 is outside the default window",
        ),
        (
            "Mon 16 Mar 2026 10:15", False, {}, None,
            "Mon 13 Apr 2026 10:15", "Mon 6 Apr 2026 08:00", "the same time by the clock, over March",
        ),
        (
            "Mon 5 Oct 2026 10:15", False, {}, None,
            "Mon 2 Nov 2026 10:15", "Mon 26 Oct 2026 08:00", "the same time by the clock, over October",
        ),
    ],
)  # fmt: skip
def test_when_the_next_update_is_due(
    last_contact: str,
    acknowledged_only: bool,
    case: dict[str, Any],
    every: int | None,
    due: str,
    prompt: str | None,
    reason: str,
) -> None:
    victim = a_victim(contract=a_contract(every_days=every))
    plan = courtesy_plan(Contact(at(last_contact), acknowledged_only), a_case(**case), victim, SHIPPED)
    assert (plan.due_at, plan.prompt_at) == (at(due), at(prompt) if prompt else None), reason


@pytest.mark.parametrize(
    ("last_contact", "windows", "due", "reason"),
    [
        ("Mon 1 Jun 2026 10:15", [EVENINGS], "Mon 8 Jun 2026 18:00", "moved to her evening"),
        ("Sat 6 Jun 2026 10:15", [EVENINGS], "Mon 15 Jun 2026 18:00", "not at the weekend"),
        ("Mon 1 Jun 2026 23:30", [a_window("22:00", "24:00")], "Mon 8 Jun 2026 23:30", "hers are late"),
    ],
)
def test_it_is_moved_into_her_windows(
    last_contact: str, windows: list[Window], due: str, reason: str
) -> None:
    victim = a_victim(contract=a_contract(windows=tuple(windows)))
    plan = courtesy_plan(Contact(at(last_contact), acknowledgement_alone=True), a_case(), victim, SHIPPED)
    assert plan.due_at == at(due), reason


@pytest.mark.parametrize(
    ("wants", "withdrew", "expected"),
    [("all", False, True), ("key_events", False, False), ("none", False, False), ("all", True, False)],
)
def test_who_wants_updates(wants: str, withdrew: bool, expected: bool) -> None:
    assert wants_courtesy(a_victim(contract=a_contract(wants=wants), withdrew=withdrew)) is expected


CLOSED = an_event("case.closed", "Wed 1 Apr 2026 09:30")
NO_FURTHER_ACTION = an_event("case.no_further_action", "Wed 1 Apr 2026 09:30")
CHARGED_BEFORE = an_event("case.charged", "Tue 31 Mar 2026 09:30")
CHARGED_AFTER = an_event("case.charged", "Thu 2 Apr 2026 09:30")
PROGRESS_AFTER = an_event("case.progress", "Thu 2 Apr 2026 09:30")
ARREST_AFTER = an_event("case.suspect_arrested", "Thu 2 Apr 2026 09:30")
CLOSED_AGAIN = an_event("case.closed", "Fri 10 Apr 2026 09:30")


@pytest.mark.parametrize(
    ("told", "history", "expected", "reason"),
    [
        ([], [], False, "a new case"),
        ([CHARGED_BEFORE], [CHARGED_BEFORE], False, "an open case"),
        ([CLOSED], [CLOSED], True, "she was told that it is closed"),
        ([NO_FURTHER_ACTION], [NO_FURTHER_ACTION], True, "she was told that nothing more is done"),
        ([], [CLOSED], False, "it is closed, but she was not told yet"),
        ([CLOSED], [CHARGED_BEFORE, CLOSED], True, "a charge from before restarts nothing"),
        ([CLOSED], [CLOSED, CHARGED_AFTER], False, "a charge restarts them"),
        ([CLOSED], [CLOSED, PROGRESS_AFTER], False, "progress restarts them"),
        ([CLOSED], [CLOSED, ARREST_AFTER], True, "an arrest is not among what restarts them"),
        ([CLOSED, CLOSED_AGAIN], [CLOSED, CHARGED_AFTER, CLOSED_AGAIN], True, "and it was closed again"),
        ([CLOSED], [CHARGED_AFTER, CLOSED], False, "it goes by when things happened"),
    ],
)
def test_stops_and_restarts(
    told: list[CaseEvent], history: list[CaseEvent], expected: bool, reason: str
) -> None:
    assert stopped(told, history) is expected, reason


def test_every_event_that_stops_or_restarts() -> None:
    """Rules, section 5: those of them that the table has."""
    stops = {row.name for row in EVENT_TYPES.values() if row.courtesy is Courtesy.STOPS}
    restarts = {row.name for row in EVENT_TYPES.values() if row.courtesy is Courtesy.RESTARTS}
    ending = {"case.closed", "case.not_investigated", "case.no_further_action", "case.out_of_court"}
    assert stops == ending & set(EVENT_TYPES)
    assert restarts == {"case.reopened", "case.charged", "case.progress"} & set(EVENT_TYPES)


REGISTERED = an_event("victim.registered", "Mon 30 Mar 2026 09:30")
ASSIGNED = an_event("officer.assigned", "Tue 31 Mar 2026 09:30")
ARRESTED = an_event("case.suspect_arrested", "Wed 1 Apr 2026 09:30")
AWAITS = an_event(
    "case.progress", "Wed 1 Apr 2026 23:30",
    text="The glove was sent away.", waiting_for="forensic results", expected_by="2026-04-20",
)  # fmt: skip
RESULTS = an_event(
    "case.progress", "Fri 10 Apr 2026 09:30", text="They came.", waiting_for=None, expected_by=None
)


@pytest.mark.parametrize(
    ("told", "expected", "reason"),
    [
        ([], CourtesyContent(), "nothing was told: the honest minimum"),
        ([REGISTERED, ASSIGNED], CourtesyContent(), "neither is specific: the honest minimum"),
        ([REGISTERED, ARRESTED, ASSIGNED], CourtesyContent(last_event=ARRESTED), "the last that is specific"),
        (
            [AWAITS, ARRESTED],
            CourtesyContent(AWAITS, "forensic results", day("Wed 1 Apr 2026"), day("Mon 20 Apr 2026")),
            "the last by when it happened, and what is awaited since which local day",
        ),
        ([ARRESTED, AWAITS, RESULTS], CourtesyContent(last_event=RESULTS), "nothing is awaited any more"),
        (
            [AWAITS, CHARGED_AFTER],
            CourtesyContent(CHARGED_AFTER, "forensic results", day("Wed 1 Apr 2026"), day("Mon 20 Apr 2026")),
            "another event does not end the waiting",
        ),
    ],
)
def test_what_the_update_says(told: list[CaseEvent], expected: CourtesyContent, reason: str) -> None:
    assert content(told, SHIPPED) == expected, reason
