"""`make chaos`: every fault in turn, each audited; one table of what was lost, doubled or with a person."""

from __future__ import annotations

import argparse
import logging
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.audit import Findings
from tests.chaos.catalogue import runs
from tests.chaos.scene import Fault, Result
from tests.chaos.table import as_markdown, row, write_into
from tests.servers import Postgres, packaged_binaries, running_postgres, system_binaries

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
_CASES = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    seed: int
    cases: int
    only: str
    write: bool


def main(arguments: Sequence[str]) -> int:
    """Run the faults, print the table and return the exit status."""
    asked = _asked(arguments)
    print(f"seed {asked.seed}", flush=True)
    logging.getLogger("notifier.supervisor").setLevel(logging.CRITICAL)  # that roles end is what is wanted
    started = time.monotonic()
    with ExitStack() as stack:
        binaries = system_binaries() or packaged_binaries()
        if binaries is None:
            print("no PostgreSQL: install the tests' packages with `make test`", file=sys.stderr)
            return 1
        postgres = stack.enter_context(running_postgres(binaries))
        results = [
            _run(fault, database, asked, postgres) for fault, database in runs() if asked.only in fault.name
        ]
    print(f"\n{as_markdown(results)}\n{time.monotonic() - started:.0f} s in all")
    if asked.write:
        write_into(DOCUMENT, results, asked.seed)
    return 0 if all(result.findings.clean for result in results) else 1


def _asked(arguments: Sequence[str]) -> Asked:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="that of a run before")
    parser.add_argument("--cases", type=int, default=_CASES, help="how many a wave of traffic opens")
    parser.add_argument("--only", default="", metavar="WORDS", help="faults with these words in their name")
    parser.add_argument("--write", action="store_true", help=f"write the table into {DOCUMENT.name}")
    return Asked(**vars(parser.parse_args(arguments)))


def _run(fault: Fault, database: str, asked: Asked, postgres: Postgres) -> Result:
    """Run one fault in a folder of its own, and show its line and what is wrong."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="notifier-chaos-") as home:
        server = postgres if database == "postgresql" else None
        try:
            result = fault.run(Path(home), seed=asked.seed, cases=asked.cases, postgres=server)
        except AssertionError as problem:
            broken = Findings(0, 0, lost=[str(problem)])
            result = Result(fault.name, fault.done, database, broken, time.monotonic() - started)
    print(row(result), flush=True)
    for complaint in (*result.findings.lost, *result.findings.doubled):
        print(f"    {complaint}", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
