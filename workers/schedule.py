"""The scheduler: a sweep every second. Several may run: a sweep is idempotent, the database guards it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event

import redis

from notifier.errors import Unreachable
from workers.actors import Actors
from workers.broker import BrokerAway

_log = logging.getLogger(__name__)
SWEEP_SECONDS = 1.0


def run_scheduler(actors: Actors, publish_facts: Callable[[], object], stop: Event) -> None:
    """Sweep until ``stop`` is set; what fails is tried again at the next sweep."""
    while not stop.is_set():
        try:
            sweep_once(actors)
            publish_facts()
        except (Unreachable, redis.RedisError) as problem:
            # The type only: a driver's text may quote an address with a password.
            _log.warning("a sweep failed and is tried again", extra={"error": type(problem).__name__})
            if isinstance(problem, redis.RedisError | BrokerAway):
                _without_broker(actors)
        stop.wait(SWEEP_SECONDS)


def _without_broker(actors: Actors) -> None:
    """No worker can be woken: what cannot wait is done here; leases keep it from being done twice."""
    try:
        actors.do_urgent_here()
    except Unreachable as problem:
        _log.warning("urgent work failed and is tried again", extra={"error": type(problem).__name__})


def sweep_once(actors: Actors) -> None:
    """Do what is due by the clock, and wake workers for the rest."""
    actors.path.sweep(actors.clock.now())
    actors.wake_planning(actors.path.unplanned_cases())
    actors.wake_delivery(actors.clock.now())
    actors.wake_rest(actors.clock.now())
