"""The scheduler without Redis: nobody can be woken, and what cannot wait goes all the same."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from threading import Event
from typing import Any

from notifier.clock import Clock
from notifier.embedded import free_port
from notifier.path import Path
from notifier.records import ChannelName
from notifier.rendering import Renderer
from notifier.store.database import Store
from tests.builders import LONDON, POLICIES, a_cipher, a_document, at
from tests.fakes import fake_channels
from workers.actors import make_actors
from workers.broker import make_broker
from workers.schedule import run_scheduler

WHEN = "Wed 1 Apr 2026 21:30"  # routine news waits for the morning


def test_safety_news_goes_and_staff_hear_while_redis_is_away(database_url: str) -> None:
    points = [
        {"id": "p1", "channel": "sms", "address": "07700 900001"},
        {"id": "p2", "channel": "email", "address": "jo@example.org"},
    ]
    officer = {"id": "o1", "name": "PC Priya Shah", "email": "priya.shah@police.example"}
    opened: dict[str, Any] = {"offence": "burglary", "force": "Example", "reference": "EX/1/26"}
    documents = [
        a_document("case.opened", WHEN, officer=officer, **opened),
        a_document("victim.registered", WHEN, victim_id="v1", contact_points=points),
        a_document("case.suspect_interviewed", WHEN),
        a_document("custody.released", WHEN),
        a_document("victim.registered", WHEN, victim_id="v2", contact_points=[]),
    ]
    channels, clock = fake_channels(), Clock(datetime.now(UTC), at(WHEN), 1)
    with closing(Store(database_url, a_cipher())) as store:
        store.upgrade()
        with closing(Path(store, POLICIES, Renderer(LONDON).render, channels)) as path:
            path.take_in([json.dumps(document) for document in documents], clock.now(), door="http")
            actors = make_actors(make_broker(f"redis://127.0.0.1:{free_port()}/0"), path, clock)
            run_scheduler(actors, list, _OneSweep())
    (told,) = channels[ChannelName.SMS].sent
    assert "released" in told.rendered.text
    assert {message.address for message in channels[ChannelName.EMAIL].sent} == {officer["email"]}


class _OneSweep(Event):
    """The wish to stop, which comes with the first pause."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True
