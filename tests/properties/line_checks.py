"""What must hold for the lines themselves, and for every duty (contract, `notifier simulate`; section 1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.properties.clock import LONDON, instant
from tests.properties.duties import enhanced, is_told, surely_by
from tests.properties.known import Event
from tests.properties.run import OF_STAFF, Complaints, Line, Run

_ALWAYS = {"at", "what", "case_id", "person_id", "role", "event_id", "event_ids", "event_type", "why"}
_FIELDS: dict[str, set[str]] = {
    "message": {"channel", "address", "language", "text"},
    "prompt": {"deadline"},
    "task": {"kind"},
    "escalation": {"level", "reason"},
    "suppressed": {"reason"},
    "held": {"reason"},
    "cancelled": {"reason"},
    "delivered": {"channel", "address"},
    "unconfirmed": {"channel", "address"},
    "failed": {"channel", "address", "reason"},
}
_ROLES = {"message": {"victim", "representative"}, "prompt": {"officer", "supervisor", "unit"}}
_OUTCOME_WITHIN = {"sms": timedelta(hours=4), "email": timedelta(hours=24), "letter": timedelta(days=16)}
# Another way is tried; and what a talk or a retraction ended is asked of the talk or the retraction.
_NO_REASON_BY_ITSELF = ("party_contact_point", "told_by_person", "retracted")
_A_WINDOW_SURELY_OPENS = timedelta(days=9)


def no_room_breaks(run: Run) -> Complaints:
    """Every event can be planned, and every notice prepared: what breaks is set aside and logged."""
    yield from run.errors


def lines_are_whole(run: Run) -> Complaints:
    """In order of time, each with its fields, times as a London clock shows them."""
    if [line["at"] for line in run.lines] != sorted((line["at"] for line in run.lines), key=instant):
        yield "the lines are not in the order of time"
    for line in run.lines:
        needed = _ALWAYS | _FIELDS.get(line["what"], {"a `what` of the contract"})
        if missing := sorted(name for name in needed if name not in line):
            yield f"a {line['what']} line of {line['at']} lacks {missing}"
        empty = [name for name in _FIELDS.get(line["what"], ()) if line.get(name) in (None, "")]
        if empty:
            yield f"a {line['what']} line of {line['at']} has nothing under {empty}"
        if line["role"] not in _ROLES.get(line["what"], {line["role"]}):
            yield f"a {line['what']} line of {line['at']} goes to the {line['role']}"
        if _of_events(line) and line["event_id"] != line["event_ids"][0]:
            yield f"a {line['what']} line of {line['at']} is not about the first of its events"
        for name in ("at", "deadline"):
            if line.get(name) and instant(line[name]).astimezone(LONDON).isoformat() != line[name]:
                yield f"a {line['what']} line has {name} {line[name]}, not as a London clock shows it"


def _of_events(line: Line) -> bool:
    return bool(line["event_ids"])


def every_message_comes_to_an_end(run: Run) -> Complaints:
    """Delivered, unconfirmed or failed within its time; only an unknown outcome stays open (section 3)."""
    for message in run.messages:
        known_by = instant(message["at"]) + _OUTCOME_WITHIN[message["channel"]]
        if run.provider_says(message) == "unknown" or known_by >= run.until:
            continue
        end = run.outcome_of(message)
        if end is None or instant(end["at"]) > known_by:
            yield f"nothing says what became of the {message['channel']} of {message['at']}"


def every_duty_is_told_or_escalated(run: Run) -> Complaints:
    """By its deadline she was told, or somebody of staff knows, or a line says why not (sections 1, 6)."""
    for event, victim_id, known_since in run.duties():
        if not is_told(event):
            continue
        by = max(known_since, _latest_deadline(run, event, victim_id))
        if by < run.until and not _accounted_for(run, event, victim_id, by):
            yield f"{event.id} ({event.type}) for {victim_id}: by {by} neither told nor escalated"


def _latest_deadline(run: Run, event: Event, victim_id: str) -> datetime:
    """Return the deadline; where her rights changed since the event could be told, the later one.

    It could be told since she was registered, also where that was retracted later and another one stands.
    """
    knowing = [run.known(at) for at in {e.at for e in run.events if e.at >= event.at}]
    able = [k for k in knowing if k.case(event.case_id) and k.registered(event.case_id, victim_id)]
    rights = {enhanced(known, event.case_id, victim_id) for known in able}
    return max(surely_by(event, with_enhanced_rights=each) for each in rights)


def _accounted_for(run: Run, event: Event, victim_id: str, by: datetime) -> bool:
    known = run.known(by)
    over = bool(known.talks(victim_id, event)) or event.id in known.retracted
    return over or any(_accounts(line, event, victim_id, by) for line in run.lines)


def _accounts(line: Line, event: Event, victim_id: str, by: datetime) -> bool:
    if instant(line["at"]) > by:
        return False
    if _of_nobody_left(line, event):
        return True
    if event.id not in line["event_ids"]:
        return False
    if line["what"] == "escalation":
        return True
    reasoned = line["what"] in ("suppressed", "cancelled") and line["reason"] not in _NO_REASON_BY_ITSELF
    return line["person_id"] == victim_id and (reasoned or line["what"] == "message")


def _of_nobody_left(line: Line, event: Event) -> bool:
    """One escalation stands for all that cannot be sent to her (section 6)."""
    return bool(line.get("reason") == "no_contact" and line["case_id"] == event.case_id)


def a_late_notice_is_escalated(run: Run) -> Complaints:
    """Told after its deadline, somebody of staff knows of it at that time (sections 1, 6)."""
    for message in run.messages:
        for event in run.told_by(message):
            late = instant(message["at"]) > run.latest(event, message)
            if late and not _known_to_staff(run, event, message):
                yield f"{event.id} was told late, at {message['at']}, and nobody of staff was asked"


def _known_to_staff(run: Run, event: Event, message: Line) -> bool:
    before = (line for line in run.lines if instant(line["at"]) <= instant(message["at"]))
    named = [line for line in before if line["what"] in OF_STAFF and event.id in line["event_ids"]]
    nobody = any(_of_nobody_left(line, event) for line in run.lines)
    talked = bool(run.known_to(message).talks(message["person_id"], event))
    hers = run.messages_about(event, message["person_id"])
    in_time = any(instant(m["at"]) <= run.deadline(event, m) for m in hers)
    return bool(named) or nobody or talked or in_time


def nothing_fails_silently(run: Run) -> Complaints:
    """When the last way failed, somebody of staff is told, or a line says why nothing follows (section 6)."""
    for event, victim_id, _ in run.duties():
        messages = run.messages_about(event, victim_id)
        ends = [run.outcome_of(message) for message in messages]
        if not messages or any(end is None or end["what"] == "delivered" for end in ends):
            continue
        last = max(instant(end["at"]) for end in ends if end is not None)
        if last + _A_WINDOW_SURELY_OPENS < run.until and not _looked_after(run, event, victim_id, last):
            yield f"every way of telling {victim_id} {event.id} had failed by {last}, and nobody was told"


def _looked_after(run: Run, event: Event, victim_id: str, since: datetime) -> bool:
    after = [line for line in run.lines if instant(line["at"]) >= since]
    talked = bool(run.known(run.until).talks(victim_id, event))
    return talked or any(
        _of_nobody_left(line, event)
        or (event.id in line["event_ids"] and line["what"] in (*OF_STAFF, "suppressed", "cancelled"))
        for line in after
    )


def staff_hear_of_what_is_held(run: Run) -> Complaints:
    """What waits for a person was put before a person (section 3)."""
    for line in run.lines:
        if line["what"] != "held" or line["event_id"] is None:
            continue
        asked: list[dict[str, Any]] = run.lines_of_staff_about(run.by_id[line["event_id"]])
        if not any(instant(each["at"]) <= instant(line["at"]) for each in asked):
            yield f"{line['event_id']} is held since {line['at']} ({line['reason']}), and nobody was asked"


LINE_CHECKS: tuple[Callable[[Run], Complaints], ...] = (
    no_room_breaks,
    lines_are_whole,
    every_message_comes_to_an_end,
    every_duty_is_told_or_escalated,
    a_late_notice_is_escalated,
    nothing_fails_silently,
    staff_hear_of_what_is_held,
)
