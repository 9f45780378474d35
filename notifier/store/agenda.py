"""When something is next due: the virtual clock jumps there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, select, true, union_all

from notifier.records import AttemptState, NoticeState
from notifier.store.database import Tx
from notifier.store.tables import attempts, escalations, notices, registrations, sources, tasks

_CHECKED = (AttemptState.ACCEPTED, AttemptState.UNKNOWN, AttemptState.DEFERRED)


_COLUMNS = (
    (notices.c.send_at, notices.c.state == NoticeState.PLANNED),
    (notices.c.at_risk_at, true()),
    (attempts.c.check_at, attempts.c.state.in_(_CHECKED)),
    (tasks.c.escalate_at, tasks.c.done_at.is_(None)),
    (escalations.c.climb_at, escalations.c.resolved_at.is_(None)),
    (registrations.c.courtesy_at, true()),
    (registrations.c.prompt_at, true()),
    (registrations.c.held_until, true()),
    (registrations.c.referral_prompt_at, true()),
    (registrations.c.referral_due_at, true()),
    (sources.c.check_at, true()),
)
_FIRSTS = union_all(
    *(
        select(func.min(column).label("at")).where(column > bindparam("after"), condition)
        for column, condition in _COLUMNS
    )
)


def next_due(tx: Tx, after: datetime) -> datetime | None:
    """Return the first instant after ``after`` at which anything falls due, or ``None``."""
    times = [row.at for row in tx.all(_FIRSTS, {"after": after}) if row.at is not None]
    return min(times, default=None)
