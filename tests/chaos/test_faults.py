"""The faults of `make chaos` in small numbers, several to a run: nothing is lost, nothing doubled unseen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from notifier.peers import twilio
from tests.chaos import databases, kills, machine, providers, redis_faults
from tests.chaos.orders import AFTER_CALL, AFTER_COMMIT, BEFORE_COMMIT
from tests.chaos.scene import Fault, Scene, Setting
from tests.servers import Postgres

_SEED = 4
_CASES = 6
_STEP_SECONDS = 900
_PLACES: tuple[kills.Place, ...] = (
    ("intake", "take_in", AFTER_COMMIT),
    ("worker-urgent", "_plan", BEFORE_COMMIT),
    ("worker-routine", "_prepare", AFTER_COMMIT),
    ("worker-routine", "send", AFTER_CALL),
    ("worker-bulk", "_prepare", AFTER_COMMIT),
    ("web", "take_in", AFTER_COMMIT),
    ("web", "receive", BEFORE_COMMIT),
    ("scheduler", "_sweep_attempts", BEFORE_COMMIT),
)
_KINDS = (
    twilio.ACCEPT,
    twilio.throttle(1),
    twilio.error_500(1),
    providers.DROPPED,
    providers.CUT,
    twilio.TWICE,
    twilio.BACKWARDS,
)


def in_turn(*acts: Callable[[Scene], None]) -> Callable[[Scene], None]:
    """Return an act that does several, each with traffic of its own."""

    def act(scene: Scene) -> None:
        for one in acts:
            one(scene)

    return act


def test_redis_the_disk_the_clock_and_providers_fail(tmp_path: Path) -> None:
    acts = in_turn(
        redis_faults.empty,
        databases.fill,
        machine.no_room_for_letters,
        partial(machine.step_clock, seconds=_STEP_SECONDS),
        providers.forge_callbacks,
    )
    fault = Fault("short, SQLite", "", acts, Setting(sms=lambda number: providers.of_number(_KINDS, number)))
    nothing_is_lost(fault, tmp_path)


def test_roles_are_killed_and_the_database_restarts(tmp_path: Path, postgres: Postgres) -> None:
    acts = in_turn(kills.strike, databases.restart)
    nothing_is_lost(Fault("short, PostgreSQL", "", acts, Setting(), kills.arm(_PLACES)), tmp_path, postgres)


def nothing_is_lost(fault: Fault, home: Path, postgres: Postgres | None = None) -> None:
    """Run a fault; its audit must find nothing, and must have had something to look at."""
    found = fault.run(home, seed=_SEED, cases=_CASES, postgres=postgres).findings
    assert found.lost == []
    assert found.doubled == []
    assert found.events > _CASES
    assert found.messages > _CASES
