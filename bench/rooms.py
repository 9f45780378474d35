"""Each room alone: events taken in, events planned, messages rendered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select

from bench import providers
from bench.cases import open_cases
from bench.documents import ARREST, arrests
from bench.figures import Figure, Measured, Scale, repeated
from bench.machine import DATABASES, Ground, ground
from bench.service import publish, running, store, wait_for
from bench.settings import START
from notifier.records import Form, RenderRequest, Wording
from notifier.rendering import Renderer
from notifier.store.database import Store
from notifier.store.tables import events
from tests.builders import OFFICER, a_case, a_victim, an_event, sms

NAME = "rooms"
_TIMES = 500


def measure(scale: Scale) -> Iterator[Figure]:
    """Yield rates and processor time of intake, planning and rendering."""
    for database in DATABASES:
        with ground(database) as place, store(place) as opened, providers.sms() as provider:
            open_cases(place, provider, scale.runs * scale.notices)
            rounds = _Rounds(place, opened, provider.settings, scale.notices)
            units = {
                "intake": "events/s",
                "processor time of intake": "ms/event",
                "planning": "events/s",
                "processor time of planning": "ms/event",
            }
            yield from repeated(NAME, rounds.turn, units, scale, database)
    for form in Form:
        yield from repeated(NAME, partial(_render, form), {f"rendering {form}": "ms of processor"}, scale)


class _Rounds:
    """Events of cases that had none before: all are taken in, then all are planned."""

    def __init__(self, place: Ground, opened: Store, settings: Mapping[str, str], count: int) -> None:
        self._place = place
        self._store = opened
        self._settings = settings
        self._count = count
        self._done = 0

    def turn(self) -> Measured:
        """Return rates and processor time of one round."""
        publish(self._place.redis_url, arrests(range(self._done, self._done + self._count), START, "alone"))
        taken_in = self._events()
        expected = taken_in + self._count
        self._done += self._count
        taken = self._run("intake", lambda: self._events() == expected)
        planned = self._run("worker-urgent", lambda: self._events(events.c.planned_at.is_(None)) == 0)
        return {
            "intake": taken["rate"],
            "processor time of intake": taken["processor"],
            "planning": planned["rate"],
            "processor time of planning": planned["processor"],
        }

    def _run(self, role: str, done: Callable[[], bool]) -> Measured:
        """Run a role, and for planning the scheduler that wakes it, until what it is to do is done."""
        roles = [role] if role == "intake" else [role, "scheduler"]
        with running(self._place, self._settings, roles=roles) as service:
            before, started = sum(service.used().values()), time.monotonic()
            wait_for(f"{role} is done", done)
            seconds, used = time.monotonic() - started, sum(service.used().values()) - before
        return {"rate": self._count / seconds, "processor": 1000 * used / self._count}

    def _events(self, *which: ColumnElement[bool]) -> int:
        with self._store.begin() as tx:
            return int(tx.all(select(func.count()).select_from(events).where(*which))[0][0])


def _render(form: Form) -> Measured:
    renderer = Renderer(ZoneInfo("Europe/London"))
    event = replace(an_event(ARREST, "Wed 1 Apr 2026 09:30"), pk=1)
    request = RenderRequest(form, Wording.FULL, a_case(), a_victim(sms()), OFFICER, START, (event,))
    renderer.render(request)
    started = time.process_time()
    for _ in range(_TIMES):
        renderer.render(request)
    return {f"rendering {form}": 1000 * (time.process_time() - started) / _TIMES}
