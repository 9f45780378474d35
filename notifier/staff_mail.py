"""What staff are told by email, and for safety also by SMS: references only, nothing about a victim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

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
    Tone,
    Wording,
)
from notifier.room_links import RoomLinks
from notifier.staff_words import COMMANDS, REASONS, TO_DO, reason_of
from notifier.store import attempts, cases
from notifier.store.attempts import NewAttempt, new_ref
from notifier.store.database import Tx

_NEXT = {1: "supervisor", 2: "unit"}


@dataclass(frozen=True, slots=True)
class Told:
    """A task or an escalation as staff are told of it at ``now``.

    ``until`` is when it is escalated, climbs or is told again if nobody acts, ``None`` where nothing follows;
    ``duty`` is the instant by which the victim must be told, where that is still to be done. Both are written
    in local time of ``timezone``.
    """

    ask: Ask
    until: datetime | None
    duty: datetime | None
    now: datetime
    timezone: ZoneInfo
    links: RoomLinks


def moment_of(moment: datetime, timezone: ZoneInfo) -> str:
    """Return an instant to the minute, in local time: Wed 1 Apr 2026, 18:00."""
    local = moment.astimezone(timezone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def about_task(tx: Tx, task_pk: int, told: Told, member: StaffMember, role: Role) -> None:
    """Tell a member of staff what she must do, by when, and where she says that it is done."""
    ref = f"T{task_pk}"
    lines = [
        *_what(told),
        f"By when: {_by_when_of_task(told)}",
        *_duty(told),
        *_page(told.links, ref),
        f"When it is done: notifier resolve {ref} --outcome WORDS",
    ]
    _tell(tx, told, member, role, f"Task {ref}", lines)


def about_escalation(tx: Tx, pk: int, told: Told, level: int, member: StaffMember, role: Role) -> None:
    """Tell a member of staff that something was escalated to her, by when she must act, and where."""
    ref = f"E{pk}"
    lines = [
        *_what(told),
        f"By when: {_by_when_of_escalation(told, level)}",
        *_duty(told),
        *_page(told.links, ref),
        *COMMANDS.get(told.ask.request.reason, ()),
        f"Look after it: notifier acknowledge {ref}",
        f"When it is dealt with: notifier resolve {ref} --outcome WORDS",
    ]
    _tell(tx, told, member, role, f"Escalation {ref}, level {level}", lines)


def _what(told: Told) -> tuple[str, str]:
    return f"What is wrong: {reason_of(told.ask.request)}", f"What to do: {TO_DO[told.ask.request.reason]}"


def _by_when_of_task(told: Told) -> str:
    if told.until is None:
        return "now; it is escalated already."
    if told.until <= told.now:
        return "now; its time is over already, and it is escalated."
    return f"{moment_of(told.until, told.timezone)}; after that it is escalated."


def _by_when_of_escalation(told: Told, level: int) -> str:
    if told.until is None:
        return "today; this is the highest level, and nobody else is told."
    until = moment_of(told.until, told.timezone)
    if level in _NEXT:
        return f"{until}; if nobody looks after it by then, the {_NEXT[level]} is told."
    return f"now; you are told again on {until}, until somebody looks after it."


def _duty(told: Told) -> tuple[str, ...]:
    if told.duty is None or told.duty == told.until:
        return ()
    must = "must" if told.now <= told.duty else "had to"
    return (f"The victim {must} be told by {moment_of(told.duty, told.timezone)}.",)


def _page(links: RoomLinks, ref: str) -> tuple[str, ...]:
    page = links.row(ref)
    return () if page is None else (f"See it, and say what you did: {page}",)


def about_updates(
    tx: Tx, cases: Sequence[Case], member: StaffMember, role: Role, due: Sequence[date], now: datetime
) -> None:
    """Remind an officer, in one email, of the victims who are to hear from her next."""
    lines = ["These victims are due an update. Tell them, or record what is awaited:"]
    lines += [f"- case {name_of(case)}: by {day:%d %B %Y}" for case, day in zip(cases, due, strict=True)]
    lines.append("Otherwise the service tells them itself what is on file.")
    _queue(tx, None, member, role, ChannelName.EMAIL, "Updates due", lines, Tone.ROUTINE, now)


def about_referral(tx: Tx, case: Case, member: StaffMember, role: Role, now: datetime) -> None:
    """Remind an officer of a referral to support that is not on record."""
    lines = [REASONS["support_referral"], TO_DO["support_referral"]]
    subject = f"Referral due: case {name_of(case)}"
    _queue(tx, case.pk, member, role, ChannelName.EMAIL, subject, lines, Tone.ROUTINE, now)


def digest(tx: Tx, member: StaffMember, role: Role, subject: str, lines: list[str], now: datetime) -> None:
    """Send a supervisor or a unit what waits in all of their cases."""
    _queue(tx, None, member, role, ChannelName.EMAIL, subject, lines, Tone.ROUTINE, now)


def _tell(tx: Tx, told: Told, member: StaffMember, role: Role, subject: str, lines: list[str]) -> None:
    request, case_pk = told.ask.request, told.ask.case_pk
    tone = Tone.SAFETY if request.safety else Tone.ROUTINE
    if case_pk is not None:
        subject = f"{subject}: case {name_of(cases.load(tx, case_pk))}"
    _queue(tx, case_pk, member, role, ChannelName.EMAIL, subject, lines, tone, told.now)
    if request.safety:
        short = [f"{subject}. {reason_of(request)}"]
        _queue(tx, case_pk, member, role, ChannelName.SMS, subject, short, tone, told.now)


def name_of(case: Case) -> str:
    """Return how staff know a case: its reference, or its id where it has none."""
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
