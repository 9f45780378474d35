"""One history run through the real rooms on the virtual clock, and its lines ready to be asked about."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from notifier.policy_file import load_policies
from notifier.rendering import Renderer
from notifier.rules.policy import Policies
from notifier.simulation import Simulation, read_outcomes
from tests.properties.clock import instant
from tests.properties.duties import deadline, enhanced, surely_by, tone
from tests.properties.histories import History
from tests.properties.known import Event, Known, arrivals, known_at
from tests.properties.profiles import same

Line = dict[str, Any]
Complaints = Iterator[str]
OF_STAFF = ("task", "escalation")


@cache
def _shipped() -> tuple[Policies, Renderer]:
    policies = load_policies()
    return policies, Renderer(policies.timezone)


# A safety escalation that nobody answers is repeated every half hour: such a history is not run to its end.
_MOST_LINES = 60


def simulated(history: History) -> Run:
    """Run the history as `notifier simulate` would, as far as the first lines go."""
    policies, renderer = _shipped()
    outcomes = read_outcomes([json.dumps(outcome) for outcome in history.outcomes])
    with Simulation(policies, renderer.render, outcomes) as simulation, _errors() as errors:
        all_lines = simulation.run(history.documents(), datetime.fromisoformat(history.until))
        return Run(history, list(islice(all_lines, _MOST_LINES)), errors)


class _Collector(logging.Handler):
    def __init__(self, seen: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        self._seen.append(self.format(record))


@contextmanager
def _errors() -> Iterator[list[str]]:
    """Collect what the service logs as errors: a room that breaks is passed over and shows no line."""
    seen: list[str] = []
    handler = _Collector(seen)
    log = logging.getLogger("notifier")
    log.addHandler(handler)
    try:
        yield seen
    finally:
        log.removeHandler(handler)


class Run:
    """A history with the lines that followed from it up to ``until``, in their order."""

    def __init__(self, history: History, lines: list[Line], errors: list[str]) -> None:
        self.history = history
        self.errors = errors
        cut_off = len(lines) == _MOST_LINES
        self.until = instant(lines[-1]["at"] if cut_off else history.until)
        self.lines = [line for line in lines if instant(line["at"]) < self.until]
        self.events = arrivals(history)
        self.by_id = {event.id: event for event in self.events}
        self._known: dict[datetime, Known] = {}

    @property
    def messages(self) -> list[Line]:
        """The messages to victims and representatives."""
        return [line for line in self.lines if line["what"] == "message"]

    def known(self, at: datetime) -> Known:
        """Return what had arrived by ``at``."""
        if at not in self._known:
            self._known[at] = known_at(at, self.events)
        return self._known[at]

    def known_to(self, line: Line) -> Known:
        """Return what had arrived when the line was written."""
        return self.known(instant(line["at"]))

    def contract(self, message: Line) -> dict[str, Any]:
        """Return what was agreed with her when the message went."""
        return self.known_to(message).profile(message["person_id"]).get("contract") or {}

    def needs(self, message: Line) -> dict[str, Any]:
        """Return how she had to be written to when the message went."""
        return self.known_to(message).profile(message["person_id"]).get("needs") or {}

    def tone(self, event: Event, message: Line) -> str:
        """Return how the event was to be told to her when the message went."""
        return tone(event, self.known_to(message), message["person_id"])

    def deadline(self, event: Event, message: Line) -> datetime:
        """Return by when the event was due, with her rights as they were when the message went."""
        rights = enhanced(self.known_to(message), event.case_id, message["person_id"])
        return deadline(event, with_enhanced_rights=rights)

    def latest(self, event: Event, message: Line) -> datetime:
        """Return the deadline, and a little more for what is told at once and was refused for a moment."""
        rights = enhanced(self.known_to(message), event.case_id, message["person_id"])
        return surely_by(event, with_enhanced_rights=rights)

    def told_by(self, message: Line) -> list[Event]:
        """Return the events that a message tells; none for a courtesy update."""
        return [self.by_id[event_id] for event_id in message["event_ids"]]

    def messages_about(self, event: Event, victim_id: str) -> list[Line]:
        """Return the messages that tell this victim, or who represents her, the event."""
        return [m for m in self.messages if m["person_id"] == victim_id and event.id in m["event_ids"]]

    def outcome_of(self, message: Line) -> Line | None:
        """Return the line that says what became of a message."""
        key = ("case_id", "person_id", "channel", "address", "event_ids")
        later = self.lines[self._place(message) + 1 :]
        ends = (line for line in later if line["what"] in ("delivered", "unconfirmed", "failed"))
        return next((end for end in ends if all(end.get(name) == message[name] for name in key)), None)

    def ended_badly(self, message: Line, before: Line) -> bool:
        """Tell whether a message had failed, or was unconfirmed, when another line was written."""
        end = self.outcome_of(message)
        return end is not None and end["what"] != "delivered" and self._place(end) < self._place(before)

    def _place(self, line: Line) -> int:
        return next(place for place, other in enumerate(self.lines) if other is line)

    def is_before(self, line: Line, other: Line) -> bool:
        """Tell whether a line was written before another."""
        return self._place(line) < self._place(other)

    def tries_before(self, message: Line) -> list[Line]:
        """Return the messages to the same person before this one, and what failed without leaving us."""
        before = self.lines[: self._place(message)]
        tried = (line for line in before if line["what"] in ("message", "failed"))
        return [line for line in tried if line["person_id"] == message["person_id"]]

    def provider_says(self, message: Line) -> str:
        """Return the outcome that the history gives to a sending at this time to this address."""
        at = instant(message["at"])
        ruling = [
            outcome["result"]
            for outcome in self.history.outcomes
            if same(outcome["address"]) == same(message["address"])
            and ("from" not in outcome or instant(outcome["from"]) <= at < instant(outcome["until"]))
        ]
        return str(ruling[-1]) if ruling else "delivered"

    def contacts(self, line: Line) -> list[dict[str, Any]]:
        """Return the contact points of whom a message goes to: hers, or her representative's."""
        profile = self.known_to(line).profile(line["person_id"])
        representative = (profile.get("needs") or {}).get("representative")
        points: list[dict[str, Any]] = (representative or profile).get("contact_points") or []
        return points

    def lines_of_staff_about(self, event: Event) -> list[Line]:
        """Return the tasks and escalations about an event."""
        return [line for line in self.lines if line["what"] in OF_STAFF and line["event_id"] == event.id]

    def duties(self) -> Iterator[tuple[Event, str, datetime]]:
        """Yield each event with each victim whom it concerns, and when all that it needs was known."""
        whole = self.known(self.until)
        for event in whole.events:
            opened = [e for e in whole.standing if e.type == "case.opened" and e.case_id == event.case_id]
            for victim_id in self._concerned(event, whole):
                registered = whole.registered(event.case_id, victim_id)
                if opened and registered:
                    yield event, victim_id, max(event.at, opened[0].at, registered.at)

    def _concerned(self, event: Event, whole: Known) -> list[str]:
        named = event.victim_ids
        everyone = {e.data["victim_id"] for e in whole.events if e.type == "victim.registered"}
        return sorted(everyone if named is None else everyone & set(named))


def named(message: Line) -> str:
    """Return a message in the words of a complaint."""
    events = ", ".join(message["event_ids"]) or "courtesy"
    where = f"to {message['person_id']} in {message['case_id']}"
    return f"the {message['channel']} of {message['at']} {where} ({events})"
