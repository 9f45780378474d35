"""What staff are told by email, and for safety also by SMS: references only, nothing about a victim."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from notifier.addresses import AddressRefused, normalise
from notifier.records import (
    Ask,
    Case,
    ChannelName,
    Form,
    Message,
    Rendered,
    Role,
    StaffMember,
    StaffRequest,
    Tone,
    Wording,
)
from notifier.store import attempts, cases
from notifier.store.attempts import NewAttempt, new_ref
from notifier.store.database import Tx

REASONS = {
    "no_contact": "The victim could not be reached in any agreed way.",
    "duty_at_risk": "A victim must be told by a legal time limit, and nothing is planned that would do it.",
    "late_on_arrival": "This reached us after the time by which the victim had to be told.",
    "tell_in_person": "A person must tell the victim now.",
    "task_overdue": "A task was not done in time.",
    "nothing_to_tell": "A victim's update is due and there is nothing specific on file to tell her.",
    "find_contact": "Find another way to reach the victim.",
    "check_safety": "A contact point of the victim is also on file for a party. Find out what is safe.",
    "check_delivery": "Nobody knows whether a message went out. Find out, and tell the victim if it did not.",
    "call_back": "Call the victim: there is something a message could not say.",
    "cannot_meet_window": "The victim's strict times do not allow telling her within the legal time limit.",
    "offer_meeting": "Offer the victim a meeting about this decision.",
    "withdrew": "The victim wants no updates; decide what is done about this legal duty.",
    "correction": "The victim was told something wrong. Correct it.",
    "consent_withdrawn": "The victim said stop to messages of one kind. Ask her how she wants to hear.",
    "asks_for_help": "Somebody wrote back and asks for help. Call now.",
    "wrong_person": "A number or address of the victim seems to be somebody else's. It is not used any more.",
    "unknown_sender": "Somebody wrote back whose number or address is on no case's file.",
    "volume": "Far more notices than usual came within an hour. They are held: release or discard them.",
    "unusual_volume": "Many notices came within an hour from a source that is new. Nothing is held.",
    "identity": "Records of persons were merged or split. What waits for them is held.",
    "source_silent": "A source has stopped publishing. Victims may not hear what happens.",
    "provider_outage": "A provider does not answer. What it was to send goes by another one, or waits.",
    "support_referral": "The victim must be referred to support, and no referral is on record.",
}


# What else staff need to know to act, beside the reason.
_HOW = {
    "unknown_sender": ("Find out who it is. What was written: notifier failures --document ID",),
    "asks_for_help": (
        "What was written: notifier due --show-personal; without a case: notifier failures --document ID",
    ),
    "volume": (
        "See what is held: notifier failures. All at once: notifier release ID, or notifier cancel ID",
    ),
}


def reason_of(request: StaffRequest) -> str:
    """Return what is asked of staff, in a sentence."""
    if request.reason == "provider_outage":
        return f"{REASONS[request.reason]} It is {request.source}."
    about = (("by", request.source), ("as", request.event_type))
    where = " ".join(f"{word} {value}" for word, value in about if value is not None)
    return f"{REASONS[request.reason]} Published {where}." if where else REASONS[request.reason]


def about_task(tx: Tx, task_pk: int, ask: Ask, member: StaffMember, role: Role, now: datetime) -> None:
    """Tell a member of staff what she must do."""
    lines = [reason_of(ask.request), f"When it is done: notifier resolve T{task_pk} --outcome WORDS"]
    _tell(tx, ask, member, role, f"Task T{task_pk}", lines, now)


def about_escalation(
    tx: Tx, pk: int, ask: Ask, level: int, member: StaffMember, role: Role, now: datetime
) -> None:
    """Tell a member of staff that something was escalated to her."""
    lines = [
        reason_of(ask.request),
        *_HOW.get(ask.request.reason, ()),
        f"Look after it: notifier acknowledge E{pk}",
        f"When it is dealt with: notifier resolve E{pk} --outcome WORDS",
    ]
    _tell(tx, ask, member, role, f"Escalation E{pk}, level {level}", lines, now)


def about_updates(
    tx: Tx, cases: Sequence[Case], member: StaffMember, role: Role, due: Sequence[date], now: datetime
) -> None:
    """Remind an officer, in one email, of the victims who are to hear from her next."""
    lines = ["These victims are due an update. Tell them, or record what is awaited:"]
    lines += [f"- case {_name(case)}: by {day:%d %B %Y}" for case, day in zip(cases, due, strict=True)]
    lines.append("Otherwise the service tells them itself what is on file.")
    _queue(tx, None, member, role, ChannelName.EMAIL, "Updates due", lines, Tone.ROUTINE, now)


def about_referral(tx: Tx, case: Case, member: StaffMember, role: Role, now: datetime) -> None:
    """Remind an officer of a referral to support that is not on record."""
    lines = [
        REASONS["support_referral"],
        "Refer her, or record that she declined: publish support.referred or support.declined.",
    ]
    subject = f"Referral due: case {_name(case)}"
    _queue(tx, case.pk, member, role, ChannelName.EMAIL, subject, lines, Tone.ROUTINE, now)


def _tell(
    tx: Tx, ask: Ask, member: StaffMember, role: Role, subject: str, lines: list[str], now: datetime
) -> None:
    tone = Tone.SAFETY if ask.request.safety else Tone.ROUTINE
    if ask.case_pk is not None:
        subject = f"{subject}: case {_name(cases.load(tx, ask.case_pk))}"
    _queue(tx, ask.case_pk, member, role, ChannelName.EMAIL, subject, lines, tone, now)
    if ask.request.safety:
        _queue(tx, ask.case_pk, member, role, ChannelName.SMS, subject, [f"{subject}. {lines[0]}"], tone, now)


def _name(case: Case) -> str:
    return case.reference or case.case_id


def _queue(
    tx: Tx,
    case_pk: int | None,
    member: StaffMember,
    role: Role,
    channel: ChannelName,
    subject: str,
    lines: list[str],
    tone: Tone,
    now: datetime,
) -> None:
    """Store the message to be sent; one without a usable address is left to the lists."""
    written = member.email if channel is ChannelName.EMAIL else member.phone
    try:
        address = normalise(channel, written or "")
    except AddressRefused:
        return
    short = channel is ChannelName.SMS
    rendered = Rendered(
        form=Form.SHORT if short else Form.MAIL,
        language="en",
        text="\n".join(lines),
        subject=None if short else subject,
    )
    message = Message(new_ref(), channel, address, member.name, rendered, now)
    attempts.add_waiting(
        tx, NewAttempt(message, role, member.id, Wording.FULL, tone, event_type="staff", case_pk=case_pk)
    )
