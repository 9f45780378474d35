"""What persons told a victim themselves (``contact.recorded``, outcome spoke)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from notifier.event_data import ContactRecorded
from notifier.records import CaseEvent


def talks_with(history: Iterable[CaseEvent], victim_id: str) -> Iterator[CaseEvent]:
    """Yield the recorded talks with this victim; a message left or an unanswered call is none."""
    for event in history:
        data = event.data
        if isinstance(data, ContactRecorded) and data.victim_id == victim_id and data.outcome == "spoke":
            yield event


def talk_at(talk: CaseEvent) -> datetime:
    """Return when the talk was."""
    at: datetime | None = talk.data.at
    return at or talk.published_at


def talked_about_at(history: Iterable[CaseEvent], event: CaseEvent, victim_id: str) -> datetime | None:
    """Return when a person first spoke with the victim about ``event``, or ``None``."""
    return first_talks(history, victim_id).get(event.id)


def first_talks(history: Iterable[CaseEvent], victim_id: str) -> dict[str, datetime]:
    """Return when a person first spoke with the victim about each event, by the event's id."""
    first: dict[str, datetime] = {}
    for talk in sorted(talks_with(history, victim_id), key=talk_at, reverse=True):
        first |= dict.fromkeys(talk.data.about, talk_at(talk))
    return first
