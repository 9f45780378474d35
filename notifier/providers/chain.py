"""The providers behind one channel, in the order that the settings give.

The next one is called only where the one before certainly has not taken the message, and never where that
is unknown: a message goes out once, or it is known that it may have gone out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Protocol

from notifier.channels.base import NO_CONNECTION, Channel, Claimed, SendOne, unclaimed
from notifier.errors import SettingsError, Unreachable
from notifier.providers.bucket import TokenBucket
from notifier.records import (
    OUTAGE,
    AttemptState,
    FailureReason,
    Message,
    Receipt,
    ReceiptRequest,
    Reply,
    SendResult,
)

_OUT = SendResult(AttemptState.DEFERRED, code=OUTAGE, reason=FailureReason.PROVIDER)
_UNSET = SendResult(AttemptState.DEFERRED, code="settings", reason=FailureReason.NOT_OURS)
_NOT_RECORDED = SendResult(AttemptState.DEFERRED, code="not_recorded")
_LEASE_OVER = SendResult(AttemptState.DEFERRED, code="lease_over")


class Leave(Enum):
    """Whether a provider may be called with an attempt."""

    GIVEN = auto()
    """It may."""
    IN_DOUBT = auto()
    """It may, and it failed last: how it goes now must be noted."""
    ON_TRIAL = auto()
    """It was out, and this call shows whether it still is."""
    OUT = auto()
    """It is out, and its next trial is not due."""
    LOST = auto()
    """Others hold this worker for dead and decide about the attempt: nobody may be called."""


@dataclass(frozen=True, slots=True)
class _Leaves:
    """What was noted of the first provider beforehand, and after how many failed calls."""

    given: Mapping[str, Leave]
    failures: int


class Ledger(Protocol):
    """Who has which attempt, and how the providers stand: durable, and the same for every process."""

    def hand_over(self, attempt_refs: Sequence[str], provider: str) -> Mapping[str, Leave]:
        """Note lastingly that ``provider`` is about to be called with these; raises ``Unreachable``."""

    def note(self, provider: str, *, failed: bool) -> bool:
        """Note whether a call failed for the provider's own fault; return whether it is out now."""

    def holder(self, attempt_ref: str) -> str | None:
        """Return the provider that may have the attempt; raises ``Unreachable``."""

    def is_anothers(self, attempt_ref: str, provider_id: str) -> bool:
        """Tell whether a provider's id is on record as that of another attempt; raises ``Unreachable``."""


class Chain(Channel):
    """A channel with one or more providers behind it.

    ``known`` are all providers of the channel by name: a late receipt is believed, and a question asked, also
    after the settings named another one. ``order`` names those that send. ``rates`` are the providers'
    limits, shared by all channels of a process.
    """

    def __init__(
        self,
        known: Mapping[str, Channel],
        order: Sequence[str],
        ledger: Ledger,
        rates: Mapping[str, TokenBucket] | None = None,
    ) -> None:
        first = known[order[0]]
        self.facts = first.facts  # type: ignore[misc]  # each chain has the facts of the channel it stands for
        self.look_up_after = max(known[name].look_up_after for name in order)  # type: ignore[misc]  # the same
        self.order = tuple(order)
        self._known = known
        self._ledger = ledger
        self._rates = rates or {}
        self._failures = 0

    def send(self, message: Message) -> SendResult:
        """Hand ``message`` to the first provider that does not certainly leave it."""
        return self._send(_Leaves({}, self._failures), message)

    def sender_of(self, messages: Sequence[Message]) -> SendOne:
        """Note for all of them at once that the first provider is about to be called."""
        before = self._failures
        try:
            given = self._ledger.hand_over([message.attempt_ref for message in messages], self.order[0])
        except Unreachable:
            given = {}
        return partial(self._send, _Leaves(given, before))

    def _send(self, leaves: _Leaves, message: Message) -> SendResult:
        answers: list[SendResult] = []
        for name in self.order:
            answer = self._call(name, message, leaves if name == self.order[0] else None)
            if not _left_to_others(answer):
                return answer
            answers.append(answer)
        return min(answers, key=_rank)

    def _call(self, name: str, message: Message, leaves: _Leaves | None) -> SendResult:
        try:
            leave = self._leave(name, message.attempt_ref, leaves)
        except Unreachable:
            return _NOT_RECORDED
        if leave is Leave.LOST:
            return _LEASE_OVER
        if leave is Leave.OUT:
            return _OUT
        if name in self._rates:
            self._rates[name].take()
        try:
            answer = self._known[name].send(message)
        except SettingsError:
            return _UNSET
        return self._noted(name, leave, answer)

    def _leave(self, name: str, attempt_ref: str, leaves: _Leaves | None) -> Leave:
        """Return the leave that was given beforehand, unless a call has failed since: it may be out now."""
        known = leaves.given.get(attempt_ref) if leaves and leaves.failures == self._failures else None
        if known is None or known is Leave.OUT:
            return self._ledger.hand_over((attempt_ref,), name)[attempt_ref]
        return known

    def _noted(self, name: str, leave: Leave, answer: SendResult) -> SendResult:
        failed = _failed_itself(answer)
        self._failures += failed
        if not failed and leave is Leave.GIVEN:
            return answer
        try:
            out = self._ledger.note(name, failed=failed)
        except Unreachable:
            return answer  # what became of the message counts for more
        return _OUT if out and _left_to_others(answer) and not self._is_there(name, leave) else answer

    def _is_there(self, name: str, leave: Leave) -> bool:
        """Tell whether a provider whose trial failed is well: then this message is what it fails on.

        That is a try of the message. Otherwise it would wait for ever where nobody else writes.
        """
        return leave is Leave.ON_TRIAL and self._known[name].check() is None

    def look_up(self, message: Message, claimed: Claimed = unclaimed) -> SendResult:
        """Ask the provider that may have the message; before attempts named theirs it was the default one."""
        name = self._ledger.holder(message.attempt_ref) or next(iter(self._known))
        if name not in self._known:
            return SendResult(AttemptState.UNKNOWN, reason=FailureReason.NOT_OURS)
        return self._known[name].look_up(message, partial(self._ledger.is_anothers, message.attempt_ref))

    def verify_receipt(self, request: ReceiptRequest) -> bool:
        """Tell whether one of the providers signed it."""
        return any(one.verify_receipt(request) for one in self._known.values())

    def parse_receipt(self, request: ReceiptRequest) -> list[Receipt]:
        """Read a verified request by the provider that signed it."""
        return self._reader(request).parse_receipt(request)

    def parse_reply(self, request: ReceiptRequest) -> list[Reply]:
        """Read what a person sent back by the provider that signed it."""
        return self._reader(request).parse_reply(request)

    def _reader(self, request: ReceiptRequest) -> Channel:
        """Return who signed a verified request: the default provider, where none of the others did.

        Its own signature is not computed again for nearly every receipt: that halves what a receipt costs.
        """
        default, *others = self._known.values()
        return next((one for one in others if one.verify_receipt(request)), default)

    def check(self) -> str | None:
        """Say what is wrong with the first provider that is not well."""
        return next((fault for name in self.order if (fault := self._known[name].check())), None)

    def close(self) -> None:
        """Close every provider."""
        for provider in self._known.values():
            provider.close()


def _left_to_others(answer: SendResult) -> bool:
    """Tell whether the provider certainly has not taken the message, and another one may do better."""
    certain = answer.state in (AttemptState.DEFERRED, AttemptState.FAILED)
    return certain and answer.reason in (FailureReason.PROVIDER, FailureReason.NOT_OURS)


def _failed_itself(answer: SendResult) -> bool:
    """Tell whether nobody answered, or so that all is open; a refusal, also for haste, is a sign of life."""
    silent = answer.state is AttemptState.UNKNOWN or answer.code == NO_CONNECTION
    return silent and answer.reason is FailureReason.PROVIDER


def _rank(answer: SendResult) -> int:
    """Order what several providers answered: what may pass soonest says when to try again."""
    if answer.code == OUTAGE:
        return 1
    if answer.state is AttemptState.DEFERRED:
        return 0 if answer.reason is FailureReason.PROVIDER else 2
    return 3
