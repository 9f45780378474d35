"""The call channel: a person is the provider."""

from __future__ import annotations

from datetime import UTC, datetime

from notifier.channels.base import find_channels
from notifier.channels.call import Call
from notifier.records import AttemptState, ChannelName, Form, Message, ReceiptRequest, Rendered, SendResult

MESSAGE = Message(
    attempt_ref="attempt-7",
    channel=ChannelName.CALL,
    address="+441632960123",
    recipient_name="Jo Bloggs",
    rendered=Rendered(Form.SPOKEN, "en", "Please call PC Price."),
    created_at=datetime(2026, 4, 1, 9, 0, tzinfo=UTC),
)


def test_it_is_the_channel_for_calls() -> None:
    assert find_channels()[ChannelName.CALL] is Call
    assert Call.facts.for_a_person
    assert Call.facts.form is Form.SPOKEN


def test_a_call_is_taken_on_at_once_and_cannot_be_lost() -> None:
    assert Call().send(MESSAGE) == SendResult(AttemptState.ACCEPTED)
    assert Call().look_up(MESSAGE) == SendResult(AttemptState.ACCEPTED)


def test_nothing_can_be_wrong_and_nobody_reports() -> None:
    call = Call()
    request = ReceiptRequest("https://n.example/receipts/call", {}, b"{}")
    assert call.check() is None
    assert not call.verify_receipt(request)
    assert call.parse_receipt(request) == []
    call.close()
