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
    about = (talk for talk in talks_with(history, victim_id) if event.id in talk.data.about)
    return min((talk_at(talk) for talk in about), default=None)
