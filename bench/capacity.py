"""What a load needs: the measured cost of a notice, and a day simulated second by second to check the sum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_WORKING_SECONDS = 12 * 3600  # 08:00 to 20:00, when messages may go
_WORKING_DAYS = 250
_COURTESY_A_DAY = 0.036  # of the open cases: an update every 28 days
_USE = 0.7  # of a processor that may be planned with


@dataclass(frozen=True, slots=True)
class Load:
    """What a service has to do. ``peak`` is how many times the usual rate the worst day brings."""

    name: str
    crimes_a_year: float
    notices_a_crime: float
    open_cases: float
    peak: float = 5.0

    @property
    def usual(self) -> float:
        """News a second on a usual day, while messages may go."""
        return self.crimes_a_year * self.notices_a_crime / _WORKING_DAYS / _WORKING_SECONDS

    @property
    def updates(self) -> float:
        """No-progress updates that fall due at 08:00."""
        return self.open_cases * _COURTESY_A_DAY


LOADS = (
    Load("a force", 100_000, 10, 50_000),
    Load("a city of nine million", 940_000, 10, 300_000),
    Load("a million open cases", 3_000_000, 10, 1_000_000),
    Load("England and Wales", 6_600_000, 10, 2_200_000),
)


@dataclass(frozen=True, slots=True)
class Day:
    """How the worst day went: when the morning's updates were gone, and the longest wait of news."""

    morning_seconds: float
    longest_wait_seconds: float


def processors(load: Load, cost_ms: float) -> float:
    """Return how many processors the worst day's news needs at ``cost_ms`` of processor time a notice."""
    return load.usual * load.peak * cost_ms / 1000 / _USE


def morning_seconds(load: Load, capacity: float) -> float:
    """Return how long the morning's updates take beside the worst day's news, at ``capacity`` a second."""
    left = capacity - load.usual * load.peak
    return load.updates / left if left > 0 else float("inf")


def simulate(load: Load, capacity: float) -> Day:
    """Run the worst day second by second: news goes first, updates with what is left."""
    news, updates, done, longest = 0.0, load.updates, 0.0, 0.0
    for second in range(_WORKING_SECONDS):
        news += load.usual * load.peak
        sent = min(news, capacity)
        news -= sent
        longest = max(longest, news / capacity)
        if updates > 0:
            updates -= capacity - sent
            done = second + 1.0
    return Day(done if updates <= 0 else float("inf"), longest)


def as_markdown(cost_ms: float, loads: Iterable[Load] = LOADS) -> str:
    """Return the table of what loads need at ``cost_ms`` of processor time a notice."""
    head = (
        "| load | news a second, usual / worst day | updates at 08:00 | processors | updates gone after "
        "| simulated | longest wait of news |\n|---|---:|---:|---:|---:|---:|---:|"
    )
    return "\n".join((head, *(_row(load, cost_ms) for load in loads)))


def _row(load: Load, cost_ms: float) -> str:
    wanted = max(2.0, processors(load, cost_ms))
    capacity = wanted * 1000 / cost_ms
    day = simulate(load, capacity)
    cells = (
        load.name,
        f"{load.usual:.1f} / {load.usual * load.peak:.1f}",
        f"{load.updates:,.0f}",
        f"{wanted:.1f}",
        f"{morning_seconds(load, capacity) / 60:.1f} min",
        f"{day.morning_seconds / 60:.1f} min",
        f"{day.longest_wait_seconds:.1f} s",
    )
    return f"| {' | '.join(cells)} |"
