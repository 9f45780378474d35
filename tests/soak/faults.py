"""The faults of a soak: which come when is drawn from its seed, what each does stands here."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from random import Random

import redis

from notifier.peers import smtp, twilio
from notifier.supervisor import MAIL, ROLES
from tests.chaos.providers import CUT, DROPPED
from tests.chaos.redis_faults import wipe
from tests.e2e.service import STREAM, Service
from tests.servers import Postgres
from tests.soak.publisher import Publisher
from tests.soak.stubs import Stubs

EVERY_ROLE = {**ROLES, **MAIL}
_LASTS = (0.4, 0.9)  # of the shortest pause, so that one is over before the next
_ALWAYS = 10_000  # tries of a number: more than it gets
_LATE_SECONDS = 20
_ASKED_SECONDS = 5.0  # later than the service's time-out: a callback at once would settle the outcome
_EMPTIED_SECONDS = 60  # until everything is taken in; a Redis that has more in it is not emptied


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault to come, ``at`` seconds into the run, for ``seconds``; ``role`` is what a kill strikes."""

    at: float
    name: str
    seconds: float
    role: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What faults befall; ``wait`` waits until something holds, some seconds at most, and tells if it did."""

    service: Service
    stubs: Stubs
    publisher: Publisher
    postgres: Postgres
    wait: Callable[[Callable[[], bool], float], bool]


Act = Callable[[Stage, Planned], AbstractContextManager[None]]


@contextmanager
def kill_role(stage: Stage, planned: Planned) -> Iterator[None]:
    """Kill one process; the supervisor starts it again."""
    os.kill(stage.service.supervisor.pid(planned.role), signal.SIGKILL)
    yield


@contextmanager
def kill_redis(stage: Stage, planned: Planned) -> Iterator[None]:
    """Kill Redis, and start it later with what it kept."""
    stage.service.redis.kill()
    yield
    stage.service.redis.start()


@contextmanager
def empty_redis(stage: Stage, planned: Planned) -> Iterator[None]:
    """Kill Redis once all that was published, until then in Redis alone, is taken in, and start it empty."""
    with stage.publisher.silenced():
        emptied = stage.wait(lambda: waiting_events(stage.service) == 0, _EMPTIED_SECONDS)
        stage.service.redis.kill()
        if emptied:
            wipe(stage.service)
        stage.service.redis.start()
    yield


def waiting_events(service: Service) -> int:
    """Return how many events are published and not taken in; raises ``redis.RedisError``."""
    with redis.Redis.from_url(service.redis.url) as client:
        return int(client.xlen(STREAM))


@contextmanager
def restart_postgres(stage: Stage, planned: Planned) -> Iterator[None]:
    """Crash PostgreSQL, and start it later."""
    stage.postgres.stop()
    yield
    stage.postgres.start()


def texts(*behaviours: twilio.Behaviour) -> Act:
    """Return what has the SMS provider behave so for a while, in turn by number where there are several."""

    @contextmanager
    def act(stage: Stage, planned: Planned) -> Iterator[None]:
        stage.stubs.sms_now = lambda number: behaviours[int(number[-3:]) % len(behaviours)]
        yield
        stage.stubs.behave()

    return act


def mails(behaviour: smtp.Behaviour) -> Act:
    """Return what has the mail server behave so for a while."""

    @contextmanager
    def act(stage: Stage, planned: Planned) -> Iterator[None]:
        stage.stubs.mail_now = lambda address: behaviour
        yield
        stage.stubs.behave()

    return act


_KILL = "SIGKILL of a role"
FAULTS: dict[str, Act] = {
    _KILL: kill_role,
    "Redis killed": kill_redis,
    "Redis restarted empty": empty_redis,
    "PostgreSQL restarted": restart_postgres,
    "SMS: 429": texts(twilio.throttle(_ALWAYS)),
    "SMS: 500": texts(twilio.error_500(_ALWAYS)),
    "SMS: 503": texts(twilio.unavailable(_ALWAYS), twilio.ACCEPT_THEN_ERROR),
    "SMS: no answer": texts(twilio.lost(_ALWAYS), replace(twilio.HANG, seconds=_ASKED_SECONDS)),
    "SMS: connection cut": texts(DROPPED, CUT),
    "callbacks twice": texts(twilio.TWICE),
    "callbacks late": texts(twilio.late(_LATE_SECONDS)),
    "callbacks out of order": texts(twilio.BACKWARDS),
    "callbacks lost": texts(replace(twilio.ACCEPT, calls_back=False)),
    "undelivered": texts(twilio.undelivered(30003), twilio.ACCEPT),
    "mail: 451": mails(smtp.Behaviour(refusal="451 4.7.1 Try again later")),
    "mail: no answer": mails(smtp.HANG),
    "mail: connection cut": mails(smtp.DROP),
    "mail: bounces": mails(smtp.bounce("5.1.1")),
}
_OFTEN = 4  # how much likelier than any other a kill is
_WEIGHTS = [_OFTEN if name == _KILL else 1 for name in FAULTS]


def plan(seed: int, seconds: float, pauses: tuple[float, float]) -> list[Planned]:
    """Return the faults of a run: each begins a pause after the one before."""
    random = Random(f"{seed} faults")
    planned: list[Planned] = []
    at = random.uniform(*pauses)
    while at < seconds:
        (name,) = random.choices(list(FAULTS), _WEIGHTS)
        lasts = random.uniform(*_LASTS) * pauses[0]
        planned.append(Planned(at, name, lasts, random.choice(list(EVERY_ROLE))))
        at += random.uniform(*pauses)
    return planned
