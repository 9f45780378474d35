"""The compliance report as records, as CSV and on paper: how duties were met, by month, limit and team."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from notifier.duties import Month, limit_in_words, share_in_time
from notifier.rules.policy import Policies
from notifier.store import duties as stored
from notifier.store.database import Tx
from notifier.store.duties import Span, Tally

Record = dict[str, Any]
COLUMNS = ("month", "force", "unit_id", "event_type", "limit", "met", "late", "missed", "percent_in_time")
# A spreadsheet takes what begins so for a formula; teams and forces are named by publishers.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def records(tx: Tx, asked: Iterable[Month], policies: Policies) -> list[Record]:
    """Return how duties were met of every force, as it was last counted: one record a month, team and limit.

    A case without a force or a unit on file counts under ``None``.
    """
    return [
        record(month, tally, policies)
        for month in asked
        for tally in stored.tallies(tx, Span(month.first, month.last))
    ]


def record(month: Month, tally: Tally, policies: Policies) -> Record:
    """Return the numbers of one group in one month, with its limit as it was at the month's end."""
    return {
        "month": str(month),
        "force": tally.group.force or None,
        "unit_id": tally.group.unit_id or None,
        "event_type": tally.group.event_type,
        "limit": limit_in_words(tally.group, policies, month.last),
        "met": tally.met,
        "late": tally.late,
        "missed": tally.missed,
        "percent_in_time": share_in_time(tally),
    }


def as_csv(found: Sequence[Record]) -> str:
    """Return the records as a CSV file that a spreadsheet opens without harm."""
    text = io.StringIO()
    sheet = csv.DictWriter(text, COLUMNS)
    sheet.writeheader()
    sheet.writerows({name: _harmless(value) for name, value in one.items()} for one in found)
    return text.getvalue()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
