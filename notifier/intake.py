"""Intake: what publishers send becomes checked events, each stored once, or is kept with its reason."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from notifier import documents
from notifier.errors import EventRefused
from notifier.event_types import EVENT_TYPES
from notifier.store import events, rejections, sources
from notifier.store.database import Tx
from notifier.store.events import Added, NewEvent
from notifier.wire import Moment

OPERATIONS = "urn:notifier:operations"
"""The source of what staff change in the operations room; it comes by a door of its own."""
OPERATIONS_DOOR = "operations"
OTHER_CONTENT = "an event with this source and id came before with other content; give a new id"
_MOST_NAME_BYTES = 1_000  # in UTF-8: with both in it, an index entry of PostgreSQL holds 2,700
_NEWS_YEARS = (2000, 2099)  # bank holidays are known for them, and a duty needs those
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


def _short(name: str) -> str:
    if len(name.encode()) > _MOST_NAME_BYTES:
        raise ValueError(f"has more than {_MOST_NAME_BYTES:,} bytes in UTF-8; make it shorter")
    return name


_Name = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_short)]


class _Envelope(BaseModel):
    specversion: Literal["1.0"]
    id: _Name
    source: _Name
    type: str
    time: Moment
    data: dict[str, Any]


def take_in(
    tx: Tx, written: Sequence[str], *, door: str, now: datetime, allowed_source: str | None = None
) -> list[Taken]:
    """Store each CloudEvents document once; return an answer for each, in order.

    What cannot be taken is kept for staff with its reason: whole, or its beginning where it is too large.
    ``door`` says where it came in; ``allowed_source`` is the only source that this publisher may use.
    """
    answers: dict[int, Taken] = {}
    checked: list[tuple[int, NewEvent]] = []
    for place, document in enumerate(written):
        try:
            checked.append((place, _checked(document, door, allowed_source)))
        except EventRefused as refused:
            answers[place] = _refuse(tx, door, document, str(refused), now)
    added = events.add_all(tx, [event for _, event in checked], now)
    # Staff keep no steady pace, and their silence is no alarm.
    sources.note(tx, (event.source for _, event in checked if event.source != OPERATIONS), now)
    for (place, event), what in zip(checked, added, strict=True):
        if what is Added.DIFFERENT:
            answers[place] = _refuse(tx, door, written[place], OTHER_CONTENT, now)
        else:
            outcome = Outcome.ACCEPTED if what is Added.NEW else Outcome.REPEAT
            answers[place] = Taken(outcome, event.source, event.id, event.case_id)
    return [answers[place] for place in range(len(written))]


def _refuse(tx: Tx, door: str, document: str, reason: str, now: datetime) -> Taken:
    rejections.add(tx, door, document, reason, now)
    source, event_id = _identity(document)
    return Taken(Outcome.REFUSED, source, event_id, reason=reason)


def _identity(document: str) -> tuple[str | None, str | None]:
    """Return ``source`` and ``id`` of a refused document as far as they can be read and said again."""
    if documents.is_too_large(document):
        return None, None
    try:
        read = json.loads(document)
        source, event_id = read.get("source"), read.get("id")
    except (ValueError, AttributeError, RecursionError):
        return None, None
    return _sayable(source), _sayable(event_id)


def _sayable(value: object) -> str | None:
    return value if isinstance(value, str) and documents.is_text(value) else None


def _checked(document: str, door: str, allowed_source: str | None) -> NewEvent:
    read = documents.read(document)
    try:
        envelope = _Envelope.model_validate(read)
    except ValidationError as problem:
        raise EventRefused(_complaint(problem, "")) from None
    if allowed_source is not None and envelope.source != allowed_source:
        raise EventRefused(f"source: this key may only publish as {allowed_source}")
    if envelope.source == OPERATIONS and door != OPERATIONS_DOOR:
        raise EventRefused("source: this one is the operations room's own; give that of your system")
    row = EVENT_TYPES.get(envelope.type)
    if row is None:
        raise EventRefused(_unknown_type(envelope.type))
    try:
        data = row.data.model_validate(envelope.data)
    except ValidationError as problem:
        raise EventRefused(_complaint(problem, "data.")) from None
    event = NewEvent(
        source=envelope.source,
        id=envelope.id,
        type=envelope.type,
        case_id=data.case_id,
        published_at=envelope.time,
        occurred_at=data.occurred_at or envelope.time,
        backfill=data.backfill,
        document=read,
    )
    if row.told and not event.backfill:
        _require_known_years(event)
    return event


def _require_known_years(event: NewEvent) -> None:
    """Refuse news of which nobody could say by when it is due: it would only break the planning later."""
    first, last = _NEWS_YEARS
    for moment, place in ((event.published_at, "time"), (event.occurred_at, "data.occurred_at")):
        if not first <= moment.year <= last:
            words = f"the year of news is not between {first} and {last}; correct it, or give backfill: true"
            raise EventRefused(f"{place}: {words}")


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
