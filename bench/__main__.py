"""Measure, print one table, and keep the figures.

python -m bench                          all parts, an hour or more
python -m bench --only sms-loop --quick  one part, few notices, one run
python -m bench --write                  put the kept figures into the documents, measure nothing
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import replace

from bench import parts, report
from bench.figures import FULL, QUICK, Figure, Scale
from bench.machine import Missing


def main() -> None:
    """Measure what is asked for."""
    given = _arguments()
    if given.write:
        report.write_documents()
        return
    scale = QUICK if given.quick else FULL
    if given.notices:
        scale = replace(scale, notices=given.notices)
    if given.runs:
        scale = replace(scale, runs=given.runs)
    found: list[Figure] = []
    for name in given.only or parts.USUAL:
        found += _measure(name, parts.PARTS[name], scale, keep=not given.quick)
    report.show(found)


def _measure(
    name: str, part: Callable[[Scale], Iterator[Figure]], scale: Scale, *, keep: bool
) -> list[Figure]:
    print(f"measuring {name}", flush=True)
    try:
        figures = list(part(scale))
    except Missing as missing:
        print(f"{name} is left out: {missing}")
        return []
    if keep:
        report.keep(name, _machine(), figures)
    return figures


def _machine() -> dict[str, object]:
    return {"processors": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How fast, how large, how dear.")
    parser.add_argument("--only", action="append", choices=tuple(parts.PARTS), help="a part; may be repeated")
    parser.add_argument("--quick", action="store_true", help="few notices, one run, nothing kept")
    parser.add_argument("--notices", type=int, help="in each run")
    parser.add_argument("--runs", type=int, help="of each figure; the median is shown")
    parser.add_argument("--write", action="store_true", help="put the kept figures into the documents")
    return parser.parse_args()


if __name__ == "__main__":
    main()
