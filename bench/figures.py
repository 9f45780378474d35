"""A figure: what was measured several times, and under which load of the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from bench.machine import load

Measured = dict[str, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: ``values`` of each run, ``loads`` of the machine before each."""

    part: str
    what: str
    unit: str
    values: tuple[float, ...]
    loads: tuple[float, ...]
    database: str = ""
    note: str = ""

    @property
    def median(self) -> float:
        """The middle run."""
        return median(self.values)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured; ``notices`` are those of each run."""

    notices: int
    runs: int
    cases: int
    bulk: int


FULL = Scale(notices=2_000, runs=3, cases=1_000_000, bulk=100_000)
QUICK = Scale(notices=200, runs=1, cases=10_000, bulk=1_000)


def repeated(
    part: str,
    once: Callable[[], Measured],
    units: dict[str, str],
    scale: Scale,
    database: str = "",
    note: str = "",
) -> Iterator[Figure]:
    """Measure ``scale.runs`` times; yield a figure for each of ``units``."""
    runs: list[Measured] = []
    loads: list[float] = []
    for _ in range(scale.runs):
        loads.append(load())
        runs.append(once())
    yield from figures_of(part, runs, loads, units, database, note)


def figures_of(
    part: str,
    runs: Sequence[Measured],
    loads: Sequence[float],
    units: dict[str, str],
    database: str = "",
    note: str = "",
) -> Iterator[Figure]:
    """Yield a figure for each of ``units`` that was measured."""
    for what, unit in units.items():
        values = tuple(run[what] for run in runs)
        yield Figure(part, what, unit, values, tuple(loads), database, note)
