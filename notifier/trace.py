"""The story of one event or case: why, when, to whom, by what, and what became of it.

Each record is ready for a program (JSON) and carries one sentence for a person in ``said``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from notifier import plain_words, worklists
from notifier.errors import NotFound
from notifier.journal_lines import line_of, local
from notifier.store import journal, reports
from notifier.store.database import Tx

PERSONAL = ("address", "text")
Record = dict[str, Any]


def trace(tx: Tx, wanted: str, timezone: ZoneInfo, *, personal: bool = False) -> list[Record]:
    """Return the steps in order of time, then where notices and attempts stand and what is open for staff.

    ``wanted`` is an event's id (of any source), else a case's. Without ``personal``, addresses and texts are
    left out. Times are in ``timezone``. Raises :class:`NotFound` where nothing is known of it.
    """
    of_event = reports.arrivals_of_event(tx, wanted)
    arrivals = of_event or reports.arrivals_of_case(tx, wanted)
    rejections = reports.rejections_about(tx, wanted)
    if not arrivals and not rejections:
        raise NotFound(
            f"nothing is known of {wanted}: give an event's id or a case's as the publisher wrote it"
        )
    if of_event:
        lines = _lines_of_events(tx, of_event)
        told = reports.notices_of_events(tx, [row.pk for row in of_event])
    else:
        lines = journal.of_case(tx, wanted)
        told = reports.notices_of_case(tx, wanted)
    return [
        *_in_time(
            [(row.arrived_at, _arrival(row, timezone)) for row in arrivals],
            [(row.at, _rejection(row, timezone)) for row in rejections],
            [(row.at, _line(tx, row, timezone, personal)) for row in lines],
        ),
        *_standing(tx, told, timezone),
        *_open_for_staff(tx, timezone, wanted, personal),
    ]


def _in_time(*told: list[tuple[datetime, Record]]) -> list[Record]:
    together = [pair for part in told for pair in part]
    return [record for _, record in sorted(together, key=lambda pair: pair[0])]


def _lines_of_events(tx: Tx, arrivals: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    found = {
        line.pk: line for row in arrivals for line in journal.of_event(tx, row.pk, row.event_id, row.case_id)
    }
    return [found[pk] for pk in sorted(found)]


def _arrival(row: Row[Any], timezone: ZoneInfo) -> Record:
    said = f"{row.event_id} came in: {row.type} of case {row.case_id}, from {row.source}"
    if row.occurred_at != row.arrived_at:
        said += f"; it happened {plain_words.moment(row.occurred_at, timezone)}"
    return {
        "record": "event",
        "at": local(row.arrived_at, timezone),
        "event_id": row.event_id,
        "source": row.source,
        "event_type": row.type,
        "case_id": row.case_id,
        "occurred_at": local(row.occurred_at, timezone),
        "repeats": row.repeats,
        "problem": row.problem,
        "said": said,
        "why": notes_on_arrival(row),
    }


def notes_on_arrival(row: Row[Any]) -> list[str]:
    """Return what is out of the ordinary about how an event came in."""
    notes = [f"it was published again ({row.repeats}), which changed nothing"] if row.repeats else []
    if row.problem is not None:
        notes.append(f"it cannot be planned and was set aside: {row.problem}")
    elif row.backfill:
        notes.append("it is history (backfill): recorded, never notified")
    elif row.planned_at is None:
        notes.append("it waits to be planned")
    return notes


def _rejection(row: Row[Any], timezone: ZoneInfo) -> Record:
    return {
        "record": "rejection",
        "id": f"R{row.pk}",
        "at": local(row.at, timezone),
        "door": row.door,
        "reason": row.reason,
        "said": f"a document that names it was refused ({row.door}): {row.reason}",
        "why": _what_became_of(row),
    }


def _what_became_of(row: Row[Any]) -> list[str]:
    if row.outcome is None:
        return []
    again = ", and came in again" if row.done_at is None else ""
    return [f"discarded by {row.done_by}: {row.outcome}{again}"]


def _line(tx: Tx, row: Row[Any], timezone: ZoneInfo, personal: bool) -> Record:
    record = {"record": "line", **line_of(row, tx.cipher, timezone), "said": plain_words.step(row)}
    if row.attempt_pk is not None:
        record["attempt"] = f"A{row.attempt_pk}"
    if not personal:
        for name in PERSONAL:
            record.pop(name, None)
    return record


def _standing(tx: Tx, told: Sequence[Row[Any]], timezone: ZoneInfo) -> Iterable[Record]:
    made = reports.attempts_of_notices(tx, [row.pk for row in told])
    for row in told:
        yield _notice(row, timezone)
        yield from (_attempt(one, timezone) for one in made if one.notice_pk == row.pk)


def _open_for_staff(tx: Tx, timezone: ZoneInfo, wanted: str, personal: bool) -> Iterable[Record]:
    opened = [*worklists.escalations(tx, timezone), *worklists.tasks(tx, timezone, personal=personal)]
    for record in opened:
        if wanted in (record["event_id"], record["case_id"]):
            yield {"record": record["what"], **record}


def _notice(row: Row[Any], timezone: ZoneInfo) -> Record:
    said = f"{row.event_id or row.event_type} for {row.victim_id} {plain_words.NOTICE_STATES[row.state]}"
    if row.reason is not None:
        said += f": {plain_words.reason(row.reason)}"
    if row.send_at is not None:
        said += f" at {plain_words.moment(row.send_at, timezone)}"
    if row.deadline is not None:
        said += f" (due by {plain_words.moment(row.deadline, timezone)})"
    return {
        "record": "notice",
        "id": f"N{row.pk}",
        "case_id": row.case_id,
        "victim_id": row.victim_id,
        "event_id": row.event_id,
        "event_type": row.event_type,
        "state": row.state,
        "tone": row.tone,
        "reason": row.reason,
        "send_at": local(row.send_at, timezone) if row.send_at else None,
        "deadline": local(row.deadline, timezone) if row.deadline else None,
        "said": said,
    }


def _attempt(row: Row[Any], timezone: ZoneInfo) -> Record:
    made = plain_words.moment(row.created_at, timezone)
    return {
        "record": "attempt",
        "id": f"A{row.pk}",
        "notice": f"N{row.notice_pk}",
        "at": local(row.created_at, timezone),
        "channel": row.channel,
        "wording": row.wording,
        "state": row.state,
        "reason": row.reason,
        "code": row.code,
        "said": f"{row.channel} of {made}: {plain_words.outcome(row.state, row.reason, row.code)}",
    }
