"""Every fault, in the order of the table, and the databases that each is run on."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos import databases, kills, machine, providers, redis_faults
from tests.chaos.scene import Fault

FAULTS: tuple[Fault, ...] = (
    *kills.FAULTS,
    *redis_faults.FAULTS,
    *databases.FAULTS,
    *machine.FAULTS,
    *providers.FAULTS,
)
# These go through transactions of every kind, so both databases must stand them.
_ON_BOTH = ("SIGKILL", "two of each role")


def runs() -> Iterator[tuple[Fault, str]]:
    """Yield each fault with a database to run it on: in turn, where it is not about one of them."""
    for place, fault in enumerate(FAULTS):
        if fault.only_on is not None:
            yield fault, fault.only_on
        elif fault.name in _ON_BOTH:
            yield fault, "sqlite"
            yield fault, "postgresql"
        else:
            yield fault, ("sqlite", "postgresql")[place % 2]
