"""Writes the sample day: day.jsonl, outcomes.jsonl and one-case.jsonl, always the same.

    python examples/make_day.py [FOLDER]

Without FOLDER they are written beside this file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from at_risk import add_cases_at_risk
from hard_to_reach import add_hard_to_reach
from mishaps import add_mishaps
from new_cases import add_new_cases
from one_case import one_case
from publisher import Day
from running_cases import add_running_cases

DAY_STARTS = "Tue 06:30"


def sample_day() -> Day:
    """Return the whole sample: history, one working day, and what follows until Thursday evening."""
    day = Day(DAY_STARTS)
    add_running_cases(day)
    add_cases_at_risk(day)
    add_hard_to_reach(day)
    add_new_cases(day)
    add_mishaps(day)
    return day


def main(folder: Path) -> None:
    """Write the three files into ``folder``."""
    day = sample_day()
    outcomes = [{"address": address, "behaviour": word} for address, word in sorted(day.outcomes.items())]
    _write(folder / "day.jsonl", day.events)
    _write(folder / "outcomes.jsonl", outcomes)
    _write(folder / "one-case.jsonl", one_case().events)


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
