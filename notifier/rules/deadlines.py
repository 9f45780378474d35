"""By when a duty must be met (rules, section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.event_types import EVENT_TYPES, Clock
from notifier.records import CaseEvent
from notifier.rules.policy import Policy
from notifier.rules.timing import at_local, end_of_day, local_day
from notifier.rules.working_days import add_working_days, previous_working_day


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty to tell one event to one victim, with times in UTC.

    ``at_risk_at`` is when somebody is told that it is about to be missed (section 6); ``None`` for what is
    due at once, which safety's own pace looks after.
    ``moment_passed``: the event came too late to be told before the day of its known moment.
    """

    deadline: datetime
    at_risk_at: datetime | None
    moment_passed: bool
    why: str


def duty(event: CaseEvent, enhanced: bool, policy: Policy) -> Duty:
    """Return the duty that a told event brings; the day of the event is day 0."""
    row = EVENT_TYPES[event.type]
    limit = policy.limit(row)
    days = limit.enhanced if enhanced else limit.standard
    rights = "enhanced rights" if enhanced else "standard rights"
    if days == 0:
        return Duty(event.arrived_at, None, False, f"at once ({limit.source})")
    start = event.occurred_at if limit.clock is Clock.OCCURRED else event.published_at
    due_day = add_working_days(policy.calendar, local_day(start, policy.timezone), days)
    deadline = end_of_day(due_day, policy.timezone)
    cutoff = _cutoff(event, row.moment, policy)
    moment_passed = cutoff is not None and cutoff <= event.arrived_at
    if cutoff is not None and not moment_passed:
        deadline = min(deadline, cutoff)
    unit = "working day" if days == 1 else "working days"
    why = f"{days} {unit} from when it {_CLOCK_WORDS[limit.clock]} ({rights}; {limit.source})"
    return Duty(deadline, _at_risk_at(deadline, days, policy), moment_passed, why)


_CLOCK_WORDS = {Clock.OCCURRED: "happened", Clock.RECEIVED: "was received"}


def _cutoff(event: CaseEvent, moment_field: str | None, policy: Policy) -> datetime | None:
    """A notice about a known moment is due by 20:00 local the day before it."""
    if moment_field is None:
        return None
    moment = getattr(event.data, moment_field)
    day = local_day(moment, policy.timezone) if isinstance(moment, datetime) else moment
    return at_local(day - timedelta(days=1), policy.moment_cutoff, policy.timezone)


def _at_risk_at(deadline: datetime, limit_days: int, policy: Policy) -> datetime:
    day = local_day(deadline, policy.timezone)
    if limit_days > 1:
        day = previous_working_day(policy.calendar, day)
    return at_local(day, policy.staff.at_risk_time, policy.timezone)
