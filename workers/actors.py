"""The route map: what a wake-up does, and which wake-ups follow. Messages hold ids, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import ParamSpec, TypeVar

import dramatiq

from notifier.clock import Clock
from notifier.path import Path
from notifier.together import Together
from workers.broker import ASKING, PLANNING, QUEUES, URGENT, WakeUps

T = TypeVar("T")
P = ParamSpec("P")
_CASES = 50
_VICTIMS = 64
_ENOUGH_WAITING = 50


@dataclass(frozen=True, slots=True)
class Actors:
    """The actors over one path, and how they are woken."""

    broker: WakeUps
    path: Path
    clock: Clock
    plan: dramatiq.Actor[[list[str]], None]
    deliver: dict[str, dramatiq.Actor[[list[int]], None]]
    tell_staff: dramatiq.Actor[[], None]
    reconcile: dramatiq.Actor[[], None]

    def wake_planning(self, case_ids: Iterable[str]) -> None:
        """Have these cases planned."""
        if self._is_room(self.plan.queue_name):
            for batch in _batches(list(case_ids), _CASES):
                self.plan.send(batch)

    def wake_delivery(self, now: datetime, queues: Iterable[str] = QUEUES) -> None:
        """Have sent what is due now on these queues, each by its own workers."""
        for queue in queues:
            if self._is_room(queue):
                for batch in _batches(self.path.due(now, queue=queue), _VICTIMS):
                    self.deliver[queue].send(batch)

    def _is_room(self, queue: str) -> bool:
        """Tell whether wake-ups may follow: what is due is found again, a long queue would help nobody."""
        return self.broker.waiting(queue) < _ENOUGH_WAITING

    def do_urgent_here(self) -> None:
        """Plan, send what is urgent and tell staff in this process, without any wake-up."""
        self.path.plan(self.path.unplanned_cases(), self.clock.now())
        now, until = self.clock.now(), self.clock.ahead(self.path.lease_seconds)
        self.path.deliver(self.path.due(now, queue=URGENT), now, until)
        self.tell_staff.fn()

    def wake_rest(self, now: datetime) -> None:
        """Have staff told and providers asked, where something waits."""
        for actor, is_due in (
            (self.tell_staff, self.path.staff_waiting),
            (self.reconcile, self.path.questions_waiting),
        ):
            if self._is_room(actor.queue_name) and is_due(now):
                actor.send()


class _Planner:
    """Plans cases for several wake-ups at once: one among fifty costs half of what one among five does."""

    def __init__(self, path: Path, clock: Clock, then: Callable[[], None]) -> None:
        self._path, self._clock, self._then = path, clock, then
        # While one waits for the database, the other one uses the processor.
        self._plan_together = Together(self._plan_free, at_once=2)

    def plan(self, case_ids: list[str]) -> None:
        """Plan these cases; those that somebody else has in hand keep nobody waiting but this thread."""
        if in_hand := self._plan_together(case_ids):
            self._path.plan(in_hand, self._clock.now())
            self._then()

    def _plan_free(self, asked: Sequence[list[str]]) -> list[list[str]]:
        case_ids = list(dict.fromkeys(chain.from_iterable(asked)))
        in_hand = set(self._path.plan(case_ids, self._clock.now(), wait=False))
        self._then()
        return [[name for name in each if name in in_hand] for each in asked]


def make_actors(broker: WakeUps, path: Path, clock: Clock) -> Actors:
    """Declare the actors on ``broker``."""

    # The rest waits for the sweep, a second at most: many at once cost far less than each alone.
    planner = _Planner(path, clock, lambda: actors.wake_delivery(clock.now(), (URGENT,)))

    def plan(case_ids: list[str]) -> None:
        planner.plan(case_ids)

    def deliver(victim_pks: list[int]) -> None:
        path.deliver(victim_pks, clock.now(), clock.ahead(path.lease_seconds))

    def tell_staff() -> None:
        while path.tell_staff(clock.now(), clock.ahead(path.lease_seconds)):
            pass

    def reconcile() -> None:
        while path.reconcile(clock.now(), clock.ahead(path.lease_seconds)):
            pass

    def actor(function: Callable[P, None], queue: str, name: str | None = None) -> dramatiq.Actor[P, None]:
        named = name or function.__name__
        return dramatiq.actor(broker=broker, queue_name=queue, actor_name=named)(function)

    actors = Actors(
        broker,
        path,
        clock,
        plan=actor(plan, PLANNING),
        deliver={queue: actor(deliver, queue, f"deliver_{queue}") for queue in QUEUES},
        tell_staff=actor(tell_staff, URGENT),
        reconcile=actor(reconcile, ASKING),
    )
    return actors


def _batches(items: Sequence[T], size: int) -> Iterable[list[T]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
