"""SIGKILL at every named point of the path, and a worker that stands still for longer than its lease."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from random import Random

from notifier.peers import twilio
from tests.chaos.orders import (
    AFTER_CALL,
    AFTER_COMMIT,
    BEFORE_CALL,
    BEFORE_COMMIT,
    Blow,
    Orders,
    Point,
)
from tests.chaos.providers import DROPPED
from tests.chaos.scene import Fault, Scene, Setting
from tests.chaos.supervising import TWICE

_COMMITS = (BEFORE_COMMIT, AFTER_COMMIT)
_CALLS = (BEFORE_CALL, AFTER_CALL)
# The steps are functions of the path, the planner and the facts; one that nothing comes by fails the run.
_STEPS = (
    ("intake", "take_in", _COMMITS),
    ("worker-urgent", "_plan", _COMMITS),
    ("worker-routine", "_deliver", _COMMITS),
    ("worker-routine", "_prepare", _COMMITS),
    ("worker-routine", "send", _CALLS),
    ("worker-routine", "_record", _COMMITS),
    ("worker-urgent", "tell_staff", _COMMITS),
    ("worker-urgent", "send", _CALLS),
    ("worker-urgent", "reconcile", _COMMITS),
    ("worker-urgent", "look_up", _CALLS),
    ("worker-bulk", "_deliver", _COMMITS),
    ("worker-bulk", "_prepare", _COMMITS),
    ("worker-bulk", "send", _CALLS),
    ("worker-bulk", "_record", _COMMITS),
    ("web", "take_in", _COMMITS),
    ("web", "receive", _COMMITS),
    ("scheduler", "_sweep_attempts", _COMMITS),
    ("scheduler", "_sweep_courtesy", _COMMITS),
    ("scheduler", "_facts_beyond", _COMMITS),
)
Place = tuple[str, str, str]
PLACES: tuple[Place, ...] = tuple(
    (role, step, moment) for role, step, moments in _STEPS for moment in moments
)
_MOST_WAVES = 15
_WAVES = 3
_BEFORE_THE_LOOK = Point("worker-routine", "_prepare", AFTER_COMMIT, blow=Blow.STOP)
_BEFORE_THE_CALL = Point("worker-routine", "send", BEFORE_CALL, blow=Blow.STOP)


def arm(places: Iterable[Place]) -> Callable[[Orders, Random], None]:
    """Return what arms these places, each for the first or the second time that a process comes by."""

    def prepare(orders: Orders, random: Random) -> None:
        orders.arm(Point(*place, nth=random.randint(1, 2)) for place in places)

    return prepare


def strike(scene: Scene) -> None:
    """Publish waves of cases and news until each armed point was struck."""
    for _ in range(_MOST_WAVES):
        traffic_of_every_kind(scene)
        scene.wait("the wave is over", lambda: not scene.orders.not_struck() or scene.over())
        if not scene.orders.not_struck():
            return
    raise AssertionError(f"nothing came by: {[point.name for point in scene.orders.not_struck()]}")


def traffic_of_every_kind(scene: Scene) -> None:
    """Publish what wakes every worker: routine news, safety news by the other door, and overdue updates."""
    scene.open_cases()
    scene.tell_news()
    scene.tell_safety_news()
    scene.open_silent_cases()


def some_answers_lost(number: str) -> twilio.Behaviour:
    """Lose the answer for every seventh number, so that the provider is asked, too."""
    return DROPPED if int(number[-3:]) % 7 == 2 else twilio.ACCEPT


def stop_at(point: Point) -> Callable[[Orders, Random], None]:
    """Return what arms a worker to stand still at a point."""
    return lambda orders, random: orders.arm([point])


def outlive_the_lease(scene: Scene) -> None:
    """Let the worker go on only after others have done with what it has in hand."""
    (point,) = scene.orders.not_struck()
    strike(scene)
    scene.wait("others have done with it", lambda: not scene.service.unsettled())
    stopped = scene.orders.struck_by(point)
    assert stopped is not None
    os.kill(stopped, signal.SIGCONT)
    scene.tell_news()


def tell_much(scene: Scene) -> None:
    """Publish several waves, one upon the other."""
    for _ in range(_WAVES):
        traffic_of_every_kind(scene)


FAULTS = (
    Fault(
        "SIGKILL",
        f"at {len(PLACES)} points of the path, each once: before and after commits and calls, every role",
        strike,
        Setting(sms=some_answers_lost),
        arm(PLACES),
    ),
    Fault(
        "a worker that stands still",
        "SIGSTOP before its last look at the lease, until others have done its work",
        outlive_the_lease,
        Setting(roles=TWICE),
        stop_at(_BEFORE_THE_LOOK),
        only_on="postgresql",  # on SQLite a process that stands still may hold the one writer's place
    ),
    Fault(
        "a worker that stands still in the call",
        "SIGSTOP after its last look at the lease, until others have done its work",
        outlive_the_lease,
        Setting(roles=TWICE),
        stop_at(_BEFORE_THE_CALL),
        only_on="postgresql",
    ),
    Fault(
        "two of each role",
        "two schedulers, four workers and two intakes at once",
        tell_much,
        Setting(roles=TWICE),
    ),
)
