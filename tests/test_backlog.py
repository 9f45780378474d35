"""What waits too long is named, with the role that should have taken it."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path as Folder

import redis

from notifier import backlog
from notifier.path import Path
from notifier.publishing import publish_lines
from notifier.rendering import Renderer
from notifier.store.database import Store
from tests.builders import LONDON, POLICIES, a_cipher, a_document, at
from tests.fakes import fake_channels

WHEN = "Wed 1 Apr 2026 09:30"
NOW = at(WHEN)


def test_events_and_notices_that_nobody_takes(database_url: str) -> None:
    point = {"id": "p1", "channel": "sms", "address": "07700 900001"}
    opened = a_document("case.opened", WHEN, offence="burglary", force="Example", reference="EX/1/26")
    registered = a_document("victim.registered", WHEN, victim_id="v1", contact_points=[point])
    with closing(Store(database_url, a_cipher())) as store:
        store.upgrade()
        assert backlog.check_work(store, NOW) is None
        with closing(Path(store, POLICIES, Renderer(LONDON).render, fake_channels())) as path:
            path.take_in([json.dumps(opened), json.dumps(registered)], NOW, door="test")
            assert backlog.check_work(store, NOW + timedelta(minutes=9)) is None
            said = backlog.check_work(store, NOW + timedelta(minutes=10))
            assert said is not None
            assert said.startswith("an event has waited for its planning for 10 minutes: start")
            path.plan(["c1"], NOW)
            assert backlog.check_work(store, NOW + timedelta(minutes=9)) is None
            said = backlog.check_work(store, NOW + timedelta(hours=2))
            assert said is not None
            assert said.startswith("a notice has waited for its sending for 120 minutes: start")
            path.deliver(path.due(NOW), NOW, NOW + timedelta(minutes=3))
            assert backlog.check_work(store, NOW + timedelta(hours=2)) is None


def test_an_event_that_no_intake_takes(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert backlog.check_stream(client, "case-events", timedelta(seconds=-1)) is None
        publish_lines(client, "case-events", ["{}"])
        assert backlog.check_stream(client, "case-events") is None
        said = backlog.check_stream(client, "case-events", timedelta(seconds=-1))
        assert said == "an event has waited in the queue for 0 minutes: start `notifier intake`"


def test_a_disk_that_is_nearly_full(tmp_path: Folder) -> None:
    assert backlog.check_disk(tmp_path / "not" / "made" / "yet", least_free=1) is None
    said = backlog.check_disk(tmp_path, least_free=10**18)
    assert said is not None
    assert said.endswith(f"MB are free in {tmp_path}: make room, or nothing can be stored")
