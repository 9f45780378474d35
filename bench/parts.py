"""The parts of the bench by name, the most important first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench import latency, many_cases, roles, rooms, sms_loop
from bench.bare import loop as bare
from bench.figures import Figure, Scale
from bench.peer import loop as peer

PARTS: dict[str, Callable[[Scale], Iterator[Figure]]] = {
    part.NAME: part.measure for part in (sms_loop, peer, bare, latency, roles, rooms, many_cases)
}
USUAL = tuple(PARTS)
PARTS[many_cases.BIG] = many_cases.measure_big
