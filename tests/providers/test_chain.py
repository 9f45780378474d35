"""Several providers behind one channel: a message goes out once, or it is known that it may have gone out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.channels.base import NO_CONNECTION, Claimed, unclaimed
from notifier.errors import SettingsError, Unreachable
from notifier.providers.bucket import TokenBucket
from notifier.providers.chain import Chain, Leave
from notifier.records import (
    OUTAGE,
    AttemptState,
    ChannelName,
    FailureReason,
    Form,
    Message,
    Receipt,
    ReceiptRequest,
    Rendered,
    SendResult,
)
from tests.builders import at
from tests.fakes import ACCEPTED, FakeSms

DEFERRED, FAILED, UNKNOWN = AttemptState.DEFERRED, AttemptState.FAILED, AttemptState.UNKNOWN
R = FailureReason
MESSAGE = Message(
    attempt_ref="0f9b2c4d5e6f708192a3b4c5",
    channel=ChannelName.SMS,
    address="+447700900123",
    recipient_name="Jo Bloggs",
    rendered=Rendered(Form.SHORT, "en", "There is news."),
    created_at=at("Wed 1 Apr 2026 09:30"),
)
NOBODY_THERE = SendResult(DEFERRED, code=NO_CONNECTION, reason=R.PROVIDER)
TOO_FAST = SendResult(DEFERRED, code="429", reason=R.PROVIDER)
WRONG_TOKEN = SendResult(FAILED, code="20003", reason=R.NOT_OURS)
NO_ANSWER = SendResult(UNKNOWN, code="no_answer", reason=R.PROVIDER)
BAD_NUMBER = SendResult(FAILED, code="21211", reason=R.BAD_ADDRESS)
STOP = SendResult(FAILED, code="21610", reason=R.OPTED_OUT)
SPAM = SendResult(FAILED, code="21618", reason=R.REJECTED_CONTENT)
UNREADABLE = SendResult(FAILED, code="77777", reason=R.UNKNOWN)
OUT = SendResult(DEFERRED, code=OUTAGE, reason=R.PROVIDER)


class Notes:
    """A ledger that keeps what it was told, and gives the leave that a test wants."""

    def __init__(self) -> None:
        self.handed: list[str] = []
        self.noted: list[tuple[str, bool]] = []
        self.leaves: dict[str, Leave | Exception] = {}
        self.put_out = False
        self.of_others: set[str] = set()

    def hand_over(self, attempt_refs: Sequence[str], provider: str) -> dict[str, Leave]:
        """Keep the name; give leave, or raise."""
        leave = self.leaves.get(provider, Leave.GIVEN)
        if isinstance(leave, Exception):
            raise leave
        if leave in (Leave.GIVEN, Leave.IN_DOUBT, Leave.ON_TRIAL):
            self.handed.append(provider)
        return dict.fromkeys(attempt_refs, leave)

    def note(self, provider: str, *, failed: bool) -> bool:
        """Keep it; say that the provider is out where the test wants it so."""
        self.noted.append((provider, failed))
        return failed and self.put_out

    def is_anothers(self, attempt_ref: str, provider_id: str) -> bool:
        """Say what the test wants."""
        return provider_id in self.of_others

    def holder(self, attempt_ref: str) -> str | None:
        """Return who was called last."""
        return self.handed[-1] if self.handed else None


@pytest.fixture
def first() -> FakeSms:
    return FakeSms()


@pytest.fixture
def second() -> FakeSms:
    return FakeSms()


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def chain(first: FakeSms, second: FakeSms, notes: Notes) -> Iterator[Chain]:
    made = Chain({"first": first, "second": second}, ("first", "second"), notes)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (NOBODY_THERE, "there was no connection"),
        (TOO_FAST, "it says that it was never processed"),
        (WRONG_TOKEN, "the trouble is ours, and the other has a token of its own"),
        (SettingsError("NOTIFIER_X is missing"), "nothing was called"),
    ],
)
def test_the_next_one_sends_what_the_first_certainly_has_not_taken(
    chain: Chain, first: FakeSms, second: FakeSms, answer: SendResult | Exception, why: str
) -> None:
    first.will_answer(answer)
    assert chain.send(MESSAGE) == ACCEPTED
    assert (len(first.sent), len(second.sent)) == (1, 1), why


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (ACCEPTED, "it has it"),
        (NO_ANSWER, "it may have it"),
        (BAD_NUMBER, "the number is no better elsewhere"),
        (STOP, "who said stop is not written to by another way round"),
        (SPAM, "the text is no better elsewhere"),
        (UNREADABLE, "nobody knows what the code means"),
        (SendResult(DEFERRED, code="window_over"), "the window is over everywhere"),
    ],
)
def test_the_first_answer_stands(
    chain: Chain, first: FakeSms, second: FakeSms, answer: SendResult, why: str
) -> None:
    first.will_answer(answer)
    assert chain.send(MESSAGE) == answer
    assert second.sent == [], why


def test_what_a_provider_raises_leaves_it_open_and_calls_nobody_else(
    chain: Chain, first: FakeSms, second: FakeSms
) -> None:
    first.will_answer(KeyError("id"))
    with pytest.raises(KeyError):  # delivery makes it unknown
        chain.send(MESSAGE)
    assert second.sent == []


@pytest.mark.parametrize(
    ("answers", "said", "why"),
    [
        ((TOO_FAST, WRONG_TOKEN), TOO_FAST, "what is over soon says when to try again"),
        ((WRONG_TOKEN, TOO_FAST), TOO_FAST, "whichever came first"),
        ((WRONG_TOKEN, WRONG_TOKEN), WRONG_TOKEN, "nobody will send it"),
        ((NOBODY_THERE, TOO_FAST), NOBODY_THERE, "both are over soon: the first one's"),
        ((NOBODY_THERE, SettingsError("X")), NOBODY_THERE, "a missing setting hides nothing"),
    ],
)
def test_where_all_refuse_it_is_tried_again_if_one_of_them_may_take_it_later(
    chain: Chain,
    first: FakeSms,
    second: FakeSms,
    answers: Sequence[SendResult | Exception],
    said: SendResult,
    why: str,
) -> None:
    first.will_answer(answers[0])
    second.will_answer(answers[1])
    assert chain.send(MESSAGE) == said, why


def test_a_provider_that_is_out_is_not_called(
    chain: Chain, notes: Notes, first: FakeSms, second: FakeSms
) -> None:
    notes.leaves = {"first": Leave.OUT}
    assert chain.send(MESSAGE) == ACCEPTED
    assert (first.sent, notes.handed) == ([], ["second"])


def test_all_out_is_an_outage_without_a_call(
    chain: Chain, notes: Notes, first: FakeSms, second: FakeSms
) -> None:
    notes.leaves = {"first": Leave.OUT, "second": Leave.OUT}
    assert chain.send(MESSAGE) == OUT
    assert first.sent == second.sent == []


@pytest.mark.parametrize(
    ("other", "said", "why"),
    [
        (WRONG_TOKEN, OUT, "it waits for the one that is out"),
        (SettingsError("X"), OUT, "a spare that is not set up does not make the outage a try"),
        (TOO_FAST, TOO_FAST, "the other one is there and is over soon"),
    ],
)
def test_one_out_and_the_other_refusing(
    chain: Chain, notes: Notes, second: FakeSms, other: SendResult | Exception, said: SendResult, why: str
) -> None:
    notes.leaves = {"first": Leave.OUT}
    second.will_answer(other)
    assert chain.send(MESSAGE) == said, why


def test_the_failure_that_puts_the_last_provider_out_is_charged_to_nobody(
    chain: Chain, notes: Notes, first: FakeSms, second: FakeSms
) -> None:
    notes.put_out = True
    first.will_answer(NOBODY_THERE)
    second.will_answer(NOBODY_THERE)
    assert chain.send(MESSAGE) == OUT


def test_an_unknown_outcome_stays_unknown_when_it_puts_the_provider_out(
    chain: Chain, notes: Notes, first: FakeSms, second: FakeSms
) -> None:
    notes.put_out = True
    first.will_answer(NO_ANSWER)
    assert chain.send(MESSAGE) == NO_ANSWER
    assert second.sent == []


@pytest.mark.parametrize(
    ("answer", "failed", "why"),
    [
        (NOBODY_THERE, True, "nobody there"),
        (NO_ANSWER, True, "no answer"),
        (SendResult(UNKNOWN, code="503", reason=R.PROVIDER), True, "its own error"),
        (TOO_FAST, None, "who says that we are too fast is there"),
        (WRONG_TOKEN, None, "our trouble"),
        (BAD_NUMBER, None, "the victim's number"),
        (ACCEPTED, None, "all is well"),
    ],
)
def test_only_the_providers_own_failures_count_against_it(
    chain: Chain, notes: Notes, first: FakeSms, answer: SendResult, failed: bool | None, why: str
) -> None:
    first.will_answer(answer)
    chain.send(MESSAGE)
    assert ("first", True) in notes.noted if failed else notes.noted == [], why


@pytest.mark.parametrize("leave", [Leave.IN_DOUBT, Leave.ON_TRIAL])
@pytest.mark.parametrize("answer", [ACCEPTED, BAD_NUMBER, TOO_FAST], ids=lambda one: str(one.code))
def test_any_answer_ends_the_failures_of_a_provider_that_had_failed(
    chain: Chain, notes: Notes, first: FakeSms, answer: SendResult, leave: Leave
) -> None:
    notes.leaves = {"first": leave}
    first.will_answer(answer)
    chain.send(MESSAGE)
    assert notes.noted == [("first", False)]


@pytest.mark.parametrize(
    ("leave", "fault", "answer", "why"),
    [
        (Leave.ON_TRIAL, None, NOBODY_THERE, "the provider is well: it fails on this message"),
        (Leave.ON_TRIAL, "does not answer", OUT, "it is out, and the message is not to blame"),
        (Leave.IN_DOUBT, None, OUT, "it may be out: its next trial shows"),
    ],
)
def test_a_trial_that_fails_is_a_try_of_the_message_where_the_provider_is_well(
    notes: Notes, first: FakeSms, leave: Leave, fault: str | None, answer: SendResult, why: str
) -> None:
    notes.leaves, notes.put_out, first.fault = {"first": leave}, True, fault
    first.will_answer(NOBODY_THERE)
    assert Chain({"first": first}, ("first",), notes).send(MESSAGE) == answer, why


def test_who_lost_the_lease_calls_nobody(chain: Chain, notes: Notes, first: FakeSms, second: FakeSms) -> None:
    notes.leaves = {"second": Leave.LOST}
    first.will_answer(NOBODY_THERE)
    assert chain.send(MESSAGE) == SendResult(DEFERRED, code="lease_over")
    assert second.sent == []


def test_what_cannot_be_recorded_is_not_sent(chain: Chain, notes: Notes, first: FakeSms) -> None:
    notes.leaves = {"first": Unreachable("the database does not answer")}
    assert chain.send(MESSAGE).state is DEFERRED
    assert first.sent == []


def test_the_provider_that_may_have_it_is_asked(
    chain: Chain, notes: Notes, first: FakeSms, second: FakeSms
) -> None:
    first.will_answer(NOBODY_THERE)
    second.will_answer(NO_ANSWER)
    second.will_find(ACCEPTED)
    assert chain.send(MESSAGE) == NO_ANSWER
    assert chain.look_up(MESSAGE) == ACCEPTED
    assert first.looked_up == []


def test_whoever_is_asked_knows_what_is_another_attempts(notes: Notes) -> None:
    class Nameless(FakeSms):
        """Has one message, and does not know whose it is."""

        def look_up(self, message: Message, claimed: Claimed = unclaimed) -> SendResult:
            return SendResult(DEFERRED) if claimed("SM1") else SendResult(AttemptState.ACCEPTED, "SM1")

    chain = Chain({"first": Nameless()}, ("first",), notes)
    assert chain.look_up(MESSAGE).state is AttemptState.ACCEPTED
    notes.of_others = {"SM1"}
    assert chain.look_up(MESSAGE).state is DEFERRED


def test_an_attempt_that_names_no_provider_was_the_default_ones(
    chain: Chain, first: FakeSms, second: FakeSms
) -> None:
    first.will_find(ACCEPTED)
    assert chain.look_up(MESSAGE) == ACCEPTED
    assert second.looked_up == []


def test_a_provider_that_the_settings_do_not_name_any_more_is_asked_and_believed_still(
    first: FakeSms, second: FakeSms, notes: Notes
) -> None:
    chain = Chain({"first": first, "second": second}, ("second",), notes)
    notes.handed = ["first"]
    first.will_find(ACCEPTED)
    assert chain.look_up(MESSAGE) == ACCEPTED
    [receipt] = chain.parse_receipt(first.receipt(MESSAGE, AttemptState.DELIVERED))
    assert receipt.attempt_ref == MESSAGE.attempt_ref
    chain.close()


class Signing(FakeSms):
    """Trusts its own name for a signature, and signs what it reads with it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def verify_receipt(self, request: ReceiptRequest) -> bool:
        return request.headers == {"signed": self._name}

    def parse_receipt(self, request: ReceiptRequest) -> list[Receipt]:
        return [Receipt(AttemptState.DELIVERED, provider_id=self._name)]


@pytest.mark.parametrize("name", ["first", "second", "third"])
def test_a_receipt_is_read_by_the_provider_that_signed_it(notes: Notes, name: str) -> None:
    chain = Chain({each: Signing(each) for each in ("first", "second", "third")}, ("second",), notes)
    brought = ReceiptRequest("/receipts/sms", {"signed": name}, b"")
    assert chain.verify_receipt(brought)
    assert [receipt.provider_id for receipt in chain.parse_receipt(brought)] == [name]
    assert not chain.verify_receipt(ReceiptRequest("/receipts/sms", {"signed": "somebody"}, b""))


def test_a_provider_that_is_not_there_at_all_leaves_it_open(chain: Chain, notes: Notes) -> None:
    notes.handed = ["a provider of last year"]
    assert chain.look_up(MESSAGE).state is UNKNOWN


ANSWERS = (
    ACCEPTED, NOBODY_THERE, TOO_FAST, WRONG_TOKEN, NO_ANSWER, BAD_NUMBER, STOP, SPAM, UNREADABLE,
)  # fmt: skip
TAKEN = {ACCEPTED: 1, NO_ANSWER: 1}  # may have it


@given(
    answers=st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=5),
    out=st.sets(st.integers(0, 4)),
    puts_out=st.booleans(),
)
def test_at_most_one_provider_can_have_it_and_if_unsure_it_is_unknown(
    answers: list[SendResult], out: set[int], puts_out: bool
) -> None:
    names = [str(number) for number in range(len(answers))]
    providers = {name: FakeSms() for name in names}
    for name, answer in zip(names, answers, strict=True):
        providers[name].will_answer(answer)
    notes = Notes()
    notes.put_out = puts_out
    notes.leaves = {str(number): Leave.OUT for number in out}
    result = Chain(providers, names, notes).send(MESSAGE)
    called = [answer for name, answer in zip(names, answers, strict=True) if providers[name].sent]
    may_have_it = [answer for answer in called if answer in TAKEN]
    assert len(may_have_it) <= 1
    if may_have_it:
        assert result == may_have_it[0], "what may have gone out is never reported as anything else"
        assert called[-1] == may_have_it[0], "nobody is called after it"
        assert notes.handed[-1] == [name for name in names if providers[name].sent][-1], "it is on record"
    else:
        assert result.state in (DEFERRED, FAILED)


class Hands:
    """A clock that a test moves: sleeping moves it too."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        """Return the seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.slept.append(seconds)
        self.now += seconds


def test_the_bucket_lets_a_seconds_worth_through_and_then_one_after_the_other() -> None:
    hands = Hands()
    bucket = TokenBucket(4, hands.clock, hands.sleep)
    for _ in range(6):
        bucket.take()
    assert hands.slept == pytest.approx([0.25, 0.25])
    hands.now += 60
    hands.slept.clear()
    for _ in range(5):
        bucket.take()
    assert hands.slept == pytest.approx([0.25]), "an idle minute saves up one second, not sixty"


def test_a_rate_holds_for_the_provider_it_names(first: FakeSms, notes: Notes) -> None:
    hands = Hands()
    chain = Chain({"first": first}, ("first",), notes, {"first": TokenBucket(1, hands.clock, hands.sleep)})
    for _ in range(3):
        chain.send(MESSAGE)
    assert hands.slept == pytest.approx([1.0, 1.0])


def messages(count: int) -> list[Message]:
    """Return messages of as many attempts."""
    return [replace(MESSAGE, attempt_ref=f"{number:024d}") for number in range(count)]


def test_many_are_handed_over_at_once(chain: Chain, first: FakeSms, notes: Notes) -> None:
    several = messages(5)
    send = chain.sender_of(several)
    assert [send(message) for message in several] == [ACCEPTED] * 5
    assert first.sent == several
    assert notes.handed == ["first"]


def test_after_a_failed_call_each_asks_for_itself(
    chain: Chain, first: FakeSms, second: FakeSms, notes: Notes
) -> None:
    several = messages(3)
    send = chain.sender_of(several)
    first.will_answer(NO_ANSWER)
    assert send(several[0]) == NO_ANSWER
    notes.leaves["first"] = Leave.OUT  # others have counted more failures meanwhile
    assert [send(message) for message in several[1:]] == [ACCEPTED] * 2
    assert (first.sent, second.sent) == (several[:1], several[1:])


def test_one_that_was_out_may_be_back(chain: Chain, first: FakeSms, notes: Notes) -> None:
    notes.leaves["first"] = Leave.OUT
    send = chain.sender_of([MESSAGE])
    notes.leaves["first"] = Leave.GIVEN
    assert send(MESSAGE) == ACCEPTED
    assert first.sent == [MESSAGE]


def test_where_nothing_can_be_noted_nobody_is_called(
    chain: Chain, first: FakeSms, second: FakeSms, notes: Notes
) -> None:
    notes.leaves |= dict.fromkeys(("first", "second"), Unreachable("the database does not answer"))
    assert chain.sender_of([MESSAGE])(MESSAGE).state is DEFERRED
    assert (first.sent, second.sent) == ([], [])
