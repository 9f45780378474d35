"""Whether a case may be closed: not before its victims were told (rules, section 6)."""

from __future__ import annotations

from datetime import datetime

from notifier.records import CaseEvent, NoticeState, What
from notifier.store import cases, journal, notices
from notifier.store.database import Tx
from notifier.store.journal import Line
from notifier.store.situations import CaseFile

BLOCKED, CLEARED = "blocked", "cleared"
_SETTLED = frozenset({NoticeState.TOLD, NoticeState.SUPPRESSED, NoticeState.CANCELLED})


def review(tx: Tx, file: CaseFile, now: datetime) -> None:
    """Say that a closing is blocked while a victim is still to be told something, and cleared after."""
    closing = _closing(file)
    before = cases.closure_of(tx, file.case.pk)
    after = None
    if closing is not None:
        open_notices = [n for n in notices.of_case(tx, file.case.pk) if n.state not in _SETTLED]
        after = BLOCKED if open_notices else CLEARED
    if after == before:
        return
    cases.set_closure(tx, file.case.pk, after)
    if after is None or closing is None:
        return
    why = "a victim of the case is still to be told" if after == BLOCKED else "every victim was told"
    line = Line(
        What.CLOSURE,
        file.case.pk,
        event_pk=closing.pk,
        event_type=closing.type,
        event_ids=(closing.id,),
        kind=after,
        why=(why,),
    )
    journal.write(tx, line, now)


def _closing(file: CaseFile) -> CaseEvent | None:
    """Return the event that closes the case, unless it was opened again since."""
    if not file.case.opened:
        return None
    ends = [event for event in file.history if event.type in ("case.closed", "case.reopened")]
    last = max(ends, key=lambda event: (event.occurred_at, event.pk), default=None)
    return last if last is not None and last.type == "case.closed" and not last.backfill else None
