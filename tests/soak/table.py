"""The table of a soak, as it stands in `docs/reliability.md`."""

from __future__ import annotations

from collections.abc import Iterator

from tests.soak.memory import Growth
from tests.soak.run import Outcome

BEGIN, END = "<!-- make soak: begin -->", "<!-- make soak: end -->"


def as_markdown(outcome: Outcome) -> str:
    """Return the whole table."""
    rows = "\n".join(f"| {what} | {value} |" for what, value in _rows(outcome))
    return f"| what | |\n|---|---|\n{rows}"


def _rows(outcome: Outcome) -> Iterator[tuple[str, str]]:
    wanted, found = outcome.wanted, outcome.found
    yield "events", f"{found.events:,} in {wanted.minutes:g} minutes at {wanted.rate:g}/s, seed {wanted.seed}"
    yield "documents that cannot be taken", f"{found.refused:,}"
    yield "notices", f"{found.notices:,}"
    yield "messages at the providers", f"{found.messages:,}"
    yield "faults", f"{outcome.faults.total()}: {_list(outcome)}"
    yield "at rest after the last event", _drained(outcome)
    yield "lost", f"{found.lost.count:,}"
    yield "doubled without being known", f"{found.doubled.count:,}"
    yield "told again, and on record as possible", f"{found.known_doubles:,}"
    yield "notices with a person", f"{found.with_person:,}"
    for growth in outcome.growths:
        yield f"memory of {growth.role}", _growth(growth)
    yield "verdict", "good" if outcome.good else "BAD"


def _list(outcome: Outcome) -> str:
    return ", ".join(f"{name} {times}" for name, times in sorted(outcome.faults.items()))


def _drained(outcome: Outcome) -> str:
    if outcome.drained_after is None:
        return f"not within {outcome.wanted.drain_minutes:g} minutes"
    return f"{outcome.drained_after:.0f} s"


def _growth(growth: Growth) -> str:
    held = " → ".join("?" if mib is None else f"{mib:.0f}" for mib in (growth.second, growth.last))
    return f"{held} MiB ({ {True: 'flat', False: 'GROWS', None: 'not judged'}[growth.flat] })"
