"""The journal's lines about messages to victims: what was handed over, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from notifier.records import AttemptState, SendResult, What
from notifier.store import attempts, journal
from notifier.store.attempts import STAFF, Attempt
from notifier.store.database import Tx
from notifier.store.journal import Line

_SHOWN = {
    AttemptState.DELIVERED: What.DELIVERED,
    AttemptState.CONFIRMED: What.CONFIRMED,
    AttemptState.UNCONFIRMED: What.UNCONFIRMED,
    AttemptState.FAILED: What.FAILED,
}


def write_message(tx: Tx, attempt: Attempt, answer: AttemptState, now: datetime) -> None:
    """Write down what was handed to the provider, and its answer; staff have lines of their own."""
    if attempt.role not in STAFF:
        sent = attempts.content(tx, attempt.pk)
        detail = {"address": sent.message.address, "text": sent.message.rendered.text}
        line = _line(tx, attempt, What.MESSAGE, None, sent.why, detail)
        journal.write(tx, replace(line, kind=answer), now)


def write_outcome(tx: Tx, attempt: Attempt, result: SendResult, now: datetime) -> None:
    """Write down what became of a message; of one to staff nothing is said."""
    if attempt.role in STAFF:
        return
    why = (f"the provider's code was {result.code}",) if result.code else ()
    detail = {"address": attempts.content(tx, attempt.pk).message.address}
    journal.write(tx, _line(tx, attempt, _SHOWN[result.state], result.reason, why, detail), now)


def write_accepted(tx: Tx, attempt: Attempt, why: tuple[str, ...], now: datetime) -> None:
    """Write down that a provider had accepted a message after all."""
    journal.write(tx, _line(tx, attempt, What.ACCEPTED, None, why, {}), now)


def _line(
    tx: Tx, attempt: Attempt, what: What, reason: str | None, why: tuple[str, ...], detail: dict[str, str]
) -> Line:
    carried = attempts.notices_of(tx, attempt)
    return Line(
        what,
        attempt.case_pk,
        attempt.victim_pk,
        carried[0].event_pk if carried else None,
        attempt.pk,
        event_type=attempt.event_type,
        event_ids=tuple(notice.event_id for notice in carried if notice.event_id is not None),
        person_id=attempt.person_id,
        role=attempt.role,
        channel=attempt.channel,
        language=attempts.content(tx, attempt.pk).message.rendered.language,
        reason=reason,
        deadline=min((notice.deadline for notice in carried if notice.deadline is not None), default=None),
        why=why,
        detail=detail,
    )
