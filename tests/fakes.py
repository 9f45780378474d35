"""Channels that reach nobody: whole implementations of the port that keep what they were given."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque

from notifier.channels.base import Channel, Claimed, unclaimed
from notifier.channels.call import Call
from notifier.channels.email_smtp import EmailSmtp
from notifier.channels.letter_print import LetterPrint
from notifier.channels.sms_twilio import SmsTwilio
from notifier.receipt_signature import HEADER, is_signed, sign_receipt
from notifier.records import (
    AttemptState,
    ChannelName,
    FailureReason,
    Message,
    Receipt,
    ReceiptRequest,
    SendResult,
)

ACCEPTED = SendResult(AttemptState.ACCEPTED)
DEFERRED = SendResult(AttemptState.DEFERRED, reason=FailureReason.UNREACHABLE)
FAILED = SendResult(AttemptState.FAILED, reason=FailureReason.BAD_ADDRESS)
UNKNOWN = SendResult(AttemptState.UNKNOWN)

_SECRET = "what the fake provider signs with"
_ANYBODY = ""


class FakeChannel(Channel):
    """Accepts every message, unless it was told to answer otherwise. Safe to use from many threads."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        """Every message handed over, in order, whatever was answered."""
        self.looked_up: list[Message] = []
        self.fault: str | None = None
        """What the check says."""
        self._lock = threading.Lock()
        self._answers: dict[str, deque[SendResult | BaseException]] = defaultdict(deque)
        self._found: deque[SendResult] = deque()

    def will_answer(self, *answers: SendResult | BaseException, to: str = _ANYBODY) -> None:
        """Answer the next sendings, to one address where it is given, so; an exception is raised."""
        self._answers[to].extend(answers)

    def will_find(self, *results: SendResult) -> None:
        """Say so when next asked what became of a message."""
        self._found.extend(results)

    def send(self, message: Message) -> SendResult:
        """Keep the message and give the next answer."""
        with self._lock:
            self.sent.append(message)
            waiting = self._answers[message.address] or self._answers[_ANYBODY]
            answer = waiting.popleft() if waiting else ACCEPTED
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def check(self) -> str | None:
        """Say what a test wants to be wrong."""
        return self.fault

    def look_up(self, message: Message, claimed: Claimed = unclaimed) -> SendResult:
        """Give what was found, or ``unknown``."""
        with self._lock:
            self.looked_up.append(message)
            return self._found.popleft() if self._found else UNKNOWN

    def receipt(
        self, message: Message, state: AttemptState, reason: FailureReason | None = None
    ) -> ReceiptRequest:
        """Return what the provider would bring to the receipt door about ``message``, signed."""
        body = json.dumps({"ref": message.attempt_ref, "state": state, "reason": reason}).encode()
        return ReceiptRequest(f"/receipts/{self.facts.name}", {HEADER: sign_receipt(body, _SECRET)}, body)

    def verify_receipt(self, request: ReceiptRequest) -> bool:
        """Tell whether this fake signed it."""
        return is_signed(request, _SECRET)

    def parse_receipt(self, request: ReceiptRequest) -> list[Receipt]:
        """Read what :meth:`receipt` made."""
        body = json.loads(request.body)
        reason = FailureReason(body["reason"]) if body["reason"] else None
        return [Receipt(AttemptState(body["state"]), attempt_ref=body["ref"], reason=reason)]


class FakeSms(FakeChannel):
    """Text messages, with receipts."""

    facts = SmsTwilio.facts


class FakeEmail(FakeChannel):
    """Email, where only failures come back."""

    facts = EmailSmtp.facts


class FakeLetter(FakeChannel):
    """Post, where only returns come back."""

    facts = LetterPrint.facts


class FakeCall(FakeChannel):
    """Calls, which a person makes."""

    facts = Call.facts


def fake_channels() -> dict[ChannelName, FakeChannel]:
    """Return a fresh fake of every channel by name."""
    return {fake.facts.name: fake for fake in (FakeSms(), FakeEmail(), FakeLetter(), FakeCall())}
