"""What people send back: kept once, shown to staff, answered once (rules, sections 3 and 6)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row, Table, select

from notifier import worklists
from notifier.facts import facts_after
from notifier.path import Path
from notifier.records import AttemptState, ChannelName, Message, Receipt, Reply
from notifier.rendering import Renderer
from notifier.rules.policy import Policies
from notifier.store.database import Store
from notifier.store.engines import IN_MEMORY
from notifier.store.replies import count_unknown
from notifier.store.tables import attempts, contact_points, escalations, replies, tasks
from tests.builders import LONDON, SHIPPED, a_document, a_policy, a_store, at
from tests.fakes import UNKNOWN, FakeChannel, fake_channels

WHEN = "Wed 1 Apr 2026 09:30"
NOW = at(WHEN)
SMS, EMAIL = ChannelName.SMS, ChannelName.EMAIL
HERS, HER_MAIL, PUBLIC = "+447700900123", "jo@example.org", "01632 960999"
POLICIES = Policies.always(a_policy(replies=replace(SHIPPED.replies, phone=PUBLIC)))
OFFICER = {
    "id": "off7",
    "name": "PC Priya Shah",
    "email": "priya.shah@police.example",
    "phone": "01632 960001",
}
OPENED: dict[str, Any] = {
    "offence": "burglary",
    "force": "Example",
    "reference": "EX/1/26",
    "officer": OFFICER,
}
POINTS = [
    {"id": "p1", "channel": "sms", "address": "07700 900123"},
    {"id": "p2", "channel": "email", "address": HER_MAIL},
]


@dataclass
class Desk:
    """A service that told one victim of one case something by SMS."""

    store: Store
    path: Path
    channels: dict[ChannelName, FakeChannel]
    now: datetime = NOW

    def publish(self, *documents: dict[str, Any]) -> None:
        taken = self.path.take_in([json.dumps(one) for one in documents], self.now, door="test")
        assert [one.reason for one in taken if one.reason] == []
        for case_id in {one["data"]["case_id"] for one in documents}:
            self.path.plan([case_id], self.now)
        self.path.deliver(self.path.due(self.now), self.now, self.now + timedelta(minutes=3))

    def hear(self, text: str, sender: str = HERS, **changes: Any) -> Reply:
        """Bring a reply; return it, to be brought again."""
        number = sum(len(channel.sent) for channel in self.channels.values()) + len(self.rows(replies))
        reply = replace(Reply(SMS, sender, text, f"SM{number}"), **changes)
        self.path.hear([reply], self.now)
        return reply

    def answers(self, channel: ChannelName = SMS) -> list[Message]:
        """The automatic answers that were handed to a channel."""
        with self.store.begin() as tx:
            rows = tx.all(select(attempts.c.ref).where(attempts.c.event_type == "automatic_answer"))
        refs = {row.ref for row in rows}
        return [message for message in self.channels[channel].sent if message.attempt_ref in refs]

    def rows(self, table: Table) -> list[Row[Any]]:
        with self.store.begin() as tx:
            return list(tx.all(select(table).order_by(table.c.pk)))

    def asked(self) -> list[tuple[str, bool]]:
        """The reasons of the open escalations, and whether each is about safety."""
        return [(row.reason, row.safety) for row in self.rows(escalations)]

    def texts(self, kind: str = "call_back") -> list[str]:
        """What the open tasks of a kind show."""
        with self.store.begin() as tx:
            shown = tx.all(select(tasks).where(tasks.c.kind == kind, tasks.c.done_at.is_(None)))
            return [tx.cipher.open(row.text_sealed) for row in shown]

    def closed(self) -> set[str]:
        """The ids of the contact points that are not used."""
        return {row.point_id for row in self.rows(contact_points) if row.failed_at is not None}

    def facts(self) -> list[dict[str, Any]]:
        with self.store.begin() as tx:
            return facts_after(tx, 0, 1000)[0]


@contextmanager
def a_desk(url: str = IN_MEMORY, policies: Policies = POLICIES, **profile: Any) -> Iterator[Desk]:
    """Give a desk; ``profile`` is what is special about the victim, and ``offence`` about her case."""
    offence = profile.pop("offence", OPENED["offence"])
    channels = fake_channels()
    with a_store(url) as store, closing(Path(store, policies, Renderer(LONDON).render, channels)) as path:
        desk = Desk(store, path, channels)
        desk.publish(
            a_document("case.opened", WHEN, **{**OPENED, "offence": offence}),
            a_document(
                "victim.registered",
                WHEN,
                **{
                    "victim_id": "v1",
                    "name": {"title": "Ms", "given": "Jo", "family": "Bloggs"},
                    "contact_points": POINTS,
                    **profile,
                },
            ),
        )
        yield desk


def test_a_reply_is_kept_once_shown_to_the_officer_and_answered(database_url: str) -> None:
    with a_desk(database_url) as desk:
        reply = desk.hear("Can I ring you tomorrow?")
        desk.path.hear([reply, reply], desk.now)
        (answer,) = desk.answers()
        (kept,), (task,) = desk.rows(replies), desk.rows(tasks)
        assert desk.texts()[0].count("Can I ring you tomorrow?") == 1
        with desk.store.begin() as tx:
            assert tx.cipher.open(kept.text_sealed) == "Can I ring you tomorrow?"
    assert (answer.address, answer.neutral_sender) == (HERS, True)
    assert PUBLIC in answer.rendered.text
    assert (task.kind, task.person_id, task.safety, task.case_pk) == (
        "call_back",
        "off7",
        False,
        kept.case_pk,
    )


def test_the_answer_says_nothing_of_police_case_or_person() -> None:
    with a_desk() as desk:
        desk.hear("Hi", EMAIL_FROM, channel=EMAIL)
        (answer,) = desk.answers(EMAIL)
    said = f"{answer.recipient_name} {answer.rendered.subject} {answer.rendered.text} {answer.rendered.html}"
    for telling in ("police", "Example", "EX/1", "Bloggs", "Jo ", "Shah", "officer", "case", "burglary"):
        assert telling.lower() not in said.lower()


EMAIL_FROM = "Jo@EXAMPLE.org"


def test_she_is_answered_in_her_language_by_the_channel_it_came_by() -> None:
    with a_desk(needs={"language": "cy"}) as desk:
        desk.hear("Diolch", EMAIL_FROM, channel=EMAIL)
        (answer,) = desk.answers(EMAIL)
        assert desk.answers(SMS) == []
    assert (answer.rendered.language, answer.rendered.subject) == ("cy", "Eich neges")


def test_without_a_public_number_the_officer_s_is_given_and_without_any_nothing_is_sent() -> None:
    with a_desk(policies=Policies.always(SHIPPED)) as desk:
        desk.hear("Hi")
        assert "01632 960001" in desk.answers()[0].rendered.text
        nobody = {name: value for name, value in OFFICER.items() if name != "phone"}
        desk.publish(a_document("officer.assigned", WHEN, officer=nobody))
        desk.now += timedelta(days=2)
        desk.hear("Hi again")
        assert len(desk.answers()) == 1
        assert len(desk.texts()) == 1


def test_two_machines_do_not_talk_to_each_other_for_ever() -> None:
    with a_desk() as desk:
        for _ in range(5):
            desk.hear("I am away until Monday")
            desk.now += timedelta(hours=4)
        assert len(desk.answers()) == 1
        desk.now += timedelta(hours=5)
        desk.hear("I am away until Monday")
        assert len(desk.answers()) == 2


def test_a_second_reply_is_added_to_the_open_task_and_a_new_one_opened_when_that_is_done() -> None:
    with a_desk() as desk:
        desk.hear("The first words")
        desk.hear("The second words")
        (shown,) = desk.texts()
        assert shown.index("> The first words") < shown.index("> The second words")
        with desk.store.begin() as tx:
            tx.run(tasks.update().values(done_at=desk.now))
        desk.hear("The third words")
        (shown,) = desk.texts()
    assert "third" in shown
    assert "first" not in shown


def test_replies_that_come_at_once_are_all_shown_and_answered_once(database_url: str) -> None:
    with a_desk(database_url) as desk:
        came = [Reply(SMS, HERS, f"word{number}", f"SM{number % 6}") for number in range(12)]
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda reply: desk.path.hear([reply], desk.now), came))
        assert len(desk.rows(replies)) == 6
        assert len(desk.answers()) == 1
        (shown,) = desk.texts()
    assert shown.count("> word") == 6


def test_what_is_shown_cannot_move_a_terminal_or_pass_for_our_own_words() -> None:
    with a_desk() as desk:
        desk.hear("fine\x1b[2J\x07\r\nT7: all is well\u2028E9 resolved")
        (shown,) = desk.texts()
    lines = shown.split("\n")
    assert lines[1:] == ["> fine[2J", "> T7: all is well", "> E9 resolved"]


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param({"contact_points": [{**POINTS[0], "safe": False}, POINTS[1]]}, id="it is not safe"),
        pytest.param({"contract": {"channels": ["email"]}}, id="not a channel of the contract"),
        pytest.param(
            {"contract": {"windows": [{"from": "18:00", "until": "20:00"}], "windows_strict": True}},
            id="outside her strict windows",
        ),
        pytest.param(
            {"contact_points": [{**POINTS[0], "valid_until": "2026-03-31"}, POINTS[1]]}, id="not valid now"
        ),
        pytest.param(
            {"needs": {"representative": {"name": "Sam Carter", "contact_points": [
                {"id": "r1", "channel": "email", "address": "sam@example.org"}]}}},
            id="the representative is told instead",
        ),
    ],
)  # fmt: skip
def test_nothing_is_sent_where_nothing_may_be_sent(profile: dict[str, Any]) -> None:
    with a_desk(**profile) as desk:
        desk.hear("Hi")
        assert desk.answers() == []
        assert len(desk.texts()) == 1


def test_nothing_is_sent_to_a_number_that_is_on_file_for_a_party() -> None:
    with a_desk() as desk:
        party = [{"id": "s1", "channel": "sms", "address": "07700 900123"}]
        desk.publish(a_document("case.party_recorded", WHEN, role="suspect", contact_points=party))
        desk.hear("Hi")
        assert desk.answers() == []
        assert len(desk.texts()) == 1


def test_an_answer_inside_her_strict_windows_is_not_delivered_after_them() -> None:
    windows = [{"from": "09:00", "until": "10:00"}]
    with a_desk(contract={"windows": windows, "windows_strict": True}) as desk:
        desk.hear("Hi")
        (answer,) = desk.answers()
    assert answer.good_until == at("Wed 1 Apr 2026 10:00")


def test_an_answer_of_unknown_outcome_or_of_a_dead_worker_is_never_sent_again() -> None:
    with a_desk() as desk:
        sent = len(desk.channels[SMS].sent)
        desk.channels[SMS].will_answer(UNKNOWN)
        desk.hear("Hi")
        for hours in (1, 2, 30):
            now = NOW + timedelta(hours=hours)
            desk.path.sweep(now)
            desk.path.reconcile(now, now + timedelta(minutes=3))
            desk.path.deliver(desk.path.due(now), now, now + timedelta(minutes=3))
        assert len(desk.channels[SMS].sent) - sent == 1


def test_receipts_about_an_answer_are_taken_and_give_no_facts() -> None:
    with a_desk() as desk:
        desk.hear("Hi")
        before = [fact["type"] for fact in desk.facts()]
        desk.path.receive(SMS, [Receipt(AttemptState.DELIVERED, desk.answers()[0].attempt_ref)], desk.now)
        after = [fact["type"] for fact in desk.facts()]
    assert before == after
    assert before[-1:] == ["contact.received"]
    assert before.count("notice.accepted") == 1


def test_the_fact_says_when_by_what_and_of_whom_but_not_what() -> None:
    with a_desk() as desk:
        desk.hear("My umbrella is turquoise")
        fact = desk.facts()[-1]
    assert fact["type"] == "contact.received"
    about = {"case_id": "c1", "victim_id": "v1", "event_ids": []}
    assert fact["data"] == {**about, "channel": "sms", "reason": "message"}


@pytest.mark.parametrize("text", ["HELP", "cymorth!", "I am in danger"])
def test_a_cry_for_help_is_escalated_at_safety_pace_at_once(database_url: str, text: str) -> None:
    with a_desk(database_url) as desk:
        desk.hear(text)
        assert desk.asked() == [("asks_for_help", True)]
        (row,) = desk.rows(escalations)
        (task,) = desk.rows(tasks)
        assert len(desk.answers()) == 1
    assert row.climb_at == NOW + SHIPPED.staff.safety_pace
    assert (task.safety, task.escalate_at) == (True, None)


def test_stop_closes_her_number_for_sms_alone(database_url: str) -> None:
    points = [*POINTS, {"id": "p3", "channel": "call", "address": "07700 900123"}]
    with a_desk(database_url, contact_points=points) as desk:
        desk.hear("Stop.")
        assert desk.closed() == {"p1"}
        assert desk.asked() == [("consent_withdrawn", False)]
        assert desk.answers() == []
        desk.now += timedelta(hours=1)
        desk.publish(a_document("case.suspect_arrested", "Wed 1 Apr 2026 10:30"))
        assert [message.address for message in desk.channels[EMAIL].sent] == [HER_MAIL]
        desk.hear("START")
        assert desk.closed() == {"p1"}
        assert "Messages are wanted again" in desk.texts()[0]
        assert desk.answers() == []


@pytest.mark.parametrize(
    ("about", "safety"),
    [({}, False), ({"enhanced": True}, True), ({"offence": "stalking"}, True)],
)
def test_a_number_of_somebody_else_is_closed_and_escalated(about: dict[str, Any], safety: bool) -> None:
    points = [*POINTS, {"id": "p3", "channel": "call", "address": "07700 900123"}]
    with a_desk(contact_points=points, **about) as desk:
        desk.hear("Wrong number!")
        assert desk.closed() == {"p1", "p3"}
        assert desk.asked() == [("wrong_person", safety)]
        assert desk.answers() == []
        (shown,) = desk.texts("find_contact")
    assert "> Wrong number!" in shown


def test_a_number_of_several_victims_is_closed_for_all_and_the_last_told_is_taken_for_the_sender() -> None:
    with a_desk() as desk:
        second: dict[str, Any] = {"victim_id": "v2", "contact_points": POINTS[:1]}
        desk.publish(
            a_document("case.opened", WHEN, case_id="c2", **OPENED),
            a_document("victim.registered", WHEN, case_id="c2", **second),
        )
        desk.hear("Hi")
        assert desk.facts()[-1]["data"]["victim_id"] == "v2"
        desk.hear("STOP")
        assert len([row for row in desk.rows(contact_points) if row.failed_at is not None]) == 2
        assert desk.asked() == [("consent_withdrawn", False)] * 2


def test_a_reply_that_names_its_message_is_hers_wherever_it_came_from_but_only_she_is_answered() -> None:
    with a_desk() as desk:
        ref = desk.channels[SMS].sent[0].attempt_ref
        desk.hear("It is me from work", "07700 900555", attempt_ref=ref)
        assert desk.facts()[-1]["data"]["victim_id"] == "v1"
        assert desk.answers() == []
        desk.hear("wrong number", "07700 900555", attempt_ref=ref)
        assert desk.closed() == {"p1"}


def test_stop_in_a_mail_that_anybody_may_have_written_closes_nothing() -> None:
    with a_desk() as desk:
        desk.hear("STOP", HER_MAIL, channel=EMAIL)
        assert desk.closed() == set()
        assert desk.asked() == [("consent_withdrawn", False)]


@pytest.mark.parametrize(
    ("text", "asked"), [("Hello?", ("unknown_sender", False)), ("HELP", ("asks_for_help", True))]
)
def test_a_reply_of_somebody_unknown_is_kept_counted_and_said(
    database_url: str, text: str, asked: tuple[str, bool], caplog: pytest.LogCaptureFixture
) -> None:
    with a_desk(database_url) as desk:
        for number in range(2):
            desk.hear(text, f"0770090055{number}")
        assert desk.asked() == [asked]
        assert desk.facts()[-1]["data"] == {
            "event_ids": [],
            "channel": "sms",
            "reason": REASONS[text],
        }
        with desk.store.begin() as tx:
            assert count_unknown(tx) == 2
            listed = list(worklists.failures(tx, LONDON))
            shown = [worklists.document(tx, "R", int(one["id"][1:])) for one in listed]
        assert all("somebody wrote to us" in one["mend"] for one in listed)
        assert (desk.rows(tasks), desk.answers()) == ([], [])
    assert shown == [f"07700900551\n\n{text}", f"07700900550\n\n{text}"]
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert not any("90055" in str(vars(record)) for record in warnings)


REASONS = {"Hello?": "message", "HELP": "asks_for_help"}


def test_an_officer_who_answers_a_mail_to_staff_is_nobody_s_victim() -> None:
    with a_desk() as desk:
        desk.hear("HELP")
        desk.path.tell_staff(desk.now, desk.now + timedelta(minutes=3))
        told = desk.channels[EMAIL].sent[-1]
        assert told.address == OFFICER["email"]
        desk.hear("ok, on it", OFFICER["email"], channel=EMAIL, attempt_ref=told.attempt_ref)
        assert "victim_id" not in desk.facts()[-1]["data"]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Thank you", "confirmed"),
        ("stop", "confirmed"),  # she read it, and wants no more
        ("wrong number", "accepted"),  # somebody read it, and not she
    ],
)
def test_whoever_answers_a_message_has_read_it(text: str, state: str) -> None:
    with a_desk() as desk:
        (told,) = desk.channels[SMS].sent
        desk.hear(text, attempt_ref=told.attempt_ref)
        assert desk.rows(attempts)[0].state == state
        confirmed = [fact for fact in desk.facts() if fact["type"] == "notice.confirmed"]
    assert [fact["data"]["attempt"] for fact in confirmed] == [told.attempt_ref] * (state == "confirmed")


def test_a_reply_that_names_no_message_confirms_none() -> None:
    with a_desk() as desk:
        desk.hear("Thank you")
        assert desk.rows(attempts)[0].state == "accepted"


@pytest.fixture(scope="module")
def patient() -> Iterator[Desk]:
    with a_desk() as desk:
        yield desk


ANYTHING = st.text(st.characters(), max_size=300)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=ANYTHING,
    sender=st.one_of(st.just(HERS), ANYTHING),
    sid=ANYTHING,
    channel=st.sampled_from([SMS, EMAIL]),
)
@example(text="\x00" * 10_000, sender=HERS, sid="\x00", channel=SMS)
@example(text="\ud800\udfff" * 5_000, sender="\ud800@example.org", sid="\udcff", channel=EMAIL)
@example(text="\ufdfa" * 10_000, sender="+" * 10_000, sid="x" * 10_000, channel=SMS)
def test_anything_can_be_heard(
    patient: Desk, caplog: pytest.LogCaptureFixture, text: str, sender: str, sid: str, channel: ChannelName
) -> None:
    before = len(patient.rows(replies))
    reply = Reply(channel, sender, f"turquoise {text}", sid)
    patient.path.hear([reply], NOW)
    patient.path.hear([reply], NOW)
    assert len(patient.rows(replies)) - before <= 1
    logged = [str(vars(record)) for record in caplog.records]
    assert not [line for line in logged if "turquoise" in line or HERS in line]
