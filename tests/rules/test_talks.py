from __future__ import annotations

import pytest

from notifier.rules.talks import talk_at, talked_about_at, talks_with
from tests.builders import a_talk, an_event, at

NEWS = an_event("case.no_further_action", "Wed 1 Apr 2026 09:30")
OTHER_NEWS = an_event("case.closed", "Wed 1 Apr 2026 09:30")


@pytest.mark.parametrize(
    ("outcome", "counts"), [("spoke", True), ("left_message", False), ("no_answer", False)]
)
def test_only_who_spoke_has_told_her(outcome: str, counts: bool) -> None:
    talk = a_talk(NEWS, "Thu 2 Apr 2026 10:00", outcome)
    assert list(talks_with([NEWS, talk], "v1")) == ([talk] if counts else [])


def test_a_talk_with_another_victim_does_not_count() -> None:
    assert talked_about_at([a_talk(NEWS, "Thu 2 Apr 2026 10:00", victim_id="v2")], NEWS, "v1") is None


def test_a_talk_about_something_else_does_not_count() -> None:
    assert talked_about_at([a_talk(OTHER_NEWS, "Thu 2 Apr 2026 10:00")], NEWS, "v1") is None


def test_of_several_talks_the_first_in_time_counts_whatever_arrived_first() -> None:
    later, earlier = a_talk(NEWS, "Thu 2 Apr 2026 10:00"), a_talk(NEWS, "Wed 1 Apr 2026 16:00")
    assert talked_about_at([later, earlier], NEWS, "v1") == at("Wed 1 Apr 2026 16:00")


def test_the_talk_was_when_it_says_so_else_when_it_was_published() -> None:
    noted_next_day = an_event(
        "contact.recorded", "Thu 2 Apr 2026 10:00", at=at("Wed 1 Apr 2026 16:00").isoformat()
    )
    assert talk_at(noted_next_day) == at("Wed 1 Apr 2026 16:00")
    assert talk_at(a_talk(NEWS, "Thu 2 Apr 2026 10:00")) == at("Thu 2 Apr 2026 10:00")
