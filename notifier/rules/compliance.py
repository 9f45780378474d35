"""Whether a duty with a limit was met, and until when that may still change (rules, section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from notifier.records import AttemptState, NoticeState, require_aware
from notifier.rules.timing import at_local, local_day

ARRIVED = (AttemptState.ACCEPTED, AttemptState.DELIVERED, AttemptState.CONFIRMED)
"""A message counts from when a provider accepted it, as long as it did not fail later."""
NOT_TO_BE_TOLD = (NoticeState.SUPPRESSED, NoticeState.CANCELLED)
KNOWN_TO_HER = ("told_by_person", "told_in_person", "full_text_by_call")
"""Why a notice was suppressed or cancelled because she knows already: the duty was met, or is a person's."""

RECOUNTED_DAYS = 35
"""For so many days after its own a day is counted again: a letter may come back, a talk be written down."""
_RECOUNT_AT = time(2)  # once a night, when the machines have little else to do
_TODAY_EVERY = timedelta(hours=1)
_DAY = timedelta(days=1)


class Result(StrEnum):
    """How a duty stands."""

    MET = "met"
    LATE = "late"  # she was told after the deadline
    MISSED = "missed"  # the deadline is over, and she was not told yet
    OPEN = "open"  # there is time still
    NOT_TO_BE_TOLD = "not_to_be_told"  # a rule or a person decided so, and no duty is left


class By(StrEnum):
    """By what she was told first."""

    MESSAGE = "message"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is on record about one duty; every time carries an offset.

    ``arrived_at`` is when its event came in, ``message_at`` when the first message went out that did not
    fail, ``talk_at`` when a person first spoke with her about it. ``state`` and ``reason`` are its notice's.
    """

    deadline: datetime
    arrived_at: datetime
    state: NoticeState
    reason: str | None = None
    message_at: datetime | None = None
    talk_at: datetime | None = None

    def __post_init__(self) -> None:
        require_aware(self)

    @property
    def event_was_late(self) -> bool:
        """Whether nobody could have told her in time: the event itself came after the deadline."""
        return self.arrived_at > self.deadline

    @property
    def _is_over(self) -> bool:
        """Whether it is not to be told any more, for another reason than that she knows."""
        return self.state in NOT_TO_BE_TOLD and self.reason not in KNOWN_TO_HER


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a duty stands, and when and by what she was told, if she was."""

    result: Result
    told_at: datetime | None = None
    by: By | None = None


def judge(facts: Facts, now: datetime, at_once_within: timedelta) -> Judgement:
    """Return how the duty stands at ``now``.

    What is due the moment it arrives is always a moment late: it is in time ``at_once_within`` of it, which
    is until the next channel would be tried.
    """
    if facts._is_over and facts.message_at is None:
        return Judgement(Result.NOT_TO_BE_TOLD)
    at_once = facts.deadline == facts.arrived_at
    until = facts.deadline + at_once_within if at_once else facts.deadline
    tellings = ((facts.talk_at, By.PERSON), (facts.message_at, By.MESSAGE))
    told = [(at, by) for at, by in tellings if at is not None]
    if not told:
        return Judgement(Result.OPEN if now <= until else Result.MISSED)
    at, by = min(told, key=lambda telling: telling[0])
    return Judgement(Result.MET if at <= until else Result.LATE, at, by)


def must_be_counted(day: date, counted_at: datetime | None, now: datetime, timezone: ZoneInfo) -> bool:
    """Tell whether the duties due on a local day are to be counted (again) at ``now``.

    Today's every hour, those of a day that ended at once, and then once a night while they may change.
    ``counted_at`` is ``None`` for a day that never was. Both times carry an offset.
    """
    today = local_day(now, timezone)
    if not today - RECOUNTED_DAYS * _DAY <= day <= today:
        return False
    if counted_at is None:
        return True
    if day == today:
        return counted_at + _TODAY_EVERY <= now
    ended = at_local(day + _DAY, time(), timezone)
    return counted_at < max(ended, _last_night(now, timezone))


def _last_night(now: datetime, timezone: ZoneInfo) -> datetime:
    today = local_day(now, timezone)
    tonight = at_local(today, _RECOUNT_AT, timezone)
    return tonight if tonight <= now else at_local(today - _DAY, _RECOUNT_AT, timezone)
