"""The scheduler: a sweep every second. Several may run: a sweep is idempotent, the database guards it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event

import redis

from notifier.errors import Unreachable
from notifier.store import totals
from workers.actors import Actors
from workers.broker import BrokerAway
from workers.sweep_times import SweepTimes

_log = logging.getLogger(__name__)
SWEEP_SECONDS = 1.0


def run_scheduler(actors: Actors, publish_facts: Callable[[], object], stop: Event) -> None:
    """Sweep until ``stop`` is set; what fails is tried again at the next sweep."""
    times = SweepTimes(actors.path.store, actors.clock)
    while not stop.is_set():
        try:
            sweep_once(actors, times)
            with times.part("facts"):
                publish_facts()
        except (Unreachable, redis.RedisError) as problem:
            # The type only: a driver's text may quote an address with a password.
            _log.warning("a sweep failed and is tried again", extra={"error": type(problem).__name__})
            if isinstance(problem, redis.RedisError | BrokerAway):
                _without_broker(actors)
        _note(actors, times)
        stop.wait(SWEEP_SECONDS)


def _without_broker(actors: Actors) -> None:
    """No worker can be woken: what cannot wait is done here; leases keep it from being done twice."""
    try:
        actors.do_urgent_here()
    except Unreachable as problem:
        _log.warning("urgent work failed and is tried again", extra={"error": type(problem).__name__})


def sweep_once(actors: Actors, times: SweepTimes) -> None:
    """Do what is due by the clock, and wake workers for the rest."""
    actors.path.sweep(actors.clock.now(), times.part)
    with times.part("planning"):
        actors.wake_planning(actors.path.unplanned_cases())
    with times.part("delivery"):
        actors.wake_delivery(actors.clock.now())
    with times.part("rest"):
        actors.wake_rest(actors.clock.now())


def _note(actors: Actors, times: SweepTimes) -> None:
    """Add up and write down what engineers look at: whatever is wrong with that, victims are told."""
    try:
        with times.part("totals"):
            actors.path.store.run(totals.add_up)
        times.write()
    except Unreachable as problem:
        _log.warning("figures failed and are tried again", extra={"error": type(problem).__name__})
    except Exception as problem:
        _log.error("figures cannot be noted", exc_info=problem)
