"""Each fact of the contract comes out of a case's life, made by the real rooms; none tells who anybody is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest

from notifier.asyncapi import FACTS
from notifier.facts import Fact, facts_after
from notifier.path import Path
from notifier.records import AttemptState, ChannelName, Reply
from notifier.rendering import Renderer
from notifier.store import journal
from notifier.store.database import Store
from notifier.store.engines import IN_MEMORY
from tests.builders import POLICIES, a_document, a_store, at
from tests.fakes import FAILED, FakeChannel, fake_channels

# As the contract lists them, under "Facts out".
CONTRACT = {
    *("notice.accepted", "notice.delivered", "notice.confirmed", "notice.failed"),
    *("notice.suppressed", "notice.held", "notice.cancelled"),
    "prompt.sent",
    *("escalation.opened", "escalation.climbed", "escalation.acknowledged", "escalation.resolved"),
    *("closure.blocked", "closure.cleared"),
    "contact.received",
}
START, END = "Tue 12 May 2026 09:00", at("Wed 20 May 2026 18:00")
STAFF = {
    role: {"id": id_, "name": name, "email": f"{id_}@police.example", "phone": "01632 960001"}
    for role, id_, name in (
        ("officer", "off1", "PC Priya Shah"),
        ("supervisor", "sup1", "Sgt Tom Reid"),
        ("unit", "unit1", "Victim Care Unit"),
    )
}
NUMBERS = {"v1": "+447700900123", "v2": "+447700900124", "v3": "+447700900125"}
PERSONAL = (
    *("Jocasta", "Bloggs", "Priya", "Shah", "Reid", "police.example", "home.example", "77009001"),
    *("EX/", "Example Police", "camera", "ring me", "01632"),
)


class Life:
    """Three cases, hour by hour."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.channels: dict[ChannelName, FakeChannel] = fake_channels()
        self.path = Path(store, POLICIES, Renderer(POLICIES.timezone).render, self.channels)
        self.waiting: list[dict[str, Any]] = []

    def publish(self, type_: str, when: str, case_id: str, **data: Any) -> None:
        number = len(self.waiting)
        self.waiting.append(a_document(type_, when, case_id=case_id, id_=f"e{number}-{type_}", **data))

    def open(self, case_id: str, victim_id: str, offence: str = "burglary") -> None:
        known = {"offence": offence, "force": "Example Police", "reference": f"EX/{case_id}/26", **STAFF}
        self.publish("case.opened", START, case_id, **known)
        points = [
            {"id": "p1", "channel": "sms", "address": NUMBERS[victim_id]},
            {"id": "p2", "channel": "email", "address": f"{victim_id}@home.example"},
        ]
        name = {"title": "Ms", "given": "Jocasta", "family": "Bloggs"}
        data = {"victim_id": victim_id, "name": name, "contact_points": points}
        self.publish("victim.registered", START, case_id, **data)

    def go_on(self) -> list[Fact]:
        """Let everything happen until the end; return the facts."""
        now = at(START)
        while now <= END:
            due = [one for one in self.waiting if datetime.fromisoformat(one["time"]) <= now]
            self.waiting = [one for one in self.waiting if one not in due]
            taken = self.path.take_in([json.dumps(document) for document in due], now, door="test")
            assert [one.reason for one in taken if one.reason] == []
            self._turn(now)
            now += timedelta(hours=1)
        with self.store.begin() as tx:
            return facts_after(tx, 0, 1_000)[0]

    def _turn(self, now: datetime) -> None:
        self.path.sweep(now)
        self.path.plan(self.path.unplanned_cases(), now)
        before = len(self._sms.sent)
        while victims := self.path.due(now):
            self.path.deliver(victims, now, now + timedelta(minutes=3))
        for message in self._sms.sent[before:]:
            arrived = self._sms.receipt(message, AttemptState.DELIVERED)
            self.path.receive(ChannelName.SMS, self._sms.parse_receipt(arrived), now)
        while self.path.tell_staff(now, now + timedelta(minutes=3)):
            pass

    def reply(self) -> None:
        """The first victim answers the first message that she was sent."""
        first = self._sms.sent[0]
        said = Reply(ChannelName.SMS, first.address, "Please ring me", "r1", first.attempt_ref)
        self.path.hear([said], END)

    @property
    def _sms(self) -> FakeChannel:
        return self.channels[ChannelName.SMS]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with a_store(IN_MEMORY) as store:
        yield store


@pytest.fixture(scope="module")
def facts(store: Store) -> list[Fact]:
    life = Life(store)
    life.open("c1", "v1")
    life.open("c2", "v2", offence="stalking")
    life.open("c3", "v3")
    evening = "Tue 12 May 2026 21:00"
    hearing = {"hearing_id": "h1", "starts_at": at("Fri 12 Jun 2026 10:00").isoformat()}
    # Nothing arrives: it fails, is escalated, climbs, is looked after and dealt with.
    life.channels[ChannelName.SMS].will_answer(*[FAILED] * 9, to=NUMBERS["v3"])
    life.channels[ChannelName.EMAIL].will_answer(*[FAILED] * 9, to="v3@home.example")
    life.publish("case.suspect_arrested", "Tue 12 May 2026 10:00", "c3")
    answer = {"kind": "no_contact", "id": "E1", "by": "unit1"}
    life.publish("escalation.acknowledged", "Thu 14 May 2026 12:00", "c3", **answer)
    life.publish("escalation.resolved", "Thu 14 May 2026 15:00", "c3", **answer, outcome="visited")
    # One is told by a person first, one is taken back before it is told, and then she wants no more.
    life.publish("case.no_further_action", "Tue 12 May 2026 10:00", "c2", reasons="Jocasta saw no camera.")
    life.publish("court.hearing_listed", evening, "c1", court="A", purpose="trial", **hearing)
    wrong = {"source": "urn:example:records", "id": f"e{len(life.waiting) - 1}-court.hearing_listed"}
    life.publish("event.retracted", "Tue 12 May 2026 22:00", "c1", **wrong)
    life.publish("victim.withdrew", "Wed 13 May 2026 09:00", "c2", victim_id="v2", reason="enough")
    life.publish("case.charged", "Wed 13 May 2026 10:00", "c2", offences=["stalking"])
    # A reminder on the fifth day; then the case is closed in the evening, and she hears in the morning.
    life.publish("case.closed", "Mon 18 May 2026 21:00", "c1", reasons="The camera showed nobody.")
    with closing(life.path):
        life.go_on()
        life.reply()
        with store.begin() as tx:
            return facts_after(tx, 0, 1_000)[0]


def test_what_is_described_is_what_the_contract_lists() -> None:
    assert set(FACTS) == CONTRACT


@pytest.mark.parametrize("type_", sorted(CONTRACT))
def test_each_comes_out_of_a_life(facts: list[Fact], type_: str) -> None:
    assert type_ in {fact["type"] for fact in facts}


def test_nothing_else_comes_out(facts: list[Fact]) -> None:
    assert {fact["type"] for fact in facts} <= CONTRACT


def test_none_of_them_tells_who_anybody_is(facts: list[Fact], store: Store) -> None:
    written = json.dumps(facts, ensure_ascii=False)
    assert [word for word in PERSONAL if word in written] == []
    with store.begin() as tx:
        rows = [row for row in journal.after(tx, 0) if row.detail_sealed]
        details = json.dumps([tx.cipher.open(row.detail_sealed) for row in rows], ensure_ascii=False)
    assert [word for word in ("home.example", "77009001", "EX/") if word not in details] == [], (
        "it could fail"
    )
