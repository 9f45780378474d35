"""The whole loop for SMS: an event in the stream, until the callback that says delivered is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bench.cases import open_cases
from bench.figures import Figure, Scale, repeated
from bench.machine import DATABASES, ground
from bench.rounds import UNITS, WARM, Rounds
from bench.service import running, stub

NAME = "sms-loop"


def measure(scale: Scale) -> Iterator[Figure]:
    """Yield rate and processor time on each database."""
    for database in DATABASES:
        with ground(database) as place, stub() as provider:
            open_cases(place, WARM + scale.runs * scale.notices)
            with running(place, provider.url) as service:
                rounds = Rounds(provider, service.publish, service.used)
                rounds.turn(WARM)
                shares = {f"{name} of it": "ms/notice" for name in service.used()}
                yield from repeated(
                    NAME, partial(rounds.turn, scale.notices), UNITS | shares, scale, database
                )
