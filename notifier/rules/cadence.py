"""When a victim hears that nothing has happened, and what that says (rules, section 5)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.event_types import EVENT_TYPES, Courtesy
from notifier.records import Case, CaseEvent, CourtesyContent, Victim
from notifier.rules.policy import Policy
from notifier.rules.sensitivity import serious
from notifier.rules.timing import at_local, days_later, first_in_windows, local_day, windows_of


@dataclass(frozen=True, slots=True)
class Contact:
    """The last effective contact: a delivered message, or a talk; ``acknowledgement`` alone or more."""

    at: datetime
    acknowledgement_alone: bool


@dataclass(frozen=True, slots=True)
class CourtesyPlan:
    """When the next no-progress update is due, and when the officer is reminded first."""

    due_at: datetime
    prompt_at: datetime | None
    why: str


def courtesy_plan(contact: Contact, case: Case, victim: Victim, policy: Policy) -> CourtesyPlan:
    """Return the plan that runs from ``contact``.

    The reminder is a quarter of the interval earlier, at least one day, in the morning; it is left out
    where the contact came after that morning.
    """
    days = _interval(contact, case, victim, policy)
    same_time = days_later(contact.at, days, policy.timezone)
    due_at = first_in_windows(same_time, windows_of(victim.contract, policy), policy.timezone)
    ahead = max(1, math.ceil(days * policy.courtesy.prompt_share))
    morning = local_day(due_at, policy.timezone) - timedelta(days=ahead)
    prompt_at = at_local(morning, policy.courtesy.prompt_time, policy.timezone)
    why = f"{days} days after the last contact"
    return CourtesyPlan(due_at, prompt_at if prompt_at > contact.at else None, why)


def _interval(contact: Contact, case: Case, victim: Victim, policy: Policy) -> int:
    if victim.contract.every_days is not None:
        return victim.contract.every_days
    if contact.acknowledgement_alone:
        return policy.courtesy.first_days
    return policy.courtesy.serious_days if serious(case, policy) else policy.courtesy.later_days


def wants_courtesy(victim: Victim) -> bool:
    """Tell whether the victim wants no-progress updates at all (sections 3 and 5)."""
    return victim.contract.wants == "all" and not victim.withdrew


def stopped(told: Iterable[CaseEvent], history: Iterable[CaseEvent]) -> bool:
    """Tell whether the updates have stopped: an ending was told, and nothing since restarted them."""
    ends = [e.occurred_at for e in told if EVENT_TYPES[e.type].courtesy is Courtesy.STOPS]
    starts = [e.occurred_at for e in history if EVENT_TYPES[e.type].courtesy is Courtesy.RESTARTS]
    return bool(ends) and not any(start >= max(ends) for start in starts)


def content(told: Iterable[CaseEvent], policy: Policy) -> CourtesyContent:
    """Return what the update names: only events already told to this victim.

    Without a specific one every field is empty: the honest minimum.
    """
    specific = sorted(
        (event for event in told if EVENT_TYPES[event.type].specific), key=lambda e: (e.occurred_at, e.pk)
    )
    if not specific:
        return CourtesyContent()
    progress = [event for event in specific if hasattr(event.data, "waiting_for")]
    awaited = progress[-1] if progress and progress[-1].data.waiting_for else None
    if awaited is None:
        return CourtesyContent(last_event=specific[-1])
    return CourtesyContent(
        last_event=specific[-1],
        waiting_for=awaited.data.waiting_for,
        waiting_since=local_day(awaited.occurred_at, policy.timezone),
        expected_by=awaited.data.expected_by,
    )
