"""Referral to support: a duty of staff, where the policy turns it on (rules, section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notifier.records import CaseEvent
from notifier.rules.policy import Policy
from notifier.rules.timing import at_local, end_of_day, local_day, working_days_later
from notifier.rules.working_days import add_working_days

_SETTLED_BY = frozenset({"support.referred", "support.declined"})


@dataclass(frozen=True, slots=True)
class Referral:
    """When the officer is prompted, when it is escalated, and until when a victim is to be referred."""

    prompt_at: datetime
    escalate_at: datetime
    deadline: datetime


def referral_due(registered: CaseEvent, history: tuple[CaseEvent, ...], policy: Policy) -> Referral | None:
    """Return when the victim whom ``registered`` names is to be referred to support.

    ``None`` where the policy asks for none, for backfill, and once a referral or that she declined it is
    on record. The Victims' Code gives two working days.
    """
    victim_id = registered.data.victim_id
    settled = any(event.type in _SETTLED_BY and event.data.victim_id == victim_id for event in history)
    if not policy.support.referral_duty or registered.backfill or settled:
        return None
    day = local_day(registered.occurred_at, policy.timezone)
    last = add_working_days(policy.calendar, day, policy.support.working_days)
    return Referral(
        working_days_later(registered.occurred_at, policy.support.prompt_working_days, policy),
        at_local(last, policy.staff.at_risk_time, policy.timezone),
        end_of_day(last, policy.timezone),
    )
