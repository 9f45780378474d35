"""The morning's digest: each supervisor and unit is told once a day what waits in their cases."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from notifier import plain_words, staff_mail
from notifier.errors import Unreachable
from notifier.records import Case, Role, StaffMember
from notifier.room_links import RoomLinks
from notifier.rules.policy import Policies
from notifier.rules.timing import at_local, end_of_day, local_day
from notifier.staff_mail import moment_of, name_of
from notifier.store import cases, digests
from notifier.store.database import Store, Tx

_log = logging.getLogger(__name__)
_MOST_LISTED = 25  # of a kind: whoever has more works from the list
_At = Callable[[datetime], str]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of what waits; ``counted`` is for one and for several, ``say`` puts a row in words."""

    heading: str
    counted: tuple[str, str]
    letter: str
    say: Callable[[Row[Any], _At], str]
    page: Callable[[RoomLinks, str, Case], str | None]
    command: str


def _say_escalation(row: Row[Any], at: _At) -> str:
    since = f"level {row.level}, since {at(row.opened_at)}"
    return f"{_safety(row)}{since}: {plain_words.staff_reason(row.reason)}"


def _say_task(row: Row[Any], at: _At) -> str:
    until = f"due {at(row.deadline)}" if row.deadline else f"open since {at(row.opened_at)}"
    return f"{_safety(row)}{until}: {plain_words.staff_reason(row.kind)}"


def _safety(row: Row[Any]) -> str:
    return "SAFETY, " if row.safety else ""


def _say_duty(row: Row[Any], at: _At) -> str:
    planned = f" on {at(row.send_at)}" if row.send_at else ""
    return f"by {at(row.deadline)}: {_news(row)}{planned}"


def _news(row: Row[Any]) -> str:
    return f"{plain_words.news(row.event_type)} {plain_words.NOTICE_STATES[row.state]}"


def _say_failure(row: Row[Any], at: _At) -> str:
    until = f"by {at(row.deadline)}: " if row.deadline else ""
    why = f", {plain_words.reason(row.reason)}" if row.reason else ""
    return f"{until}{_news(row)}{why}"


_ESCALATIONS = _Kind(
    "Escalations that nobody looks after",
    ("escalation", "escalations"),
    "E",
    _say_escalation,
    lambda links, ref, _: links.row(ref),
    "notifier escalations",
)
_TASKS = _Kind(
    "Tasks whose time is over",
    ("task overdue", "tasks overdue"),
    "T",
    _say_task,
    lambda links, ref, _: links.row(ref),
    "notifier due",
)
_DUTIES = _Kind(
    "Victims who must be told today and are not yet",
    ("duty due today", "duties due today"),
    "N",
    _say_duty,
    lambda links, _, case: links.case(case.case_id),
    "notifier due",
)
_FAILURES = _Kind(
    "Failures that wait for a person",
    ("failure", "failures"),
    "N",
    _say_failure,
    lambda links, ref, _: links.failure(ref),
    "notifier failures",
)

_Waiting = Mapping[_Kind, Sequence[Row[Any]]]
"""What waits in the cases of one supervisor or unit, the most pressing first."""


def send_due(store: Store, policies: Policies, links: RoomLinks, now: datetime) -> None:
    """Send the digests of the local day of ``now``, once its time has come: each person's once.

    Whoever has nothing that waits gets none. After a stop it goes on where it was, on the same day; several
    schedulers may send at once. One that cannot be made stops no other. Raises :class:`Unreachable`; then
    call again.
    """
    timezone = policies.timezone
    day = local_day(now, timezone)
    if now < at_local(day, policies.of(None, now).digest_time, timezone):
        return
    with store.read() as tx:
        if digests.is_over(tx, day):
            return
        everybody = _by_person(tx, day, timezone, now)
    write = _Writer(day, timezone, links, now)
    for person_id, waiting in everybody.items():
        try:
            store.run(partial(write.send, person_id=person_id, waiting=waiting))
        except Unreachable:
            raise
        except Exception as problem:
            _log.error("a digest cannot be made", extra={"person": person_id}, exc_info=problem)
    store.run(partial(digests.end, day=day))


def _by_person(
    tx: Tx, day: date, timezone: ZoneInfo, now: datetime
) -> dict[str, dict[_Kind, list[Row[Any]]]]:
    """Return what waits by the id of the supervisor, and of the unit, of its case."""
    start, end = at_local(day, time(), timezone), end_of_day(day, timezone)
    found = {
        _ESCALATIONS: digests.unacknowledged(tx),
        _TASKS: digests.overdue_tasks(tx, now),
        _DUTIES: digests.duties_due(tx, start, end),
        _FAILURES: digests.failures(tx),
    }
    waiting: dict[str, dict[_Kind, list[Row[Any]]]] = {}
    for kind, rows in found.items():
        for row in rows:
            for person_id in {row.supervisor_id, row.unit_id} - {None}:
                waiting.setdefault(person_id, {}).setdefault(kind, []).append(row)
    return waiting


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the digests of one local day, in local time."""

    day: date
    timezone: ZoneInfo
    links: RoomLinks
    now: datetime

    def send(self, tx: Tx, person_id: str, waiting: _Waiting) -> None:
        """Send one person's digest, unless another scheduler has or had it in hand."""
        if not digests.claim(tx, self.day, person_id):
            return
        listed = {row.case_pk for rows in waiting.values() for row in rows[:_MOST_LISTED]}
        cases.bring(tx, listed)
        # Of several records of one person the one in the newest case is the newest.
        member, role = _member(cases.load(tx, max(listed)), person_id)
        staff_mail.digest(tx, member, role, _subject(waiting), list(self._lines(tx, waiting)), self.now)

    def _lines(self, tx: Tx, waiting: _Waiting) -> Iterator[str]:
        yield f"This waits in your cases on {self._at(self.now)}."
        for kind, rows in waiting.items():
            yield ""
            yield f"{kind.heading}: {len(rows)}"
            for row in rows[:_MOST_LISTED]:
                yield from self._entry(tx, kind, row)
            if len(rows) > _MOST_LISTED:
                yield f"- and {len(rows) - _MOST_LISTED} more: {kind.command}"
        yield ""
        commands = dict.fromkeys(kind.command for kind in waiting)
        yield f"All of it: {self.links.work() or ', '.join(commands)}"

    def _entry(self, tx: Tx, kind: _Kind, row: Row[Any]) -> Iterator[str]:
        case, ref = cases.load(tx, row.case_pk), f"{kind.letter}{row.pk}"
        yield f"- {ref}, case {name_of(case)}, {kind.say(row, self._at)}"
        page = kind.page(self.links, ref, case)
        if page is not None:
            yield f"  {page}"

    def _at(self, moment: datetime) -> str:
        return moment_of(moment, self.timezone)


def _member(case: Case, person_id: str) -> tuple[StaffMember, Role]:
    """Return the supervisor or the unit of a case by her id."""
    known = ((case.supervisor, Role.SUPERVISOR), (case.unit, Role.UNIT))
    return next((member, role) for member, role in known if member and member.id == person_id)


def _subject(waiting: _Waiting) -> str:
    counts = (f"{len(rows)} {kind.counted[len(rows) > 1]}" for kind, rows in waiting.items())
    return f"Today in your cases: {', '.join(counts)}"
