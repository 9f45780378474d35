"""Sweeping: what is stuck, silent, at risk or due without an event. Every sweep may be repeated safely."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from notifier import contact_clock, deciding, outcomes, staff_mail
from notifier.records import (
    Ask,
    AttemptState,
    Case,
    ChannelName,
    Notice,
    NoticeState,
    Role,
    SendResult,
    StaffMember,
    StaffRequest,
    Tone,
    What,
)
from notifier.rules import cadence
from notifier.rules.policy import Policies, Policy
from notifier.rules.staffing import responsible
from notifier.rules.timing import local_day, working_days_later
from notifier.store import attempts, awaited, cases, events, journal, notices, registrations
from notifier.store.database import Tx
from notifier.store.journal import Line
from notifier.store.situations import CaseFile, bring_files, load_file, told_events

_SURELY_OVER = timedelta(minutes=1)  # longer than a call of a provider takes
_PENDING = frozenset({NoticeState.PLANNED, NoticeState.SENDING, NoticeState.HELD})
_NOT_TOLD = frozenset({NoticeState.HELD, NoticeState.WITH_PERSON, NoticeState.UNCERTAIN, NoticeState.FAILED})


def repair(tx: Tx, policies: Policies, now: datetime) -> list[Ask]:
    """Take back what a dead worker had in hand: unsent notices are due again, sendings of unknown outcome.

    The worker may only seem dead, where the clock was put forward: the provider is asked a little later.
    """
    lost = SendResult(AttemptState.UNKNOWN, code="worker_lost")
    asks: list[Ask] = []
    stranded = awaited.stranded(tx, now)
    outcomes.bring(tx, stranded)
    for pk in stranded:
        asks += outcomes.record_answer(tx, pk, lost, policies, now, look_up_after=_SURELY_OVER)
    notices.release_expired(tx, now)
    return asks


def read_silence(
    tx: Tx, channels: Iterable[ChannelName], policies: Policies, now: datetime, limit: int
) -> list[Ask]:
    """Read the silence of channels that give no receipts as what it means."""
    asks: list[Ask] = []
    silent = awaited.silent(tx, channels, now, limit)
    outcomes.bring(tx, [row.pk for row in silent])
    for row in silent:
        result = SendResult(AttemptState(row.silence_means))
        asks += outcomes.move(tx, row.pk, result, policies, now)
    return asks


def find_at_risk(tx: Tx, now: datetime) -> list[Ask]:
    """Ask for an escalation for each duty that is not met and whose sending is not planned in time."""
    asks: list[Ask] = []
    for notice in notices.at_risk(tx, now):
        notices.change(tx, notice.pk, at_risk_at=None)
        if _at_risk(notice):
            event = events.load(tx, notice.event_pk) if notice.event_pk is not None else None
            safety = notice.tone is Tone.SAFETY
            request = StaffRequest.escalation("duty_at_risk", event, safety=safety)
            asks.append(Ask(notice.case_pk, notice.victim_pk, request))
    return asks


def _at_risk(notice: Notice) -> bool:
    if notice.state is NoticeState.PLANNED:
        # Without a time nobody would ever send it: it must reach staff, and stop no other notice's check.
        late = notice.send_at is None or (notice.deadline is not None and notice.send_at > notice.deadline)
        return notice.deadline is not None and late
    return notice.state in _NOT_TOLD


def start_courtesy(tx: Tx, policies: Policies, now: datetime, limit: int) -> list[Ask]:
    """Make the no-progress updates that are due (rules, section 5)."""
    asks: list[Ask] = []
    due = registrations.courtesy_due(tx, now, limit)
    bring_files(tx, {row.case_pk for row in due})
    for row in due:
        if not _waits(tx, row.case_pk, row.victim_pk):
            asks += _start_one(tx, load_file(tx, row.case_pk), row, policies, now)
    return asks


def _waits(tx: Tx, case_pk: int, victim_pk: int) -> bool:
    """While something is on its way to her, or a person is to tell her, her update waits."""
    reached = {notice.pk for _, told in attempts.reached(tx, case_pk, victim_pk) for notice in told}
    return any(
        notice.state in _PENDING or (notice.state is NoticeState.SENT and notice.pk not in reached)
        for notice in notices.of_victim(tx, victim_pk, case_pk)
    )


def _start_one(
    tx: Tx, file: CaseFile, registration: Row[Any], policies: Policies, now: datetime
) -> list[Ask]:
    victim_pk = registration.victim_pk
    told = told_events(tx, file, victim_pk)
    specific = cadence.content(told, policies.of(file.case.force, now)).last_event is not None
    if not specific and registration.held_until is None:
        return [_hold_for_staff(tx, file, registration, policies.of(file.case.force, now), now)]
    notice = notices.load(tx, notices.add_courtesy(tx, file.case.pk, victim_pk, now))
    _, asks = deciding.take(tx, notice, file, policies, now)
    contact_clock.refresh(tx, file, victim_pk, policies, now)
    return asks


def _hold_for_staff(tx: Tx, file: CaseFile, registration: Row[Any], policy: Policy, now: datetime) -> Ask:
    """There is nothing specific to say: the officer and the supervisor have a working day to find it."""
    wait = policy.courtesy.nothing_to_tell_working_days
    until = working_days_later(now, wait, policy)
    registrations.change(tx, registration.pk, held_until=until)
    victim = file.victims[registration.victim_pk]
    line = Line(
        What.HELD,
        file.case.pk,
        victim.pk,
        event_type=notices.COURTESY,
        person_id=victim.victim_id,
        role=victim.role,
        reason="nothing_to_tell",
        why=("nothing specific was told that the update could name",),
    )
    journal.write(tx, line, now)
    request = StaffRequest.escalation("nothing_to_tell", None, level=2)
    return Ask(file.case.pk, victim.pk, request)


def prompt_officers(tx: Tx, policies: Policies, now: datetime) -> None:
    """Remind officers of updates that come due: one email, and one line, for each officer and morning."""
    by_officer: dict[str, list[tuple[Case, Row[Any]]]] = {}
    officers: dict[str, tuple[StaffMember, Role]] = {}
    for row in registrations.prompts_due(tx, now):
        registrations.change(tx, row.pk, prompt_at=None)
        case = cases.load(tx, row.case_pk)
        officer, role = responsible(case, 1, local_day(now, policies.timezone))
        if officer is not None:
            officers[officer.id] = officer, role
            by_officer.setdefault(officer.id, []).append((case, row))
    for person_id, due in by_officer.items():
        _prompt(tx, *officers[person_id], due, policies.timezone, now)


def _prompt(
    tx: Tx,
    officer: StaffMember,
    role: Role,
    due: list[tuple[Case, Row[Any]]],
    timezone: ZoneInfo,
    now: datetime,
) -> None:
    days = [local_day(row.courtesy_at, timezone) for _, row in due]
    staff_mail.about_updates(tx, [case for case, _ in due], officer, role, days, now)
    for place, (case, row) in enumerate(due):
        # The others of the morning are in the same email; their own cases' traces say so too.
        what = What.PROMPT if place == 0 else What.DECIDED
        line = Line(
            what,
            case.pk,
            row.victim_pk,
            event_type=notices.COURTESY,
            person_id=officer.id,
            role=role,
            reason="update_due",
            deadline=row.courtesy_at,
            why=(f"one reminder of {len(due)} for this officer this morning",),
        )
        journal.write(tx, line, now)
