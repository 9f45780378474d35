"""What a retraction undoes: notices that rested on the wrong event or were kept back by it (rules, 4)."""

from __future__ import annotations

from datetime import datetime

from notifier.records import (
    ABOUT_THE_NEWS,
    Ask,
    CaseEvent,
    Notice,
    NoticeState,
    Settled,
    StaffRequest,
    TaskKind,
    Tone,
)
from notifier.rules.talks import talked_about_at
from notifier.store import notices, registrations, staff
from notifier.store.database import Tx
from notifier.store.situations import CaseFile, newer_on_subject

RETRACTION = "event.retracted"
SPOKE = "spoke"
# Each of them may end what kept a notice back.
LETS_GO = frozenset({RETRACTION, "victim.registered", "case.opened"})


def revive(tx: Tx, file: CaseFile, now: datetime) -> None:
    """Let notices be decided again whose reason for not being told is gone."""
    registered_by = {row.victim_pk: row.event_pk for row in registrations.of_case(tx, file.case.pk)}
    for notice in notices.of_case(tx, file.case.pk):
        event = file.event(notice.event_pk)
        if event is None or event not in file.history or file.wrong_start(notice.victim_pk) is not None:
            continue
        first = event.pk == registered_by[notice.victim_pk]
        if _kept_back_no_more(tx, notice, file, first=first):
            notices.change(tx, notice.pk, state=NoticeState.PLANNED, reason=None)
        elif (notice.state, notice.reason) == (NoticeState.CANCELLED, "retracted"):
            # She is one of the case again, and only from now can it be planned.
            notices.change(tx, notice.pk, state=NoticeState.PLANNED, reason=None, made_at=now)


def _kept_back_no_more(tx: Tx, notice: Notice, file: CaseFile, *, first: bool) -> bool:
    match (notice.state, notice.reason):
        case (NoticeState.CANCELLED, "superseded"):
            return not newer_on_subject(tx, notice, file)
        case (NoticeState.SUPPRESSED, "already_registered"):
            return first
    return False


def take_back_talks(tx: Tx, file: CaseFile) -> None:
    """Where a record of a talk was retracted nobody told her: what it ended begins again."""
    for notice in notices.of_case(tx, file.case.pk):
        event = file.event(notice.event_pk)
        if event is None or event not in file.history or notice.state is NoticeState.SUPPRESSED:
            continue
        if talked_about_at(file.history, event, file.victims[notice.victim_pk].victim_id) is not None:
            continue
        if notice.reason == "told_by_person":
            notices.change(tx, notice.pk, state=NoticeState.PLANNED, reason=None)
        staff.ask_again(tx, notice.case_pk, notice.victim_pk, event.pk, outcome=SPOKE)


def correct(tx: Tx, file: CaseFile) -> tuple[list[Settled], list[Ask]]:
    """Return what was asked about wrong events and is over, and what a person must correct."""
    settled, asks = [], []
    for notice in notices.of_case(tx, file.case.pk):
        wrong = _wrong(notice, file)
        if wrong is None:
            continue
        about = (file.case.pk, notice.victim_pk, notice.event_pk)
        settled.append(Settled(*about, ABOUT_THE_NEWS, wrong.source, "retracted"))
        if notices.was_told(notice):
            safety = notice.tone is Tone.SAFETY
            request = StaffRequest.task(TaskKind.CORRECTION, wrong, safety=safety)
            asks.append(Ask(file.case.pk, notice.victim_pk, request))
    return settled, asks


def _wrong(notice: Notice, file: CaseFile) -> CaseEvent | None:
    """Return the retracted event for which a notice should not be told: its own, or what it rests on."""
    event = file.event(notice.event_pk)
    if event is not None and event not in file.history:
        return event
    return file.wrong_start(notice.victim_pk)
