"""What each role takes before and after work: memory, and the time until it is ready."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from bench import providers
from bench.cases import open_cases
from bench.figures import Figure, Measured, Scale, repeated
from bench.machine import Ground, ground, memory_megabytes, processor_seconds
from bench.providers import Provider
from bench.rounds import Rounds
from bench.service import running
from notifier.supervisor import ROLES

NAME = "roles"


def measure(scale: Scale) -> Iterator[Figure]:
    """Yield memory of every role after a round of notices, and each one's start alone."""
    with ground("postgresql") as place, providers.sms() as provider:
        open_cases(place, provider, scale.runs * scale.notices)
        memory = {f"memory of {role}": "MB" for role in ROLES}
        after = partial(_memory, place, provider, scale.notices, iter(range(scale.runs)))
        note = f"after {scale.notices:,} notices"
        yield from repeated(NAME, after, memory, scale, "postgresql", note)
        for role in ROLES:
            start = {f"start of {role}": "s", f"processor time to start {role}": "s"}
            yield from repeated(NAME, partial(_start, place, provider, role), start, scale, "postgresql")


def _memory(place: Ground, provider: Provider, notices: int, numbers: Iterator[int]) -> Measured:
    told = next(numbers) * notices
    with running(place, provider.settings) as service:
        Rounds(provider.settled, service.publish, service.used, told).turn(notices)
        return {f"memory of {role}": memory_megabytes(pid) for role, pid in service.processes.items()}


def _start(place: Ground, provider: Provider, role: str) -> Measured:
    started = time.monotonic()
    with running(place, provider.settings, roles=[role]) as service:
        seconds = time.monotonic() - started
        used = processor_seconds(service.processes[role])
    return {f"start of {role}": seconds, f"processor time to start {role}": used}
