"""What became of each published line, and what nobody looks after: of that there must be nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from notifier.plain_words import NOTICE_STATES
from notifier.records import NoticeState
from notifier.store.database import Tx
from notifier.store.tables import escalations, events, notices, rejections, tasks

_NEEDS_A_PERSON = (NoticeState.HELD, NoticeState.WITH_PERSON, NoticeState.UNCERTAIN, NoticeState.FAILED)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How the published lines came in; ``refused`` counts reasons, ``missing`` are numbers of lines."""

    taken_in: int
    repeats: int
    refused: Counter[str]
    missing: tuple[int, ...]


def account_for(tx: Tx, lines: Iterable[str]) -> Arrivals:
    """Return what became of each of ``lines``, which were all published."""
    known = {tuple(row) for row in tx.all(select(events.c.source, events.c.event_id))}
    columns = (rejections.c.body_hash, rejections.c.reason)
    refusals = {row.body_hash: row.reason for row in tx.all(select(*columns))}
    refused: Counter[str] = Counter()
    came: Counter[tuple[object, object]] = Counter()
    missing = []
    for number, line in enumerate(lines, start=1):
        document = json.loads(line)
        reason = refusals.get(tx.cipher.lookup("rejection", line))
        if reason is not None:
            refused[reason] += 1
        elif (identity := (document.get("source"), document.get("id"))) in known:
            came[identity] += 1
        else:
            missing.append(number)
    return Arrivals(len(came), came.total() - len(came), refused, tuple(missing))


def losses(tx: Tx, arrivals: Arrivals, end: datetime) -> Iterator[str]:
    """Yield a sentence for each event and notice that nobody looks after at ``end``."""
    yield from (f"line {number} of the file was published and never came in" for number in arrivals.missing)
    for row in tx.all(select(events.c.event_id, events.c.problem).where(events.c.planned_at.is_(None))):
        yield f"event {row.event_id} was not planned" + (f": {row.problem}" if row.problem else "")
    cared_for = {
        tuple(row)
        for table in (tasks, escalations)
        for row in tx.all(select(table.c.case_pk, table.c.victim_pk))
    }
    for row in tx.all(select(notices).order_by(notices.c.pk)):
        if row.state == NoticeState.SENDING:
            yield f"notice N{row.pk} is stuck with a worker"
        if row.state == NoticeState.PLANNED and (row.send_at is None or row.send_at <= end):
            yield f"notice N{row.pk} was due and nobody sent it"
        if row.state in _NEEDS_A_PERSON and (row.case_pk, row.victim_pk) not in cared_for:
            yield f"notice N{row.pk} {NOTICE_STATES[row.state]}, and no person was asked"
