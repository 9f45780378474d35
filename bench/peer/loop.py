"""The same loop through the peer: an event as a Celery message, until its callback is recorded."""

# celery ships no types:
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from typing import Any

from sqlalchemy import create_engine, insert

from bench import providers
from bench.children import child
from bench.documents import number
from bench.figures import Figure, Scale, repeated
from bench.machine import Ground, Missing, ground, processor_seconds_of
from bench.peer import model
from bench.rounds import UNITS, WARM, Rounds
from bench.service import wait_for

NAME = "peer"
_TAKE_IN = "bench.peer.tasks.take_in"
# What Celery's documentation offers: processes, or threads in one process.
POOLS = (("prefork", 2), ("prefork", 4), ("prefork", 8), ("threads", 8), ("threads", 16))


def measure(scale: Scale) -> Iterator[Figure]:
    """Yield rate and processor time of the fastest pool on PostgreSQL."""
    if find_spec("celery") is None:
        raise Missing("Celery is not installed: `make bench` does that")
    tried = {pool: _rate(pool, max(WARM, scale.notices // 4)) for pool in POOLS}
    best = max(tried, key=lambda pool: tried[pool])
    note = f"{best[0]}, {best[1]} at once: the fastest of {len(POOLS)}"
    with _running(best, WARM + scale.runs * scale.notices) as peer:
        peer.turn(WARM)
        yield from repeated(NAME, partial(peer.turn, scale.notices), UNITS, scale, "postgresql", note)


def _rate(pool: tuple[str, int], notices: int) -> float:
    with _running(pool, WARM + notices) as peer:
        peer.turn(WARM)
        return peer.turn(notices)["rate"]


def _send_all(broker: str, events: Sequence[Mapping[str, Any]]) -> None:
    from celery import Celery

    with Celery(broker=broker) as app, app.producer_pool.acquire(block=True) as producer:
        for event in events:
            app.send_task(_TAKE_IN, (json.dumps(event),), producer=producer)


@contextmanager
def _running(pool: tuple[str, int], cases: int) -> Iterator[Rounds]:
    with ExitStack() as stack:
        place = stack.enter_context(ground("postgresql"))
        provider = stack.enter_context(providers.sms())
        port = place.web_port
        environment = {**os.environ, **_environment(place, provider.url)}
        _open_cases(place, cases)
        kind, at_once = pool
        worker = ["celery", "-A", "bench.peer.tasks", "worker", "--pool", kind, "--concurrency", str(at_once)]
        worker += ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
        web = ["uvicorn", "bench.peer.web:app", "--port", str(port), "--log-level", "warning"]
        web += ["--no-access-log"]
        processes = {
            name: stack.enter_context(child(command, environment, place.home / f"{name}.log"))
            for name, command in (("worker", worker), ("web", web))
        }
        wait_for("the peer's web answers", lambda: _answers(port), 60)
        yield Rounds(
            provider.settled,
            partial(_send_all, place.redis_url),
            partial(processor_seconds_of, processes | place.servers),
        )


def _environment(place: Ground, provider_url: str) -> dict[str, str]:
    return {
        model.DATABASE_URL: place.database_url,
        model.REDIS_URL: place.redis_url,
        model.TWILIO_URL: provider_url,
        model.PUBLIC_URL: place.web_url,
    }


def _open_cases(place: Ground, count: int) -> None:
    rows = [
        {
            "case_id": f"c{case:08d}",
            "reference": f"EX/{case:08d}/26",
            "number": model.fernet().encrypt(number(case).encode()),
            "wants_news": True,
        }
        for case in range(count)
    ]
    engine = create_engine(place.database_url)
    with engine.begin() as connection:
        model.Base.metadata.create_all(connection)
        connection.execute(insert(model.Victim), rows)
    engine.dispose()


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/docs").close()
    except urllib.error.URLError:
        return False
    return True
