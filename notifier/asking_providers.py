"""Asking: what became of messages whose outcome is unknown, or whose receipt is overdue."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from notifier import outcomes
from notifier.channels.base import Channels
from notifier.errors import SettingsError
from notifier.records import Ask, AttemptState, ChannelName, FailureReason, Message, SendResult
from notifier.rules.policy import Policies
from notifier.store import attempts, awaited
from notifier.store.database import Tx

_log = logging.getLogger(__name__)
_FINAL = frozenset({AttemptState.DELIVERED, AttemptState.CONFIRMED, AttemptState.FAILED})


@dataclass(frozen=True, slots=True)
class Question:
    """A message about which its provider is to be asked.

    ``overdue``: because its receipt is, and not because its outcome is unknown.
    """

    attempt_pk: int
    message: Message
    overdue: bool


def questions(tx: Tx, channels: Channels, now: datetime, until: datetime, limit: int) -> list[Question]:
    """Return what providers are to be asked now; others leave these attempts alone until ``until``.

    Those of unknown outcome, and those whose receipt is overdue: its callback may have been lost.
    """
    unknown = awaited.unknown(tx, now, limit)
    overdue = [row.pk for row in awaited.silent(tx, giving_receipts(channels), now, limit)]
    for pk in (*unknown, *overdue):
        attempts.change(tx, pk, check_at=until)
    attempts.bring_contents(tx, (*unknown, *overdue))
    return [Question(pk, attempts.content(tx, pk).message, pk in overdue) for pk in (*unknown, *overdue)]


def ask(question: Question, channels: Channels) -> SendResult:
    """Ask the provider what became of an attempt."""
    try:
        return channels[question.message.channel].look_up(question.message)
    except SettingsError:
        return SendResult(AttemptState.UNKNOWN, code="settings", reason=FailureReason.NOT_OURS)
    except Exception as problem:
        _log.error("a channel raised", extra={"attempt": question.message.attempt_ref}, exc_info=problem)
        return SendResult(AttemptState.UNKNOWN, code=type(problem).__name__[:50])


def giving_receipts(channels: Channels) -> list[ChannelName]:
    """Return the channels that say what became of a message, so that their silence is a question to them."""
    return [name for name, channel in channels.items() if channel.facts.gives_receipts]


def settle(tx: Tx, question: Question, result: SendResult, policies: Policies, now: datetime) -> list[Ask]:
    """Apply what the provider said when it was asked; return what staff are asked.

    Where it knows no more of a message whose receipt is overdue, its silence is read as what it means.
    """
    attempt = attempts.load_locked(tx, question.attempt_pk)
    if question.overdue and attempt.state is AttemptState.ACCEPTED and result.state not in _FINAL:
        result = SendResult(attempt.silence_means or AttemptState.UNCONFIRMED)
    if result.state is AttemptState.UNKNOWN:
        return outcomes.give_up_asking(tx, question.attempt_pk, policies, now)
    return outcomes.move(tx, question.attempt_pk, result, policies, now)
