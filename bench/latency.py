"""From an event in the stream to the provider's call: with nothing else to do, and while a bulk drains."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles

from bench import courtesy, providers
from bench.cases import open_cases
from bench.documents import event, number
from bench.figures import Figure, Measured, Scale, repeated
from bench.machine import ground
from bench.providers import Counted
from bench.rounds import WARM, Rounds
from bench.service import Service, running, wait_for_count
from bench.settings import START

NAME = "latency"
IDLE, UNDER_LOAD = 40, 100  # events in a run
_URGENT = "custody.released"
_COLD = 10  # the first ones of a kind find templates and statements that nothing has used yet
_BETWEEN_SECONDS = 0.2
_LOOK_SECONDS = 0.2
_STANDSTILL_SECONDS = 120


def measure(scale: Scale) -> Iterator[Figure]:
    """Yield latencies on PostgreSQL: news of safety, first alone, then while courtesy updates drain."""
    with ground("postgresql") as place, providers.sms() as provider:
        fresh = WARM + _COLD + scale.runs * (IDLE + UNDER_LOAD)
        open_cases(place, provider, fresh + scale.bulk)
        courtesy.nothing_due(place)
        with running(place, provider.settings) as service:
            rounds = Rounds(provider.settled, service.publish, service.used)
            rounds.turn(WARM)
            rounds.rest()
            urgent = Urgent(service, provider, WARM)
            urgent.send(_COLD, "cold")
            alone = {"alone, p50": "ms", "alone, p99": "ms"}
            yield from repeated(NAME, partial(urgent.send, IDLE, "alone"), alone, scale, "postgresql")
            courtesy.make_due(place, range(fresh, fresh + scale.bulk))
            wait_for_count("the first of the bulk", provider.accepted, provider.accepted() + 1)
            beside = {name.replace("alone", "bulk"): unit for name, unit in alone.items()}
            note = f"beside {scale.bulk:,} updates"
            send = partial(urgent.send, UNDER_LOAD, "bulk")
            yield from repeated(NAME, send, beside, scale, "postgresql", note)
            yield from drained(provider, fresh, scale, note)


def drained(provider: Counted, first: int, scale: Scale, note: str) -> Iterator[Figure]:
    """Yield how much of the bulk was still to be sent: without any the figures above would say nothing."""
    numbers = {number(case) for case in range(first, first + scale.bulk)}
    sent = sum(1 for to, _ in provider.log() if to in numbers)
    yield Figure(NAME, "bulk left at the end", "notices", (scale.bulk - sent,), (0.0,), "postgresql", note)


@dataclass
class Urgent:
    """Sends news of safety, each about a case that was told none before."""

    service: Service
    provider: Counted
    next_case: int

    def send(self, count: int, name: str) -> Measured:
        """Publish ``count`` events a little apart; return the latencies' p50 and p99 in milliseconds."""
        seen = self.provider.accepted()
        published: dict[str, float] = {}
        for case in range(self.next_case, self.next_case + count):
            news = event(_URGENT, f"c{case:08d}-released", START, case, on=f"{START:%Y-%m-%d}")
            published[number(case)] = time.time()
            self.service.publish([news])
            time.sleep(_BETWEEN_SECONDS)
        self.next_case += count
        arrived = self._arrived(set(published), seen)
        taken = [1000 * (arrived[to] - at) for to, at in published.items()]
        return {
            f"{name}, p50": median(taken),
            f"{name}, p99": quantiles(taken, n=100, method="inclusive")[98],
        }

    def _arrived(self, wanted: set[str], start: int) -> dict[str, float]:
        arrived: dict[str, float] = {}
        give_up = time.monotonic() + _STANDSTILL_SECONDS
        while wanted - set(arrived):
            assert time.monotonic() < give_up, f"{len(wanted - set(arrived))} urgent messages do not arrive"
            fresh = self.provider.log(start)
            start += len(fresh)
            for to, at in fresh:
                if to in wanted:
                    arrived.setdefault(to, at)
            time.sleep(_LOOK_SECONDS)
        return arrived
