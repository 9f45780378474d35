"""Memory of the roles over a run, and whether it is flat."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_PAGE = os.sysconf("SC_PAGE_SIZE")
_MIB = 1 << 20
_MOST_GROWTH = 1.15
_WARM_SECONDS = 60  # a process that is younger still loads what it will always hold
_GROWS_BY_DESIGN = {"Redis"}  # it keeps the last million facts for whoever reads them
_WARM_SHARE = 0.1  # of a run that is too short for that


@dataclass(frozen=True, slots=True)
class Sample:
    """How much a process held, ``at`` seconds into the run, when it was ``age`` seconds old."""

    at: float
    age: float
    mib: float


@dataclass(frozen=True, slots=True)
class Growth:
    """The median memory (MiB) of the second and of the last quarter of a run; ``None`` without a sample."""

    role: str
    second: float | None
    last: float | None

    @property
    def flat(self) -> bool | None:
        """Whether the last quarter held at most 1.15 times the second; ``None`` where nobody can say."""
        if self.second is None or self.last is None or self.role in _GROWS_BY_DESIGN:
            return None
        return self.last <= _MOST_GROWTH * self.second


class Memory:
    """What was sampled: of each role, whichever process it was."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._born: dict[int, float] = {}
        self._samples: defaultdict[str, list[Sample]] = defaultdict(list)

    def sample(self, pids: Mapping[str, int], at: float) -> None:
        """Note what each role holds, ``at`` seconds into the run; one that was just killed is left out."""
        for role, pid in pids.items():
            born = self._born.setdefault(pid, at)
            mib = resident_mib(pid)
            if mib is not None:
                self._samples[role].append(Sample(at, at - born, mib))

    @property
    def now_mib(self) -> float:
        """What all held together when they were last sampled."""
        return sum(samples[-1].mib for samples in self._samples.values())

    def growths(self) -> list[Growth]:
        """Return how each role's memory grew."""
        return [
            Growth(role, held(samples, 1, self._seconds), held(samples, 3, self._seconds))
            for role, samples in self._samples.items()
        ]


def held(samples: Sequence[Sample], quarter: int, seconds: float) -> float | None:
    """Return the median of a quarter (0 to 3) of a run of so many seconds, over processes that are warm."""
    warm = min(_WARM_SECONDS, _WARM_SHARE * seconds)
    start, end = (place * seconds / 4 for place in (quarter, quarter + 1))
    mib = [one.mib for one in samples if start <= one.at < end and one.age >= warm]
    return median(mib) if mib else None


def resident_mib(pid: int) -> float | None:
    """Return the resident memory of a process; ``None`` where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / _MIB
    except (FileNotFoundError, ProcessLookupError):
        return None
