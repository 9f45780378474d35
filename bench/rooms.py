"""Rooms alone: events taken in, events taken in and planned, messages rendered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select, true

from bench import providers
from bench.cases import open_cases
from bench.documents import ARREST
from bench.figures import Figure, Measured, Scale, repeated
from bench.machine import DATABASES, ground
from bench.rounds import WARM, Rounds
from bench.service import running, store
from bench.settings import START
from notifier.records import Form, RenderRequest, Wording
from notifier.rendering import Renderer
from notifier.store.database import Store
from notifier.store.tables import events
from tests.builders import OFFICER, a_case, a_victim, an_event, sms

NAME = "rooms"
# Intake comes last: nobody plans its events, and a worker would find the wake-ups for them.
_STEPS: tuple[tuple[str, tuple[str, ...], ColumnElement[bool]], ...] = (
    ("intake and planning", ("intake", "worker-urgent"), events.c.planned_at.is_not(None)),
    ("intake", ("intake",), true()),
)
_TIMES = 500


def measure(scale: Scale) -> Iterator[Figure]:
    """Yield rates and processor time of intake, planning and rendering."""
    for database in DATABASES:
        yield from _by_roles(database, scale)
    for form in Form:
        yield from repeated(NAME, partial(_render, form), {f"rendering {form}": "ms of processor"}, scale)


def _by_roles(database: str, scale: Scale) -> Iterator[Figure]:
    each = WARM + scale.runs * scale.notices
    with ground(database) as place, store(place) as opened, providers.sms() as provider:
        open_cases(place, provider, len(_STEPS) * each)
        for step, (name, roles, done) in enumerate(_STEPS):
            with running(place, provider.settings, roles=roles) as service:
                counted = partial(_counted, opened, done)
                rounds = Rounds(counted, service.publish, service.used, step * each)
                rounds.turn(WARM)
                turn = partial(_turn, rounds, name, scale.notices)
                units = {name: "events/s", f"processor time of {name}": "ms/event"}
                yield from repeated(NAME, turn, units, scale, database)


def _turn(rounds: Rounds, name: str, count: int) -> Measured:
    measured = rounds.turn(count)
    return {name: measured["rate"], f"processor time of {name}": measured["processor"]}


def _counted(opened: Store, done: ColumnElement[bool]) -> tuple[int, float]:
    with opened.begin() as tx:
        rows = tx.all(select(func.count()).select_from(events).where(done))
    return int(rows[0][0]), time.time()


def _render(form: Form) -> Measured:
    renderer = Renderer(ZoneInfo("Europe/London"))
    event = replace(an_event(ARREST, "Wed 1 Apr 2026 09:30"), pk=1)
    request = RenderRequest(form, Wording.FULL, a_case(), a_victim(sms()), OFFICER, START, (event,))
    renderer.render(request)
    started = time.process_time()
    for _ in range(_TIMES):
        renderer.render(request)
    return {f"rendering {form}": 1000 * (time.process_time() - started) / _TIMES}
