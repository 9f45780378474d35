"""Referral to support, where the policy makes it a duty of staff (rules, section 1)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from notifier.policy_file import load_policies
from notifier.rules.policy import Policies
from tests.stories.story import SMS, Lines, Story, local

WEDNESDAY = "2026-05-20"  # Monday 25 May is a bank holiday
VICTIM: dict[str, Any] = {"points": (SMS,)}


@pytest.fixture
def turned_on(tmp_path: Path) -> Policies:
    """The shipped policy, with referral as a duty."""
    file = tmp_path / "policy.toml"
    file.write_text("[support]\nreferral_duty = true\n", encoding="utf-8")
    return load_policies(file)


def about_referral(lines: Lines) -> list[Any]:
    return lines.told("at", "what", "person_id", reason="support_referral", level=None) + lines.told(
        "at", "what", "level", reason="support_referral", what="escalation"
    )


def test_the_officer_is_prompted_after_a_working_day_and_it_is_escalated_at_noon_of_the_last(
    turned_on: Policies,
) -> None:
    story = Story(f"{WEDNESDAY} 15:30", victim=VICTIM)
    assert about_referral(story.run("2026-05-22 13:00", policies=turned_on)) == [
        ("Thu 21 May 15:30", "prompt", "off1"),
        ("Fri 22 May 12:00", "escalation", 1),
    ]


def test_the_weekend_and_a_bank_holiday_do_not_count(turned_on: Policies) -> None:
    story = Story("2026-05-22 15:30", victim=VICTIM)
    assert about_referral(story.run("2026-05-28 11:00", policies=turned_on)) == [
        ("Tue 26 May 15:30", "prompt", "off1"),
        ("Wed 27 May 12:00", "escalation", 1),
    ]


@pytest.mark.parametrize("type_", ["support.referred", "support.declined"])
@pytest.mark.parametrize(
    ("recorded", "expected"),
    [("20 16:00", []), ("21 16:00", [("Thu 21 May 15:30", "prompt", "off1")])],
)
def test_what_is_on_record_asks_for_nothing_more(
    type_: str, recorded: str, expected: list[Any], turned_on: Policies
) -> None:
    story = Story(f"{WEDNESDAY} 15:30", victim=VICTIM)
    story.event(type_, f"2026-05-{recorded}", victim_id="v1", service="Victim Support")
    assert about_referral(story.run("2026-05-27 13:00", policies=turned_on)) == expected


def test_it_is_no_duty_where_the_policy_does_not_say_so() -> None:
    assert about_referral(Story(f"{WEDNESDAY} 15:30", victim=VICTIM).run("2026-05-28 13:00")) == []


def test_nobody_is_asked_about_what_was_only_recorded(turned_on: Policies) -> None:
    story = Story(f"{WEDNESDAY} 15:30")
    story.registered(f"{WEDNESDAY} 15:30", backfill=True)
    assert about_referral(story.run("2026-05-28 13:00", policies=turned_on)) == []


def test_a_referral_that_was_recorded_wrongly_counts_for_nothing(turned_on: Policies) -> None:
    story = Story(f"{WEDNESDAY} 15:30", victim=VICTIM)
    story.event(
        "support.referred", f"{WEDNESDAY} 16:00", id="wrong", victim_id="v1", service="Victim Support"
    )
    wrong = {"source": "urn:example:records", "id_": "wrong", "reason": "It was another person."}
    story.event("event.retracted", f"{WEDNESDAY} 17:00", **wrong)
    lines = story.run("2026-05-22 13:00", policies=turned_on)
    assert len(about_referral(lines)) == 2
    assert datetime.fromisoformat(lines.one(reason="support_referral", what="prompt")["deadline"]) == (
        datetime.fromisoformat(local("2026-05-22 12:00"))
    )
