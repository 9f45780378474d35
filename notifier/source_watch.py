"""Notices when a source falls silent, and when it speaks again (rules, section 7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from notifier.records import Ask, StaffRequest
from notifier.rules.policy import Policies, Policy
from notifier.rules.silence import silent_at
from notifier.store import sources
from notifier.store.database import Tx

REASON = "source_silent"


def find_silent(tx: Tx, policies: Policies, now: datetime) -> list[Ask]:
    """Ask the unit to look at each source that has been silent for too long."""
    policy = policies.of(None, now)
    return [
        Ask(None, None, StaffRequest.about_source(REASON, row.source))
        for row in sources.to_check(tx, now)
        if row.silent_since is None and _is_silent(tx, row, policy, now)
    ]


def _is_silent(tx: Tx, row: Row[Any], policy: Policy, now: datetime) -> bool:
    """Judge one source, and note when it is to be judged next."""
    sources.forget_minutes(tx, row.pk, now - 2 * policy.silence.mean)
    at = silent_at(sources.minutes(tx, row.pk), row.first_at, policy)
    silent = at is not None and at <= now
    sources.change(tx, row.pk, check_at=None if silent else at, silent_since=now if silent else None)
    return silent


def find_speaking(tx: Tx, now: datetime) -> list[str]:
    """Return the sources that were silent and publish again."""
    spoke = [row for row in sources.to_check(tx, now) if row.silent_since is not None]
    for row in spoke:
        sources.change(tx, row.pk, silent_since=None)
    return [row.source for row in spoke]
