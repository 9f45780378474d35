"""The same loop with one, two and four processes of each role that may have several.

On one machine more processes add no processor: what counts is what a notice costs, not the rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bench import providers
from bench.cases import open_cases
from bench.figures import Figure, Scale, repeated
from bench.machine import ground
from bench.rounds import UNITS, WARM, Rounds
from bench.service import running

NAME = "wide"
_PROCESSES = (1, 2, 4)


def measure(scale: Scale) -> Iterator[Figure]:
    """Yield rate and processor time for each number of processes."""
    each = WARM + scale.runs * scale.notices
    with ground("postgresql") as place, providers.sms() as provider:
        open_cases(place, provider, len(_PROCESSES) * each)
        for step, count in enumerate(_PROCESSES):
            with running(place, provider.settings, processes=count) as service:
                rounds = Rounds(provider.settled, service.publish, service.used, step * each)
                rounds.turn(WARM)
                turn = partial(rounds.turn, scale.notices)
                yield from repeated(NAME, turn, UNITS, scale, "postgresql", f"{count} of each role")
