"""One line of time for each victim of a case: what came in, what was decided and why, what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row

from notifier import plain_words
from notifier.event_data import ContactRecorded
from notifier.records import CaseEvent, What
from notifier.rules import history
from notifier.rules.talks import talk_at
from notifier.store import case_story, journal, notes
from notifier.store.case_story import Found, Source, Stretch
from notifier.store.database import Tx
from notifier.store.notes import Note
from notifier.trace import notes_on_arrival

_DECISION, _RECEIPT, _TASK, _ESCALATION = "Decision", "Receipt", "Task", "Escalation"
KINDS: dict[What, str] = {
    What.MESSAGE: "Message",
    What.PROMPT: "Reminder to staff",
    What.TASK: _TASK,
    What.DONE: _TASK,
    What.ESCALATION: _ESCALATION,
    What.ACKNOWLEDGED: _ESCALATION,
    What.RESOLVED: _ESCALATION,
    What.SUPPRESSED: _DECISION,
    What.HELD: _DECISION,
    What.CANCELLED: _DECISION,
    What.DECIDED: _DECISION,
    What.CLOSURE: "Closing",
    What.DELIVERED: _RECEIPT,
    What.UNCONFIRMED: _RECEIPT,
    What.FAILED: _RECEIPT,
    What.ACCEPTED: _RECEIPT,
    What.CONFIRMED: _RECEIPT,
    What.RECEIVED: "Reply",
}
"""What each line of the journal is headed by, a label."""
_ASKS = (_TASK, _ESCALATION)
_METHODS = {"phone": "by telephone", "visit": "on a visit", "email": "by email", "letter": "by letter"}
_TALKS = {"spoke": "spoke with the victim", "left_message": "left a message", "no_answer": "got no answer"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it was handed over, without its words: ``receipts`` are what its provider said later."""

    row: Row[Any]
    wording: str
    outcome: str
    receipts: tuple[tuple[datetime, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story. ``kind`` and ``marks`` are labels; ``said`` and ``why`` are plain English.

    ``due`` is by when it must be done or told. ``ref`` is the task or escalation that it is about,
    ``is_open`` whether that still waits, ``repeats`` how often staff were told of it again. ``text`` is what
    staff wrote.
    """

    at: datetime
    kind: str
    said: str
    why: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    event: CaseEvent | None = None
    sent: Sent | None = None
    due: datetime | None = None
    ref: str | None = None
    is_open: bool = False
    repeats: Row[Any] | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """Lines, the oldest first; ``has_earlier`` where more came before them."""

    lines: tuple[Line, ...]
    has_earlier: bool


@dataclass(frozen=True, slots=True)
class CaseWide:
    """What every line of time of one case is told with.

    ``work`` are its tasks and escalations by name, ``repeats`` as :func:`journal.repeats` returns them.
    """

    case: Found
    work: Mapping[str, Row[Any]] = field(default_factory=dict)
    repeats: Mapping[int, Row[Any]] = field(default_factory=dict)
    notes: Sequence[Note] = ()
    registered: Sequence[Row[Any]] = ()
    retracted: frozenset[tuple[str, str]] = frozenset()


def read(tx: Tx, case: Found) -> CaseWide:
    """Return what concerns the whole case."""
    gone = frozenset(history.retractions(case_story.retractions(tx, case.case_id)))
    if case.pk is None:
        return CaseWide(case, retracted=gone)
    victims, work = case_story.registered(tx, case.pk), case_story.work(tx, case.pk)
    return CaseWide(case, work, journal.repeats(tx, case.pk), notes.of_case(tx, case.pk), victims, gone)


def tell(tx: Tx, about: CaseWide, victim: Row[Any] | None, *, limit: int, skip: int = 0) -> Story:
    """Return the newest ``limit`` lines but ``skip`` of one victim's story; without one, of the case's own.

    Lines that turn out to be about other victims alone are left out of them.
    """
    found = case_story.stretch(tx, about.case, victim.victim_pk if victim else None, limit=limit, skip=skip)
    told = {**_events(tx, about, found, victim), **_journal(tx, about, found)}
    told |= {(Source.ATTEMPT, pk): line for pk, line in _unanswered(tx, found)}
    lines = _once([told[source, pk] for _, source, pk in found.lines if (source, pk) in told])
    lines += _notes(about, found, victim, is_newest=skip == 0)
    return Story(tuple(sorted(lines, key=lambda line: line.at)), found.after is not None)


def _once(lines: Iterable[Line]) -> list[Line]:
    """Return the lines, a message without the reasons that stand at the decision before it."""
    result: list[Line] = []
    decided: tuple[str, ...] = ()
    for line in lines:
        if line.kind == _DECISION:
            decided = line.why
        elif line.sent is not None:
            line = replace(line, why=tuple(reason for reason in line.why if reason not in decided))
        result.append(line)
    return result


_Told = dict[tuple[Source, int], Line]


def _events(tx: Tx, about: CaseWide, found: Stretch, victim: Row[Any] | None) -> _Told:
    came = case_story.came_in(tx, found.keys(Source.EVENT))
    hers = [(event, noted) for event, noted in came if _concerns(event, about, victim)]
    talks = [event.data for event, _ in hers if isinstance(event.data, ContactRecorded)]
    named = {event_id for talk in talks for event_id in talk.about}
    types = case_story.types_of(tx, about.case.case_id, named)
    return {(Source.EVENT, event.pk): _event(event, noted, about, types) for event, noted in hers}


def _concerns(event: CaseEvent, about: CaseWide, victim: Row[Any] | None) -> bool:
    """Tell whether an event is of her story: it names her, or nobody who is a victim of the case."""
    if victim is None:
        return True
    one = {getattr(event.data, name, None) for name in ("victim_id", "other_id")}
    named = {*(event.victim_ids or ()), *one} & {row.victim_id for row in about.registered}
    return not named or victim.victim_id in named


def _event(event: CaseEvent, noted: Row[Any], about: CaseWide, types: Mapping[str, str]) -> Line:
    marks = {
        "Set aside": noted.problem is not None and noted.planned_at is None,
        "History (backfill)": event.backfill,
        "Retracted": (event.source, event.id) in about.retracted,
    }
    talk = isinstance(event.data, ContactRecorded)
    said = _talk(event, types) if talk else plain_words.news(event.type)
    return Line(
        event.arrived_at,
        "Contact" if talk else "Event",
        _sentence(said),
        tuple(notes_on_arrival(noted)),
        tuple(mark for mark, holds in marks.items() if holds),
        event=event,
    )


def _talk(event: CaseEvent, types: Mapping[str, str]) -> str:
    data = event.data
    told = ", ".join(plain_words.news(types.get(event_id, event_id)) for event_id in data.about)
    words = f"{data.by} {_TALKS[data.outcome]} {_METHODS[data.method]}"
    return f"{words} about {told}" if told else words


def talked_at(event: CaseEvent) -> datetime:
    """Return when what an event tells happened: a contact says so itself."""
    return talk_at(event) if isinstance(event.data, ContactRecorded) else event.occurred_at


def _journal(tx: Tx, about: CaseWide, found: Stretch) -> _Told:
    rows = journal.listed(tx, found.keys(Source.JOURNAL))
    ids = {event_id for row in rows for event_id in row.event_ids or ()}
    types = case_story.types_of(tx, about.case.case_id, ids)
    sent = _sent(tx, [row.attempt_pk for row in rows if row.what == What.MESSAGE])
    return {(Source.JOURNAL, row.pk): _line(row, about, types, sent) for row in rows}


def _line(row: Row[Any], about: CaseWide, types: Mapping[str, str], sent: Mapping[int, Sent]) -> Line:
    asked = about.work.get(row.ref or "")
    told = [plain_words.news(types.get(event_id, event_id)) for event_id in row.event_ids or ()]
    named = told or ([plain_words.news(row.event_type)] if row.event_type else [])
    said = plain_words.step(SimpleNamespace(**{**row._mapping, "event_ids": named}))
    asked_about = [f"about {news}" for news in told if KINDS[What(row.what)] in _ASKS]
    why = [*asked_about, *row.why, *_result(row, asked)]
    return Line(
        row.at,
        KINDS[What(row.what)],
        _sentence(said),
        tuple(reason for reason in why if reason not in said),
        ("Safety",) if asked is not None and asked.safety else (),
        sent=sent.get(row.attempt_pk) if row.what == What.MESSAGE else None,
        due=row.deadline if KINDS[What(row.what)] in (_DECISION, _TASK) else None,
        ref=row.ref,
        is_open=asked is not None and asked.open,
        repeats=about.repeats.get(row.pk),
    )


def _result(row: Row[Any], asked: Row[Any] | None) -> Iterator[str]:
    """Yield what staff said when they were done with it."""
    if asked is not None and row.what == What.DONE and asked.done_by is not None:
        yield f"{asked.done_by}: {asked.outcome}"
    elif asked is not None and row.what == What.RESOLVED and asked.outcome is not None:
        yield asked.outcome


def _sent(tx: Tx, pks: Sequence[int]) -> dict[int, Sent]:
    rows, receipts = case_story.sent(tx, pks), case_story.receipts_of(tx, pks)
    return {pk: as_sent(row, receipts.get(pk, ())) for pk, row in rows.items()}


def as_sent(row: Row[Any], receipts: Iterable[Row[Any]]) -> Sent:
    """Return an attempt in plain words."""
    came = tuple((one.at, plain_words.outcome(one.state, code=one.code)) for one in receipts)
    outcome = plain_words.outcome(row.state, row.reason, row.code)
    return Sent(row, plain_words.WORDINGS[row.wording], outcome, came)


def _unanswered(tx: Tx, found: Stretch) -> Iterator[tuple[int, Line]]:
    """Yield the messages without an answer on record: being handed over, or failed and to be tried again."""
    for pk, sent in _sent(tx, found.keys(Source.ATTEMPT)).items():
        row = sent.row
        said = f"{row.channel} to {row.role} {row.person_id} about {plain_words.news(row.event_type)}"
        yield pk, Line(row.created_at, KINDS[What.MESSAGE], _sentence(said), tuple(row.why), sent=sent)


def _notes(about: CaseWide, found: Stretch, victim: Row[Any] | None, *, is_newest: bool) -> Iterator[Line]:
    """Yield what staff noted in the time of these lines, about her or the whole case."""
    last = None if is_newest or not found.lines else found.lines[-1][0]
    for note in about.notes:
        asked = about.work.get(note.ref)
        whose = asked.victim_pk if asked is not None else None
        hers = victim is None or whose in (None, victim.victim_pk)
        late_enough = found.after is None or note.at > found.after
        if hers and late_enough and (last is None or note.at <= last):
            is_open = asked is not None and asked.open
            yield Line(
                note.at, "Note", f"{note.account} noted:", ref=note.ref, is_open=is_open, text=note.text
            )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
