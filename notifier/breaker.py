"""The volume breaker: holds what is too much to be true, until a person releases or discards it."""

from __future__ import annotations

from datetime import datetime

from notifier.records import CaseEvent, StaffRequest
from notifier.rules.breaker import HOUR, Verdict, Volume, is_many, judge
from notifier.rules.policy import Policy
from notifier.store import notices, sources
from notifier.store.database import Tx

VOLUME = "volume"


def watch(tx: Tx, notice_pk: int, event: CaseEvent, policy: Policy, now: datetime) -> list[StaffRequest]:
    """Hold the notice that was just made where it is one too many; return what the unit is asked.

    The flood is one escalation: every further notice adds to it.
    """
    verdict = _verdict(tx, event, policy, now)
    if verdict is Verdict.USUAL:
        return []
    if verdict is Verdict.HELD:
        notices.change(tx, notice_pk, hold=VOLUME)
    reason = VOLUME if verdict is Verdict.HELD else "unusual_volume"
    return [StaffRequest.about_source(reason, event.source, event.type)]


def _verdict(tx: Tx, event: CaseEvent, policy: Policy, now: datetime) -> Verdict:
    if policy.breaker is None:
        return Verdict.USUAL
    start = now - HOUR
    made = (tx, event.source, event.type)
    last_hour = sources.notices_made(*made, start, now)
    if not is_many(last_hour, policy.breaker):
        return Verdict.USUAL
    before = sources.notices_made(*made, start - policy.breaker.mean, start)
    first_at = sources.first_at(tx, event.source) or event.arrived_at
    return judge(Volume(last_hour, before, now - first_at), policy.breaker)
