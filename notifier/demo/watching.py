"""What the display shows, read from the database while the roles work."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from notifier.journal_lines import PRINTED
from notifier.plain_words import step
from notifier.records import AttemptState, NoticeState, What
from notifier.store import journal
from notifier.store.tables import attempts, events, notices, rejections
from notifier.wiring import Services

_RECENT = 10


@dataclass(slots=True)
class Counts:
    """Where the day stands; ``recent`` are the newest happenings in plain words, without anybody's name."""

    events: int = 0
    refused: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    what: Counter[str] = field(default_factory=Counter)
    recent: list[tuple[What, str]] = field(default_factory=list)


class Watcher:
    """Counts what the journal gained since the last look."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._timezone = services.policies.timezone
        self._seen = 0
        self._counts = Counts()

    def look(self) -> Counts:
        """Return the counts as they are now."""
        counts = self._counts
        with self._store.begin() as tx:
            counts.events = int(tx.all(select(func.count()).select_from(events))[0][0])
            counts.refused = int(tx.all(select(func.count()).select_from(rejections))[0][0])
            lines = journal.after(tx, self._seen)
        for line in lines:
            self._seen = line.pk
            self._count(line)
        del counts.recent[:-_RECENT]
        return counts

    def _count(self, line: Row[Any]) -> None:
        climbed = line.what == What.ESCALATION and line.kind != "opened"
        if line.what not in PRINTED or climbed:
            return
        self._counts.what[line.what] += 1
        if line.what == What.MESSAGE:
            self._counts.messages[line.channel] += 1
        at = line.at.astimezone(self._timezone)
        self._counts.recent.append((What(line.what), f"{at:%a %H:%M}  {line.case_id or '':<4} {step(line)}"))

    def in_hand(self, until: datetime) -> bool:
        """Tell whether an event waits for planning, or a message that was due by ``until`` is not out."""
        due = (notices.c.state == NoticeState.PLANNED) & (notices.c.send_at <= until)
        waiting = (
            select(events.c.pk).where(events.c.planned_at.is_(None), events.c.problem.is_(None)),
            select(notices.c.pk).where(due | (notices.c.state == NoticeState.SENDING)),
            select(attempts.c.pk).where(attempts.c.state == AttemptState.DISPATCHING),
        )
        with self._store.begin() as tx:
            return any(tx.first(query) is not None for query in waiting)
