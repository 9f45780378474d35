"""How fast intake is, and how much of that is batching: one by one against batches, in one run.

    python -m bench.intake
    python -m bench.intake --events 5000 --postgres postgresql+psycopg://user:password@host/empty_database

Rounds of all sizes alternate, so that a busy machine slows each of them alike; the figures are medians.
Without ``--postgres`` a server is started that, as in the tests, does not wait for its disk: one by one
looks better there than it is.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter

from notifier.event_queue import BATCH
from notifier.intake import Outcome, take_in
from notifier.store.database import Store
from tests.builders import a_document, a_store, at
from tests.servers import packaged_binaries, postgres_server, system_binaries

WHEN = "Wed 1 Apr 2026 09:30"
NOW = at(WHEN)
SIZES = (1, 50, BATCH)
_TEXT = "We have sent the glove found at your home for forensic tests. "


def documents(numbers: Iterator[int], how_many: int) -> list[str]:
    """Return so many new events of half a kilobyte each."""
    made = (
        a_document("case.progress", WHEN, id_=f"e{number}", case_id=f"c{number % 97}", text=_TEXT * 4)
        for number, _ in zip(numbers, range(how_many), strict=False)
    )
    return [json.dumps(document) for document in made]


def events_per_second(store: Store, texts: Sequence[str], size: int) -> float:
    """Take ``texts`` in, ``size`` in each transaction."""
    started = perf_counter()
    for start in range(0, len(texts), size):
        with store.begin() as tx:
            taken = take_in(tx, texts[start : start + size], door="queue", now=NOW)
        assert all(one.outcome is Outcome.ACCEPTED for one in taken)
    return len(texts) / (perf_counter() - started)


def measure(name: str, store: Store, events: int, rounds: int) -> None:
    """Print a line for each size of batch."""
    numbers = count()
    speeds: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(rounds):
        for size in SIZES:
            speeds[size].append(events_per_second(store, documents(numbers, events), size))
    alone = median(speeds[1])
    for size in SIZES:
        speed = median(speeds[size])
        print(f"{name:<10} {size:>4} a transaction {speed:>9,.0f} events/s {speed / alone:>6.1f}x")


def main() -> None:
    """Measure SQLite and PostgreSQL."""
    parser = argparse.ArgumentParser(description="Intake: one by one against batches.")
    parser.add_argument("--events", type=int, default=1_000, help="in each round, for each size")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", metavar="URL", help="an empty database")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {"SQLite": f"sqlite:///{folder / 'bench.db'}", "PostgreSQL": given.postgres or _server(stack)}
        for name, url in urls.items():
            with a_store(url) as store:
                measure(name, store, given.events, given.rounds)


def _server(stack: ExitStack) -> str:
    binaries = system_binaries() or packaged_binaries()
    if binaries is None:
        raise SystemExit("there is no PostgreSQL here: run `make test` once, or give --postgres URL")
    return stack.enter_context(postgres_server(binaries))


if __name__ == "__main__":
    main()
