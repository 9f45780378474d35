"""What a change of policy changes: two runs of the simulation over the same events, notice by notice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from notifier.records import What

Line = Mapping[str, Any]
_Key = tuple[Any, ...]

_TO_VICTIMS = frozenset({What.MESSAGE, What.SUPPRESSED, What.HELD, What.CANCELLED})
_TO_STAFF = frozenset({What.PROMPT, What.TASK, What.ESCALATION})
_COMPARED = (
    "at", "role", "person_id", "channel", "address", "language", "deadline", "reason", "text", "event_ids",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One line about one notice, or to staff, that two policies give differently.

    ``before`` and ``after`` are the simulated lines; ``None`` where a policy gives no such line. ``event_id``
    is ``None`` for a courtesy update and for what is about no event.
    """

    event_id: str | None
    before: Line | None
    after: Line | None

    @property
    def line(self) -> Line:
        """The line after the change, or the one before where there is none after."""
        line = self.after or self.before
        assert line is not None
        return line

    @property
    def at(self) -> datetime:
        """When the difference first shows."""
        lines = (self.before, self.after)
        return min(datetime.fromisoformat(line["at"]) for line in lines if line is not None)

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries in which the two lines differ; none where there is only one line."""
        if self.before is None or self.after is None:
            return ()
        return tuple(name for name in _COMPARED if self.before.get(name) != self.after.get(name))


def differences(before: Iterable[Line], after: Iterable[Line]) -> list[Difference]:
    """Return what differs between two runs of ``notifier simulate``, by the time at which it first shows.

    What happens to a notice more than once (a message by the next channel, a later courtesy update) is
    compared in its order. Receipts and the reasons (``why``) are not compared.
    """
    ours, theirs = _by_notice(before), _by_notice(after)
    pairs = (
        Difference(key[-1], one, other)
        for key in ours | theirs
        for one, other in zip_longest(ours.get(key, ()), theirs.get(key, ()))
    )
    found = [pair for pair in pairs if pair.entries or pair.before is None or pair.after is None]
    return sorted(found, key=lambda difference: difference.at)


def _by_notice(lines: Iterable[Line]) -> dict[_Key, list[Line]]:
    found: dict[_Key, list[Line]] = defaultdict(list)
    for line in lines:
        for key in _keys(line):
            found[key].append(line)
    return found


def _keys(line: Line) -> Iterator[_Key]:
    """Yield what a line is about, the event last: a message may tell several, each to be found again."""
    about = (line["what"], line["case_id"], line["event_type"] if not line["event_ids"] else None)
    if line["what"] in _TO_VICTIMS:
        for event_id in line["event_ids"] or [None]:
            yield (*about, line["person_id"], event_id)
    elif line["what"] in _TO_STAFF:
        # Not by person: who is told may be what differs.
        yield (*about, line.get("kind"), line.get("level"), line.get("reason"), line["event_id"])
