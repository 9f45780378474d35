"""The whole loop: an event in the stream, until what became of its message is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from bench import providers
from bench.cases import open_cases
from bench.figures import Figure, Scale, repeated
from bench.machine import DATABASES, Ground, ground
from bench.providers import Provider
from bench.rounds import UNITS, WARM, Rounds
from bench.service import running

Opens = Callable[[Ground], AbstractContextManager[Provider]]


def sms(scale: Scale) -> Iterator[Figure]:
    """Yield rate and processor time, until the callback that says delivered is recorded."""
    yield from _measure("sms-loop", lambda place: providers.sms(), DATABASES, scale)


def email(scale: Scale) -> Iterator[Figure]:
    """Yield rate and processor time, until the mail server took it; one in fifty bounces."""
    yield from _measure("email", providers.mail, ("postgresql",), scale)


def letters(scale: Scale) -> Iterator[Figure]:
    """Yield rate and processor time, until PDF and manifest are in the print room's folder."""
    yield from _measure("letters", _print_room, ("postgresql",), scale)


def _print_room(place: Ground) -> AbstractContextManager[Provider]:
    return nullcontext(providers.PrintRoom(place.home / "letters"))


def _measure(name: str, opens: Opens, databases: Sequence[str], scale: Scale) -> Iterator[Figure]:
    for database in databases:
        with ground(database) as place, opens(place) as provider:
            open_cases(place, provider, WARM + scale.runs * scale.notices)
            with running(place, provider.settings) as service:
                rounds = Rounds(provider.settled, service.publish, service.used)
                rounds.turn(WARM)
                shares = {f"{process} of it": "ms/notice" for process in service.used()}
                turn = partial(rounds.turn, scale.notices)
                yield from repeated(name, turn, UNITS | shares, scale, database)
