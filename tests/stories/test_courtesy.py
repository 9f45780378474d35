"""Updates that nothing has happened, and who is reminded before (rules, section 5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stories.story import EMAIL, SMS, Story

BOTH = {"points": (SMS, EMAIL)}
PROGRESS = {"text": "We sent the glove for tests.", "waiting_for": "forensic results"}


@pytest.mark.parametrize(
    ("case", "contract", "prompt", "update"),
    [
        # Four weeks after a progress update; the officer a week before.
        ({}, {}, "Tue 02 Jun 08:00", "Tue 09 Jun 11:00"),
        # A serious offence: a fortnight, and four days.
        ({"offence": "stalking"}, {}, "Fri 22 May 08:00", "Tue 26 May 11:00"),
        # Her own wish overrides both; a quarter of five days, rounded up, is two.
        ({}, {"every_days": 5}, "Fri 15 May 08:00", "Sun 17 May 11:00"),
        # Due at eleven, moved into her evening.
        ({}, {"windows": [{"from": "18:00", "until": "20:00"}]}, "Tue 02 Jun 08:00", "Tue 09 Jun 18:00"),
    ],
)
def test_the_next_update_and_its_reminder(
    case: dict[str, Any], contract: dict[str, Any], prompt: str, update: str
) -> None:
    story = Story("2026-05-11 09:00", victim={**BOTH, "contract": contract}, **case)
    lines = story.event("case.progress", "2026-05-12 11:00", **PROGRESS).run("2026-06-10 09:00")
    assert lines.told("at", what="prompt")[0] == (prompt,)
    assert lines.told("at", what="message", event_type="courtesy")[0] == (update,)


def test_it_names_what_is_awaited_and_the_sms_fits() -> None:
    story = Story("2026-05-11 09:00", victim=BOTH)
    lines = story.event("case.progress", "2026-05-12 11:00", **PROGRESS).run("2026-06-10 09:00")
    text = lines.one(what="message", event_type="courtesy")["text"]
    assert "forensic results" in text
    assert "12 May" in text


def test_after_the_acknowledgement_alone_it_is_a_week_and_people_get_a_day_to_find_something() -> None:
    lines = Story("2026-05-12 09:00", victim=BOTH).run("2026-05-21 12:00")
    assert lines.told("at", "what", "level", "reason") == [
        ("Sun 17 May 08:00", "prompt", None, "update_due"),
        ("Tue 19 May 09:00", "held", None, "nothing_to_tell"),
        ("Tue 19 May 09:00", "escalation", 2, "nothing_to_tell"),
        ("Wed 20 May 09:00", "escalation", 3, "nothing_to_tell"),
        ("Wed 20 May 09:00", "message", None, None),
        ("Wed 20 May 09:00", "delivered", None, None),
    ]


def test_a_talk_starts_the_clock_again() -> None:
    story = Story("2026-05-11 09:00", victim=BOTH).event("case.progress", "2026-05-12 11:00", **PROGRESS)
    talk = {"victim_id": "v1", "by": "off1", "method": "visit", "outcome": "spoke"}
    story.event("contact.recorded", "2026-06-01 15:00", **talk)
    lines = story.run("2026-06-30 09:00")
    assert lines.told("at", what="prompt") == [("Mon 22 Jun 08:00",)]
    assert lines.told("at", what="message", event_type="courtesy") == [("Mon 29 Jun 15:00",)]


def test_it_stops_when_the_end_was_told_and_starts_again_with_progress() -> None:
    story = Story("2026-05-11 09:00", victim=BOTH)
    story.event("case.closed", "2026-05-12 11:00", reasons="The case is complete.")
    assert story.run("2026-08-01 09:00").told("at", event_type="courtesy") == []
    story.event("case.progress", "2026-08-03 11:00", **PROGRESS)
    assert story.run("2026-09-02 09:00").told("at", what="message", event_type="courtesy") == [
        ("Mon 31 Aug 11:00",)
    ]


def test_while_a_person_is_to_tell_her_something_it_waits() -> None:
    contract = {"every_days": 2}
    story = Story("2026-05-11 09:00", victim={**BOTH, "contract": contract}, offence="stalking")
    story.event("case.no_further_action", "2026-05-12 11:00", reasons="Not enough evidence.")
    assert story.run("2026-05-20 09:00").told("at", what="message", event_type="courtesy") == []


def test_the_reminders_of_a_morning_are_one() -> None:
    story = Story("2026-05-12 09:00", victim=BOTH)
    other = {"id": "q1", "channel": "sms", "address": "07700 900999"}
    story.registered("2026-05-12 10:00", victim_id="v2", points=(other,))
    lines = story.run("2026-05-18 09:00")
    assert lines.told("at", "person_id", what="prompt") == [("Sun 17 May 08:00", "off1")]


def test_an_update_that_only_a_call_can_bring_is_asked_for_once_an_interval() -> None:
    """A person calls, and the next update is due an interval later, whether or not the call is on record."""
    call = {"id": "p9", "channel": "call", "address": "01632 960123"}
    story = Story("2026-05-01 10:00", victim={"points": (call,), "backfill": True})
    news = {"text": "We spoke to two witnesses.", "waiting_for": "the laboratory"}
    story.event("case.progress", "2026-05-04 10:00", id="news", **news)
    told: dict[str, Any] = {
        "victim_id": "v1",
        "by": "off1",
        "method": "phone",
        "outcome": "spoke",
        "about": ["news"],
    }
    story.event("contact.recorded", "2026-05-04 12:00", **told)
    story.event("task.done", "2026-06-02 09:00", id_="T2", by="off1", outcome="called")
    asked = story.run("2026-07-01 10:00").told("at", what="task", kind="call_back", event_id=None)
    assert asked == [("Mon 01 Jun 12:00",), ("Mon 29 Jun 12:00",)]
