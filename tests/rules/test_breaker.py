from __future__ import annotations

from datetime import timedelta

import pytest

from notifier.rules.breaker import Verdict, Volume, judge
from tests.builders import SHIPPED

WEEK = timedelta(days=7)
HOURS = 7 * 24


@pytest.mark.parametrize(
    ("last_hour", "usual_an_hour", "known_for", "expected", "reason"),
    [
        (50, 0, WEEK, Verdict.USUAL, "fifty are never too many"),
        (51, 0, WEEK, Verdict.HELD, "more than fifty, and none was usual"),
        (51, 10, WEEK, Verdict.HELD, "more than five times ten"),
        (55, 11, WEEK, Verdict.USUAL, "not more than five times eleven"),
        (56, 11, WEEK, Verdict.HELD, "more than five times eleven"),
        (8_000, 1_600, WEEK, Verdict.USUAL, "a great source is judged by what is usual for it"),
        (8_001, 1_600, WEEK, Verdict.HELD, "one more"),
        (51, 0, WEEK - timedelta(seconds=1), Verdict.REPORTED, "a second too young: only reported"),
        (50, 0, timedelta(0), Verdict.USUAL, "young, and nothing to report"),
    ],
)
def test_how_many_are_too_many(
    last_hour: int, usual_an_hour: int, known_for: timedelta, expected: Verdict, reason: str
) -> None:
    assert SHIPPED.breaker is not None
    volume = Volume(last_hour, usual_an_hour * HOURS, known_for)
    assert judge(volume, SHIPPED.breaker) is expected, reason
