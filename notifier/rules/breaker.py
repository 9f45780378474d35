"""The volume breaker: a flood of notices from one source is held until a person looks (rules, section 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from notifier.rules.policy import BreakerPolicy

HOUR = timedelta(hours=1)


class Verdict(StrEnum):
    """What becomes of one more notice."""

    USUAL = "usual"
    REPORTED = "reported"  # a flood, but the source is too young to know what is usual: staff are told
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Volume:
    """Notices of one source and one type of event.

    ``last_hour`` counts those of the last hour, the newest included; ``before`` those of the policy's
    trailing days before that hour. ``known_for`` is how long ago the source first published.
    """

    last_hour: int
    before: int
    known_for: timedelta


def is_many(last_hour: int, policy: BreakerPolicy) -> bool:
    """Tell whether an hour's notices are so many that what is usual must be looked at."""
    return last_hour > policy.hourly_notices


def judge(volume: Volume, policy: BreakerPolicy) -> Verdict:
    """Return what becomes of the newest notice: more than both limits is a flood."""
    hourly_mean = volume.before / (policy.mean / HOUR)
    if not is_many(volume.last_hour, policy) or volume.last_hour <= policy.times_mean * hourly_mean:
        return Verdict.USUAL
    return Verdict.REPORTED if volume.known_for < policy.mean else Verdict.HELD
