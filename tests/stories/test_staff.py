"""What staff answer, who stands in for an officer, and what is taken back (rules, sections 3, 4 and 6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stories.story import EMAIL, NUMBER, SMS, Story

DAY = "2026-05-12"  # a Tuesday
BOTH: dict[str, Any] = {"points": (SMS, EMAIL)}
NFA: dict[str, Any] = {"reasons": "There was not enough evidence to charge anyone."}
SOURCE = "urn:example:records"


def unreachable(start: str = f"{DAY} 09:00") -> Story:
    """A victim whose only number is dead: an escalation opens at 14:00."""
    story = Story(start, victim={"points": (SMS,)}).outcome(NUMBER, "failed", start=f"{DAY} 12:00")
    return story.event("case.suspect_arrested", f"{DAY} 14:00", id="arrest")


def steps(story: Story, until: str) -> list[tuple[Any, ...]]:
    return story.run(until).told("at", "level", "person_id", what="escalation", reason="no_contact")


def test_an_acknowledged_escalation_does_not_climb_for_a_working_day() -> None:
    story = unreachable()
    story.event("escalation.acknowledged", f"{DAY} 16:00", about="arrest", kind="no_contact", by="off1")
    assert steps(story, "2026-05-13 17:00") == [
        ("Tue 12 May 14:00", 1, "off1"),
        ("Wed 13 May 16:00", 2, "sup1"),
    ]


def test_a_resolved_escalation_never_climbs() -> None:
    story = unreachable()
    answer = {"about": "arrest", "by": "off1", "outcome": "The victim was visited."}
    story.event("escalation.resolved", f"{DAY} 16:00", **answer)
    assert steps(story, "2026-05-18 17:00") == [("Tue 12 May 14:00", 1, "off1")]


def test_a_task_that_is_done_is_not_overdue() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH, offence="stalking")
    story.event("case.no_further_action", f"{DAY} 10:00", id="nfa", **NFA)
    done = {"about": "nfa", "kind": "tell_in_person", "by": "off1", "outcome": "She was told at home."}
    story.event("task.done", f"{DAY} 15:00", **done)
    lines = story.run("2026-05-15 12:00")
    assert lines.told("at", what="escalation", reason="task_overdue") == []


def test_the_cover_is_asked_while_the_officer_is_away() -> None:
    cover = {"id": "cov1", "name": "PC Sam Lee", "phone": "01632 960009"}
    story = unreachable()
    away: dict[str, Any] = {"officer_id": "off1", "from": "2026-05-10", "until": "2026-05-12", "cover": cover}
    story.event("officer.absent", f"{DAY} 08:00", case_id="another", **away)
    lines = story.run(f"{DAY} 15:00")
    assert lines.told("person_id", "role", what="escalation") == [("cov1", "officer")]


def test_without_a_cover_the_supervisor_is_asked() -> None:
    story = unreachable()
    story.event("officer.absent", f"{DAY} 08:00", officer_id="off1", until=DAY, **{"from": DAY})
    assert story.run(f"{DAY} 15:00").told("person_id", "role", what="escalation") == [("sup1", "supervisor")]


@pytest.mark.parametrize(
    ("retracted_at", "line"),
    [
        # Not told yet: it is never told.
        (f"{DAY} 21:30", ("cancelled", "retracted", None)),
        # Told already: a person corrects it.
        ("2026-05-13 10:00", ("task", "correction", "correction")),
    ],
)
def test_what_was_wrong_is_taken_back(retracted_at: str, line: tuple[Any, ...]) -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH)
    story.event("case.suspect_arrested", f"{DAY} 21:00", id="wrong")
    story.event("event.retracted", retracted_at, **{"source": SOURCE, "id_": "wrong"})
    lines = story.run("2026-05-14 08:00")
    assert line in lines.told("what", "reason", "kind", event_id="wrong")


def test_what_is_retracted_before_it_arrives_is_never_told() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH)
    story.event("event.retracted", f"{DAY} 10:00", **{"source": SOURCE, "id_": "wrong"})
    story.event("case.suspect_arrested", f"{DAY} 11:00", id="wrong")
    assert story.run("2026-05-14 08:00").told("what", what="message") == []


def test_another_source_cannot_take_it_back() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH)
    story.event("case.suspect_arrested", f"{DAY} 21:00", id="right")
    story.event("event.retracted", f"{DAY} 21:30", **{"source": "urn:example:other", "id_": "right"})
    assert story.run("2026-05-13 12:00").told("event_id", what="message") == [("right",)]


def test_who_withdrew_hears_nothing_and_people_decide_about_duties() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH)
    story.event("case.suspect_arrested", f"{DAY} 21:00", id="arrest")
    story.event("victim.withdrew", f"{DAY} 21:30", victim_id="v1", reason="She wants no more.")
    story.event("case.charged", "2026-05-13 10:00", id="charge", offences=["burglary"])
    lines = story.run("2026-06-30 12:00")
    assert lines.told("what", "reason", "event_id", "kind")[:4] == [
        ("suppressed", "withdrew", "arrest", None),
        ("task", "withdrew", "arrest", "withdrew"),
        ("suppressed", "withdrew", "charge", None),
        ("task", "withdrew", "charge", "withdrew"),
    ]
    assert lines.told("what", what="message") == []
