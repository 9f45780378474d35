"""Among many open cases: what a sweep costs, how long a morning's updates take, what one notice costs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from functools import partial
from tempfile import gettempdir

from sqlalchemy import func, select, text

from bench import courtesy, providers
from bench.cases import open_cases
from bench.figures import Figure, Measured, Scale, repeated
from bench.machine import Ground, Missing, ground
from bench.providers import Provider
from bench.rounds import WARM, Rounds
from bench.service import Service, running, store, wait_for_count

NAME, BIG = "many-cases", "growth-big"
_SWEEPS = 20
_ONE_MORNING = 0.036  # of the open cases: every 28 days, 36,000 of a million a day
_TEN_MILLION = 10_000_000
_GIGABYTES_A_CASE = 12e-6  # 11 kB were measured at 10,000 cases; the rest is for the server's log


def measure(scale: Scale) -> Iterator[Figure]:
    """Yield the costs with few open cases and with ``scale.cases``."""
    require_disk(scale.cases)
    for count in (0, scale.cases):
        yield from _among(count, scale, NAME)


def measure_big(scale: Scale) -> Iterator[Figure]:
    """Yield the cost of a notice among ten million cases (fewer where ``scale`` is small)."""
    count = _TEN_MILLION * scale.cases // 1_000_000
    require_disk(count)
    yield from _among(count, scale, BIG)


def require_disk(count: int) -> None:
    """Raise :class:`Missing` where so many cases have no room."""
    needed, free = count * _GIGABYTES_A_CASE, shutil.disk_usage(gettempdir()).free / 1e9
    print(f"{count:,} cases need about {needed:.1f} GB of disk; {free:.1f} GB are free", flush=True)
    if needed > free:
        raise Missing("the disk is too small: free some, or let TMPDIR name a folder on another one")


def _among(count: int, scale: Scale, part: str) -> Iterator[Figure]:
    own = WARM + scale.runs * scale.notices
    morning = int(count * _ONE_MORNING)
    note = f"{count:,} open cases"
    with ground("postgresql") as place, providers.sms() as provider:
        open_cases(place, provider, own + count)
        courtesy.nothing_due(place)
        yield _disk(place, part, note)
        with running(place, provider.settings) as service:
            rounds = Rounds(provider.settled, service.publish, service.used)
            rounds.turn(WARM)
            idle = {"a sweep, nothing due": "ms of processor"}
            yield from repeated(part, partial(_sweep, service, rounds), idle, scale, "postgresql", note)
            cost = {"one notice": "ms of processor"}
            yield from repeated(part, partial(_notice, rounds, scale), cost, scale, "postgresql", note)
            if morning:
                once = partial(_morning, place, provider, range(own, own + morning))
                seconds = {f"{morning:,} updates planned and sent": "s"}
                yield from repeated(part, once, seconds, _once(scale), "postgresql", note)


def _once(scale: Scale) -> Scale:
    """A morning comes once: to repeat it would need as many cases again."""
    return Scale(scale.notices, 1, scale.cases, scale.bulk)


def _sweep(service: Service, rounds: Rounds) -> Measured:
    """Return what the scheduler and the servers use in a second, in which it sweeps once."""
    rounds.rest()
    names = ("scheduler", *service.ground.servers)
    before = service.used()
    time.sleep(_SWEEPS)
    after = service.used()
    used = sum(after[name] - before[name] for name in names)
    return {"a sweep, nothing due": 1000 * used / _SWEEPS}


def _notice(rounds: Rounds, scale: Scale) -> Measured:
    return {"one notice": rounds.turn(scale.notices)["processor"]}


def _morning(place: Ground, provider: Provider, numbers: range) -> Measured:
    before = provider.settled()[0]
    started = time.time()
    courtesy.make_due(place, numbers)
    wait_for_count("updates", lambda: provider.settled()[0], before + len(numbers))
    return {f"{len(numbers):,} updates planned and sent": provider.settled()[1] - started}


def _disk(place: Ground, part: str, note: str) -> Figure:
    with store(place) as opened, opened.begin() as tx:
        size = tx.all(select(func.pg_database_size(text("current_database()"))))[0][0]
    return Figure(part, "database on disk", "GB", (int(size) / 1e9,), (0.0,), "postgresql", note)
