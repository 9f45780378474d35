"""A provider fails: who has which message stays known, nobody is charged, and staff hear of it once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path as File
from typing import Any

import pytest
from sqlalchemy import Row, select

from notifier.channels.base import NO_CONNECTION
from notifier.doctor import check_providers
from notifier.path import Path
from notifier.providers.chain import Chain, Leave
from notifier.providers.ledger import REASON, Limits, StoredLedger
from notifier.records import OUTAGE, AttemptState, ChannelName, FailureReason, Message, SendResult
from notifier.rendering import Renderer
from notifier.store import attempts as stored
from notifier.store import providers
from notifier.store.database import Store
from notifier.store.tables import attempts, contact_points, escalations, notices
from tests.builders import LONDON, POLICIES, a_cipher, a_document, at
from tests.fakes import ACCEPTED, FakeSms, fake_channels
from tests.web.conftest import running_web

WHEN = "Wed 1 Apr 2026 09:30"
NOW = at(WHEN)
LEASE = timedelta(minutes=3)
LIMITS = Limits(failures=3, pause=timedelta(minutes=1))
SMS, EMAIL = ChannelName.SMS, ChannelName.EMAIL
OFFICER = {"id": "o1", "name": "PC Priya Shah", "email": "p@police.example", "phone": "07700 900199"}
ALL_DAY = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "until": "24:00"}]
NOBODY_THERE = SendResult(AttemptState.DEFERRED, code=NO_CONNECTION, reason=FailureReason.PROVIDER)
TOO_FAST = SendResult(AttemptState.DEFERRED, code="429", reason=FailureReason.PROVIDER)
NO_ANSWER = SendResult(AttemptState.UNKNOWN, code="no_answer", reason=FailureReason.PROVIDER)
GONE = SendResult(AttemptState.FAILED, code="30005", reason=FailureReason.REASSIGNED)


class Provider(FakeSms):
    """A provider that is there or not, and knows what is on record about a message when it is called."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.down = False
        self.on_record: list[str | None] = []
        self._store = store

    def send(self, message: Message) -> SendResult:
        """Look at the record first, as a crash right now would leave it."""
        with self._store.begin() as tx:
            self.on_record.append(providers.holder_of(tx, message.attempt_ref))
        return NOBODY_THERE if self.down else super().send(message)

    def check(self) -> str | None:
        """Say whether it is there."""
        return "does not answer" if self.down else super().check()


class Desk:
    """Victims with a number and a mailbox; text messages have two providers."""

    def __init__(self, store: Store, order: tuple[str, ...]) -> None:
        self.now = NOW
        self.store = store
        self.first, self.second = Provider(store), Provider(store)
        self.ledger = StoredLedger(store, POLICIES, LIMITS, lambda: self.now)
        chain = Chain({"first": self.first, "second": self.second}, order, self.ledger)
        fakes = fake_channels()
        self.email = fakes[EMAIL]
        self.path = Path(store, POLICIES, Renderer(LONDON).render, {**fakes, SMS: chain})

    def register(
        self, number: int, *, safety: bool = False, offence: str = "burglary", **contract: Any
    ) -> None:
        """A victim is registered; with ``safety`` somebody who endangers her was released too."""
        case_id, victim_id = f"c{number}", f"v{number}"
        points = [
            {"id": "p1", "channel": "sms", "address": f"07700 9000{number:02}"},
            {"id": "p2", "channel": "email", "address": f"jo{number}@example.org"},
        ]
        when = f"{self.now.astimezone(LONDON):%a %-d %b %Y %H:%M}"
        documents = [
            a_document("case.opened", when, case_id=case_id, offence=offence, force="Example",
                       reference="EX/1/26", officer=OFFICER),
            a_document("victim.registered", when, case_id=case_id, victim_id=victim_id, contact_points=points,
                       contract=contract),
        ]  # fmt: skip
        if safety:
            documents = [*documents, a_document("custody.escaped", when, case_id=case_id)]
        self.path.take_in([json.dumps(one) for one in documents], self.now, door="test")
        self.path.plan([case_id], self.now)

    def deliver(self) -> None:
        """Send what is due now."""
        while victims := self.path.due(self.now):
            self.path.deliver(victims, self.now, self.now + LEASE)

    def later(self, **how_long: float) -> None:
        """Let time pass, then sweep and send."""
        self.now += timedelta(**how_long)
        self.path.sweep(self.now)
        self.deliver()

    def rows(self, table: Any, *conditions: Any) -> list[Row[Any]]:
        """Return a table's rows, oldest first."""
        with self.store.begin() as tx:
            return list(tx.all(select(table).where(*conditions).order_by(table.c.pk)))

    @property
    def alarms(self) -> list[Row[Any]]:
        """What staff heard of providers."""
        return self.rows(escalations, escalations.c.reason == REASON)

    def put_out(self) -> None:
        """Three victims' messages find nobody there."""
        self.first.down = self.second.down = True
        for number in (1, 2, 3):
            self.register(number)
        self.deliver()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with closing(Store(database_url, a_cipher())) as store:
        store.upgrade()
        yield store


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    """Two providers."""
    desk = Desk(store, ("first", "second"))
    with closing(desk.path):
        yield desk


@pytest.fixture
def alone(store: Store) -> Iterator[Desk]:
    """Only the first one sends."""
    desk = Desk(store, ("first",))
    with closing(desk.path):
        yield desk


def test_the_provider_is_on_record_before_it_is_called(desk: Desk) -> None:
    desk.first.down = True
    desk.register(1)
    desk.deliver()
    assert (desk.first.on_record, desk.second.on_record) == (["first"], ["second"])
    [attempt] = desk.rows(attempts)
    assert (attempt.provider, attempt.state) == ("second", "accepted")


def test_after_a_crash_the_provider_on_record_is_asked_and_no_other(desk: Desk) -> None:
    desk.second.will_answer(NO_ANSWER)
    desk.second.will_find(ACCEPTED)
    desk.first.down = True
    desk.register(1)
    desk.deliver()
    desk.now += timedelta(minutes=2)
    desk.path.reconcile(desk.now, desk.now + LEASE)
    assert (len(desk.first.looked_up), len(desk.second.looked_up)) == (0, 1)
    assert [row.state for row in desk.rows(attempts)] == ["accepted"]
    assert len(desk.second.sent) == 1


def test_a_providers_id_is_anothers_where_another_attempt_has_it_on_record(desk: Desk) -> None:
    desk.register(1)
    desk.deliver()
    [attempt] = desk.rows(attempts)
    with desk.store.begin() as tx:
        stored.change(tx, attempt.pk, provider_id="SM1")
    assert desk.ledger.is_anothers("the name of another attempt", "SM1")
    assert not desk.ledger.is_anothers(attempt.ref, "SM1")
    assert not desk.ledger.is_anothers(attempt.ref, "SM2")


def test_whoever_was_taken_for_dead_hands_nothing_over(desk: Desk) -> None:
    desk.register(1)
    desk.deliver()
    [attempt] = desk.rows(attempts)
    assert desk.ledger.hand_over((attempt.ref,), "second") == {attempt.ref: Leave.LOST}
    assert desk.ledger.holder(attempt.ref) == "first"


def test_one_trial_is_made_after_each_pause(desk: Desk) -> None:
    desk.register(1)
    desk.deliver()
    [attempt] = desk.rows(attempts)
    with desk.store.begin() as tx:
        stored.change(tx, attempt.pk, state=AttemptState.DISPATCHING)

    def leave() -> Leave:
        return desk.ledger.hand_over((attempt.ref,), "first")[attempt.ref]

    assert [desk.ledger.note("first", failed=True) for _ in range(3)] == [False, False, True]
    assert leave() is Leave.OUT
    desk.now += LIMITS.pause
    assert [leave(), leave()] == [Leave.ON_TRIAL, Leave.OUT]
    desk.now += LIMITS.pause
    assert leave() is Leave.ON_TRIAL, "the one before was never heard of again"
    desk.ledger.note("first", failed=False)
    assert leave() is Leave.GIVEN


def test_an_answer_in_between_means_that_the_failures_are_not_in_a_row(desk: Desk) -> None:
    for failed in (True, True, False, True, True):
        assert desk.ledger.note("first", failed=failed) is False


def test_staff_hear_of_an_outage_once_and_it_ends_by_itself(desk: Desk) -> None:
    desk.put_out()
    assert [(row.source, row.case_pk, row.level) for row in desk.alarms] == [
        ("first", None, 3),
        ("second", None, 3),
    ]
    for number in (4, 5, 6):
        desk.register(number)
    desk.deliver()
    desk.later(minutes=6)
    desk.later(minutes=6)
    assert [(row.source, row.repeats) for row in desk.alarms] == [("first", 0), ("second", 0)]
    desk.first.down = False
    desk.later(minutes=6)
    assert [row.resolved_at is None for row in desk.alarms] == [False, True]
    desk.first.down = True
    for number in (7, 8, 9):
        desk.register(number)
    desk.deliver()
    assert [row.source for row in desk.alarms] == ["first", "second", "first"], (
        "another outage is another alarm"
    )


def test_all_out_calls_nobody(desk: Desk) -> None:
    desk.put_out()
    before = len(desk.first.on_record), len(desk.second.on_record)
    desk.register(4)
    desk.deliver()
    assert (len(desk.first.on_record), len(desk.second.on_record)) == before
    newest = desk.rows(attempts)[-1]
    assert (newest.state, newest.code, newest.reason) == ("deferred", OUTAGE, "provider")


def test_an_outage_of_hours_is_charged_to_nobody(alone: Desk) -> None:
    alone.put_out()
    alone.register(4)
    alone.deliver()
    for _ in range(9):
        alone.later(minutes=30)
    assert {row.state for row in alone.rows(notices)} == {"planned"}
    assert {row.failed_at for row in alone.rows(contact_points)} == {None}
    assert alone.email.sent == []
    alone.first.down = False
    alone.first.will_answer(*[TOO_FAST] * 4)  # that counts, as the first try of each
    for _ in range(8):  # how many find the provider on its trial is the threads' affair
        alone.later(minutes=6)
    assert {row.state for row in alone.rows(notices)} == {"sent"}
    assert len(alone.first.sent) == 4 + 4, "each once after it was refused"
    assert alone.email.sent == []


def test_a_message_that_breaks_its_provider_takes_the_next_channel_in_the_end(alone: Desk) -> None:
    alone.first.will_answer(*[NOBODY_THERE] * 20, to="+447700900004")
    alone.register(4, windows=ALL_DAY)
    alone.deliver()
    for _ in range(40):
        alone.later(minutes=6)
    assert [message.address for message in alone.email.sent] == ["jo4@example.org"]
    assert {row.failed_at for row in alone.rows(contact_points)} == {None}


def test_safety_takes_the_next_channel_at_once(alone: Desk) -> None:
    alone.put_out()
    alone.register(4, safety=True)
    alone.deliver()
    assert [message.address for message in alone.email.sent] == ["jo4@example.org"]
    assert {row.failed_at for row in alone.rows(contact_points)} == {None}


def test_a_duty_that_the_outage_makes_late_is_escalated_as_ever(alone: Desk) -> None:
    alone.put_out()
    alone.register(4, windows=ALL_DAY)
    alone.deliver()
    mine = (escalations.c.reason == "duty_at_risk") & (escalations.c.victim_pk == 4)
    alone.now = alone.rows(notices)[-1].deadline - timedelta(minutes=4)
    alone.later(minutes=1)
    assert alone.rows(escalations, mine) == [], "it may still go out in time"
    alone.later(minutes=6)
    alone.later(minutes=6)
    assert len(alone.rows(escalations, mine)) == 1


def test_a_message_to_staff_waits_for_the_provider_however_long(alone: Desk) -> None:
    alone.put_out()
    alone.email.will_answer(GONE, to="jo4@example.org")
    alone.register(4, safety=True)
    alone.deliver()
    to_staff = (attempts.c.role == "officer") & (attempts.c.channel == "sms")
    for _ in range(8):
        alone.path.tell_staff(alone.now, alone.now + LEASE, limit=100)
        alone.now += timedelta(minutes=6)
    assert {row.state for row in alone.rows(attempts, to_staff)} == {"deferred"}
    alone.first.down = False
    alone.first.will_answer(TOO_FAST, to="+447700900199")  # that counts, as the first try
    for _ in range(2):
        alone.path.tell_staff(alone.now, alone.now + LEASE, limit=100)
        alone.now += timedelta(minutes=6)
    assert {row.state for row in alone.rows(attempts, to_staff)} == {"accepted"}


def test_a_number_that_was_given_up_is_closed_and_staff_hear_of_it(desk: Desk) -> None:
    desk.first.will_answer(GONE)
    desk.register(1)
    desk.deliver()
    closed = [row.point_id for row in desk.rows(contact_points) if row.failed_at is not None]
    assert closed == ["p1"]
    assert [(row.reason, row.safety) for row in desk.rows(escalations)] == [("wrong_person", False)]
    assert [message.address for message in desk.email.sent] == ["jo1@example.org"]


def test_a_number_in_other_hands_is_a_matter_of_safety_where_it_may_harm_her(desk: Desk) -> None:
    desk.first.will_answer(GONE)
    desk.register(1, offence="stalking")
    desk.deliver()
    assert [(row.reason, row.safety) for row in desk.rows(escalations)] == [("wrong_person", True)]


def test_doctor_names_the_providers_that_are_out(desk: Desk) -> None:
    assert check_providers(desk.store) is None
    desk.put_out()
    fault = check_providers(desk.store)
    assert fault is not None
    assert "first since 2026-04-01T08:30+00:00, second since" in fault


def test_metrics_show_who_is_out(desk: Desk, tmp_path: File) -> None:
    desk.put_out()
    with running_web(desk.store, tmp_path, fake_channels()) as web:
        shown = web.http.get("/metrics").text
    assert 'notifier_provider_out{provider="first"} 1.0' in shown
    assert 'notifier_provider_failures{provider="second"} 3.0' in shown
