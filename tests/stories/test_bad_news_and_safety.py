"""News that a person must tell, and news that cannot wait (rules, sections 2 and 3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stories.story import EMAIL, NUMBER, SMS, Story

DAY = "2026-05-12"  # a Tuesday
BOTH: dict[str, Any] = {"points": (SMS, EMAIL)}
NFA: dict[str, Any] = {"reasons": "There was not enough evidence to charge anyone.", "review_right": True}
SPOKE: dict[str, Any] = {
    "victim_id": "v1",
    "by": "off1",
    "method": "phone",
    "outcome": "spoke",
    "about": ["nfa"],
}
NIGHT = f"{DAY} 23:14"
BAIL: dict[str, Any] = {"outcome": "bail", "conditions": ["must not contact you"]}


def no_action(story: Story) -> Story:
    return story.event("case.no_further_action", f"{DAY} 14:00", id="nfa", **NFA)


def test_bad_news_goes_whole_by_email_while_the_sms_only_says_that_there_is_news() -> None:
    lines = no_action(Story(f"{DAY} 09:00", victim=BOTH)).run("2026-05-13 12:00")
    assert lines.told("at", "channel", what="message") == [
        ("Tue 12 May 14:00", "sms"),
        ("Tue 12 May 14:00", "email"),
    ]
    assert "evidence" not in lines.one(what="message", channel="sms")["text"]
    assert "not enough evidence" in lines.one(what="message", channel="email")["text"]


def test_bad_news_with_an_sms_alone_is_told_by_a_call() -> None:
    lines = no_action(Story(f"{DAY} 09:00", victim={"points": (SMS,)})).run(f"{DAY} 20:00")
    assert lines.told("what", "kind", "channel") == [
        ("task", "call_back", None),
        ("message", None, "sms"),
        ("delivered", None, "sms"),
    ]


@pytest.mark.parametrize(
    ("points", "after"),
    [
        ((SMS, EMAIL), ("message", "email", None)),
        # Written bad news never goes by SMS, so nothing follows the talk.
        ((SMS,), ("suppressed", None, "told_in_person")),
    ],
)
def test_with_enhanced_rights_a_person_tells_it_first(
    points: tuple[dict[str, Any], ...], after: tuple[str, ...]
) -> None:
    story = no_action(Story(f"{DAY} 09:00", victim={"points": points}, offence="stalking"))
    lines = story.event("contact.recorded", f"{DAY} 16:00", **SPOKE).run("2026-05-18 12:00")
    assert lines.told("at", "what", "kind", "deadline")[:2] == [
        ("Tue 12 May 14:00", "held", None, "Wed 13 May 23:59"),
        ("Tue 12 May 14:00", "task", "tell_in_person", "Wed 13 May 23:59"),
    ]
    assert lines.told("what", "channel", "reason")[2] == after
    assert lines.told("at", what="escalation") == []


@pytest.mark.parametrize("outcome", ["left_message", "no_answer"])
def test_a_message_left_is_not_a_talk(outcome: str) -> None:
    story = no_action(Story(f"{DAY} 09:00", victim=BOTH, offence="stalking"))
    story.event("contact.recorded", f"{DAY} 16:00", **{**SPOKE, "outcome": outcome})
    lines = story.run("2026-05-14 12:00")
    assert lines.told("what", what="message") == []
    assert lines.told("at", "reason", what="escalation", level=1) == [
        ("Wed 13 May 12:00", "duty_at_risk"),
        ("Wed 13 May 23:59", "task_overdue"),
    ]


def test_bad_news_that_frees_the_suspect_is_told_at_once_and_escalated_at_safety_pace() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH, offence="domestic_abuse")
    story.event("case.suspect_released", f"{DAY} 10:00", **BAIL)
    lines = no_action(story).run(f"{DAY} 15:10")
    assert lines.one(kind="tell_in_person")["deadline"] == "2026-05-12T14:00:00+01:00"
    assert lines.told("at", "level", what="escalation", event_id="nfa") == [
        ("Tue 12 May 14:00", 1),
        ("Tue 12 May 14:30", 2),
        ("Tue 12 May 15:00", 3),
    ]


@pytest.mark.parametrize(
    ("case", "at"),
    [
        ({"offence": "domestic_abuse"}, "Tue 12 May 23:14"),
        ({"offence": "violence"}, "Tue 12 May 23:14"),
        ({"offence": "burglary", "suspect_known": True}, "Tue 12 May 23:14"),
        ({"offence": "burglary"}, "Wed 13 May 08:00"),
    ],
)
def test_a_release_at_night_is_told_at_once_to_those_at_risk(case: dict[str, Any], at: str) -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH, **case)
    lines = story.event("case.suspect_released", NIGHT, **BAIL).run("2026-05-13 12:00")
    assert lines.told("at", what="message") == [(at,)]


def test_a_safety_notice_tries_the_next_channel_after_ten_minutes_and_then_wakes_people() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH, offence="domestic_abuse")
    story.outcome(NUMBER, "no_receipt").outcome("jo@example.org", "no_receipt")
    lines = story.event("case.suspect_released", NIGHT, **BAIL).run("2026-05-13 01:10")
    assert lines.told("at", "channel", what="message") == [
        ("Tue 12 May 23:14", "sms"),
        ("Tue 12 May 23:24", "email"),
    ]
    assert lines.told("at", "level", what="escalation", reason="no_contact") == [
        ("Tue 12 May 23:34", 1),
        ("Wed 13 May 00:04", 2),
        ("Wed 13 May 00:34", 3),
        ("Wed 13 May 01:04", 3),  # at the top it is repeated until somebody takes it
    ]


def test_who_could_not_be_reached_before_is_looked_for_at_safety_pace_once_it_is_about_safety() -> None:
    story = Story(f"{DAY} 09:00", victim={"points": (SMS,)}, offence="domestic_abuse")
    story.outcome(NUMBER, "failed")
    lines = story.event("case.suspect_released", NIGHT, **BAIL).run("2026-05-13 00:20", whole=True)
    assert lines.told("at", "level", what="escalation", reason="no_contact") == [
        ("Tue 12 May 09:00", 1),  # the registration could not be told
        ("Tue 12 May 23:14", 1),  # nor can this: the same escalation, told again and at once
        ("Tue 12 May 23:44", 2),
        ("Wed 13 May 00:14", 3),
    ]


def test_strict_windows_hold_even_a_safety_notice_but_a_person_is_asked_at_once() -> None:
    strict = {"windows": [{"from": "10:00", "until": "12:00"}], "windows_strict": True}
    story = Story(f"{DAY} 09:00", victim={**BOTH, "contract": strict}, offence="domestic_abuse")
    lines = story.event("case.suspect_released", NIGHT, **BAIL).run("2026-05-13 11:00")
    assert lines.told("at", "what", "kind")[0] == ("Tue 12 May 23:14", "task", "tell_in_person")
    assert lines.told("at", "what", "level")[1] == ("Tue 12 May 23:14", "escalation", 1)
    assert lines.told("at", what="message") == [("Wed 13 May 10:00",)]


def test_a_discreet_safety_notice_says_nothing_and_wakes_a_person() -> None:
    story = Story(f"{DAY} 09:00", victim={**BOTH, "needs": {"discreet": True}}, offence="domestic_abuse")
    lines = story.event("case.suspect_released", NIGHT, **BAIL).run(f"{DAY} 23:20")
    assert lines.told("what", "kind", "level")[:2] == [
        ("task", "tell_in_person", None),
        ("escalation", None, 1),
    ]
    text = lines.one(what="message")["text"].lower()
    assert not [word for word in ("police", "bail", "abuse", "ex/1234/26", "bloggs", "shah") if word in text]


def test_a_safety_sms_of_unknown_outcome_is_sent_once_more_and_says_so() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH, offence="domestic_abuse")
    story.outcome(NUMBER, "unknown", start=f"{DAY} 20:00")
    lines = story.event("case.suspect_released", NIGHT, **BAIL).run("2026-05-13 00:00")
    assert lines.told("channel", what="message") == [("sms",), ("sms",), ("email",)]
    assert "possible duplicate" in lines[1]["why"][-1]


def test_told_by_a_person_before_it_went_is_not_told_again() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH)
    story.event("case.suspect_arrested", f"{DAY} 21:00", id="nfa")
    lines = story.event("contact.recorded", f"{DAY} 21:30", **SPOKE).run("2026-05-13 12:00")
    assert lines.told("at", "what", "reason") == [("Tue 12 May 21:30", "cancelled", "told_by_person")]
