"""Referral to support: staff are prompted before it is due, and it is escalated (rules, section 1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from notifier import staff_mail
from notifier.records import Ask, CaseEvent, StaffRequest, What
from notifier.rules.policy import Policies
from notifier.rules.referral import referral_due
from notifier.rules.staffing import responsible
from notifier.rules.timing import local_day
from notifier.store import cases, journal, registrations
from notifier.store.database import Tx
from notifier.store.journal import Line
from notifier.store.situations import CaseFile

REASON = "support_referral"
_MOVED_BY = frozenset({"victim.registered", "support.referred", "support.declined", "event.retracted"})


def review(tx: Tx, file: CaseFile, fresh: Iterable[CaseEvent], policies: Policies, now: datetime) -> None:
    """Note for each victim when her referral is due, where one of the fresh events may have moved it."""
    if not any(event.type in _MOVED_BY for event in fresh):
        return
    for row in registrations.of_case(tx, file.case.pk):
        registered = file.event(row.event_pk)
        assert registered is not None
        policy = policies.of(file.case.force, registered.arrived_at)
        due = None
        if file.wrong_start(row.victim_pk) is None:
            due = referral_due(registered, file.history, policy)
        prompt_at = due.prompt_at if due and due.prompt_at >= now else None
        registrations.change(
            tx, row.pk, referral_prompt_at=prompt_at, referral_due_at=due.escalate_at if due else None
        )


def prompt(tx: Tx, policies: Policies, now: datetime) -> None:
    """Remind officers of victims who are not referred to support yet."""
    for row in registrations.referral_prompts_due(tx, now):
        registrations.change(tx, row.pk, referral_prompt_at=None)
        case = cases.load(tx, row.case_pk)
        officer, role = responsible(case, 1, local_day(now, policies.timezone))
        if officer is None:
            continue
        staff_mail.about_referral(tx, case, officer, role, now)
        line = Line(
            What.PROMPT,
            case.pk,
            row.victim_pk,
            person_id=officer.id,
            role=role,
            reason=REASON,
            deadline=row.referral_due_at,
            why=("no referral to support is on record",),
        )
        journal.write(tx, line, now)


def escalate(tx: Tx, now: datetime) -> list[Ask]:
    """Ask for an escalation for each victim whose referral is still not on record on the last day."""
    asks = []
    for row in registrations.referrals_due(tx, now):
        registrations.change(tx, row.pk, referral_due_at=None)
        asks.append(Ask(row.case_pk, row.victim_pk, StaffRequest.escalation(REASON, None, once=True)))
    return asks
