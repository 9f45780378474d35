"""`make properties`: thousands of random histories, until all hold or one does not."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from multiprocessing import get_context

from hypothesis import given, seed, settings

from tests.properties.histories import History, histories
from tests.properties.test_histories import STABLE, complaints_about, first_difference

_BATCH = 50
_TWICE = 10  # every so many histories one is run again with its file in another order
_RANDOM = settings(STABLE, derandomize=False, max_examples=_BATCH, print_blob=False)


def main(arguments: list[str]) -> int:
    """Run the batches, show how far they are, and return the exit status."""
    parser = argparse.ArgumentParser(prog="make properties", description=__doc__)
    parser.add_argument("--histories", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9), help="that of a run before")
    asked = parser.parse_args(arguments)
    batches = range(asked.seed, asked.seed + -(-asked.histories // _BATCH))
    print(f"{len(batches) * _BATCH:,} random histories, seeds {batches[0]} to {batches[-1]}", flush=True)
    started = time.monotonic()
    with get_context("spawn").Pool(asked.processes) as pool:
        for number, failure in enumerate(pool.imap_unordered(_batch, batches), start=1):
            if failure:
                print(f"\n{failure}")
                return 1
            done = number * _BATCH
            rate = done / (time.monotonic() - started)
            print(f"{done:,} of {len(batches) * _BATCH:,} hold ({rate:.1f} a second)", flush=True)
    return 0


def _batch(number: int) -> str | None:
    """Run one batch; return what does not hold and the smallest history that shows it."""
    failing: list[tuple[History, list[str]]] = []
    turns = iter(range(1, sys.maxsize))

    def hold(history: History) -> None:
        complaints = complaints_about(history)
        if next(turns) % _TWICE == 0 and (difference := first_difference(history)):
            complaints.append(difference)
        if complaints:
            failing.append((history, complaints))
        assert not complaints

    try:
        seed(number)(_RANDOM(given(histories())(hold)))()
    except Exception as problem:
        return _told(number, *failing[-1]) if failing else f"seed {number}: {problem!r}"
    return None


def _told(number: int, history: History, complaints: list[str]) -> str:
    again = f'Again: make properties ARGS="--seed {number} --histories {_BATCH}"'
    outcomes = [f"outcome: {json.dumps(outcome)}" for outcome in history.outcomes]
    return "\n".join(
        [
            *complaints,
            "",
            *history.documents(),
            *outcomes,
            f"until {history.until}",
            f"seed {number}; {again}",
        ]
    )
