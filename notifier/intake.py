"""Intake: what publishers send becomes checked events, each stored once, or is kept with its reason."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from notifier.errors import EventRefused
from notifier.event_types import EVENT_TYPES
from notifier.store import events, sources
from notifier.store.database import Tx
from notifier.store.events import Added, NewEvent
from notifier.wire import Moment

OTHER_CONTENT = "an event with this source and id came before with other content; give a new id"
_MOST_BYTES = 1_000_000
_DEEPEST = 50  # readers give up near a thousand; a checked event must never be too deep for a later one
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_WITH_OFFSET = "give a time with its offset, such as 2026-04-01T09:30:00+01:00"
_KINDS = {
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "tuple_type": "must be an array",
    "string_type": "must be a text",
}


class Outcome(StrEnum):
    """What became of one document."""

    ACCEPTED = "accepted"
    REPEAT = "repeat"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer about one document; ``reason`` says why it was refused, and the mend."""

    outcome: Outcome
    source: str | None = None
    id: str | None = None
    case_id: str | None = None
    reason: str | None = None


class _Envelope(BaseModel):
    specversion: Literal["1.0"]
    id: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    source: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    type: str
    time: Moment
    data: dict[str, Any]


def take_in(
    tx: Tx, documents: Sequence[str], *, door: str, now: datetime, allowed_source: str | None = None
) -> list[Taken]:
    """Store each CloudEvents document once; return an answer for each, in order.

    What cannot be taken is kept whole, with its reason, for staff. ``door`` says where it came in;
    ``allowed_source`` is the only source that this publisher may use.
    """
    answers: dict[int, Taken] = {}
    checked: list[tuple[int, NewEvent]] = []
    for place, document in enumerate(documents):
        try:
            checked.append((place, _checked(document, allowed_source)))
        except EventRefused as refused:
            answers[place] = _refuse(tx, door, document, str(refused), now)
    added = events.add_all(tx, [event for _, event in checked], now)
    sources.note(tx, (event.source for _, event in checked), now)
    for (place, event), what in zip(checked, added, strict=True):
        if what is Added.DIFFERENT:
            answers[place] = _refuse(tx, door, documents[place], OTHER_CONTENT, now)
        else:
            outcome = Outcome.ACCEPTED if what is Added.NEW else Outcome.REPEAT
            answers[place] = Taken(outcome, event.source, event.id, event.case_id)
    return [answers[place] for place in range(len(documents))]


def _refuse(tx: Tx, door: str, document: str, reason: str, now: datetime) -> Taken:
    events.reject(tx, door, document, reason, now)
    source, event_id = _identity(document)
    return Taken(Outcome.REFUSED, source, event_id, reason=reason)


def _identity(document: str) -> tuple[str | None, str | None]:
    """Return ``source`` and ``id`` of a refused document as far as they can be read and said again."""
    try:
        read = json.loads(document)
        source, event_id = read.get("source"), read.get("id")
    except (ValueError, AttributeError, RecursionError):
        return None, None
    return _name(source), _name(event_id)


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and _is_text(value) else None


def _checked(document: str, allowed_source: str | None) -> NewEvent:
    read = _read(document)
    try:
        envelope = _Envelope.model_validate(read)
    except ValidationError as problem:
        raise EventRefused(_complaint(problem, "")) from None
    if allowed_source is not None and envelope.source != allowed_source:
        raise EventRefused(f"source: this key may only publish as {allowed_source}")
    row = EVENT_TYPES.get(envelope.type)
    if row is None:
        raise EventRefused(_unknown_type(envelope.type))
    try:
        data = row.data.model_validate(envelope.data)
    except ValidationError as problem:
        raise EventRefused(_complaint(problem, "data.")) from None
    return NewEvent(
        source=envelope.source,
        id=envelope.id,
        type=envelope.type,
        case_id=data.case_id,
        published_at=_plausible(envelope.time, "time"),
        occurred_at=_plausible(data.occurred_at or envelope.time, "data.occurred_at"),
        backfill=data.backfill,
        document=read,
    )


def _plausible(moment: datetime, place: str) -> datetime:
    """Refuse what is a slip, and has no local time where the calendar ends."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise EventRefused(f"{place}: the year is not between {_FIRST_YEAR} and {_LAST_YEAR}; correct it")
    return moment


def _read(document: str) -> dict[str, Any]:
    if len(document.encode(errors="replace")) > _MOST_BYTES:
        raise EventRefused(f"the event is larger than {_MOST_BYTES:,} bytes; send references, not documents")
    try:
        read = json.loads(document)
    except (ValueError, RecursionError):
        raise EventRefused("this is not JSON; send one CloudEvents 1.0 document") from None
    if not isinstance(read, dict):
        raise EventRefused("this is no JSON object; send one CloudEvents 1.0 document")
    for depth, values in enumerate(_levels(read), start=1):
        if depth > _DEEPEST:
            raise EventRefused(f"the event is deeper than {_DEEPEST} levels; make it flatter")
        if not all(_is_text(value) for value in values if isinstance(value, str)):
            raise EventRefused("a text holds a character that is none (U+0000 or half of a pair); remove it")
    return read


def _levels(read: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield the values of a document from the outside in, level by level, the keys of objects among them."""
    level: list[Any] = [read]
    while level:
        yield level
        level = [inner for value in level for inner in _inside(value)]


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


def _is_text(value: str) -> bool:
    """Tell whether every database can hold it: no U+0000, which ends a text, and no half of a character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _unknown_type(name: str) -> str:
    near = difflib.get_close_matches(name, EVENT_TYPES, n=1)
    hint = f"did you mean {near[0]}?" if near else "see `notifier schema` for the types that are known"
    return f"type: not a known type of event; {hint}"


def _complaint(problem: ValidationError, prefix: str) -> str:
    """Name one field that is wrong, and the mend; never its value, which may be personal."""
    # The innermost: of the forms that an address may have, it is about the one that was meant.
    detail = max(problem.errors(include_input=False, include_url=False), key=lambda each: len(each["loc"]))
    place = ".".join(str(part) for part in detail["loc"] if not _is_form(part))
    return f"{prefix}{place}: {_words(detail)}" if place else _words(detail)


def _is_form(part: int | str) -> bool:
    """Tell whether it is pydantic's name for one form of several, which no publisher wrote."""
    return isinstance(part, str) and (part == "str" or part[:1].isupper())


def _words(detail: ErrorDetails) -> str:
    if detail["type"] == "missing":
        return "is missing; give it"
    if detail["type"] == "timezone_aware":
        return f"has no offset; {_WITH_OFFSET}"
    if detail["type"].startswith("datetime"):
        return f"is not a time; {_WITH_OFFSET}"
    if detail["type"] in _KINDS:
        return _KINDS[detail["type"]]
    return detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
