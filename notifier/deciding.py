"""Takes the decision about one notice and stores it with its reasons.

Used wherever a notice is decided: when its event arrives, when something about the victim changes,
after a failure, and just before sending.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from notifier.records import Ask, ChannelName, Notice, NoticeState, StaffRequest, TaskKind, Tone, What
from notifier.rules.deadlines import Duty
from notifier.rules.decision import Cancel, Decision, Hold, NoWay, Send, Suppress, decide
from notifier.rules.policy import Policies, Policy
from notifier.store import journal, notices
from notifier.store.database import Tx
from notifier.store.journal import Line
from notifier.store.situations import CaseFile, situation_of

_FINAL = {
    Hold: (NoticeState.HELD, What.HELD),
    Suppress: (NoticeState.SUPPRESSED, What.SUPPRESSED),
    Cancel: (NoticeState.CANCELLED, What.CANCELLED),
    NoWay: (NoticeState.FAILED, What.DECIDED),
}


def take(
    tx: Tx,
    notice: Notice,
    file: CaseFile,
    policies: Policies,
    now: datetime,
    *,
    only: ChannelName | None = None,
) -> tuple[Decision, list[Ask]]:
    """Decide about ``notice`` at ``now`` and store the outcome; return it and what staff are asked.

    A notice is decided, to its end, by the policy that held when its event arrived. ``only`` is as in
    :func:`foresee`.
    """
    policy = _policy_of(notice, file, policies, now)
    decision = foresee(tx, notice, file, policies, now, only=only)
    known = notice.state is NoticeState.FAILED
    asks = _blocked(tx, notice, decision, file, now)
    _store(tx, notice, decision, file, policy, now)
    requests = decision.asks
    if isinstance(decision.outcome, NoWay) and not known:
        requests += _no_way(notice, decision.tone, file)
    return decision, asks + [Ask(notice.case_pk, notice.victim_pk, request) for request in requests]


def foresee(
    tx: Tx,
    notice: Notice,
    file: CaseFile,
    policies: Policies,
    now: datetime,
    *,
    only: ChannelName | None = None,
) -> Decision:
    """Return what is decided about ``notice`` at ``now``; nothing is stored.

    With ``only`` the contact points of other channels are passed over, as if they had been tried.
    """
    policy = _policy_of(notice, file, policies, now)
    situation = situation_of(tx, notice, file, policy)
    if only is not None:
        others = {point.pk for point in situation.victim.points if point.channel is not only}
        situation = replace(situation, tried=situation.tried | others)
    return decide(situation, policy, now)


def _policy_of(notice: Notice, file: CaseFile, policies: Policies, now: datetime) -> Policy:
    event = file.event(notice.event_pk)
    return policies.of(file.case.force, event.arrived_at if event else now)


def line_about(notice: Notice, file: CaseFile, what: What, reason: str | None, why: tuple[str, ...]) -> Line:
    """Return a journal line about a notice, apart from any message."""
    event, victim = file.event(notice.event_pk), file.victims[notice.victim_pk]
    return Line(
        what,
        notice.case_pk,
        notice.victim_pk,
        notice.event_pk,
        event_type=notice.event_type,
        event_ids=(event.id,) if event else (),
        person_id=victim.victim_id,
        role=victim.role,
        reason=reason,
        deadline=notice.deadline,
        why=why,
    )


def queue_of(notice: Notice, tone: Tone) -> str:
    """Return the queue on which a worker is woken for this notice."""
    if tone is not Tone.ROUTINE:
        return "urgent"
    return "bulk" if notice.event_pk is None else "routine"


def _store(tx: Tx, notice: Notice, decision: Decision, file: CaseFile, policy: Policy, now: datetime) -> None:
    outcome = decision.outcome
    values: dict[str, Any] = {
        "tone": decision.tone,
        "queue": queue_of(notice, decision.tone),
        "deadline": decision.deadline,
        "leased_until": None,
    }
    if notice.deadline != decision.deadline and decision.duty is not None:
        values["at_risk_at"] = _at_risk_at(notice, decision.duty, file)
    elif _seemed_met(notice) and not _meets(decision):
        values["at_risk_at"] = look_again_at(notice, file, now)
    why = decision.why
    if isinstance(outcome, Send):
        what, reason = What.DECIDED, None
        values |= {"state": NoticeState.PLANNED, "send_at": outcome.at, "reason": None}
        why += (f"to be sent at {outcome.at.astimezone(policy.timezone).isoformat(timespec='seconds')}",)
    else:
        state, what = _FINAL[type(outcome)]
        reason = outcome.reason
        values |= {"state": state, "send_at": None, "reason": reason}
        if isinstance(outcome, Suppress | Cancel):
            values["at_risk_at"] = None
    if _differs(notice, values):
        notices.change(tx, notice.pk, **values)
    if not _stands(notice, values, now):
        after = notices.load(tx, notice.pk)
        journal.write(tx, line_about(after, file, what, reason, why), now)


def _at_risk_at(notice: Notice, duty: Duty, file: CaseFile) -> datetime | None:
    """A duty that was late on arrival was escalated then; it is not found at risk once more."""
    event = file.event(notice.event_pk)
    assert event is not None
    return None if duty.deadline < (notice.made_at or event.arrived_at) else duty.at_risk_at


def look_again_at(notice: Notice, file: CaseFile, now: datetime) -> datetime | None:
    """Return when a duty is looked at that seemed met: at once where its time for that is over."""
    event = file.event(notice.event_pk)
    if event is None or notice.deadline is None or notice.deadline <= (notice.made_at or event.arrived_at):
        return notice.at_risk_at
    return notice.at_risk_at or now


def _seemed_met(notice: Notice) -> bool:
    if notice.state is NoticeState.PLANNED and notice.send_at is not None and notice.deadline is not None:
        return notice.send_at <= notice.deadline
    return notice.state in _GONE_OUT


_GONE_OUT = (NoticeState.SENDING, NoticeState.SENT, NoticeState.TOLD)


def _meets(decision: Decision) -> bool:
    outcome = decision.outcome
    if isinstance(outcome, Send):
        return decision.deadline is None or outcome.at <= decision.deadline
    return isinstance(outcome, Suppress | Cancel)


def _differs(notice: Notice, values: dict[str, Any]) -> bool:
    """Tell whether something is to be stored; a notice's queue and lease follow from its tone and state."""
    return any(getattr(notice, name) != value for name, value in values.items() if hasattr(notice, name))


def _stands(notice: Notice, values: dict[str, Any], now: datetime) -> bool:
    """Tell whether the same was decided before: such a decision is not written down again."""
    if values["state"] is NoticeState.PLANNED:
        before, after = notice.send_at, values["send_at"]
        return before is not None and (before == after or (before <= now and after <= now))
    return notice.state is values["state"] and notice.reason == values["reason"]


def _blocked(tx: Tx, notice: Notice, decision: Decision, file: CaseFile, now: datetime) -> list[Ask]:
    """A contact point on file for a party: one line for this notice, and one task for staff."""
    asks = []
    for point in decision.blocked:
        why = (f"contact point {point.id} is on file for another person who is a party of a case",)
        line = line_about(notice, file, What.SUPPRESSED, "party_contact_point", why)
        if not journal.has_line(tx, line):
            journal.write(tx, line, now)
        request = StaffRequest.task(TaskKind.CHECK_SAFETY, file.event(notice.event_pk), point=point)
        asks.append(Ask(notice.case_pk, notice.victim_pk, request))
    return asks


def _no_way(notice: Notice, tone: Tone, file: CaseFile) -> tuple[StaffRequest, ...]:
    """Nothing is left: staff find another way (rules, sections 3 and 6)."""
    safety, event = tone is Tone.SAFETY, file.event(notice.event_pk)
    return (
        StaffRequest.escalation("no_contact", event, safety=safety),
        # The escalation that is opened with it climbs by itself; the task adds none of its own.
        StaffRequest.task(TaskKind.FIND_CONTACT, event, safety=safety, escalated=True),
    )
