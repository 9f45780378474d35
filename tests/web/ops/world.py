"""Two forces' cases as they come to be in a day, made by the real rooms with channels that reach nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notifier.path import Path
from notifier.records import ChannelName
from tests.builders import at
from tests.fakes import FAILED, FakeChannel

NORTH, SOUTH = "Northmoor Police", "Southmoor Police"
START = at("Mon 30 Mar 2026 09:00")
NOW = at("Wed 1 Apr 2026 14:00")
_STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class Force:
    """A force's name, and the letter with which the ids of its cases, victims and staff begin.

    Its cases: ``1`` cannot be reached; ``2`` is bad news that a person tells first; ``3`` is a release of
    which no message arrives; ``4`` is told as usual; ``5`` has a record that was merged with another one.
    """

    name: str
    letter: str

    def case(self, number: int) -> str:
        """Return a case's id."""
        return f"{self.letter}-case-{number}"

    def victim(self, number: int) -> str:
        """Return the id of a case's victim."""
        return f"{self.letter}-victim-{number}"

    def reference(self, number: int) -> str:
        """Return a case's reference."""
        return f"{self.letter.upper()}M/{4000 + number}/26"

    @property
    def source(self) -> str:
        """The system that publishes its events."""
        return f"urn:{self.letter}:records"

    def staff(self, role: str) -> dict[str, Any]:
        """Return an officer, a supervisor or a unit."""
        return {
            "id": f"{self.letter}-{role}",
            "name": f"{role.title()} of {self.letter}",
            "email": f"{role}@{self.letter}.police.example",
            "phone": "01632 960001",
        }


NORTHMOOR, SOUTHMOOR = Force(NORTH, "n"), Force(SOUTH, "s")


def number_of(force: Force, case: int) -> str:
    """Return the mobile number of a case's victim, as it is stored."""
    return f"+447700900{1 if force is NORTHMOOR else 2}{case:02d}"


def play(path: Path, channels: Mapping[ChannelName, FakeChannel], *forces: Force) -> None:
    """Have the forces' events taken in, planned and sent, and all that follows until :data:`NOW`."""
    have_some_fail(channels, *forces)
    waiting = sorted((when, document) for force in forces for when, document in _events(force))
    now = START
    while now <= NOW:
        due = [document for when, document in waiting if now - _STEP < when <= now]
        if due:
            taken = path.take_in(due, now, door="http")
            assert all(one.reason is None for one in taken), taken
        _turn(path, now)
        now += _STEP
    path.take_in([f'{{"id": "{force.letter}-broken"}}' for force in forces], NOW, door="queue")


def have_some_fail(channels: Mapping[ChannelName, FakeChannel], *forces: Force) -> None:
    """Have nothing arrive at the numbers of the cases 1 and 3."""
    for force in forces:
        for case in (1, 3):
            channels[ChannelName.SMS].will_answer(*[FAILED] * 50, to=number_of(force, case))


def _turn(path: Path, now: datetime) -> None:
    until = now + timedelta(minutes=5)
    path.sweep(now)
    path.plan(path.unplanned_cases(), now)
    while victims := path.due(now):
        path.deliver(victims, now, until)
    while path.tell_staff(now, until):
        pass


def _events(force: Force) -> Iterator[tuple[datetime, str]]:
    for case in range(1, 6):
        yield from _opening(force, case)
    news = at("Tue 31 Mar 2026 10:00")
    yield event(force, 1, "case.suspect_arrested", news)
    yield event(
        force, 2, "case.no_further_action", news, reasons=f"Not enough to charge. {force.letter}-secret"
    )
    yield event(force, 3, "case.suspect_released", news, outcome="bail", conditions=["not to contact her"])
    yield event(force, 4, "case.suspect_arrested", news)
    yield event(
        force,
        4,
        "case.progress",
        news + timedelta(hours=2),
        text=f"We looked at the camera. {force.letter}-secret",
    )
    merged = {"victim_id": force.victim(5), "other_id": force.victim(4)}
    yield event(force, 5, "case.suspect_interviewed", NOW - timedelta(hours=3))
    yield event(force, 5, "victim.merged", NOW - timedelta(hours=3), **merged)


def _opening(force: Force, case: int) -> Iterator[tuple[datetime, str]]:
    offence = {2: "domestic_abuse", 3: "stalking"}.get(case, "burglary")
    staff = {role: force.staff(role) for role in ("officer", "supervisor", "unit")}
    opened = {"offence": offence, "force": force.name, "reference": force.reference(case), **staff}
    yield event(force, case, "case.opened", START, **opened)
    points = [{"id": "p1", "channel": "sms", "address": number_of(force, case)}]
    if case in (2, 4):
        address = f"victim{case}@{force.letter}.example"
        points.append({"id": "p2", "channel": "email", "address": address})
    name = {"title": "Ms", "given": "Jo", "family": f"{force.letter.upper()}oone{case}"}
    yield event(
        force,
        case,
        "victim.registered",
        START,
        victim_id=force.victim(case),
        name=name,
        contact_points=points,
    )


def event(of: Force, case: int, type_: str, when: datetime, /, **data: Any) -> tuple[datetime, str]:
    """Return an event about a case of a force, and when it is published."""
    document = {
        "specversion": "1.0",
        "source": of.source,
        "id": f"{of.case(case)}-{type_}",
        "type": type_,
        "time": when.isoformat(),
        "data": {"case_id": of.case(case), **data},
    }
    return when, json.dumps(document)
