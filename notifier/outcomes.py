"""What a provider's answer, its receipt or its silence does to an attempt and to the notices it carried.

Shared by the rooms that learn of an outcome: delivery, receipts and sweeping.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from notifier import closure, contact_clock, deciding, outcome_lines
from notifier.records import (
    OUTAGE,
    Ask,
    AttemptState,
    FailureReason,
    Notice,
    NoticeState,
    SendResult,
    StaffRequest,
    TaskKind,
    Tone,
)
from notifier.rules.next_step import (
    SHORT,
    AskPerson,
    Fallback,
    Told,
    Tried,
    retry_at,
    silence_after,
    step_after,
)
from notifier.rules.policy import Policies, Policy
from notifier.rules.sensitivity import dangerous_in_other_hands
from notifier.rules.transitions import may_move
from notifier.store import attempts, cases, contact_points, notices, people
from notifier.store.attempts import STAFF, Attempt, Content
from notifier.store.database import Tx
from notifier.store.situations import CaseFile, bring_files, load_file

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
_LEFT_OPEN = frozenset({AttemptState.UNKNOWN, AttemptState.DEFERRED})
_IN_OUR_HANDS = (NoticeState.SENDING, NoticeState.SENT, NoticeState.PLANNED, NoticeState.UNCERTAIN)
_MAY_BE_TOLD = (*_IN_OUR_HANDS, NoticeState.FAILED)


def bring(tx: Tx, attempt_pks: Collection[int]) -> None:
    """Lock these attempts with their cases, and have all at hand that a decision about them rests on."""
    attempts.lock(tx, attempt_pks)
    attempts.bring_contents(tx, attempt_pks)
    bring_files(tx, _cases_of(tx, attempt_pks))


def bring_sent(tx: Tx, sent: Mapping[int, Content], decided: Iterable[int]) -> None:
    """Lock these attempts with their cases, and have at hand what the answers to them touch.

    ``sent`` is what each attempt carries, by its key; ``decided`` are those whose answers decide more than
    that a receipt is awaited.
    """
    attempts.lock(tx, sent)
    for pk, content in sent.items():
        attempts.know_content(tx, pk, content)
    case_pks = _cases_of(tx, sent)
    cases.bring(tx, case_pks)
    notices.bring(tx, case_pks)
    bring_files(tx, _cases_of(tx, decided))


def _cases_of(tx: Tx, attempt_pks: Iterable[int]) -> set[int]:
    found = [attempts.load(tx, pk).case_pk for pk in attempt_pks]
    return {pk for pk in found if pk is not None}


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
        outcome_lines.write_message(tx, attempt, result.state, now)
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
        outcome_lines.write_message(tx, attempt, AttemptState.ACCEPTED, now)
    if attempt.state is AttemptState.DEFERRED:
        attempts.change(tx, attempt.pk, why=[*attempts.content(tx, attempt.pk).why, _AFTER_ALL])
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
            outcome_lines.write_accepted(tx, attempt, why, now)
        if means is AttemptState.DELIVERED:
            _move_clock(tx, attempt, policies, now)
        return []
    _change(tx, attempt, result, check_at=None)
    outcome_lines.write_outcome(tx, attempt, result, now)
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
    case, victim = cases.load(tx, attempt.case_pk), people.load_victim(tx, attempt.victim_pk)
    read_by_others = result.reason is FailureReason.REASSIGNED
    safety = read_by_others and dangerous_in_other_hands(case, victim, policies.of(case.force, now))
    request = StaffRequest.escalation(reason, None, safety=safety)
    return [Ask(attempt.case_pk, attempt.victim_pk, request)]


def _policy_of(tx: Tx, attempt: Attempt, policies: Policies, now: datetime) -> Policy:
    force = cases.load(tx, attempt.case_pk).force if attempt.case_pk is not None else None
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
    for notice in attempts.notices_of(tx, attempt):
        given_up = attempt.state is AttemptState.DEFERRED and notice.state is NoticeState.PLANNED
        if given_up or notice.state in (NoticeState.SENDING, NoticeState.UNCERTAIN):
            notices.change(tx, notice.pk, state=NoticeState.SENT, send_at=None, leased_until=None)


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
    for notice in attempts.notices_of(tx, attempt):
        notices.change(tx, notice.pk, state=NoticeState.PLANNED, send_at=at, leased_until=None, tries=0)
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
    for notice in attempts.notices_of(tx, attempt):
        again = {"state": NoticeState.PLANNED, "send_at": now + _LOOK_AGAIN}
        notices.change(tx, notice.pk, **again, leased_until=None, tries=0)
    return []


def _next_steps(tx: Tx, attempt: Attempt, policies: Policies, now: datetime) -> list[Ask]:
    if attempt.case_pk is None or attempt.role in STAFF:
        return []
    file = load_file(tx, attempt.case_pk)
    asks: list[Ask] = []
    for notice in attempts.notices_of(tx, attempt):
        asks += _next_step(tx, notice, file, policies, now)
    assert attempt.victim_pk is not None
    contact_clock.refresh(tx, file, attempt.victim_pk, policies, now)
    closure.review(tx, file, now)
    return asks


def _next_step(tx: Tx, notice: Notice, file: CaseFile, policies: Policies, now: datetime) -> list[Ask]:
    made = attempts.of_notice(tx, notice, notice.retried_at)
    latest = {(one.point_pk, one.wording): one for one in made}.values()
    standing = [one for one in latest if not _overtaken(one, made)]
    step = step_after((Tried(one.state, one.wording) for one in standing), notice.tone)
    if isinstance(step, Told) and notice.state in _MAY_BE_TOLD:
        notices.change(tx, notice.pk, state=NoticeState.TOLD, send_at=None, leased_until=None)
    elif isinstance(step, AskPerson) and notice.state in _IN_OUR_HANDS:
        return _ask_person(tx, notice, file, now)
    elif isinstance(step, Fallback) and notice.state in (*_IN_OUR_HANDS, NoticeState.TOLD):
        notices.change(tx, notice.pk, full_only=step.full_only, tries=0)
        return deciding.take(tx, notices.load(tx, notice.pk), file, policies, now)[1]
    return []


def _overtaken(one: Attempt, made: Sequence[Attempt]) -> bool:
    """Tell whether a temporary failure was followed by another try, wherever and in whatever words."""
    if one.state is not AttemptState.DEFERRED:
        return False
    short = one.wording in SHORT
    return any(other.pk > one.pk and (other.wording in SHORT) is short for other in made)


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
