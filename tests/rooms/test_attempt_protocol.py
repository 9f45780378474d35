"""Delivering without doubling: leases, unknown outcomes, lost callbacks, late answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from notifier.channels.base import Claimed, unclaimed
from notifier.path import Path
from notifier.records import AttemptState, ChannelName, Message, Receipt, SendResult
from notifier.rendering import Renderer
from notifier.store.database import Store
from notifier.store.tables import attempts, notices, tasks
from tests.builders import LONDON, POLICIES, a_cipher, a_document, at
from tests.fakes import ACCEPTED, UNKNOWN, FakeChannel, FakeSms, fake_channels

WHEN = "Wed 1 Apr 2026 09:30"
NOW = at(WHEN)
LEASE = timedelta(minutes=3)
SMS, EMAIL = ChannelName.SMS, ChannelName.EMAIL
DELIVERED, FAILED = SendResult(AttemptState.DELIVERED), SendResult(AttemptState.FAILED)
NOT_FOUND = SendResult(AttemptState.DEFERRED, code="not_found")
POINTS = [
    {"id": "p1", "channel": "sms", "address": "07700 900001"},
    {"id": "p2", "channel": "email", "address": "jo@example.org"},
]


class Desk:
    """One victim with a number and a mailbox, and the path to both."""

    def __init__(self, store: Store, *, lease_seconds: int = 180) -> None:
        self.store = store
        self.channels = fake_channels()
        render = Renderer(LONDON).render
        self.path = Path(store, POLICIES, render, self.channels, lease_seconds=lease_seconds)

    @property
    def sms(self) -> FakeChannel:
        return self.channels[SMS]

    @property
    def email(self) -> FakeChannel:
        return self.channels[EMAIL]

    def take_in(self, *news: str) -> None:
        opened = a_document("case.opened", WHEN, offence="burglary", force="Example", reference="EX/1/26")
        registered = a_document("victim.registered", WHEN, victim_id="v1", contact_points=POINTS)
        documents = [opened, registered, *(a_document(type_, WHEN) for type_ in news)]
        self.path.take_in([json.dumps(document) for document in documents], NOW, door="test")
        self.path.plan(["c1"], NOW)

    def deliver(self, now: datetime = NOW) -> int:
        return self.path.deliver(self.path.due(now), now, now + LEASE)

    def states(self) -> list[str]:
        with self.store.begin() as tx:
            return [row.state for row in tx.all(select(attempts.c.state).order_by(attempts.c.pk))]

    def notice(self) -> str:
        with self.store.begin() as tx:
            (row,) = tx.all(select(notices.c.state))
            return str(row.state)

    def asked(self) -> list[str]:
        with self.store.begin() as tx:
            return [row.kind for row in tx.all(select(tasks.c.kind))]


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with closing(Store(database_url, a_cipher())) as store:
        store.upgrade()
        yield store


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    desk = Desk(store)
    with closing(desk.path):
        desk.take_in()
        yield desk


def after(**minutes: float) -> datetime:
    return NOW + timedelta(**minutes)


def test_what_is_in_hand_is_not_taken_twice(desk: Desk) -> None:
    due = desk.path.due(NOW)
    assert desk.path.deliver(due, NOW, NOW + LEASE) == 1
    assert desk.path.deliver(due, NOW, NOW + LEASE) == 0
    assert len(desk.sms.sent) == 1


def test_no_call_is_begun_once_the_lease_is_over(store: Store) -> None:
    late = Desk(store, lease_seconds=0)
    with closing(late.path):
        late.take_in()
        late.deliver()
    assert late.sms.sent == []
    assert late.states() == ["deferred"]
    assert late.notice() == "planned"


def test_a_worker_that_seems_dead_and_answers_late_doubles_nothing(desk: Desk) -> None:
    desk.sms.will_answer(UNKNOWN)
    desk.deliver()
    (sent,) = desk.sms.sent
    desk.path.receive(SMS, [Receipt(AttemptState.DELIVERED, attempt_ref=sent.attempt_ref)], after(minutes=1))
    desk.path.reconcile(after(minutes=2), after(minutes=5))
    assert (desk.states(), desk.notice()) == (["delivered"], "told")
    assert desk.sms.looked_up == []


def test_an_unknown_outcome_that_the_provider_knows_of_is_settled(desk: Desk) -> None:
    desk.sms.will_answer(UNKNOWN)
    desk.sms.will_find(ACCEPTED)
    desk.deliver()
    desk.path.reconcile(after(minutes=1), after(minutes=4))
    assert (desk.states(), desk.notice(), desk.asked()) == (["accepted"], "sent", [])


def test_an_unknown_outcome_that_never_went_out_is_sent_again(desk: Desk) -> None:
    desk.sms.will_answer(UNKNOWN)
    desk.sms.will_find(NOT_FOUND)
    desk.deliver()
    desk.path.reconcile(after(minutes=1), after(minutes=4))
    desk.deliver(after(minutes=10))
    assert [message.address for message in desk.sms.sent] == ["+447700900001"] * 2
    assert desk.states() == ["deferred", "accepted"]


def test_an_unknown_outcome_of_routine_news_goes_to_a_person(desk: Desk) -> None:
    desk.sms.will_answer(UNKNOWN)
    desk.deliver()
    desk.path.reconcile(after(minutes=1), after(minutes=4))
    desk.deliver(after(minutes=10))
    assert (desk.states(), desk.notice(), desk.asked()) == (["unknown"], "uncertain", ["check_delivery"])
    assert len(desk.sms.sent) == 1


def test_a_safety_notice_of_unknown_outcome_goes_again_as_a_possible_duplicate(store: Store) -> None:
    desk = Desk(store)
    with closing(desk.path):
        desk.sms.will_answer(UNKNOWN)
        desk.take_in("custody.released")
        desk.deliver()
        desk.path.reconcile(after(minutes=1), after(minutes=4))
        desk.deliver(after(minutes=1))
    texts = [message.rendered.text for message in desk.sms.sent if "released" in message.rendered.text]
    assert len(texts) == 2
    with store.begin() as tx:
        why = [row.why for row in tx.all(select(attempts.c.why).order_by(attempts.c.pk))]
    assert any("possible duplicate" in reason for reason in why[-1])


@pytest.mark.parametrize(
    ("found", "attempt", "notice"),
    [(DELIVERED, "delivered", "told"), (FAILED, "failed", "planned"), (ACCEPTED, "unconfirmed", "planned"),
     (UNKNOWN, "unconfirmed", "planned"), (NOT_FOUND, "unconfirmed", "planned")],
)  # fmt: skip
def test_the_provider_is_asked_where_a_callback_was_lost(
    desk: Desk, found: SendResult, attempt: str, notice: str
) -> None:
    desk.deliver()
    desk.sms.will_find(found)
    four_hours = after(hours=4)
    assert not desk.path.questions_waiting(after(hours=3, minutes=59))
    assert desk.path.questions_waiting(four_hours)
    desk.path.sweep(four_hours)
    assert desk.states() == ["accepted"]
    assert desk.path.reconcile(four_hours, four_hours + LEASE) == 1
    assert (desk.states(), desk.notice()) == ([attempt], notice)


def test_a_receipt_that_comes_while_the_provider_is_asked_stands(desk: Desk) -> None:
    class Overtaken(FakeSms):
        """Its callback comes while it is asked."""

        def look_up(self, message: Message, claimed: Claimed = unclaimed) -> SendResult:
            came = Receipt(AttemptState.DELIVERED, attempt_ref=message.attempt_ref)
            desk.path.receive(SMS, [came], after(hours=4))
            return UNKNOWN

    desk.channels[SMS] = Overtaken()
    desk.deliver()
    desk.path.reconcile(after(hours=4), after(hours=5))
    assert (desk.states(), desk.notice()) == (["delivered"], "told")


def test_who_was_held_for_dead_and_called_after_all_is_a_possible_duplicate(desk: Desk) -> None:
    desk.sms.will_answer(UNKNOWN)
    desk.sms.will_find(NOT_FOUND)
    desk.deliver()
    (sent,) = desk.sms.sent
    desk.path.reconcile(after(minutes=1), after(minutes=4))
    assert (desk.states(), desk.notice()) == (["deferred"], "planned")
    desk.path.receive(SMS, [Receipt(AttemptState.ACCEPTED, attempt_ref=sent.attempt_ref)], after(minutes=2))
    assert (desk.states(), desk.notice()) == (["accepted"], "sent")
    assert desk.deliver(after(minutes=10)) == 0
    with desk.store.begin() as tx:
        (row,) = tx.all(select(attempts.c.why))
    assert "possible duplicate" in row.why[-1]


def test_an_answer_that_overtakes_the_question_is_no_silence(desk: Desk) -> None:
    """Asked because the outcome was unknown, and accepted meanwhile: its time for a receipt begins."""

    class Overtaken(FakeSms):
        def look_up(self, message: Message, claimed: Claimed = unclaimed) -> SendResult:
            accepted = Receipt(AttemptState.ACCEPTED, attempt_ref=message.attempt_ref)
            desk.path.receive(SMS, [accepted], after(minutes=1))
            return UNKNOWN

    desk.channels[SMS] = Overtaken()
    desk.sms.will_answer(UNKNOWN)
    desk.deliver()
    desk.path.reconcile(after(minutes=1), after(minutes=4))
    assert (desk.states(), desk.notice(), desk.asked()) == (["accepted"], "sent", [])


def test_a_stranded_attempt_is_asked_about_only_when_its_call_is_surely_over(desk: Desk) -> None:
    """The clock may have been put forward: the worker that seems dead may be calling at this moment."""
    desk.sms.will_answer(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        desk.deliver()
    assert desk.states() == ["dispatching"]
    desk.path.sweep(after(hours=1))
    assert desk.states() == ["unknown"]
    assert not desk.path.questions_waiting(after(hours=1, seconds=59))
    assert desk.path.questions_waiting(after(hours=1, seconds=60))


def test_receipts_only_move_forward_and_a_contradiction_is_acted_on(desk: Desk) -> None:
    desk.deliver()
    (sent,) = desk.sms.sent
    said = [AttemptState.DELIVERED, AttemptState.ACCEPTED, AttemptState.DELIVERED]
    receipts = [Receipt(state, attempt_ref=sent.attempt_ref) for state in said]
    desk.path.receive(SMS, receipts, after(minutes=1))
    assert (desk.states(), desk.notice()) == (["delivered"], "told")
    desk.path.receive(SMS, [Receipt(AttemptState.FAILED, attempt_ref=sent.attempt_ref)], after(minutes=2))
    assert (desk.states(), desk.notice()) == (["failed"], "planned")
    desk.deliver(after(minutes=2))
    assert [message.address for message in desk.email.sent] == ["jo@example.org"]
