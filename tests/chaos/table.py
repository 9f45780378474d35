"""The table of a run, as it stands in `docs/reliability.md`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.chaos.scene import Result

BEGIN, END = "<!-- make chaos: begin -->", "<!-- make chaos: end -->"
_HEAD = (
    "| fault | what was done | database | events | messages | lost | doubled without being known "
    "| with a person | seconds |\n"
    "|---|---|---|---:|---:|---:|---:|---:|---:|"
)


def row(result: Result) -> str:
    """Return one line of the table."""
    found = result.findings
    counts = (found.events, found.messages, len(found.lost), len(found.doubled), found.with_person)
    cells = (result.fault, result.done, result.database, *map(str, counts), f"{result.seconds:.0f}")
    return f"| {' | '.join(cells)} |"


def as_markdown(results: Sequence[Result]) -> str:
    """Return the whole table."""
    return "\n".join((_HEAD, *map(row, results)))


def write_into(document: Path, results: Sequence[Result], seed: int) -> None:
    """Put the table between its markers in a document; raises ``ValueError`` where they are missing."""
    put_between(document, BEGIN, END, f"{as_markdown(results)}\n\nSeed {seed}.")


def put_between(document: Path, begin: str, end: str, words: str) -> None:
    """Replace what stands between two markers of a document; raises ``ValueError`` where they are missing."""
    text = document.read_text()
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{document.name} has no place for the table: give it {begin} and {end}")
    document.write_text(f"{before}{begin}\n{words}\n{end}{after}")
