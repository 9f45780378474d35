"""`make soak`: hours of traffic in minutes, random faults all along; then an audit, and one table."""

from __future__ import annotations

import argparse
import logging
import secrets
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.chaos.table import put_between
from tests.servers import packaged_binaries, running_postgres, system_binaries
from tests.soak.faults import plan
from tests.soak.run import Wanted, soak
from tests.soak.table import BEGIN, END, as_markdown

_PAUSES = (20, 60)  # seconds from the beginning of a fault to that of the next one
DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"


def main(arguments: Sequence[str]) -> int:
    """Run one soak, print its table and return the exit status."""
    asked = _parser().parse_args(arguments)
    faults = plan(asked.seed, asked.minutes * 60, _PAUSES)
    wanted = Wanted(asked.seed, asked.minutes, asked.rate, faults, asked.drain)
    say = partial(print, flush=True)
    say(f"seed {wanted.seed}")
    logging.getLogger("notifier.supervisor").setLevel(logging.CRITICAL)  # that roles end is what is wanted
    binaries = system_binaries() or packaged_binaries()
    if binaries is None:
        print("no PostgreSQL: install the tests' packages with `make test`", file=sys.stderr)
        return 1
    with running_postgres(binaries) as postgres, tempfile.TemporaryDirectory(prefix="notifier-soak-") as home:
        outcome = soak(wanted, postgres, Path(home), say)
    for complaint in (*outcome.found.lost.first, *outcome.found.doubled.first):
        say(f"    {complaint}")
    say(f"\n{as_markdown(outcome)}")
    if asked.write:
        put_between(DOCUMENT, BEGIN, END, as_markdown(outcome))
    return 0 if outcome.good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="that of a run before")
    parser.add_argument("--minutes", type=float, default=30, help="how long events are published")
    parser.add_argument("--rate", type=float, default=200, help="events a second")
    parser.add_argument("--drain", type=float, default=15, help="minutes until everything must be at rest")
    parser.add_argument("--write", action="store_true", help=f"write the table into {DOCUMENT.name}")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
