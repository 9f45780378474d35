"""The machine under the service: its disk for letters, its clock, and its wish that everything stops."""

from __future__ import annotations

import os
import signal

from sqlalchemy import select

from notifier.peers import twilio
from notifier.store.tables import attempts
from tests.chaos.kills import some_answers_lost
from tests.chaos.scene import Fault, Scene, Setting
from tests.chaos.traffic import BY_LETTER

_AWAY_MINUTES = 15
_HOUR_SECONDS = 3600
_LESS_THAN_A_LETTER = 2048
_ANSWERS_AFTER_SECONDS = 2.0
_LIMIT_SECONDS = 20


def no_room_for_letters(scene: Scene) -> None:
    """Let no file of the print room grow to the size of a letter, for a while."""
    scene.orders.letter_bytes = _LESS_THAN_A_LETTER
    scene.open_cases(BY_LETTER)
    scene.wait("every event is taken in", scene.taken_in)
    scene.pass_minutes(_AWAY_MINUTES)
    scene.orders.letter_bytes = 0
    scene.tell_news()


def no_folder_for_letters(scene: Scene) -> None:
    """Let the print room's folder be gone, and something else in its place, for a while."""
    folder = scene.service.home / "letters"
    folder.write_text("no folder")
    scene.open_cases(BY_LETTER)
    scene.wait("every event is taken in", scene.taken_in)
    scene.pass_minutes(_AWAY_MINUTES)
    folder.unlink()
    scene.tell_news()


def step_clock(scene: Scene, seconds: float = _HOUR_SECONDS) -> None:
    """Step every clock of the service forward, back, and behind, in the middle of traffic."""
    scene.open_cases()
    for wrong_by in (seconds, 0, -seconds):
        scene.wait_for_messages(1)
        scene.orders.clock_seconds = wrong_by
        scene.tell_news()
        scene.open_cases()


def stop_every_role(scene: Scene) -> None:
    """Ask every role to end while providers are being called: it ends in time, and knows every outcome."""
    scene.open_cases()
    scene.wait_for_messages(1)
    roles = scene.service.supervisor
    ending = [roles.pid(role) for role in scene.setting.roles]
    for pid in ending:
        os.kill(pid, signal.SIGTERM)
    running = [roles.pid(role) for role in scene.setting.roles]
    scene.service.wait(
        "every role ended in time", lambda: not set(running) & _pids(scene), _LIMIT_SECONDS + 1
    )
    scene.tell_news()
    scene.settle()
    with scene.service.store.begin() as tx:
        lost_sight = tx.first(select(attempts.c.pk).where(attempts.c.code == "worker_lost"))
    assert lost_sight is None, "a role ended without knowing what became of a message"


def _pids(scene: Scene) -> set[int]:
    return {scene.service.supervisor.pid(role) for role in scene.setting.roles}


FAULTS = (
    Fault(
        "disk full for letters",
        f"no file over {_LESS_THAN_A_LETTER} bytes for {_AWAY_MINUTES} minutes of the service",
        no_room_for_letters,
    ),
    Fault(
        "letter folder gone",
        f"a file in its place for {_AWAY_MINUTES} minutes of the service",
        no_folder_for_letters,
    ),
    Fault(
        "clock stepped",
        "an hour forward, back, and an hour behind, while answers of the provider get lost",
        step_clock,
        Setting(sms=some_answers_lost),
    ),
    Fault(
        "SIGTERM to every role",
        f"while the SMS provider answers after {_ANSWERS_AFTER_SECONDS:.0f} s",
        stop_every_role,
        Setting(sms=lambda number: twilio.slow(_ANSWERS_AFTER_SECONDS), lease_seconds=15),
    ),
)
