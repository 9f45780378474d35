"""Who says stop at the provider is asked by a person how she wants to hear (rules, section 6)."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path as File

from sqlalchemy import select

from notifier.path import Path
from notifier.records import AttemptState, ChannelName, FailureReason, Receipt
from notifier.rendering import Renderer
from notifier.store.database import Store
from notifier.store.tables import escalations
from tests.builders import LONDON, POLICIES, a_cipher, a_document, at
from tests.fakes import fake_channels

WHEN = "Wed 1 Apr 2026 09:30"
NOW = at(WHEN)
SMS, EMAIL = ChannelName.SMS, ChannelName.EMAIL


def test_staff_hear_of_it_and_the_next_channel_is_used(tmp_path: File) -> None:
    store = Store(f"sqlite:///{tmp_path / 'notifier.db'}", a_cipher())
    store.create_tables()
    channels = fake_channels()
    points = [
        {"id": "p1", "channel": "sms", "address": "07700 900001"},
        {"id": "p2", "channel": "email", "address": "jo@example.org"},
    ]
    opened = a_document("case.opened", WHEN, offence="burglary", force="Example", reference="EX/1/26")
    registered = a_document("victim.registered", WHEN, victim_id="v1", contact_points=points)
    with closing(Path(store, POLICIES, Renderer(LONDON).render, channels)) as path:
        path.take_in([json.dumps(opened), json.dumps(registered)], NOW, door="test")
        path.plan(["c1"], NOW)
        path.deliver(path.due(NOW), NOW, NOW + timedelta(minutes=3))
        (sent,) = channels[SMS].sent
        stop = Receipt(AttemptState.FAILED, attempt_ref=sent.attempt_ref, reason=FailureReason.OPTED_OUT)
        later = NOW + timedelta(minutes=1)
        path.receive(SMS, [stop, stop], later)
        path.deliver(path.due(later), later, later + timedelta(minutes=3))
    assert [message.address for message in channels[EMAIL].sent] == ["jo@example.org"]
    with store.begin() as tx:
        found = [(row.reason, row.level, row.repeats) for row in tx.all(select(escalations))]
    assert found == [("consent_withdrawn", 1, 0)]
    store.close()
