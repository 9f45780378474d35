"""The morning's digest: who gets it, when, once, and what stands in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from notifier import digest, escalation
from notifier.path import Path
from notifier.records import Ask, AttemptState, ChannelName, Message, StaffRequest, TaskKind
from notifier.rendering import Renderer
from notifier.room_links import NOWHERE, RoomLinks
from notifier.rules.policy import Policies
from notifier.store import cases, digests
from notifier.store.database import Store
from notifier.store.engines import IN_MEMORY
from notifier.store.ops_tables import digests as sent_digests
from notifier.store.tables import cases as case_rows
from tests.builders import POLICIES, SHIPPED, a_document, a_store, at
from tests.fakes import FAILED, FakeChannel, fake_channels

MONDAY = "Mon 11 May 2026 10:00"
START = at(MONDAY)
MORNING = at("Tue 12 May 2026 07:30")
LINKS = RoomLinks("https://notifier.example")
NUMBER = "+447700900123"
PERSONAL = ("jocasta", "bloggs", "900123", "home.example", "her words")


def staff(id_: str) -> dict[str, str]:
    return {"id": id_, "name": f"Sgt {id_}", "email": f"{id_}@police.example"}


class Desk:
    """Cases of some supervisors and a unit, over one store; what staff are sent is taken at each look."""

    def __init__(self, store: Store, policies: Policies = POLICIES, links: RoomLinks = LINKS) -> None:
        self.store = store
        self.channels: dict[ChannelName, FakeChannel] = fake_channels()
        render = Renderer(policies.timezone).render
        self.path = Path(store, policies, render, self.channels, links=links)

    def publish(self, *documents: dict[str, Any], now: datetime = START) -> None:
        taken = self.path.take_in([json.dumps(document) for document in documents], now, door="test")
        assert all(one.reason is None for one in taken), taken
        self.path.plan(self.path.unplanned_cases(), now)

    def case(self, case_id: str, supervisor: str = "sup1") -> None:
        """Open a case without a victim: nothing comes due in it by itself."""
        opened = {"offence": "burglary", "force": "Example", "reference": f"EX/{case_id}/26"}
        people: dict[str, Any] = {
            "officer": staff("off1"),
            "supervisor": staff(supervisor),
            "unit": staff("unit1"),
        }
        self.publish(a_document("case.opened", MONDAY, case_id=case_id, **opened, **people))

    def victim(self, case_id: str) -> None:
        """Register a victim who agreed to text messages."""
        point = {"id": "p1", "channel": "sms", "address": NUMBER}
        known: dict[str, Any] = {"name": {"given": "Jocasta", "family": "Bloggs"}, "contact_points": [point]}
        document = a_document("victim.registered", MONDAY, case_id=case_id, victim_id=f"v-{case_id}", **known)
        self.publish(document)

    def ask(self, case_id: str, *requests: StaffRequest, now: datetime = START) -> None:
        def ask(tx: Any) -> None:
            asks = [Ask(cases.key(tx, case_id), None, request) for request in requests]
            escalation.ask(tx, asks, POLICIES, NOWHERE, now)

        self.store.run(ask)

    def deliver(self, now: datetime = START) -> None:
        """Send what is due, and have it arrive where it was taken."""
        while victims := self.path.due(now):
            self.path.deliver(victims, now, now + timedelta(minutes=3))
        sms = self.channels[ChannelName.SMS]
        for message in sms.sent:
            receipts = sms.parse_receipt(sms.receipt(message, AttemptState.DELIVERED))
            self.path.receive(ChannelName.SMS, receipts, now)

    def digests(self, now: datetime) -> list[Message]:
        """Return the digests that a sweep at ``now`` sends, in the order of their addresses."""
        before = len(self.channels[ChannelName.EMAIL].sent)
        self.path.sweep(now)
        while self.path.tell_staff(now, now + timedelta(minutes=3)):
            pass
        sent = self.channels[ChannelName.EMAIL].sent[before:]
        found = [message for message in sent if (message.rendered.subject or "").startswith("Today in")]
        return sorted(found, key=lambda message: message.address)

    def readers(self, when: str) -> list[str]:
        return [message.address.partition("@")[0] for message in self.digests(at(when))]


@contextmanager
def a_desk(url: str = IN_MEMORY, policies: Policies = POLICIES, links: RoomLinks = LINKS) -> Iterator[Desk]:
    with a_store(url) as store:
        desk = Desk(store, policies, links)
        with closing(desk.path):
            yield desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_desk() as desk:
        desk.case("c1")
        desk.case("c2", supervisor="sup2")
        yield desk


NO_CONTACT = StaffRequest.escalation("no_contact", None)


def lines(message: Message) -> list[str]:
    return message.rendered.text.split("\n")


def test_whoever_has_open_things_hears_at_half_past_seven_and_nobody_else(desk: Desk) -> None:
    desk.ask("c1", NO_CONTACT)
    assert desk.readers("Tue 12 May 2026 07:29") == []
    assert desk.readers("Tue 12 May 2026 07:30") == ["sup1", "unit1"], "sup2 has nothing open"


def test_once_a_day_every_day(desk: Desk) -> None:
    desk.ask("c1", NO_CONTACT, now=at("Fri 15 May 2026 17:00"))
    days = ("Sat 16", "Sat 16", "Sun 17", "Mon 18")
    clocks = ("07:30", "07:31", "07:30", "16:00")
    told = [desk.readers(f"{day} May 2026 {clock}") for day, clock in zip(days, clocks, strict=True)]
    assert told == [["sup1", "unit1"], [], ["sup1", "unit1"], ["sup1", "unit1"]]


def test_a_day_without_anything_open_is_over_too(desk: Desk) -> None:
    assert desk.readers("Tue 12 May 2026 07:30") == []
    desk.ask("c1", NO_CONTACT, now=at("Tue 12 May 2026 09:00"))
    assert desk.readers("Tue 12 May 2026 09:01") == [], "she heard of it when it was opened"


def test_a_scheduler_that_was_down_sends_later_on_the_same_day(desk: Desk) -> None:
    desk.ask("c1", NO_CONTACT)
    assert desk.readers("Tue 12 May 2026 23:59") == ["sup1", "unit1"]
    assert desk.readers("Wed 13 May 2026 00:01") == []


def test_a_day_that_was_missed_is_not_sent_on_the_next(desk: Desk) -> None:
    desk.ask("c1", NO_CONTACT)
    assert desk.readers("Wed 13 May 2026 00:01") == []
    assert desk.readers("Wed 13 May 2026 07:30") == ["sup1", "unit1"]
    assert desk.readers("Wed 13 May 2026 07:31") == []


@pytest.mark.parametrize(
    ("before", "then", "instant"),
    [
        # The clock goes forward at 01:00: half past seven is British Summer Time.
        ("Sun 29 Mar 2026 07:29", "Sun 29 Mar 2026 07:30", "2026-03-29T06:30:00+00:00"),
        # It goes back at 02:00: half past seven is Greenwich Mean Time.
        ("Sun 25 Oct 2026 07:29", "Sun 25 Oct 2026 07:30", "2026-10-25T07:30:00+00:00"),
    ],
)
def test_on_the_days_of_the_clock_changes_it_is_half_past_seven_too(
    desk: Desk, before: str, then: str, instant: str
) -> None:
    assert at(then) == datetime.fromisoformat(instant)
    desk.ask("c1", NO_CONTACT, now=at(before) - timedelta(days=1))
    assert desk.readers(before) == []
    assert desk.readers(then) == ["sup1", "unit1"]


def at_time(clock: time) -> Policies:
    return Policies.always(replace(SHIPPED, digest_time=clock))


def test_a_time_that_does_not_exist_is_the_first_one_after_it_that_does() -> None:
    with a_desk(policies=at_time(time(1, 30))) as desk:
        desk.case("c1")
        desk.ask("c1", NO_CONTACT, now=at("Sat 28 Mar 2026 12:00"))
        assert desk.readers("Sun 29 Mar 2026 00:59") == []
        assert desk.readers("Sun 29 Mar 2026 02:00") == ["sup1", "unit1"]


def test_a_time_that_comes_twice_is_the_first_of_the_two_and_only_that() -> None:
    with a_desk(policies=at_time(time(1, 30))) as desk:
        desk.case("c1")
        desk.ask("c1", NO_CONTACT, now=at("Sat 24 Oct 2026 12:00"))
        assert desk.readers("Sun 25 Oct 2026 01:30") == ["sup1", "unit1"]
        assert desk.digests(at("Sun 25 Oct 2026 01:30", again=True)) == []


def test_several_schedulers_send_each_once(database_url: str) -> None:
    with a_desk(database_url) as desk:
        for number in range(12):
            desk.case(f"c{number}", supervisor=f"sup{number}")
            desk.ask(f"c{number}", NO_CONTACT)
        with ThreadPoolExecutor(4) as pool:
            sweeps = [pool.submit(digest.send_due, desk.store, POLICIES, LINKS, MORNING) for _ in range(4)]
            for sweep in sweeps:
                sweep.result()
        told = [message.address for message in desk.digests(MORNING)]
    assert told == sorted(f"{id_}@police.example" for id_ in ("unit1", *(f"sup{n}" for n in range(12))))


def test_a_scheduler_that_died_on_the_way_is_followed_by_one_that_sends_the_rest(desk: Desk) -> None:
    desk.ask("c1", NO_CONTACT)
    with desk.store.begin() as tx:
        assert digests.claim(tx, MORNING.date(), "sup1")
    assert [message.address for message in desk.digests(MORNING)] == ["unit1@police.example"]


def test_one_that_cannot_be_made_stops_no_other(desk: Desk) -> None:
    desk.ask("c1", NO_CONTACT)
    desk.ask("c2", NO_CONTACT)
    with desk.store.begin() as tx:
        broken = update(case_rows).where(case_rows.c.case_id == "c1")
        tx.run(broken.values(supervisor_id="nobody"))
    assert desk.readers("Tue 12 May 2026 07:30") == ["sup2", "unit1"]
    assert desk.readers("Tue 12 May 2026 07:31") == []


def test_days_that_are_over_are_forgotten(desk: Desk) -> None:
    desk.ask("c1", NO_CONTACT)
    for when in ("Tue 12 May 2026 07:30", "Wed 13 May 2026 07:30"):
        desk.digests(at(when))
    with desk.store.begin() as tx:
        kept = {row.day.isoformat() for row in tx.all(sent_digests.select())}
    assert kept == {"2026-05-13"}


def test_what_stands_in_it() -> None:
    """Each kind of what waits, the most pressing first, with ids, references and pages."""
    with a_desk() as desk:
        for case_id in ("c1", "c/2"):
            desk.case(case_id)
            desk.victim(case_id)
        desk.channels[ChannelName.SMS].will_answer(FAILED)  # the first case's acknowledgement
        desk.deliver()
        an_open_day(desk)
        mail, unit = desk.digests(MORNING)
    assert mail.rendered.text == unit.rendered.text, "the unit has the same cases"
    assert mail.rendered.subject == (
        "Today in your cases: 2 escalations, 2 tasks overdue, 1 duty due today, 1 failure"
    )
    assert lines(mail) == [
        "This waits in your cases on Tue 12 May 2026, 07:30.",
        "",
        "Escalations that nobody looks after: 2",
        "- E3, case EX/c/2/26, SAFETY, level 1, since Tue 12 May 2026, 07:15: "
        "Somebody wrote back and asks for help. Call now.",
        "  https://notifier.example/ops/work/E3",
        "- E1, case EX/c1/26, level 1, since Mon 11 May 2026, 10:00: "
        "The victim could not be reached in any agreed way.",
        "  https://notifier.example/ops/work/E1",
        "",
        "Tasks whose time is over: 2",
        "- T1, case EX/c1/26, open since Mon 11 May 2026, 10:00: Find another way to reach the victim.",
        "  https://notifier.example/ops/work/T1",
        "- T2, case EX/c/2/26, due Mon 11 May 2026, 23:59: "
        "Nobody knows whether a message went out. Find out, and tell the victim if it did not.",
        "  https://notifier.example/ops/work/T2",
        "",
        "Victims who must be told today and are not yet: 1",
        "- N3, case EX/c/2/26, by Tue 12 May 2026, 23:59: "
        "a court hearing is to be sent on Tue 12 May 2026, 08:00",
        "  https://notifier.example/ops/case?id=c%2F2",
        "",
        "Failures that wait for a person: 1",
        "- N1, case EX/c1/26, by Mon 18 May 2026, 23:59: "
        "the registration could not be told, no agreed way to reach the victim is left",
        "  https://notifier.example/ops/failures#N1",
        "",
        "All of it: https://notifier.example/ops/work?whose=team",
    ]


def an_open_day(desk: Desk) -> None:
    """Have something of each kind open on the morning, beside what is not for the digest."""
    desk.ask("c1", StaffRequest.escalation("identity", None), now=at("Mon 11 May 2026 11:00"))
    with desk.store.begin() as tx:
        escalation.acknowledge(tx, 2, "off1", POLICIES, at("Mon 11 May 2026 12:00"))
    desk.ask(
        "c/2",
        StaffRequest("asks_for_help", None, safety=True),
        StaffRequest.task(
            TaskKind.CHECK_DELIVERY, None, deadline=at("Mon 11 May 2026 23:59"), escalated=True
        ),
        StaffRequest.task(TaskKind.CALL_BACK, None, deadline=at("Tue 12 May 2026 18:00")),
        now=at("Tue 12 May 2026 07:15"),
    )
    hearing = {"hearing_id": "h1", "starts_at": at("Fri 15 May 2026 10:00").isoformat()}
    late = "Mon 11 May 2026 23:00"
    desk.publish(
        a_document("court.hearing_listed", late, case_id="c/2", court="A", purpose="trial", **hearing),
        now=at(late),
    )


def test_it_names_so_many_and_counts_the_others(desk: Desk) -> None:
    for number in range(30):
        desk.case(f"more{number}")
        desk.ask(f"more{number}", NO_CONTACT)
    mail, _ = desk.digests(MORNING)
    assert mail.rendered.subject == "Today in your cases: 30 escalations"
    written = lines(mail)
    assert sum(line.startswith("- E") for line in written) == 25
    assert "- and 5 more: notifier escalations" in written


def test_without_a_public_address_it_names_the_commands() -> None:
    with a_desk(links=NOWHERE) as desk:
        desk.case("c1")
        desk.ask("c1", NO_CONTACT)
        mail, _ = desk.digests(MORNING)
    assert "://" not in mail.rendered.text
    assert lines(mail)[-1] == "All of it: notifier escalations"


def test_nothing_about_a_victim_stands_in_it(desk: Desk) -> None:
    reasons = "Jocasta Bloggs takes back her words."
    desk.victim("c1")
    desk.publish(a_document("case.no_further_action", MONDAY, case_id="c1", reasons=reasons))
    desk.channels[ChannelName.SMS].will_answer(*[FAILED] * 9)
    desk.deliver()
    desk.ask("c1", StaffRequest.task(TaskKind.CALL_BACK, None, deadline=START, text=reasons))
    mail, _ = desk.digests(MORNING)
    assert "failure" in (mail.rendered.subject or ""), "there is something that could tell"
    shown = f"{mail.rendered.subject}\n{mail.rendered.text}".lower()
    assert [word for word in PERSONAL if word in shown] == []
