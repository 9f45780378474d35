"""Which policy holds: by the day, and by the force of the case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notifier.policy_file import load_policies
from notifier.rules.policy import Policies
from tests.stories.story import SMS, Story

VICTIM: dict[str, Any] = {"points": (SMS,)}


@pytest.fixture
def policies(tmp_path: Path) -> Policies:
    """Two working days for a charge from 13 May on; in Northmoor messages go from noon."""
    file = tmp_path / "policy.toml"
    file.write_text(
        "[[versions]]\nfrom = 2026-05-13\nstaff.climb_working_days = 3\n"
        'limits."case.suspect_arrested" = [2, 1]\n'
        '[forces.Northmoor]\ntiming.default_window = { from = "12:00", until = "20:00" }\n',
        encoding="utf-8",
    )
    return load_policies(file)


@pytest.mark.parametrize(
    ("arrived", "deadline", "reason"),
    [
        ("2026-05-12 23:59", "Tue 19 May 23:59", "the day before: five working days, as shipped"),
        ("2026-05-13 00:00", "Fri 15 May 23:59", "from that day on: two"),
    ],
)
def test_a_notice_goes_by_the_version_of_the_day_on_which_its_event_arrived(
    arrived: str, deadline: str, reason: str, policies: Policies
) -> None:
    story = Story("2026-05-11 09:00", victim=VICTIM).event("case.suspect_arrested", arrived, id="arrest")
    lines = story.run("2026-05-14 12:00", policies=policies)
    assert lines.told("deadline", what="message", event_id="arrest") == [(deadline,)], reason


def test_people_go_by_the_version_of_the_moment(policies: Policies) -> None:
    """The arrest came before the day; what it asks of staff climbs as the new version says."""
    story = Story("2026-05-11 09:00", victim={"points": ()}).event(
        "case.suspect_arrested", "2026-05-12 23:59", id="arrest"
    )
    escalated = story.run("2026-05-22 12:00", policies=policies).told(
        "at", "level", what="escalation", reason="duty_at_risk", event_id="arrest"
    )
    assert escalated == [("Mon 18 May 12:00", 1), ("Thu 21 May 12:00", 2)]


@pytest.mark.parametrize(
    ("force", "at"), [("Northmoor", "Tue 12 May 12:00"), ("Example", "Tue 12 May 08:00")]
)
def test_a_force_has_its_own_numbers(force: str, at: str, policies: Policies) -> None:
    story = Story("2026-05-11 13:00", victim=VICTIM, force=force)
    story.event("case.suspect_arrested", "2026-05-12 07:00", id="arrest")
    lines = story.run("2026-05-12 14:00", policies=policies)
    assert lines.told("at", what="message", event_id="arrest") == [(at,)]
