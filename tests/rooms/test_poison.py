"""What breaks a worker harms only itself: the others go on, and a person sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path as File
from typing import Any

from sqlalchemy import select

from notifier.path import Path
from notifier.records import ChannelName, Rendered, RenderRequest
from notifier.rendering import Renderer
from notifier.store import events
from notifier.store.cipher import Cipher
from notifier.store.database import Store
from notifier.store.tables import notices, tasks, victims
from tests.builders import DATA_KEY, LONDON, POLICIES, SECRET_KEY, a_cipher, a_document, a_store, at
from tests.fakes import fake_channels

NOW = at("Wed 1 Apr 2026 09:30")
RENDER = Renderer(LONDON).render


def breaks_for_v2(request: RenderRequest) -> Rendered:
    """A fault of our own program, not an error that it knows."""
    if request.victim.victim_id == "v2":
        raise ZeroDivisionError
    return RENDER(request)


def registered(victim_id: str, address: str) -> str:
    points = [{"id": "p1", "channel": "sms", "address": address}]
    document = a_document(
        "victim.registered", "Wed 1 Apr 2026 09:30", victim_id=victim_id, contact_points=points
    )
    return json.dumps(document)


def test_one_notice_that_breaks_the_program_stops_no_other_and_is_held_in_the_end(tmp_path: File) -> None:
    store = Store(f"sqlite:///{tmp_path / 'notifier.db'}", a_cipher())
    store.create_tables()
    channels = fake_channels()
    opened = a_document(
        "case.opened", "Wed 1 Apr 2026 09:30", offence="burglary", force="Example", reference="EX/1/26"
    )
    with closing(Path(store, POLICIES, breaks_for_v2, channels)) as path:
        documents = [json.dumps(opened), registered("v1", "07700 900001"), registered("v2", "07700 900002")]
        path.take_in(documents, NOW, door="test")
        path.plan(["c1"], NOW)
        for minute in range(0, 40, 5):
            now = NOW + timedelta(minutes=minute)
            path.sweep(now)
            path.deliver(path.due(now), now, now + timedelta(minutes=3))
    assert [message.address for message in channels[ChannelName.SMS].sent] == ["+447700900001"]
    with store.begin() as tx:
        query = select(victims.c.victim_id, notices.c.state, notices.c.reason).join(notices)
        stand = {row.victim_id: (row.state, row.reason) for row in tx.all(query)}
        asked = [row.kind for row in tx.all(select(tasks.c.kind))]
    assert stand["v2"] == ("held", "too_many_tries")
    assert asked == ["check_delivery"]
    store.close()


def test_a_notice_that_kills_its_worker_harms_no_other_and_is_with_a_person_in_the_end(
    tmp_path: File,
) -> None:
    url = f"sqlite:///{tmp_path / 'notifier.db'}"
    with a_store(url) as store:
        opened = a_document(
            "case.opened", "Wed 1 Apr 2026 09:30", offence="burglary", force="Example", reference="EX/1/26"
        )
        with closing(Path(store, POLICIES, RENDER, fake_channels())) as path:
            documents = [registered(f"v{number}", f"07700 90000{number}") for number in (1, 2, 3)]
            path.take_in([json.dumps(opened), *documents], NOW, door="test")
            path.plan(["c1"], NOW)
        command = [sys.executable, "-m", "tests.rooms.killed_workers", url]
        ended = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        with store.begin() as tx:
            query = select(victims.c.victim_id, notices.c.state, notices.c.reason).join(notices)
            stand = {row.victim_id: (row.state, row.reason) for row in tx.all(query)}
            asked = [row.kind for row in tx.all(select(tasks.c.kind))]
    assert ended == ["9", "9", "9", "9", "9", "0", "0"]
    assert stand == {"v1": ("sent", None), "v2": ("held", "too_many_tries"), "v3": ("sent", None)}
    assert asked == ["check_delivery"]


def test_an_event_that_cannot_be_planned_is_set_aside_and_the_others_of_its_case_go_on(
    tmp_path: File,
) -> None:
    half = a_document(
        "victim.updated", "Wed 1 Apr 2026 09:30", victim_id="v1", contact_points=[{"id": "p2", "safe": False}]
    )
    opened = a_document(
        "case.opened", "Wed 1 Apr 2026 09:30", offence="burglary", force="Example", reference="EX/1/26"
    )
    documents = [json.dumps(half), registered("v1", "07700 900001"), registered("v2", "07700 900002")]
    with (
        a_store(f"sqlite:///{tmp_path / 'notifier.db'}") as store,
        closing(Path(store, POLICIES, RENDER, fake_channels())) as path,
    ):
        path.take_in([*documents, json.dumps(opened)], NOW, door="test")
        path.plan(["c1"], NOW)
        with store.begin() as tx:
            aside = [row.type for row in events.with_problems(tx)]
            told = [row.victim_id for row in tx.all(select(victims.c.victim_id).join(notices))]
    assert aside == ["victim.updated"]
    assert told == ["v1", "v2"]


class FaultyCipher(Cipher):
    """Breaks the program when it opens a progress update."""

    def open(self, sealed: bytes) -> Any:
        opened = super().open(sealed)
        if isinstance(opened, dict) and opened.get("type") == "case.progress":
            raise ZeroDivisionError
        return opened


def test_an_event_that_breaks_the_program_is_blamed_and_none_that_came_before_it(tmp_path: File) -> None:
    url = f"sqlite:///{tmp_path / 'notifier.db'}"
    opened = a_document(
        "case.opened", "Wed 1 Apr 2026 09:30", offence="burglary", force="Example", reference="EX/1/26"
    )
    progress = a_document("case.progress", "Wed 1 Apr 2026 09:30", text="A door was tested.")
    documents = [json.dumps(opened), registered("v1", "07700 900001"), json.dumps(progress)]
    with a_store(url), closing(Store(url, FaultyCipher((DATA_KEY,), SECRET_KEY))) as store:
        with closing(Path(store, POLICIES, RENDER, fake_channels())) as path:
            path.take_in([*documents, registered("v2", "07700 900002")], NOW, door="test")
            path.plan(["c1"], NOW)
        with store.begin() as tx:
            aside = [(row.type, row.problem) for row in events.with_problems(tx)]
            told = [row.victim_id for row in tx.all(select(victims.c.victim_id).join(notices))]
    assert aside == [("case.progress", "ZeroDivisionError")]
    assert told == ["v1", "v2"]
