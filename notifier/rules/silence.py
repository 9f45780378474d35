"""When a source that stopped publishing is noticed (rules, section 7).

Sources are quiet at night and at the weekend. So the usual gap is that of the same hour of the day, on
working days and on other days apart; a source is silent once it has been quiet for so many usual gaps
one after the other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from notifier.rules.policy import Policy
from notifier.rules.timing import local_day
from notifier.rules.working_days import is_working_day

_HOUR = timedelta(hours=1)
_Slot = tuple[bool, int]  # whether it is a working day, and the local hour


def silent_at(publications: Collection[datetime], first_at: datetime, policy: Policy) -> datetime | None:
    """Return when a source counts as silent unless it publishes again.

    ``publications`` are the minutes in which it published, ``first_at`` is when it was first heard of; it is
    not judged before it is known for the policy's days. ``None`` where it publishes too seldom for
    anything to be usual.
    """
    last = max(publications, default=None)
    if last is None:
        return None
    start = max(first_at, last - policy.silence.mean)
    times = [at for at in publications if at > start]
    if len(times) < policy.silence.least_publications:
        return None
    rates = _rates(times, start, last, policy)
    missed = 0.0
    for begin, end in _hours(last, last + policy.silence.usual_gaps * policy.silence.mean):
        rate = rates.get(_slot(begin, policy), 0.0)
        more = rate * ((end - begin) / _HOUR)
        if missed + more >= policy.silence.usual_gaps:
            at = begin + _HOUR * ((policy.silence.usual_gaps - missed) / rate)
            return max(at, first_at + policy.silence.mean)
        missed += more
    return None


def _rates(times: Iterable[datetime], start: datetime, last: datetime, policy: Policy) -> dict[_Slot, float]:
    """Return how often the source publishes in an hour of each kind."""
    hours: dict[_Slot, float] = defaultdict(float)
    for begin, end in _hours(start, last):
        hours[_slot(begin, policy)] += (end - begin) / _HOUR
    counts = Counter(_slot(at, policy) for at in times)
    # Of an hour that has only begun little is known: it counts as a whole one.
    return {slot: count / max(hours[slot], 1) for slot, count in counts.items()}


def _hours(start: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the pieces of clock hours between two instants."""
    while start < until:
        end = min(start.replace(minute=0, second=0, microsecond=0) + _HOUR, until)
        yield start, end
        start = end


def _slot(at: datetime, policy: Policy) -> _Slot:
    works = is_working_day(policy.calendar, local_day(at, policy.timezone))
    return works, at.astimezone(policy.timezone).hour
