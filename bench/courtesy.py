"""No-progress updates of many cases, made due when a bench wants them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from bench.machine import Ground
from bench.service import store
from bench.settings import START
from notifier.store.tables import cases, registrations

_LATER = START + timedelta(days=30)


def nothing_due(place: Ground) -> None:
    """Put every case's update, and its reminder, off."""
    with store(place) as opened, opened.begin() as tx:
        tx.run(update(registrations).values(courtesy_at=_LATER, prompt_at=None, held_until=None))


def make_due(place: Ground, numbers: range) -> None:
    """Make the updates of these cases due."""
    mine = registrations.c.case_pk == cases.c.pk
    first, last = (f"c{number:08d}" for number in (numbers.start, numbers.stop))
    with store(place) as opened, opened.begin() as tx:
        due = update(registrations).values(courtesy_at=START)
        tx.run(due.where(mine, cases.c.case_id >= first, cases.c.case_id < last))
