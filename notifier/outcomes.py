"""What a provider's answer, its receipt or its silence does to an attempt and to the notices it carried.

Shared by the rooms that learn of an outcome: delivery, receipts and sweeping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from notifier import closure, contact_clock, deciding
from notifier.records import (
    OUTAGE,
    Ask,
    AttemptState,
    FailureReason,
    Notice,
    NoticeState,
    Role,
    SendResult,
    StaffRequest,
    TaskKind,
    Tone,
    What,
    Wording,
)
from notifier.rules.next_step import AskPerson, Fallback, Told, Tried, retry_at, silence_after, step_after
from notifier.rules.policy import Policies, Policy
from notifier.rules.sensitivity import dangerous_in_other_hands
from notifier.rules.transitions import may_move
from notifier.store import attempts, contact_points, journal, notices, people
from notifier.store.attempts import Attempt
from notifier.store.database import Tx
from notifier.store.journal import Line
from notifier.store.situations import CaseFile, load_file

# These say nothing about the address: the same one may work for the next message.
_NOT_THE_ADDRESS = frozenset(
    {
        FailureReason.UNREACHABLE,
        FailureReason.PROVIDER,
        FailureReason.REJECTED_CONTENT,
        FailureReason.NOT_OURS,
        FailureReason.UNPRINTABLE,
    }
)
# She said stop at the provider; or the number is not hers any more, and is confirmed before it is used.
_STAFF_HEAR_OF = {
    FailureReason.OPTED_OUT: "consent_withdrawn",
    FailureReason.REASSIGNED: "wrong_person",
}
_LOOK_AGAIN = timedelta(minutes=5)  # at a provider that is out
_AFTER_ALL = "it had gone out after all, although it had been given up: a possible duplicate"
_SHORT = frozenset({Wording.POINTER, Wording.NEWS})
_LEFT_OPEN = frozenset({AttemptState.UNKNOWN, AttemptState.DEFERRED})
STAFF = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.UNIT})
_SHOWN = {
    AttemptState.DELIVERED: What.DELIVERED,
    AttemptState.CONFIRMED: What.CONFIRMED,
    AttemptState.UNCONFIRMED: What.UNCONFIRMED,
    AttemptState.FAILED: What.FAILED,
}
_IN_OUR_HANDS = (NoticeState.SENDING, NoticeState.SENT, NoticeState.PLANNED, NoticeState.UNCERTAIN)
_MAY_BE_TOLD = (*_IN_OUR_HANDS, NoticeState.FAILED)


def record_answer(
    tx: Tx,
    attempt_pk: int,
    result: SendResult,
    policies: Policies,
    now: datetime,
    *,
    look_up_after: timedelta,
) -> list[Ask]:
    """Store what the provider answered to a sending; return what staff are asked.

    ``look_up_after`` is how long the provider needs until it can be asked about an unknown outcome.
    """
    attempt = attempts.load_locked(tx, attempt_pk)
    if attempt.state is not AttemptState.DISPATCHING:
        # A receipt was faster, or the answer came after the attempt had been given up as lost.
        if result.provider_id is not None:
            attempts.change(tx, attempt_pk, provider_id=result.provider_id)
        return move(tx, attempt_pk, result, policies, now)
    if result.state is AttemptState.UNKNOWN and attempt.role in STAFF:
        # To tell an officer twice does no harm; not to tell her may.
        result = SendResult(AttemptState.DEFERRED, code=result.code, reason=result.reason)
    if result.state is not AttemptState.DEFERRED:
        _write_message(tx, attempt, result.state, now)
    if result.state is AttemptState.UNKNOWN:
        _change(tx, attempt, result, check_at=now + look_up_after)
        _wait_for_outcome(tx, attempt)
        return []
    return _apply(tx, attempt, result, policies, now)


def move(tx: Tx, attempt_pk: int, result: SendResult, policies: Policies, now: datetime) -> list[Ask]:
    """Apply a receipt, a silence or what the provider said when it was asked; return what staff are asked.

    What would move the attempt back is left alone: an attempt only moves forward.
    """
    attempt = attempts.load_locked(tx, attempt_pk)
    if not may_move(attempt.state, result.state):
        return []
    if attempt.state is AttemptState.DISPATCHING:
        _write_message(tx, attempt, AttemptState.ACCEPTED, now)
    if attempt.state is AttemptState.DEFERRED:
        attempts.change(tx, attempt.pk, why=[*attempt.why, _AFTER_ALL])
    return _apply(tx, attempt, result, policies, now)


def give_up_asking(tx: Tx, attempt_pk: int, policies: Policies, now: datetime) -> list[Ask]:
    """Nobody can say what became of the attempt: the next step is taken with its outcome unknown."""
    attempt = attempts.load_locked(tx, attempt_pk)
    if attempt.state is not AttemptState.UNKNOWN:
        return []
    attempts.change(tx, attempt.pk, check_at=None)
    return _next_steps(tx, attempt, policies, now)


def _apply(tx: Tx, attempt: Attempt, result: SendResult, policies: Policies, now: datetime) -> list[Ask]:
    state = result.state
    if state is AttemptState.DEFERRED:
        return _defer(tx, attempt, result, policies, now)
    if state is AttemptState.ACCEPTED:
        policy = _policy_of(tx, attempt, policies, now)
        silence = silence_after(attempt.channel, attempt.tone, attempt.sent_at or now, policy)
        check_at, means = (silence.at, silence.means) if silence else (None, None)
        _change(tx, attempt, result, check_at=check_at, silence_means=means)
        _wait_for_outcome(tx, attempt)
        if attempt.state in _LEFT_OPEN and attempt.role not in STAFF:
            why = (_AFTER_ALL,) if attempt.state is AttemptState.DEFERRED else ("it had gone out after all",)
            journal.write(tx, _line(tx, attempt, What.ACCEPTED, None, why, {}), now)
        if means is AttemptState.DELIVERED:
            _move_clock(tx, attempt, policies, now)
        return []
    _change(tx, attempt, result, check_at=None)
    _write_outcome(tx, attempt, result, now)
    if state is AttemptState.FAILED and attempt.point_pk and result.reason not in _NOT_THE_ADDRESS:
        contact_points.mark_failed(tx, attempt.point_pk, now)
    return _about_the_contact(tx, attempt, result, policies, now) + _next_steps(tx, attempt, policies, now)


def _about_the_contact(
    tx: Tx, attempt: Attempt, result: SendResult, policies: Policies, now: datetime
) -> list[Ask]:
    """Staff hear of what is wrong with a contact, whatever the next channel does (rules, section 6)."""
    reason = _STAFF_HEAR_OF.get(result.reason) if result.reason is not None else None
    if reason is None or attempt.case_pk is None or attempt.victim_pk is None or attempt.role in STAFF:
        return []
    case, victim = people.load_case(tx, attempt.case_pk), people.load_victim(tx, attempt.victim_pk)
    read_by_others = result.reason is FailureReason.REASSIGNED
    safety = read_by_others and dangerous_in_other_hands(case, victim, policies.of(case.force, now))
    request = StaffRequest.escalation(reason, None, safety=safety)
    return [Ask(attempt.case_pk, attempt.victim_pk, request)]


def _policy_of(tx: Tx, attempt: Attempt, policies: Policies, now: datetime) -> Policy:
    force = people.load_case(tx, attempt.case_pk).force if attempt.case_pk is not None else None
    return policies.of(force, now)


def _change(tx: Tx, attempt: Attempt, result: SendResult, **values: object) -> None:
    if result.provider_id is not None:
        values["provider_id"] = result.provider_id
    attempts.change(
        tx,
        attempt.pk,
        state=result.state,
        code=result.code,
        reason=result.reason,
        leased_until=None,
        **values,
    )


def _wait_for_outcome(tx: Tx, attempt: Attempt) -> None:
    for row in attempts.notices_of(tx, attempt.pk):
        state = notices.load(tx, row.pk).state
        given_up = attempt.state is AttemptState.DEFERRED and state is NoticeState.PLANNED
        if given_up or state in (NoticeState.SENDING, NoticeState.UNCERTAIN):
            notices.change(tx, row.pk, state=NoticeState.SENT, send_at=None, leased_until=None)


def _defer(tx: Tx, attempt: Attempt, result: SendResult, policies: Policies, now: datetime) -> list[Ask]:
    """A temporary failure: it is tried again later, and fails for good after its retries."""
    if result.code == OUTAGE:
        return _wait_for_provider(tx, attempt, result, policies, now)
    policy = _policy_of(tx, attempt, policies, now)
    at = retry_at(attempt.tone, attempts.deferred_before(tx, attempt) + 1, now, policy)
    if at is None:
        failed = SendResult(AttemptState.FAILED, code=result.code, reason=FailureReason.UNREACHABLE)
        return _apply(tx, attempt, failed, policies, now)
    _change(tx, attempt, result, check_at=at if attempt.role in STAFF else None)
    for row in attempts.notices_of(tx, attempt.pk):
        notices.change(tx, row.pk, state=NoticeState.PLANNED, send_at=at, leased_until=None, tries=0)
    return []


def _wait_for_provider(
    tx: Tx, attempt: Attempt, result: SendResult, policies: Policies, now: datetime
) -> list[Ask]:
    """Every provider is out: no try is counted. Safety does not wait, it takes the next channel."""
    if attempt.role in STAFF:
        _change(tx, attempt, result, check_at=now + _LOOK_AGAIN, tries=attempt.tries - 1)
        return []
    if attempt.tone is Tone.SAFETY:
        return _apply(tx, attempt, replace(result, state=AttemptState.FAILED), policies, now)
    _change(tx, attempt, result, check_at=None)
    for row in attempts.notices_of(tx, attempt.pk):
        again = {"state": NoticeState.PLANNED, "send_at": now + _LOOK_AGAIN}
        notices.change(tx, row.pk, **again, leased_until=None, tries=0)
    return []


def _next_steps(tx: Tx, attempt: Attempt, policies: Policies, now: datetime) -> list[Ask]:
    if attempt.case_pk is None or attempt.role in STAFF:
        return []
    file = load_file(tx, attempt.case_pk)
    asks: list[Ask] = []
    for row in attempts.notices_of(tx, attempt.pk):
        asks += _next_step(tx, row.pk, file, policies, now)
    assert attempt.victim_pk is not None
    contact_clock.refresh(tx, file, attempt.victim_pk, policies, now)
    closure.review(tx, file, now)
    return asks


def _next_step(tx: Tx, notice_pk: int, file: CaseFile, policies: Policies, now: datetime) -> list[Ask]:
    notice = notices.load(tx, notice_pk)
    made = attempts.of_notice(tx, notice_pk, notice.retried_at)
    latest = {(row.point_pk, row.wording): row for row in made}.values()
    standing = [row for row in latest if not _overtaken(row, made)]
    step = step_after((Tried(AttemptState(row.state), Wording(row.wording)) for row in standing), notice.tone)
    if isinstance(step, Told) and notice.state in _MAY_BE_TOLD:
        notices.change(tx, notice_pk, state=NoticeState.TOLD, send_at=None, leased_until=None)
    elif isinstance(step, AskPerson) and notice.state in _IN_OUR_HANDS:
        return _ask_person(tx, notice, file, now)
    elif isinstance(step, Fallback) and notice.state in (*_IN_OUR_HANDS, NoticeState.TOLD):
        notices.change(tx, notice_pk, full_only=step.full_only, tries=0)
        return deciding.take(tx, notices.load(tx, notice_pk), file, policies, now)[1]
    return []


def _overtaken(row: Row[Any], made: Sequence[Row[Any]]) -> bool:
    """Tell whether a temporary failure was followed by another try, wherever and in whatever words."""
    if row.state != AttemptState.DEFERRED:
        return False
    short = row.wording in _SHORT
    return any(other.pk > row.pk and (other.wording in _SHORT) is short for other in made)


def _ask_person(tx: Tx, notice: Notice, file: CaseFile, now: datetime) -> list[Ask]:
    at_risk_at = deciding.look_again_at(notice, file, now)
    over = {"state": NoticeState.UNCERTAIN, "send_at": None, "leased_until": None}
    notices.change(tx, notice.pk, at_risk_at=at_risk_at, **over)
    event = file.event(notice.event_pk)
    request = StaffRequest.task(TaskKind.CHECK_DELIVERY, event, deadline=notice.deadline)
    return [Ask(notice.case_pk, notice.victim_pk, request)]


def _move_clock(tx: Tx, attempt: Attempt, policies: Policies, now: datetime) -> None:
    """A message by a channel without receipts is a contact from when it was accepted."""
    if attempt.case_pk is not None and attempt.victim_pk is not None and attempt.role not in STAFF:
        contact_clock.refresh(tx, load_file(tx, attempt.case_pk), attempt.victim_pk, policies, now)


def _write_message(tx: Tx, attempt: Attempt, answer: AttemptState, now: datetime) -> None:
    """Write down what was handed to the provider, and its answer; staff have lines of their own."""
    if attempt.role not in STAFF:
        detail = {"address": attempt.message.address, "text": attempt.message.rendered.text}
        line = _line(tx, attempt, What.MESSAGE, None, attempt.why, detail)
        journal.write(tx, replace(line, kind=answer), now)


def _write_outcome(tx: Tx, attempt: Attempt, result: SendResult, now: datetime) -> None:
    if attempt.role in STAFF:
        return
    why = (f"the provider's code was {result.code}",) if result.code else ()
    detail = {"address": attempt.message.address}
    journal.write(tx, _line(tx, attempt, _SHOWN[result.state], result.reason, why, detail), now)


def _line(
    tx: Tx, attempt: Attempt, what: What, reason: str | None, why: tuple[str, ...], detail: dict[str, str]
) -> Line:
    carried = attempts.notices_of(tx, attempt.pk)
    return Line(
        what,
        attempt.case_pk,
        attempt.victim_pk,
        carried[0].event_pk if carried else None,
        attempt.pk,
        event_type=attempt.event_type,
        event_ids=tuple(row.event_id for row in carried if row.event_id is not None),
        person_id=attempt.person_id,
        role=attempt.role,
        channel=attempt.channel,
        language=attempt.message.rendered.language,
        reason=reason,
        deadline=min((row.deadline for row in carried if row.deadline is not None), default=None),
        why=why,
        detail=detail,
    )
