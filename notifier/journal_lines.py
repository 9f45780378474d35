"""Journal rows as the lines that the contract describes under `notifier simulate`."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from notifier.records import What
from notifier.store.cipher import Cipher

PRINTED = frozenset(
    {
        What.MESSAGE,
        What.PROMPT,
        What.TASK,
        What.ESCALATION,
        What.SUPPRESSED,
        What.HELD,
        What.CANCELLED,
        What.DELIVERED,
        What.UNCONFIRMED,
        What.FAILED,
    }
)
_OPTIONAL = ("channel", "language", "kind", "level", "reason")


def line_of(row: Row[Any], cipher: Cipher, timezone: ZoneInfo) -> dict[str, Any]:
    """Return one line, with times in ``timezone``; it holds personal data where it is about a message."""
    line: dict[str, Any] = {
        "at": local(row.at, timezone),
        "what": row.what,
        "case_id": row.case_id,
        "person_id": row.person_id,
        "role": row.role,
        "event_id": row.event_id,
        "event_ids": row.event_ids,
        "event_type": row.event_type,
    }
    for name in _OPTIONAL:
        value = getattr(row, name)
        # `kind` is a task's; on other lines it says more than the contract has.
        if value is not None and not (name == "kind" and row.what != What.TASK):
            line[name] = value
    if row.deadline is not None:
        line["deadline"] = local(row.deadline, timezone)
    if row.detail_sealed is not None:
        line |= cipher.open(row.detail_sealed)
    line["why"] = row.why
    return line


def local(moment: datetime, timezone: ZoneInfo) -> str:
    """Return an instant as local time to the second with its numeric offset."""
    return moment.astimezone(timezone).isoformat(timespec="seconds")
