"""What staff read in their mail: what is wrong, what to do, by when and where; nothing about a victim."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path as File
from typing import Any

import pytest

from notifier import escalation
from notifier.path import Path
from notifier.records import Ask, CaseEvent, ChannelName, Message, StaffRequest, TaskKind
from notifier.rendering import Renderer
from notifier.room_links import NOWHERE, RoomLinks
from notifier.settings import Settings
from notifier.staff_words import REASONS, TO_DO
from notifier.store import attempts, cases, events, people
from notifier.store.engines import IN_MEMORY
from notifier.store.tables import attempts as stored
from notifier.wiring import services
from tests.builders import POLICIES, a_document, a_point, a_store, at
from tests.fakes import FakeChannel, fake_channels

WHEN = "Tue 31 Mar 2026 10:00"
NOW = at(WHEN)
LINKS = RoomLinks("https://notifier.example")
STAFF = {
    role: {"id": f"{role}-1", "name": name, "email": f"{role}@police.example", "phone": "07700 900999"}
    for role, name in (("officer", "PC Shah"), ("supervisor", "Sgt Reid"), ("unit", "Care Unit"))
}
OPENED: dict[str, Any] = {"offence": "domestic_abuse", "force": "Example", "reference": "EX/1/26", **STAFF}
VICTIM: dict[str, Any] = {
    "victim_id": "v1",
    "name": {"title": "Ms", "given": "Jocasta", "family": "Bloggs"},
    "contact_points": [
        {"id": "p1", "channel": "sms", "address": "07700 900123"},
        {"id": "p2", "channel": "email", "address": "jocasta@home.example"},
        {"id": "p3", "channel": "letter", "address": {"lines": ["1 Mill Lane", "Exampletown", "EX1 1AA"]}},
    ],
}
NEWS = {"reasons": "Jocasta Bloggs of Mill Lane withdrew her words."}
PERSONAL = (
    "jocasta",
    "bloggs",
    "7700",
    "900123",
    "home.example",
    "mill lane",
    "exampletown",
    "ex1 1aa",
    "her words",
)
TASKS = {kind.value for kind in TaskKind}


@dataclass
class Office:
    """One case of which a person tells bad news, and the mails to its staff."""

    path: Path
    channels: dict[ChannelName, FakeChannel]
    event: CaseEvent
    case_pk: int
    victim_pk: int

    def ask(self, request: StaffRequest, links: RoomLinks = LINKS, now: datetime = NOW) -> None:
        asks = [Ask(self.case_pk, self.victim_pk, request)]
        self.path.store.run(lambda tx: escalation.ask(tx, asks, POLICIES, links, now))

    def climb(self, now: datetime) -> None:
        self.path.store.run(lambda tx: escalation.climb(tx, POLICIES, LINKS, now))

    def sent(self, now: datetime = NOW) -> list[Message]:
        """Return what goes to staff at ``now``, emails first."""
        before = {name: len(channel.sent) for name, channel in self.channels.items()}
        while self.path.tell_staff(now, now + timedelta(minutes=3)):
            pass
        by = (ChannelName.EMAIL, ChannelName.SMS)
        return [message for name in by for message in self.channels[name].sent[before[name] :]]

    def mail(self, now: datetime = NOW) -> Message:
        (message,) = self.sent(now)
        return message


@contextmanager
def an_office() -> Iterator[Office]:
    channels = fake_channels()
    with a_store(IN_MEMORY) as store:
        path = Path(store, POLICIES, Renderer(POLICIES.timezone).render, channels, digests=False)
        with closing(path):
            documents = (
                a_document("case.opened", WHEN, **OPENED),
                a_document("victim.registered", WHEN, **VICTIM),
                a_document("case.no_further_action", WHEN, id_="nfa", **NEWS),
            )
            path.take_in([json.dumps(document) for document in documents], NOW, door="test")
            path.plan(["c1"], NOW)
            with store.begin() as tx:
                event = next(one for one in events.of_case(tx, "c1") if one.id == "nfa")
                case_pk, victim_pk = cases.key(tx, "c1"), people.victim_pk(tx, "v1")
            assert victim_pk is not None
            office = Office(path, channels, event, case_pk, victim_pk)
            assert [message.rendered.subject for message in office.sent()] == ["Task T1: case EX/1/26"]
            yield office


@pytest.fixture
def office() -> Iterator[Office]:
    with an_office() as office:
        yield office


def lines(message: Message) -> list[str]:
    return message.rendered.text.split("\n")


def test_every_reason_says_what_is_wrong_and_what_to_do() -> None:
    assert set(REASONS) == set(TO_DO)
    assert set(REASONS) >= TASKS


@pytest.mark.parametrize("reason", REASONS)
def test_nothing_about_the_victim_stands_in_any_mail(office: Office, reason: str) -> None:
    """As a task and as an escalation, for safety by SMS too, on every level."""
    point = a_point(ChannelName.EMAIL, "jocasta@home.example")
    about = {"point": point, "text": "Tell Jocasta Bloggs: her words", "safety": True}
    if reason in TASKS:
        kind = TaskKind(reason)
        office.ask(StaffRequest(reason, office.event, kind, point=point, text=NEWS["reasons"], safety=True))
        written = office.sent()
    else:
        written = []
    office.ask(StaffRequest(reason, office.event, **about))  # type: ignore[arg-type]  # each of its own type
    written += office.sent()
    for minutes in (30, 60, 90):
        now = NOW + timedelta(minutes=minutes)
        office.climb(now)
        written += office.sent(now)
    assert {message.channel for message in written} == {ChannelName.EMAIL, ChannelName.SMS}
    assert {message.address for message in written} >= {one["email"] for one in STAFF.values()}
    shown = "\n".join(f"{message.rendered.subject}\n{message.rendered.text}" for message in written).lower()
    assert [word for word in PERSONAL if word in shown] == []
    assert all("EX/1/26" in (message.rendered.subject or message.rendered.text) for message in written)


def test_an_escalation_says_what_is_wrong_what_to_do_by_when_and_where(office: Office) -> None:
    office.ask(StaffRequest.escalation("no_contact", None))
    mail = office.mail()
    assert mail.address == "officer@police.example"
    assert mail.rendered.subject == "Escalation E1, level 1: case EX/1/26"
    assert lines(mail) == [
        "What is wrong: The victim could not be reached in any agreed way.",
        f"What to do: {TO_DO['no_contact']}",
        "By when: Wed 1 Apr 2026, 10:00; if nobody looks after it by then, the supervisor is told.",
        "See it, and say what you did: https://notifier.example/ops/work/E1",
        "Look after it: notifier acknowledge E1",
        "When it is dealt with: notifier resolve E1 --outcome WORDS",
    ]


def test_the_next_levels_hear_by_when_it_climbs_further(office: Office) -> None:
    office.ask(StaffRequest.escalation("no_contact", None))
    office.sent()
    by_when = []
    for when in ("Wed 1 Apr 2026 10:00", "Thu 2 Apr 2026 10:00"):
        office.climb(at(when))
        mail = office.mail(at(when))
        by_when.append((mail.address, mail.rendered.subject, lines(mail)[2]))
    assert by_when == [
        (
            "supervisor@police.example",
            "Escalation E1, level 2: case EX/1/26",
            "By when: Thu 2 Apr 2026, 10:00; if nobody looks after it by then, the unit is told.",
        ),
        (
            "unit@police.example",
            "Escalation E1, level 3: case EX/1/26",
            "By when: today; this is the highest level, and nobody else is told.",
        ),
    ]


def test_where_safety_is_at_stake_the_highest_level_is_told_again(office: Office) -> None:
    office.ask(StaffRequest("no_contact", None, safety=True, level=3))
    mail, text = office.sent()
    assert lines(mail)[2] == (
        "By when: now; you are told again on Tue 31 Mar 2026, 10:30, until somebody looks after it."
    )
    assert text.rendered.text == (
        "Escalation E1, level 3: case EX/1/26. The victim could not be reached in any agreed way."
    )


def test_a_duty_s_limit_is_named_on_every_level(office: Office) -> None:
    office.ask(StaffRequest.escalation("duty_at_risk", office.event))
    limit = "The victim must be told by Wed 1 Apr 2026, 23:59."
    assert lines(office.mail())[3] == limit
    office.climb(at("Wed 1 Apr 2026 10:00"))
    assert lines(office.mail(at("Wed 1 Apr 2026 10:00")))[3] == limit
    office.climb(at("Thu 2 Apr 2026 10:00"))
    late = lines(office.mail(at("Thu 2 Apr 2026 10:00")))[3]
    assert late == "The victim had to be told by Wed 1 Apr 2026, 23:59."


def test_a_duty_that_is_met_is_not_named(office: Office) -> None:
    document = a_document("case.suspect_arrested", WHEN, id_="arrest")
    office.path.take_in([json.dumps(document)], NOW, door="test")
    office.path.plan(["c1"], NOW)
    office.path.deliver(office.path.due(NOW), NOW, NOW + timedelta(minutes=3))
    with office.path.store.begin() as tx:
        arrest = next(one for one in events.of_case(tx, "c1") if one.id == "arrest")
    office.ask(StaffRequest.escalation("task_overdue", arrest))
    assert "be told by" not in office.mail().rendered.text


@pytest.mark.parametrize(
    ("request_", "by_when"),
    [
        (  # without a deadline: a working day
            StaffRequest.task(TaskKind.FIND_CONTACT, None),
            "Wed 1 Apr 2026, 10:00; after that it is escalated.",
        ),
        (
            StaffRequest.task(TaskKind.CALL_BACK, None, deadline=at("Thu 2 Apr 2026 20:00")),
            "Thu 2 Apr 2026, 20:00; after that it is escalated.",
        ),
        (
            StaffRequest.task(TaskKind.CALL_BACK, None, deadline=at("Mon 30 Mar 2026 20:00")),
            "now; its time is over already, and it is escalated.",
        ),
        (
            StaffRequest.task(TaskKind.CHECK_DELIVERY, None, escalated=True),
            "now; it is escalated already.",
        ),
    ],
)
def test_a_task_says_by_when(office: Office, request_: StaffRequest, by_when: str) -> None:
    office.ask(request_)
    written = lines(office.mail())
    assert written[:3] == [
        f"What is wrong: {REASONS[request_.reason]}",
        f"What to do: {TO_DO[request_.reason]}",
        f"By when: {by_when}",
    ]
    assert written[-2:] == [
        "See it, and say what you did: https://notifier.example/ops/work/T2",
        "When it is done: notifier resolve T2 --outcome WORDS",
    ]


def test_without_a_public_address_the_commands_stand_alone(office: Office) -> None:
    office.ask(StaffRequest.escalation("no_contact", None), NOWHERE)
    written = office.mail().rendered.text
    assert "://" not in written
    assert "notifier acknowledge E1" in written


def test_the_setting_reaches_the_mails(tmp_path: File) -> None:
    settings = Settings(_env_file=None, home=tmp_path, public_url="https://notifier.example/")
    with services(settings) as parts:
        documents = (
            a_document("case.opened", WHEN, **OPENED),
            a_document("victim.registered", WHEN, victim_id="v1", contact_points=[]),
        )
        parts.path.take_in([json.dumps(document) for document in documents], NOW, door="test")
        parts.path.plan(["c1"], NOW)
        with parts.store.begin() as tx:
            waiting = [attempts.content(tx, row.pk).message for row in tx.all(stored.select())]
    asked = {message.rendered.subject: message.rendered.text for message in waiting}
    assert "https://notifier.example/ops/work/T1" in asked["Task T1: case EX/1/26"]
