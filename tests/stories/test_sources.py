"""Protection against our own sources: floods, silence, merged records (rules, section 7).

What exactly is counted for a flood: test_protection.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.stories.story import EMAIL, SMS, Lines, Story

wall = datetime.fromisoformat
FIRST = wall("2026-05-04 08:00")  # a Monday
FLOOD = wall("2026-05-12 10:00")  # the source is known for more than seven days
MINUTE = timedelta(minutes=1)


def clock(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="minutes")


def many_cases(count: int, *, first: datetime = FIRST, **case: Any) -> Story:
    """Open and register ``count`` cases with one victim each: c1 and v1, then one every two minutes."""
    story = Story(clock(first), victim={"points": (SMS,)}, **case)
    for number in range(2, count + 1):
        at, case_id = clock(first + 2 * number * MINUTE), f"c{number}"
        opened = {"offence": "burglary", "force": "Example", "reference": f"EX/{number}/26", **case}
        story.event("case.opened", at, case_id=case_id, **opened)
        point = {**SMS, "address": f"07700 900{number:03}"}
        story.registered(at, victim_id=f"v{number}", points=(point,), case_id=case_id)
    return story


def flood(story: Story, count: int, type_: str, start: datetime = FLOOD, **data: Any) -> Story:
    """Publish one event of ``type_`` for each of the cases within some minutes."""
    for number in range(1, count + 1):
        at = clock(start + timedelta(minutes=number // 10))
        story.event(type_, at, id=f"flood{number}", case_id=f"c{number}", **data)
    return story


def held(lines: Lines) -> list[Any]:
    return lines.told("case_id", what="held", reason="volume")


def test_the_fifty_first_notice_of_an_hour_is_held_and_the_unit_is_asked_once() -> None:
    lines = flood(many_cases(60), 60, "case.suspect_arrested").run("2026-05-12 12:00")
    assert held(lines) == [(f"c{number}",) for number in range(51, 61)]
    assert lines.told("case_id", what="message", event_type="case.suspect_arrested") == [
        (f"c{number}",) for number in range(1, 51)
    ]
    assert lines.told("at", "level", "role", "event_type", what="escalation", reason="volume") == [
        ("Tue 12 May 10:05", 3, "unit", "case.suspect_arrested")
    ]


def test_a_source_younger_than_seven_days_is_only_reported() -> None:
    story = flood(many_cases(60), 60, "case.suspect_arrested", FIRST + timedelta(days=6, hours=2))
    lines = story.run("2026-05-10 23:00")
    assert held(lines) == []
    assert lines.told("level", "event_type", what="escalation") == [(3, "case.suspect_arrested")]


def test_a_held_safety_notice_is_escalated_at_safety_pace() -> None:
    story = flood(many_cases(51), 51, "custody.released", on="2026-05-12")
    lines = story.run("2026-05-12 11:10")
    assert held(lines) == [("c51",)]
    mine = lines.told("at", "level", what="escalation", reason="volume", case_id="c51", event_id="flood51")
    assert mine == [("Tue 12 May 10:05", 1), ("Tue 12 May 10:35", 2), ("Tue 12 May 11:05", 3)]


def test_courtesy_updates_never_count() -> None:
    """60 updates of one morning."""
    story = many_cases(60)
    for number in range(1, 61):
        news = {"text": "We spoke to two witnesses.", "waiting_for": "the laboratory"}
        story.event("case.progress", clock(FIRST + timedelta(hours=3, minutes=3 * number)),
                    case_id=f"c{number}", **news)  # fmt: skip
    lines = story.run("2026-06-03 12:00")
    assert held(lines) == []
    assert len(lines.told("case_id", what="message", event_type="courtesy")) == 60


WORKDAYS = [
    FIRST + timedelta(days=day, hours=hour) for day in range(9) if day not in (5, 6) for hour in range(10)
]


def hourly(moments: list[datetime]) -> Story:
    """A source that publishes every hour from 8 to 17 on working days, until Tuesday 12 May at 17:00."""
    story = Story(clock(moments[0]))
    for at in moments:
        story.event("case.progress", clock(at), text="We looked at the pictures.")
    return story


def silences(lines: Lines) -> list[Any]:
    return lines.told("at", "level", "case_id", what="escalation", reason="source_silent")


def test_a_source_that_falls_silent_for_three_of_its_usual_gaps_is_reported() -> None:
    """It published hourly; after Tuesday 11:00 it does not."""
    story = hourly([at for at in WORKDAYS if at <= wall("2026-05-12 11:00")])
    assert silences(story.run("2026-05-14 20:00")) == [("Tue 12 May 14:00", 3, None)]


def test_the_night_and_the_weekend_are_no_silence_where_they_are_usual() -> None:
    story = hourly(WORKDAYS)
    assert silences(story.run("2026-05-13 12:00")) == [("Wed 13 May 10:00", 3, None)]


def test_a_source_that_publishes_seldom_has_no_usual_gap() -> None:
    assert silences(hourly(WORKDAYS[::6]).run("2026-07-01 10:00")) == []


def test_a_source_that_speaks_again_may_fall_silent_again() -> None:
    story = hourly([at for at in WORKDAYS if at <= wall("2026-05-12 11:00")])
    for hour in (15, 16, 17):
        story.event("case.progress", f"2026-05-12 {hour}:00", text="We looked at the pictures.")
    assert len(silences(story.run("2026-05-14 20:00"))) == 2


def test_news_that_came_together_with_the_merge_of_records_is_held_too() -> None:
    story = Story("2026-05-11 09:00", victim={"points": (SMS,)})
    story.registered("2026-05-11 09:00", victim_id="v2", points=(EMAIL,))
    story.event("case.suspect_arrested", "2026-05-12 10:00", id="news")
    story.event("victim.merged", "2026-05-12 10:00", victim_id="v1", other_id="v2")
    lines = story.run("2026-05-14 12:00")
    assert lines.told("event_id", "person_id", what="held", reason="identity") == [
        ("news", "v1"),
        ("news", "v2"),
    ]
    assert lines.told("event_id", what="message") == []


@pytest.mark.parametrize("type_", ["victim.merged", "victim.split"])
def test_what_waits_for_two_persons_whose_records_were_mixed_up_is_held_for_a_person(type_: str) -> None:
    contract = {"windows": [{"days": ["wed"], "from": "18:00", "until": "20:00"}]}
    story = Story("2026-05-11 09:00", victim={"points": (SMS,), "contract": contract})
    story.event(
        "case.opened", "2026-05-11 09:10", case_id="c2", offence="theft", force="Example", reference="EX/2"
    )
    story.registered("2026-05-11 09:10", victim_id="v2", points=(EMAIL,), case_id="c2", contract=contract)
    story.event("case.suspect_arrested", "2026-05-12 10:00", id="first")
    story.event("case.suspect_interviewed", "2026-05-12 10:00", id="second", case_id="c2")
    story.event(type_, "2026-05-12 12:00", victim_id="v1", other_id="v2")
    story.event("case.suspect_interviewed", "2026-05-12 13:00", id="later")
    lines = story.run("2026-05-14 12:00")
    assert lines.told("event_id", "person_id", what="held", reason="identity") == [
        ("first", "v1"),
        ("second", "v2"),
    ]
    assert lines.told("event_id", what="message") == [("later",)]
    assert len(lines.told("at", what="escalation", reason="identity", level=1)) == 2
