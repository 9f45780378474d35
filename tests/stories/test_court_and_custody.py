"""What happens in court and in prison: when it is told, by whom, how urgently (rules, sections 1 to 4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stories.story import EMAIL, SMS, Story

DAY = "2026-05-12"  # a Tuesday
NIGHT = f"{DAY} 23:14"
BOTH: dict[str, Any] = {"points": (SMS, EMAIL)}
BAIL: dict[str, Any] = {"outcome": "bail", "conditions": ["must not contact you"]}


@pytest.mark.parametrize("news", ["custody.released", "custody.escaped"])
def test_who_is_free_is_told_at_once_at_any_hour(news: str) -> None:
    lines = Story(f"{DAY} 09:00", victim=BOTH).event(news, NIGHT).run("2026-05-13 12:00")
    assert lines.told("at", "deadline", what="message") == [("Tue 12 May 23:14", "Tue 12 May 23:14")]
    assert lines.told("reason", what="escalation") == []


@pytest.mark.parametrize(
    ("published", "on", "told", "deadline", "called"),
    [
        # In time: by the next working day, in her window.
        (f"{DAY} 21:00", "2026-05-29", "Wed 13 May 08:00", "Wed 13 May 23:59", False),
        # The evening before the release is over: as safety, with a call.
        (f"{DAY} 21:00", "2026-05-13", "Tue 12 May 21:00", "Wed 13 May 23:59", True),
        # Known on the day before, in time: due by eight in the evening.
        (f"{DAY} 10:00", "2026-05-13", "Tue 12 May 10:00", "Tue 12 May 20:00", False),
    ],
)
def test_a_planned_release_is_told_before_it_happens(
    published: str, on: str, told: str, deadline: str, called: bool
) -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH)
    lines = story.event("custody.release_planned", published, on=on).run("2026-05-13 12:00")
    assert lines.told("at", "deadline", what="message") == [(told, deadline)]
    assert lines.told("kind", what="task") == ([("call_back",)] if called else [])


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("court.verdict", {"outcome": "not_guilty"}),
        ("court.sentenced", {"outcome": "community"}),
        ("case.no_further_action", {"reasons": "Not enough evidence."}),
        ("case.charge_altered", {"change": "stopped"}),
    ],
)
def test_news_that_frees_the_suspect_is_told_by_a_person_at_once(type_: str, data: dict[str, Any]) -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH, offence="domestic_abuse")
    story.event("case.suspect_released", f"{DAY} 10:00", **BAIL)
    lines = story.event(type_, f"{DAY} 14:00", id="news", **data).run(f"{DAY} 14:40")
    assert lines.told("what", "kind", "deadline", event_id="news")[:2] == [
        ("held", None, "Wed 13 May 23:59"),
        ("task", "tell_in_person", "Tue 12 May 14:00"),
    ]
    assert lines.told("at", "level", what="escalation", event_id="news") == [
        ("Tue 12 May 14:00", 1),
        ("Tue 12 May 14:30", 2),
    ]


@pytest.mark.parametrize(
    ("type_", "data", "channel"),
    [
        ("court.verdict", {"outcome": "guilty"}, "sms"),
        ("court.sentenced", {"outcome": "custody"}, "sms"),
        ("case.charge_altered", {"change": "altered"}, None),
    ],
)
def test_other_results_take_their_usual_way(type_: str, data: dict[str, Any], channel: str | None) -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH, offence="stalking")
    story.event("case.suspect_arrested", f"{DAY} 10:00")
    lines = story.event(type_, f"{DAY} 14:00", id="news", **data).run(f"{DAY} 15:00")
    assert lines.told("channel", what="message", event_id="news") == ([(channel,)] if channel else [])
    assert lines.told("reason", what="escalation") == []


def test_newer_bail_rules_replace_those_not_told_yet() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH)
    for at, rule in (
        (f"{DAY} 21:00", "must not enter Mill Lane"),
        (f"{DAY} 22:00", "must stay at home at night"),
    ):
        story.event("case.bail_changed", at, bail_id="b1", change="varied", conditions=[rule])
    lines = story.run("2026-05-13 12:00")
    assert lines.told("reason", what="cancelled") == [("superseded",)]
    assert "at home" in lines.one(what="message")["text"]


def test_the_updates_end_with_a_settlement_out_of_court_and_begin_again_when_it_is_reopened() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH)
    story.event("case.out_of_court", f"{DAY} 11:00", disposal="a caution")
    assert story.run("2026-08-01 09:00").told("at", event_type="courtesy") == []
    story.event("case.reopened", "2026-08-03 11:00", reasons="There is a new witness.")
    lines = story.run("2026-09-02 09:00")
    assert lines.told("at", what="message", event_type="courtesy") == [("Mon 31 Aug 11:00",)]


def test_a_meeting_is_offered_after_a_death() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH, offence="road_collision", fatal=True)
    lines = story.event("case.no_further_action", f"{DAY} 11:00", reasons="Not enough.").run(f"{DAY} 12:00")
    assert lines.told("kind", what="task") == [("tell_in_person",), ("offer_meeting",)]
