"""Counts how the duties with a limit were met, day by day, and says it in words: the compliance report.

A day's duties are those due on it. Messages are counted by the database; only where none was in time are
the talks of the case opened, which are sealed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from notifier.event_types import EVENT_TYPES, Limit
from notifier.plain_words import NOTICE_STATES, reason
from notifier.rules.compliance import RECOUNTED_DAYS, Judgement, Result, judge, must_be_counted
from notifier.rules.policy import Policies
from notifier.rules.timing import at_local, local_day
from notifier.store import duties as stored
from notifier.store.database import Store, Tx
from notifier.store.duties import Duty, Group, Tally

_DAY = timedelta(days=1)
_COUNTS = (Result.MET, Result.LATE, Result.MISSED)
Say = Callable[[str], str]
"""Puts a label in another language."""


def count_next(store: Store, policies: Policies, now: datetime) -> date | None:
    """Count one day that is to be counted at ``now``, the newest first; return it, ``None``: there is none.

    May run on several machines at once: a day is counted by one of them.
    """
    with store.read() as tx:
        day = _next_day(tx, policies, now)
    if day is None:
        return None
    due = day

    def count_if_due(tx: Tx) -> None:
        counted_at = stored.take(tx, due)
        if must_be_counted(due, counted_at, now, policies.timezone):
            _count(tx, due, policies, now)

    store.run(count_if_due)
    return day


def _next_day(tx: Tx, policies: Policies, now: datetime) -> date | None:
    today = local_day(now, policies.timezone)
    days = [today - number * _DAY for number in range(RECOUNTED_DAYS + 1)]
    counted = stored.counted_since(tx, days[-1], today)
    due = (day for day in days if must_be_counted(day, counted.get(day), now, policies.timezone))
    return next(due, None)


def count(tx: Tx, day: date, policies: Policies, now: datetime) -> None:
    """Count the duties due on a local day and over at ``now``; whoever counts it already is waited for."""
    stored.take(tx, day)
    _count(tx, day, policies, now)


def _count(tx: Tx, day: date, policies: Policies, now: datetime) -> None:
    met, doubtful = stored.of_day(tx, *bounds(day, policies), now)
    counts: Counter[tuple[Group, Result]] = Counter({(group, Result.MET): met[group] for group in met})
    lapses = []
    for duty in stored.load(tx, doubtful):
        result = how_met(duty, policies, now).result
        counts[duty.group, result] += 1
        if result in (Result.LATE, Result.MISSED):
            lapses.append((duty, result))
    stored.replace(tx, day, _tallies(counts), lapses, now)


def _tallies(counts: Counter[tuple[Group, Result]]) -> Iterator[Tally]:
    for group in sorted({group for group, result in counts if result in _COUNTS}):
        yield Tally(group, *(counts[group, result] for result in _COUNTS))


def bounds(day: date, policies: Policies) -> tuple[datetime, datetime]:
    """Return when a local day begins and ends."""
    start, end = (at_local(each, time(), policies.timezone) for each in (day, day + _DAY))
    return start, end


def how_met(duty: Duty, policies: Policies, now: datetime) -> Judgement:
    """Return how a duty stands at ``now``, by the policy of its force on the day it was due."""
    policy = policies.of(duty.group.force or None, duty.facts.deadline)
    return judge(duty.facts, now, policy.channels.safety_step)


@dataclass(frozen=True, slots=True)
class Month:
    """The days of one month that are asked for, ``first`` and ``last`` included."""

    first: date
    last: date

    @classmethod
    def of(cls, day: date) -> Month:
        """Return the whole month in which a day lies."""
        first = day.replace(day=1)
        return cls(first, (first + 31 * _DAY).replace(day=1) - _DAY)

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def before(self) -> Month:
        """The whole month before it."""
        return Month.of(self.first.replace(day=1) - _DAY)

    @property
    def after(self) -> Month:
        """The whole month after it."""
        return Month.of(Month.of(self.first).last + _DAY)


def months(first: date, last: date) -> Iterator[Month]:
    """Yield the months from ``first`` to ``last``, of the outer ones the days that lie between."""
    month = Month.of(first)
    while max(month.first, first) <= last:
        yield Month(max(month.first, first), min(month.last, last))
        month = month.after


def total(tallies: Iterable[Tally], group: Group | None = None) -> Tally:
    """Return the sum of several numbers."""
    listed = list(tallies)
    sums = (sum(getattr(one, result.value) for one in listed) for result in _COUNTS)
    return Tally(group or Group("", "", ""), *sums)


def by_limit(tallies: Iterable[Tally], force: str | None) -> list[Tally]:
    """Return the numbers of each event type, whatever the team; ``force`` is the one they are all of."""
    together: dict[str, list[Tally]] = {}
    for one in tallies:
        together.setdefault(one.group.event_type, []).append(one)
    return [total(those, Group(force or "", "", type_)) for type_, those in sorted(together.items())]


def share_in_time(tally: Tally) -> float | None:
    """Return how many in a hundred were met, rounded down, so that 100.0 is all; ``None``: there are none."""
    due = tally.met + tally.late + tally.missed
    return tally.met * 1_000 // due / 10 if due else None


def limit_in_words(group: Group, policies: Policies, on: date, say: Say = str) -> str:
    """Return the limit of an event type as the force's policy has it on a local day."""
    policy = policies.of(group.force or None, bounds(on, policies)[0])
    limit = policy.limit(EVENT_TYPES[group.event_type])
    return _words(limit, say)


def _words(limit: Limit, say: Say) -> str:
    if limit.standard == limit.enhanced == 0:
        return say("at once")
    if limit.standard == limit.enhanced:
        words = say("1 working day") if limit.standard == 1 else say("%(days)s working days")
        return words % {"days": limit.standard}
    words = say("%(days)s working days, with enhanced rights %(enhanced)s")
    return words % {"days": limit.standard, "enhanced": limit.enhanced}


def why(duty: Duty, judgement: Judgement, say: Say = str) -> str:
    """Return why a duty stands as it does, in plain words."""
    if judgement.result is Result.MISSED:
        facts = duty.facts
        words = [say(NOTICE_STATES[facts.state])]
        words += [say(reason(facts.reason))] if facts.reason else []
    else:
        words = [say(_WHY[judgement.result])]
    late = judgement.result is not Result.MET and duty.facts.event_was_late
    return "; ".join([*words, *([say("the event itself came after the deadline")] if late else [])])


_WHY = {
    Result.MET: "told in time",
    Result.LATE: "told after the deadline",
    Result.OPEN: "there is time still",
    Result.NOT_TO_BE_TOLD: "not to be told any more",
}
