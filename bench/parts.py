"""The parts of the bench by name, the most important first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench import channel_loops, latency, many_cases, pages, roles, rooms, wide
from bench.bare import loop as bare
from bench.figures import Figure, Scale
from bench.peer import loop as peer

Part = Callable[[Scale], Iterator[Figure]]
USUAL: dict[str, Part] = {
    "sms-loop": channel_loops.sms,
    peer.NAME: peer.measure,
    bare.NAME: bare.measure,
    latency.NAME: latency.measure,
    roles.NAME: roles.measure,
    rooms.NAME: rooms.measure,
    wide.NAME: wide.measure,
    many_cases.NAME: many_cases.measure,
    pages.NAME: pages.measure,
    "email": channel_loops.email,
    "letters": channel_loops.letters,
}
PARTS: dict[str, Part] = {**USUAL, many_cases.BIG: many_cases.measure_big}
