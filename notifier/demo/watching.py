"""What the display shows, read from the database while the roles work."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import func, select

from notifier.records import What
from notifier.store import journal
from notifier.store.tables import attempts, events, notices, rejections
from notifier.wiring import Services

_RECENT = 7


@dataclass(slots=True)
class Counts:
    """Where the day stands; ``recent`` are the newest happenings in plain words, without anybody's name."""

    events: int = 0
    refused: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    what: Counter[str] = field(default_factory=Counter)
    recent: list[str] = field(default_factory=list)


class Watcher:
    """Counts what the journal gained since the last look."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._timezone = services.policy.timezone
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
            repeated = line.what == What.ESCALATION and line.kind != "opened"
            if line.what == What.DECIDED or repeated:
                continue
            counts.what[line.what] += 1
            if line.what == What.MESSAGE:
                counts.messages[line.channel] += 1
            at = line.at.astimezone(self._timezone)
            detail = line.channel or line.kind or ""
            about = line.event_type or ""
            reason = f"({line.reason})" if line.reason and line.reason != line.kind else ""
            counts.recent.append(
                f"{at:%a %H:%M}  {line.what:<11} {detail:<14} {about:<25} {line.case_id or ''} {reason}"
            )
        del counts.recent[:-_RECENT]
        return counts

    def in_hand(self) -> bool:
        """Tell whether an event waits for planning, or a worker has a message in hand."""
        waiting = (
            select(events.c.pk).where(events.c.planned_at.is_(None), events.c.problem.is_(None)),
            select(notices.c.pk).where(notices.c.state == "sending"),
            select(attempts.c.pk).where(attempts.c.state == "dispatching"),
        )
        with self._store.begin() as tx:
            return any(tx.first(query) is not None for query in waiting)
