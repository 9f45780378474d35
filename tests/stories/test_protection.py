"""What the volume breaker counts (rules, section 7); here five notices an hour and a day's mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notifier.policy_file import load_policies
from notifier.rules.policy import Policies
from tests.stories.story import SMS, Lines, Story

COURT = "urn:example:court"
MONDAY, TUESDAY = "2026-05-11", "2026-05-12"


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    file = tmp_path / "policy.toml"
    file.write_text("[breaker]\nhourly_notices = 5\nmean_days = 1\n", encoding="utf-8")
    return file


@pytest.fixture
def policies(policy_file: Path) -> Policies:
    return load_policies(policy_file)


def a_case(victims: int) -> Story:
    """A case with so many victims that one event makes as many notices; the court is known since Monday."""
    story = Story(f"{MONDAY} 08:00")
    for number in range(victims):
        point = {**SMS, "address": f"07700 900{number:03}"}
        story.registered(f"{MONDAY} 08:00", victim_id=f"v{number}", points=(point,), backfill=True)
    return published(story, f"{MONDAY} 08:30", "case.suspect_arrested", backfill=True)


def published(story: Story, at: str, type_: str = "case.suspect_interviewed", **data: Any) -> Story:
    return story.event(type_, at, publisher=COURT, **data)


def held(lines: Lines) -> int:
    return len(lines.told("at", what="held", reason="volume"))


@pytest.mark.parametrize(("victims", "expected"), [(5, 0), (6, 1), (8, 3)])
def test_the_excess_is_held(victims: int, expected: int, policies: Policies) -> None:
    lines = published(a_case(victims), f"{TUESDAY} 10:00").run(f"{TUESDAY} 12:00", policies=policies)
    assert held(lines) == expected
    assert len(lines.told("at", what="message")) == 5


def test_each_source_and_each_type_is_counted_by_itself(policies: Policies) -> None:
    story = published(a_case(4), f"{TUESDAY} 10:00")
    story.event("case.suspect_interviewed", f"{TUESDAY} 10:10")
    published(story, f"{TUESDAY} 10:20", "case.suspect_arrested")
    assert held(story.run(f"{TUESDAY} 12:00", policies=policies)) == 0


@pytest.mark.parametrize(("second", "expected"), [("10:59:59", 1), ("11:00", 0)])
def test_an_hour_is_any_sixty_minutes(second: str, expected: int, policies: Policies) -> None:
    story = published(a_case(3), f"{TUESDAY} 10:00")
    published(story, f"{TUESDAY} {second}")
    assert held(story.run(f"{TUESDAY} 14:00", policies=policies)) == expected


@pytest.mark.parametrize(
    ("rounds", "expected", "reason"),
    [
        (4, 1, "24 notices in the day before are 1 an hour: the sixth is more than 5 times that"),
        (5, 0, "30 notices are 1.25 an hour: six are not more than 5 times that"),
    ],
)
def test_what_is_usual_for_the_source_is_no_flood(
    rounds: int, expected: int, reason: str, policies: Policies
) -> None:
    story = a_case(6)
    for number in range(rounds):
        # Each round's six would be held, and count all the same.
        published(story, f"{MONDAY} {12 + 2 * number}:00")
    lines = published(story, f"{TUESDAY} 10:00", id="now").run(f"{TUESDAY} 10:30", policies=policies)
    assert len(lines.told("at", what="held", reason="volume", event_id="now")) == expected, reason


def test_backfill_counts_for_nothing(policies: Policies) -> None:
    story = published(a_case(8), f"{TUESDAY} 10:00", backfill=True)
    lines = published(story, f"{TUESDAY} 10:10", victim_ids=["v1"]).run(f"{TUESDAY} 12:00", policies=policies)
    assert lines.told("person_id", what="message") == [("v1",)]
    assert held(lines) == 0


def test_load_tests_turn_it_off(policy_file: Path) -> None:
    story = published(a_case(8), f"{TUESDAY} 10:00")
    lines = story.run(f"{TUESDAY} 12:00", policies=load_policies(policy_file, breaker=False))
    assert len(lines.told("at", what="message")) == 8
