"""Running totals of what became of messages, added up from the journal's lines: each line counts once.

To count the lines themselves each time somebody asks would read millions. A cursor in the same table goes up
with the totals, in one transaction; facts have numbers without gaps, so no line is passed over.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, update

from notifier.records import AttemptState, FailureReason, What
from notifier.store import journal
from notifier.store.database import Tx
from notifier.store.ops_tables import totals
from notifier.store.tables import journal as lines

_MOST_LINES = 20_000  # at once: after a long pause the scheduler catches up and still sweeps
_ATTEMPTS, _CURSOR = "attempts", "journal"
_OUTCOMES = {
    What.DELIVERED: AttemptState.DELIVERED,
    What.CONFIRMED: AttemptState.CONFIRMED,
    What.UNCONFIRMED: AttemptState.UNCONFIRMED,
    What.FAILED: AttemptState.FAILED,
    What.ACCEPTED: AttemptState.ACCEPTED,
}
# What else a provider answers has a line of its own beside the message's.
_SAID_BY_THE_MESSAGE = frozenset({AttemptState.ACCEPTED, AttemptState.UNKNOWN})
RESULTS = (*_OUTCOMES.values(), AttemptState.UNKNOWN)
"""What is counted of attempts."""


class Total(NamedTuple):
    """Of what there were so many; ``reason`` is empty unless the attempt failed."""

    channel: str
    result: str
    reason: str


def add_up(tx: Tx) -> int:
    """Count the journal's lines that were not counted yet; return how many lines were looked at."""
    journal.number_facts(tx)
    tx.add_once(totals, [{**_row(_CURSOR, Total("", "", "")), "value": 0}])
    # The lock on the cursor is what makes a second scheduler wait for its turn.
    cursor = select(totals.c.value).where(totals.c.name == _CURSOR).with_for_update()
    counted = int(tx.all(cursor)[0].value)
    newest = int(tx.all(select(func.coalesce(func.max(lines.c.fact_id), 0)))[0][0])
    until = min(newest, counted + _MOST_LINES)
    if until > counted:
        _add(tx, {Total("", "", ""): until - counted}, _CURSOR)
        _add(tx, _found(tx, counted, until), _ATTEMPTS)
    return until - counted


_LINES = (
    select(lines.c.what, lines.c.kind, lines.c.channel, lines.c.reason, func.count().label("number"))
    .where(
        lines.c.fact_id > bindparam("counted"),
        lines.c.fact_id <= bindparam("until"),
        lines.c.what.in_([What.MESSAGE, *_OUTCOMES]),
    )
    .group_by(lines.c.what, lines.c.kind, lines.c.channel, lines.c.reason)
)


def _found(tx: Tx, counted: int, until: int) -> Counter[Total]:
    found: Counter[Total] = Counter()
    for row in tx.all(_LINES, {"counted": counted, "until": until}):
        what = What(row.what)
        result = AttemptState(row.kind) if what is What.MESSAGE else _OUTCOMES[what]
        if what is What.MESSAGE and result not in _SAID_BY_THE_MESSAGE:
            continue
        failed = result is AttemptState.FAILED
        reason = (row.reason or FailureReason.UNKNOWN.value) if failed else ""
        found[Total(row.channel, result.value, reason)] += row.number
    return found


_MORE = (
    update(totals)
    .where(
        totals.c.name == bindparam("of_name"),
        totals.c.channel == bindparam("of_channel"),
        totals.c.result == bindparam("of_result"),
        totals.c.reason == bindparam("of_reason"),
    )
    .values(value=totals.c.value + bindparam("more"))
)


def _add(tx: Tx, found: dict[Total, int], name: str) -> None:
    if not found:
        return
    tx.add_once(totals, [{**_row(name, total), "value": 0} for total in found])
    for total, more in found.items():
        of = {f"of_{column}": value for column, value in _row(name, total).items()}
        tx.run(_MORE, {**of, "more": more})


def _row(name: str, total: Total) -> dict[str, str]:
    return {"name": name, **total._asdict()}


def of_attempts(tx: Tx) -> dict[Total, int]:
    """Return what was counted so far."""
    rows = tx.all(select(totals).where(totals.c.name == _ATTEMPTS))
    return {Total(row.channel, row.result, row.reason): row.value for row in rows}
