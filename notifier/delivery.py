"""Delivery: due notices become attempts, are handed to their channels, and the answers are stored.

Three steps with a commit after each: take in hand, prepare, record. Between the last two the
providers are called. What a crash leaves behind is seen in the database and repaired by a sweep.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

from notifier import composing, deciding, outcomes
from notifier.channels.base import Channels, SendOne
from notifier.composing import Draft, Render
from notifier.errors import RenderingError, SettingsError
from notifier.records import (
    Ask,
    AttemptState,
    ChannelName,
    FailureReason,
    FullTextBy,
    Message,
    Notice,
    NoticeState,
    SendResult,
    StaffRequest,
    TaskKind,
    Tone,
    What,
    Wording,
)
from notifier.rules.decision import Part, Send
from notifier.rules.policy import Policies, Policy
from notifier.store import attempts, awaited, journal, notices
from notifier.store.attempts import Content
from notifier.store.database import Tx
from notifier.store.situations import CaseFile, bring_files, load_file

_log = logging.getLogger(__name__)
_MOST_TRIES = 5
_MOMENT_SECONDS = 0.05  # answers that follow each other so closely are stored by one transaction
_RANK = {Tone.SAFETY: 0, Tone.BAD_NEWS: 1, Tone.ROUTINE: 2}
_WITH_PROVIDER = frozenset(
    {AttemptState.DISPATCHING, AttemptState.ACCEPTED, AttemptState.DELIVERED, AttemptState.CONFIRMED}
)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A committed attempt whose provider is to be called now."""

    attempt_pk: int
    content: Content

    @property
    def message(self) -> Message:
        """What is to be sent."""
        return self.content.message


@dataclass(slots=True)
class Prepared:
    """What is to be sent, and what staff are asked."""

    dispatches: list[Dispatch] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Desk:
    """What preparing needs beside the transaction: ``until`` is when a lease ends (clock of the service).

    ``only`` is the channel by which a person wants it sent.
    """

    policies: Policies
    render: Render
    channels: Channels
    now: datetime
    until: datetime
    only: ChannelName | None = None

    def policy_for(self, file: CaseFile) -> Policy:
        """Return the policy that a message of this case is made by."""
        return self.policies.of(file.case.force, self.now)


def take_in_hand(tx: Tx, victim_pks: Sequence[int], now: datetime, until: datetime) -> list[int]:
    """Lease the due notices of these victims until ``until``; return the notices' keys.

    A victim's notices are taken together, so that they can be one message; a victim to whom another
    worker is sending is left alone.
    """
    victims = notices.lock_victims(tx, victim_pks)
    busy = notices.in_hand(tx, victims, now)
    return notices.lease_due(tx, [victim for victim in victims if victim not in busy], now, until)


def prepare(tx: Tx, notice_pks: Sequence[int], desk: Desk) -> Prepared:
    """Decide each leased notice again and store an attempt for each message that is to go now."""
    prepared = Prepared()
    leased = [n for n in notices.load_all(tx, notice_pks) if n.state is NoticeState.SENDING]
    by_case: dict[int, list[Notice]] = {}
    for notice in leased:
        by_case.setdefault(notice.case_pk, []).append(notice)
    bring_files(tx, by_case)
    for case_pk in sorted(by_case):
        file = load_file(tx, case_pk)
        for together in _units(by_case[case_pk]):
            _prepare_unit(tx, together, file, desk, prepared)
    return prepared


def _units(leased: list[Notice]) -> list[list[Notice]]:
    """Routine notices of one victim may be one message; all others go alone, the urgent ones first."""
    units: dict[tuple[int, int, int], list[Notice]] = {}
    for notice in leased:
        rank = _RANK[notice.tone]
        alone = 0 if notice.tone is Tone.ROUTINE else notice.pk
        units.setdefault((rank, notice.victim_pk, alone), []).append(notice)
    return [units[key] for key in sorted(units)]


def _prepare_unit(tx: Tx, unit: list[Notice], file: CaseFile, desk: Desk, prepared: Prepared) -> None:
    """Send what goes together; the rest is decided again, for there is now a message before it."""
    while unit:
        decided = [_decide(tx, notice, file, desk, prepared) for notice in unit]
        ready = [one for one in decided if one is not None]
        if not ready:
            return
        together = [one for one in ready if one.joins(ready[0])]
        for draft in _drafts(together):
            _dispatch(tx, draft, file, desk, prepared)
        unit = [one.notice for one in ready if one not in together]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A notice that is to go now, and by which messages."""

    notice: Notice
    parts: tuple[Part, ...]
    tone: Tone
    why: tuple[str, ...]

    def joins(self, first: _Ready) -> bool:
        """Tell whether this one goes in the same message as ``first`` (rules, section 4)."""
        if self is first:
            return True
        routine = self.tone is first.tone is Tone.ROUTINE
        mine, theirs = self.parts[0], first.parts[0]
        # What only a call can tell whole does not draw the others into the call.
        by_call = (mine.full_text_by is FullTextBy.CALL) == (theirs.full_text_by is FullTextBy.CALL)
        return routine and by_call and mine.point.pk == theirs.point.pk


def _decide(tx: Tx, notice: Notice, file: CaseFile, desk: Desk, prepared: Prepared) -> _Ready | None:
    """Take the whole decision again, just before sending."""
    if notice.tries > _MOST_TRIES:
        prepared.asks.append(_hold(tx, notice, file, "too_many_tries", TaskKind.CHECK_DELIVERY, desk.now))
        return None
    decision, asks = deciding.take(tx, notice, file, desk.policies, desk.now, only=desk.only)
    prepared.asks += asks
    outcome, notice = decision.outcome, notices.load(tx, notice.pk)
    if not isinstance(outcome, Send):
        return None
    if outcome.at > desk.now:
        notices.change(tx, notice.pk, tries=0)
        return None
    parts = _left_to_send(tx, notice, outcome.parts)
    if not parts:
        notices.change(tx, notice.pk, state=NoticeState.SENT, send_at=None)
        return None
    return _Ready(notice, parts, decision.tone, decision.why)


def _left_to_send(tx: Tx, notice: Notice, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Leave out the messages that are with a provider or the victim already."""
    made = attempts.of_notice(tx, notice, notice.retried_at)
    done = {(one.point_pk, one.wording) for one in made if one.state in _WITH_PROVIDER}
    in_full = any(wording == Wording.FULL for _, wording in done)
    return tuple(
        part
        for part in parts
        if (part.point.pk, part.wording) not in done and not (in_full and part.wording is Wording.FULL)
    )


def _drafts(together: list[_Ready]) -> list[Draft]:
    """Return the messages of notices that go together; where one is only pointed to, all are."""
    told = tuple(one.notice for one in together)
    parts = max((one.parts for one in together), key=len)
    why = together[0].why
    if len(told) > 1:
        why += (f"{len(told)} notices fell due together and are one message",)
    return [Draft(told, part, together[0].tone, why) for part in parts]


def _dispatch(tx: Tx, draft: Draft, file: CaseFile, desk: Desk, prepared: Prepared) -> None:
    """Store the attempt; a person gets what no machine can send."""
    facts = desk.channels[draft.part.point.channel].facts
    try:
        rendered = composing.words(tx, draft, facts.form, file, desk.render, desk.policy_for(file), desk.now)
    except RenderingError:
        prepared.asks += [
            _hold(tx, notice, file, "cannot_render", TaskKind.CALL_BACK, desk.now) for notice in draft.notices
        ]
        return
    if facts.for_a_person:
        prepared.asks += [_to_person(tx, notice, file, rendered.text, desk.now) for notice in draft.notices]
        return
    new = composing.attempt(_marked(tx, draft), rendered, file, desk.policy_for(file), desk.now)
    attempt_pk = attempts.add(tx, new, leased_until=desk.until)
    for notice in draft.notices:
        leased = {"state": NoticeState.SENDING, "leased_until": desk.until}
        notices.change(tx, notice.pk, send_at=None, **leased)
    prepared.dispatches.append(Dispatch(attempt_pk, new.content))


def _marked(tx: Tx, draft: Draft) -> Draft:
    """Say so where the same message may be with the victim already."""
    for notice in draft.notices:
        for one in attempts.of_notice(tx, notice):
            if one.state is AttemptState.UNKNOWN and one.point_pk == draft.part.point.pk:
                again = "sent again although nobody knows whether the first went out: a possible duplicate"
                return replace(draft, why=(*draft.why, again))
    return draft


def _hold(tx: Tx, notice: Notice, file: CaseFile, reason: str, kind: TaskKind, now: datetime) -> Ask:
    """Hand a notice that cannot be sent to a person."""
    at_risk_at = deciding.look_again_at(notice, file, now)
    values = {"state": NoticeState.HELD, "reason": reason, "send_at": None, "leased_until": None}
    notices.change(tx, notice.pk, at_risk_at=at_risk_at, **values)
    journal.write(tx, deciding.line_about(notice, file, What.HELD, reason, (_WHY_HELD[reason],)), now)
    request = StaffRequest.task(kind, file.event(notice.event_pk), deadline=notice.deadline)
    return Ask(notice.case_pk, notice.victim_pk, request)


_WHY_HELD = {
    "too_many_tries": f"a worker broke off {_MOST_TRIES} times while it had this in hand",
    "cannot_render": "its words cannot be made; a person must tell it",
}


def _to_person(tx: Tx, notice: Notice, file: CaseFile, text: str, now: datetime) -> Ask:
    at_risk_at = deciding.look_again_at(notice, file, now)
    handed = {"state": NoticeState.WITH_PERSON, "send_at": None, "leased_until": None}
    notices.change(tx, notice.pk, at_risk_at=at_risk_at, **handed)
    event = file.event(notice.event_pk)
    request = StaffRequest.task(TaskKind.CALL_BACK, event, deadline=notice.deadline, text=text)
    return Ask(notice.case_pk, notice.victim_pk, request)


def prepare_staff(tx: Tx, now: datetime, until: datetime, limit: int) -> list[Dispatch]:
    """Take waiting messages to staff in hand and return them."""
    pks = awaited.take_waiting(tx, now, until, limit)
    attempts.bring_contents(tx, pks)
    return [Dispatch(pk, attempts.content(tx, pk)) for pk in pks]


Answer = tuple[Dispatch, SendResult]


def send(
    dispatches: Sequence[Dispatch], channels: Channels, pool: Executor, lease_ends: float
) -> Iterator[list[Answer]]:
    """Call the providers side by side; yield their answers as they come, those of a moment together.

    After ``lease_ends`` (of :func:`time.monotonic`) no call is begun: others hold this worker for dead.
    """
    by_channel: dict[ChannelName, list[Message]] = {}
    for one in dispatches:
        by_channel.setdefault(one.message.channel, []).append(one.message)
    senders = {name: channels[name].sender_of(messages) for name, messages in by_channel.items()}
    waiting = {
        pool.submit(_send_one, one.message, senders[one.message.channel], lease_ends): one
        for one in dispatches
    }
    while waiting:
        wait(waiting, return_when=FIRST_COMPLETED)
        answered, _ = wait(waiting, timeout=_MOMENT_SECONDS)
        yield [(dispatch, future.result()) for future, dispatch in waiting.items() if future in answered]
        for future in answered:
            del waiting[future]


def _send_one(message: Message, sender: SendOne, lease_ends: float) -> SendResult:
    if monotonic() >= lease_ends:
        return SendResult(AttemptState.DEFERRED, code="lease_over")
    try:
        return sender(message)
    except SettingsError:
        # Nothing went out; `notifier doctor` names the setting.
        return SendResult(AttemptState.DEFERRED, code="settings", reason=FailureReason.NOT_OURS)
    except Exception as problem:
        _log.error("a channel raised", extra={"attempt": message.attempt_ref}, exc_info=problem)
        return SendResult(AttemptState.UNKNOWN, code=type(problem).__name__[:50])


def record(
    tx: Tx, answers: Sequence[Answer], channels: Channels, policies: Policies, now: datetime
) -> list[Ask]:
    """Store providers' answers; return what staff are asked."""
    decided = [one.attempt_pk for one, result in answers if _decides(one, result, channels)]
    outcomes.bring_sent(tx, {one.attempt_pk: one.content for one, _ in answers}, decided)
    asks: list[Ask] = []
    for dispatch, result in answers:
        after = channels[dispatch.message.channel].look_up_after
        asks += outcomes.record_answer(tx, dispatch.attempt_pk, result, policies, now, look_up_after=after)
    return asks


def _decides(dispatch: Dispatch, result: SendResult, channels: Channels) -> bool:
    """Tell whether an answer is more than an acceptance whose receipt is to come."""
    awaits_receipt = channels[dispatch.message.channel].facts.gives_receipts
    return result.state is not AttemptState.ACCEPTED or not awaits_receipt
