"""Workers are killed while they send, and Redis comes back empty: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from notifier.store.tables import notices, tasks, victims
from tests.e2e.events import cases, mailbox, number
from tests.e2e.service import Service, running

BEFORE_EIGHT = datetime(2026, 5, 12, 6, 50, tzinfo=UTC)  # ten to eight in London: all is due at eight
VICTIMS = 120
KILLS = 3


def test_nothing_is_lost_or_doubled(tmp_path: Path, database_url: str) -> None:
    events = list(cases(VICTIMS, BEFORE_EIGHT, news=2))
    with running(tmp_path, database_url, start=BEFORE_EIGHT, speed=60, lease_seconds=4) as service:
        service.publish(events)
        service.wait("every event is taken in", lambda: service.taken_in() == len(events))
        empty_redis(service)
        for kill in range(1, KILLS + 1):
            service.wait(f"message {kill * 20} went out", more_than(service, kill * 20))
            kill_workers(service)
        service.wait("everything went out or is with a person", lambda: quiet(service))
        assert service.restarted.count("worker-routine") >= KILLS
        each_victim_heard_once_or_a_person_checks(service)


def more_than(service: Service, count: int) -> Callable[[], bool]:
    return lambda: len(service.sms.messages) + len(service.mail.messages) >= count


def empty_redis(service: Service) -> None:
    service.redis.kill()
    shutil.rmtree(service.home / "redis" / "appendonlydir")
    service.redis.start()


def kill_workers(service: Service) -> None:
    """Kill without a warning, and wait until new ones run."""
    before = len(service.restarted)
    for role in ("worker-routine", "worker-urgent"):
        os.kill(service.supervisor.pid(role), signal.SIGKILL)
    service.wait("the workers are back", lambda: len(service.restarted) >= before + 2)


def quiet(service: Service) -> bool:
    states = service.states()
    moving = {"planned", "sending"} & set(states["notices"])
    return service.all_planned() and not moving and not service.unsettled()


def each_victim_heard_once_or_a_person_checks(service: Service) -> None:
    heard = Counter(message.to for message in service.sms.messages)
    heard += Counter(m.recipient for m in service.mail.messages if m.recipient.startswith("victim"))
    unclear = victims_to_check(service)
    for case in range(VICTIMS):
        times = heard[number(case)] + heard[mailbox(case)]
        assert times == 1 or (times == 0 and f"v{case}" in unclear), f"v{case} heard {times} times"


def victims_to_check(service: Service) -> set[str]:
    """Return the victims of whose message nobody knows: each has a task for a person."""
    with service.store.begin() as tx:
        uncertain = select(victims.c.victim_id).join(notices).where(notices.c.state == "uncertain")
        shown = {row.victim_id for row in tx.all(uncertain)}
        asked = select(victims.c.victim_id).join(tasks).where(tasks.c.kind == "check_delivery")
        assert shown == {row.victim_id for row in tx.all(asked)}
    return shown
