"""How each duty with a time limit was met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, func, select

from notifier.plain_words import reason
from notifier.records import AttemptState, CaseEvent, NoticeState
from notifier.rules.talks import talked_about_at
from notifier.store import events as stored
from notifier.store.database import Tx
from notifier.store.tables import attempt_notices, attempts, cases, events, notices, victims

# A message counts from when a provider accepted it, as long as it did not fail later (rules, section 1).
ARRIVED = (AttemptState.ACCEPTED, AttemptState.DELIVERED, AttemptState.CONFIRMED)
_NOT_TO_BE_TOLD = (NoticeState.SUPPRESSED, NoticeState.CANCELLED)


def duties(tx: Tx, now: datetime) -> Counter[str]:
    """Count how the duties stand at ``now``, in plain words."""
    history = cache(lambda case_id: stored.of_case(tx, case_id))
    messages = _first_messages(tx)
    return Counter(
        _how_met(row, messages.get(row.pk), _talk_at(row, history(row.case_id)), now)
        for row in tx.all(_notices_with_a_limit())
    )


def _notices_with_a_limit() -> Any:
    joined = notices.join(cases).join(victims).join(events, events.c.pk == notices.c.event_pk)
    columns = (notices, cases.c.case_id, victims.c.victim_id, events.c.arrived_at)
    return select(*columns).select_from(joined).where(notices.c.deadline.is_not(None))


def _first_messages(tx: Tx) -> dict[int, datetime]:
    """Return when the first message about each notice went out that did not fail."""
    query = select(attempt_notices.c.notice_pk, func.min(attempts.c.sent_at).label("at"))
    query = query.select_from(attempts.join(attempt_notices)).where(attempts.c.state.in_(ARRIVED))
    return {row.notice_pk: row.at for row in tx.all(query.group_by(attempt_notices.c.notice_pk))}


def _talk_at(notice: Row[Any], history: Sequence[CaseEvent]) -> datetime | None:
    event = next(event for event in history if event.pk == notice.event_pk)
    return talked_about_at(history, event, notice.victim_id)


def _how_met(notice: Row[Any], message_at: datetime | None, talk_at: datetime | None, now: datetime) -> str:
    told = [(at, by) for at, by in ((talk_at, "person"), (message_at, "message")) if at is not None]
    if told:
        at, by = min(told, key=lambda pair: pair[0])
        if at <= notice.deadline:
            return f"met by a {by}"
        return "late, as the event itself was" if notice.arrived_at > notice.deadline else "late"
    if notice.state in _NOT_TO_BE_TOLD:
        return f"not to be told: {reason(notice.reason)}"
    return "still open, in time" if now <= notice.deadline else "missed so far, and with a person"
