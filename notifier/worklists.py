"""The lists of what staff must look at: records for programs, each with its sentence and the mend."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from notifier import plain_words
from notifier.errors import NotFound
from notifier.journal_lines import local
from notifier.records import NoticeState
from notifier.store import events, notices, rejections, reports, staff
from notifier.store.database import Tx

Record = dict[str, Any]

_FAILED = (NoticeState.FAILED, NoticeState.UNCERTAIN, NoticeState.HELD)
_NOT_TOLD = (*_FAILED, NoticeState.PLANNED, NoticeState.SENDING, NoticeState.WITH_PERSON)
_MEND_OF_DOOR = {
    "mail": "read it with `notifier failures --document` and its id: it may be from a victim",
    "inbound": "read it with `notifier failures --document` and its id: somebody wrote to us",
}
_WAITS_FOR_A_TALK = "person_first"  # held by a rule, not by a fault


def failures(tx: Tx, timezone: ZoneInfo) -> Iterator[Record]:
    """Yield what failed and needs a person: notices, events, refused documents, messages to staff."""
    for row in notices.overview(tx, _FAILED):
        if row.reason != _WAITS_FOR_A_TALK:
            yield _notice(row, timezone, _mend(row))
    for row in events.with_problems(tx):
        yield {
            "what": "event",
            "id": f"S{row.pk}",
            "event_id": row.event_id,
            "source": row.source,
            "event_type": row.type,
            "case_id": row.case_id,
            "reason": row.problem,
            "said": f"event {row.event_id} of case {row.case_id} was set aside: {row.problem}",
            "mend": f"when the cause is mended: notifier retry S{row.pk}; "
            f"or give it up: notifier cancel S{row.pk} --reason WORDS",
        }
    for row in rejections.waiting(tx):
        yield {
            "what": "rejection",
            "id": f"R{row.pk}",
            "at": local(row.at, timezone),
            "door": row.door,
            "reason": row.reason,
            "said": f"a document was refused ({row.door}): {row.reason}",
            "mend": f"{_MEND_OF_DOOR.get(row.door, 'have the publisher correct it and send it again')}; "
            f"when that is done: notifier cancel R{row.pk} --reason WORDS",
        }
    for row in reports.failed_staff_messages(tx):
        why = plain_words.reason(row.reason)
        yield {
            "what": "staff_message",
            "id": f"A{row.pk}",
            "at": local(row.created_at, timezone),
            "channel": row.channel,
            "role": row.role,
            "person_id": row.person_id,
            "case_id": row.case_id,
            "reason": row.reason,
            "said": f"the {row.channel} to {row.role} {row.person_id} failed: {why}",
            "mend": "tell them another way, and correct their address in the records",
        }


def document(tx: Tx, letter: str, pk: int) -> str:
    """Return a refused document (R) or an event that was set aside (S) as it came: it may be personal.

    Of a document that was too large it is the beginning. Raises :class:`NotFound`.
    """
    if letter == "R":
        written = rejections.document(tx, pk)
    else:
        row = events.set_aside(tx, pk)
        written = row and json.dumps(tx.cipher.open(row.data_sealed), ensure_ascii=False)
    if written is None:
        raise NotFound(f"there is no {letter}{pk}; `notifier failures` lists what was refused or set aside")
    return written


def _mend(row: Row[Any]) -> str:
    if row.hold is not None:
        return f"let it go: notifier release N{row.pk}; or give it up: notifier cancel N{row.pk}"
    return f"try it again: notifier retry N{row.pk}"


def escalations(tx: Tx, timezone: ZoneInfo) -> Iterator[Record]:
    """Yield the open escalations, safety and the highest level first."""
    for row in staff.all_open_escalations(tx):
        yield {
            "what": "escalation",
            "id": f"E{row.pk}",
            "reason": row.reason,
            "level": row.level,
            "safety": row.safety,
            **_about(row),
            "opened_at": local(row.opened_at, timezone),
            "climb_at": local(row.climb_at, timezone) if row.climb_at else None,
            "acknowledged_by": row.acknowledged_by,
            "repeats": row.repeats,
            "said": f"{_safety(row)}level {row.level}, since {plain_words.moment(row.opened_at, timezone)}, "
            f"{_named(row)}: {plain_words.staff_reason(row.reason)} {_looked_after(row)}",
            "mend": f"notifier acknowledge E{row.pk}; when it is dealt with: "
            f"notifier resolve E{row.pk} --outcome WORDS",
        }


def held_by(tx: Tx, escalation_pk: int) -> list[int]:
    """Return the notices that an open escalation asks to release or discard; raises :class:`NotFound`."""
    row = staff.load_escalation(tx, escalation_pk)
    if row is not None and row.resolved_at is None:
        if row.source is not None:
            held = notices.held_of_source(tx, row.source, row.event_type, row.reason)
        else:
            held = notices.held_of_victim(tx, row.victim_pk, row.event_pk, row.reason)
        if held:
            return held
    raise NotFound(f"E{escalation_pk} is no open escalation that holds a notice; see `notifier escalations`")


def due(tx: Tx, timezone: ZoneInfo, now: datetime, ahead: timedelta, *, personal: bool) -> list[Record]:
    """Return open tasks, and notices not told whose duty ends within ``ahead``: the most pressing first.

    With ``personal`` a task carries the words to be said to the victim.
    """
    pressing = [
        (
            False,
            row.deadline,
            _notice(row, timezone, f"see why: notifier trace {row.event_id or row.case_id}"),
        )
        for row in notices.overview(tx, _NOT_TOLD)
        if row.deadline is not None and row.deadline <= now + ahead
    ]
    pressing += [
        (row.safety, row.deadline or row.escalate_at or row.opened_at, _task(tx, row, timezone, personal))
        for row in staff.all_open_tasks(tx)
    ]
    pressing.sort(key=lambda entry: (not entry[0], entry[1]))
    return [{**record, "overdue": until < now} for _, until, record in pressing]


def tasks(tx: Tx, timezone: ZoneInfo, *, personal: bool) -> Iterator[Record]:
    """Yield the open tasks, safety first; with ``personal`` also the words to be said to the victim."""
    for row in staff.all_open_tasks(tx):
        yield _task(tx, row, timezone, personal)


def _task(tx: Tx, row: Row[Any], timezone: ZoneInfo, personal: bool) -> Record:
    until = f", by {plain_words.moment(row.deadline, timezone)}" if row.deadline else ""
    record = {
        "what": "task",
        "id": f"T{row.pk}",
        "kind": row.kind,
        "safety": row.safety,
        **_about(row),
        "person_id": row.person_id,
        "deadline": local(row.deadline, timezone) if row.deadline else None,
        "said": f"{_safety(row)}for {row.person_id or 'nobody on file'}{until}, {_named(row)}: "
        f"{plain_words.staff_reason(row.kind)}",
        "mend": f"when it is done: notifier resolve T{row.pk} --outcome WORDS",
    }
    if personal and row.text_sealed is not None:
        record["text"] = tx.cipher.open(row.text_sealed)
    return record


def _notice(row: Row[Any], timezone: ZoneInfo, mend: str) -> Record:
    why = f": {plain_words.reason(row.reason)}" if row.reason else ""
    until = f"; due by {plain_words.moment(row.deadline, timezone)}" if row.deadline else ""
    return {
        "what": "notice",
        "id": f"N{row.pk}",
        "state": row.state,
        "reason": row.reason,
        "event_type": row.event_type,
        **_about(row),
        "deadline": local(row.deadline, timezone) if row.deadline else None,
        "said": f"{row.event_type}, {_named(row)}, {plain_words.NOTICE_STATES[row.state]}{why}{until}",
        "mend": mend,
    }


def _about(row: Row[Any]) -> Record:
    return {"case_id": row.case_id, "victim_id": row.victim_id, "event_id": row.event_id}


def _named(row: Row[Any]) -> str:
    parts = [("case", row.case_id), ("victim", row.victim_id), ("event", row.event_id)]
    return ", ".join(f"{name} {value}" for name, value in parts if value is not None)


def _safety(row: Row[Any]) -> str:
    return "SAFETY, " if row.safety else ""


def _looked_after(row: Row[Any]) -> str:
    return f"{row.acknowledged_by} looks after it." if row.acknowledged_by else "Nobody looks after it yet."
