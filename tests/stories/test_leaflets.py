"""The leaflets go with the first contact, for the offence of the case, and never to a discreet victim."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stories.story import EMAIL, LETTER, SMS, Story

DAY = "2026-05-12"  # a Tuesday
SAFE_LETTER = {**LETTER, "safe": True}
HELP, ABUSE = "Help after a crime", "Help when someone frightens or hurts you"


def acknowledgement(offence: str, point: dict[str, Any], **needs: Any) -> str:
    victim = {"points": (point,), "needs": needs}
    lines = Story(f"{DAY} 12:00", victim=victim, offence=offence).run(f"{DAY} 20:00", whole=True)
    return str(lines.one(what="message", event_type="victim.registered")["text"])


@pytest.mark.parametrize("point", [EMAIL, SAFE_LETTER], ids=["email", "letter"])
@pytest.mark.parametrize(
    ("offence", "titles"),
    [("burglary", {HELP}), ("domestic_abuse", {HELP, ABUSE}), ("stalking", {HELP, ABUSE})],
)
def test_the_policy_names_them_by_offence(offence: str, titles: set[str], point: dict[str, Any]) -> None:
    text = acknowledgement(offence, point)
    assert {title for title in (HELP, ABUSE) if title in text} == titles


@pytest.mark.parametrize(("offence", "words"), [("burglary", "our leaflet "), ("stalking", "our leaflets ")])
def test_an_sms_says_where_they_are(offence: str, words: str) -> None:
    assert f"{words}about help" in acknowledgement(offence, SMS)


@pytest.mark.parametrize("point", [SMS, EMAIL, SAFE_LETTER], ids=["sms", "email", "letter"])
def test_a_discreet_victim_hears_of_none(point: dict[str, Any]) -> None:
    text = acknowledgement("domestic_abuse", point, discreet=True)
    assert "leaflet" not in text
    assert "Help" not in text


def test_no_other_message_has_them() -> None:
    story = Story(f"{DAY} 12:00", victim={"points": (EMAIL,)}).event("case.suspect_arrested", f"{DAY} 14:00")
    assert HELP not in story.run(f"{DAY} 20:00").one(what="message")["text"]
