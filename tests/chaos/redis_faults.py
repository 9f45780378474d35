"""Redis killed, emptied, away, deaf and full: it only wakes workers, so nothing may depend on it."""

from __future__ import annotations

import shutil
from threading import Thread

import redis

from tests.chaos.scene import Fault, Scene
from tests.e2e.service import Service

_AWAY_MINUTES = 15
_TOO_LITTLE = "1mb"


def kill(scene: Scene) -> None:
    """Kill Redis while events and wake-ups are in it, and start it with what it kept."""
    scene.open_cases()
    scene.service.redis.kill()
    scene.service.redis.start()
    scene.tell_news()


def empty(scene: Scene) -> None:
    """Kill Redis once the events are taken in, and start it with nothing."""
    scene.open_cases()
    scene.tell_news()
    scene.wait("every event is taken in", scene.taken_in)
    scene.service.redis.kill()
    wipe(scene.service)
    scene.service.redis.start()
    scene.tell_news()


def wipe(service: Service) -> None:
    """Remove what a stopped Redis kept."""
    shutil.rmtree(service.home / "redis" / "appendonlydir")


def away(scene: Scene) -> None:
    """Let nobody reach Redis for a while."""
    scene.open_cases()
    scene.wait("every event is taken in", scene.taken_in)
    scene.service.redis.kill()
    scene.tell_safety_news()
    scene.pass_minutes(_AWAY_MINUTES)
    scene.service.redis.start()
    scene.tell_news()


def deaf(scene: Scene) -> None:
    """Let Redis take connections and commands, and answer none for a while."""
    scene.open_cases()
    with redis.Redis.from_url(scene.service.redis.url) as client:
        client.client_pause(round(scene.real_seconds(_AWAY_MINUTES) * 1000), all=True)
    scene.tell_news()


def evict(scene: Scene) -> None:
    """Have Redis throw away whatever it likes, once the events are taken in."""
    scene.open_cases()
    scene.tell_news()
    scene.wait("every event is taken in", scene.taken_in)
    _set(scene, {"maxmemory-policy": "allkeys-random", "maxmemory": _TOO_LITTLE})
    scene.pass_minutes(_AWAY_MINUTES)
    _set(scene, {"maxmemory": "0", "maxmemory-policy": "noeviction"})
    scene.tell_news()


def fill(scene: Scene) -> None:
    """Let Redis refuse every write: what the publisher was refused it publishes again later."""
    scene.open_cases()
    _set(scene, {"maxmemory": _TOO_LITTLE})
    publishing = Thread(target=scene.tell_news)
    publishing.start()
    scene.pass_minutes(_AWAY_MINUTES)
    assert publishing.is_alive(), "a full Redis took an event"
    _set(scene, {"maxmemory": "0"})
    publishing.join()


def _set(scene: Scene, values: dict[str, str]) -> None:
    with redis.Redis.from_url(scene.service.redis.url) as client:
        for name, value in values.items():
            client.config_set(name, value)


FAULTS = (
    Fault("Redis killed", "while events and wake-ups were in it; started with what it kept", kill),
    Fault("Redis restarted empty", "after the events were taken in", empty),
    Fault("Redis unreachable", f"for {_AWAY_MINUTES} minutes of the service", away),
    Fault("Redis deaf", f"takes commands and answers none for {_AWAY_MINUTES} minutes of the service", deaf),
    Fault("Redis evicting", f"any key, for {_AWAY_MINUTES} minutes of the service, memory full", evict),
    Fault("Redis full", "refuses writes; the publisher hears of it and publishes again", fill),
)
