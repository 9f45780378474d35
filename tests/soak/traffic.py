"""The events of a soak, all from its seed: cases that open and are told news, repeats, and bad documents."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from tests.chaos.scene import SPEED
from tests.e2e.events import event, mailbox

_OPENS, _REPEATS, _BAD = 0.08, 0.02, 0.01
_SAFETY = 0.02  # of the news
_NEWS_EACH = 12  # then a case is over: nothing in the service may depend on how many there were before
_OFFICERS = 50
_REMEMBERED = 500  # events that may be repeated
_HEARING_DAYS = 14
_NEWS = (
    "case.progress",
    "case.progress",
    "case.suspect_arrested",
    "case.suspect_interviewed",
    "case.charged",
    "court.hearing_listed",
    "victim.updated",
)
_ALWAYS = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "until": "24:00"}
_ORDERS = (["sms", "email"], ["email", "sms"])


@dataclass(frozen=True, slots=True)
class Sent:
    """One document of the stream; ``case`` and the rest are ``None`` where it is refused as it comes in."""

    text: str
    case_id: str | None = None
    event_id: str | None = None
    type: str | None = None


def documents(seed: int, rate: float, start: datetime) -> Iterator[Sent]:
    """Yield documents without end, ``rate`` a second of real time; the first is of ``start``."""
    traffic = _Traffic(Random(f"{seed} events"))
    place = 0
    while True:
        for sent in traffic.next(start + timedelta(seconds=place / rate * SPEED)):
            place += 1
            yield sent


def first(count: int, seed: int, rate: float, start: datetime) -> Iterator[Sent]:
    """Yield the first ``count`` documents."""
    return islice(documents(seed, rate, start), count)


class _Traffic:
    """The cases so far, and what comes next."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._opened = 0
        self._going_on: list[int] = []  # each case as often as it will have news
        self._told = 0
        self._lately: deque[Sent] = deque(maxlen=_REMEMBERED)

    def next(self, at: datetime) -> list[Sent]:
        """Return what is published next: one document, or the two that begin a case."""
        chance = self._random.random()
        if not self._going_on or chance < _OPENS:
            return self._keep([*self._open(at)])
        if chance < _OPENS + _REPEATS:
            return [self._random.choice(self._lately)]
        if chance < _OPENS + _REPEATS + _BAD:
            return [self._bad(at)]
        return self._keep([self._news(at)])

    def _keep(self, sent: list[Sent]) -> list[Sent]:
        self._lately.extend(sent)
        return sent

    def _open(self, at: datetime) -> Iterator[Sent]:
        case = self._opened
        self._opened += 1
        self._going_on += [case] * _NEWS_EACH
        yield _sent(_opening(case, at), case)
        yield _sent(_registration(case, at), case)

    def _news(self, at: datetime) -> Sent:
        case = self._next_case()
        self._told += 1
        kind = "custody.escaped" if self._random.random() < _SAFETY else self._random.choice(_NEWS)
        data = _DATA[kind](case, self._told, at) if kind in _DATA else {}
        return _sent(event(kind, f"n{self._told}", at, case, **data), case)

    def _next_case(self) -> int:
        place = self._random.randrange(len(self._going_on))
        self._going_on[place], last = self._going_on[-1], self._going_on[place]
        self._going_on.pop()
        return last

    def _bad(self, at: datetime) -> Sent:
        """Return a document that is refused: each with words of its own, for the same body is kept once."""
        self._told += 1
        known = json.loads(self._lately[0].text)
        bad: tuple[str, ...] = (
            f"no JSON at all {self._told}",
            json.dumps(event("case.exploded", f"n{self._told}", at, 0)),
            json.dumps({**event("case.progress", f"n{self._told}", at, 0), "time": "yesterday"}),
            json.dumps({**known, "data": {**known["data"], "occurred_at": at.isoformat()}}),
        )
        return Sent(self._random.choice(bad))


def _sent(document: dict[str, Any], case: int) -> Sent:
    return Sent(json.dumps(document), f"c{case}", document["id"], document["type"])


def _opening(case: int, at: datetime) -> dict[str, Any]:
    staff = {"officer": _officer("off", case), "supervisor": _officer("sup", case)}
    shown = {"offence": "burglary", "force": "Example", "reference": f"EX/{case}/26"}
    return event("case.opened", f"o{case}", at, case, **shown, **staff)


def _officer(role: str, case: int) -> dict[str, str]:
    number = case % _OFFICERS
    return {
        "id": f"{role}{number}",
        "name": f"PC Example {number}",
        "email": f"{role}{number}@police.example",
    }


def _registration(case: int, at: datetime) -> dict[str, Any]:
    return event(
        "victim.registered",
        f"r{case}",
        at,
        case,
        victim_id=f"v{case}",
        name={"title": "Ms", "given": f"Given{case}", "family": f"Family{case}"},
        contact_points=[
            {"id": "sms", "channel": "sms", "address": _number(case)},
            {"id": "email", "channel": "email", "address": mailbox(case)},
        ],
        contract={"channels": _ORDERS[case % 2], "windows": [_ALWAYS]},
    )


def _number(case: int) -> str:
    """Return a number of her own: there are more victims than numbers for drama, and all of it stays here."""
    return f"+447701{case:06d}"


def _hearing(case: int, told: int, at: datetime) -> dict[str, Any]:
    starts = (at + timedelta(days=_HEARING_DAYS)).replace(hour=10, minute=0, second=0, microsecond=0)
    where = {"court": "Example Crown Court", "purpose": "trial"}
    return {"hearing_id": f"h{told}", "starts_at": starts.isoformat(), **where}


_DATA: dict[str, Callable[[int, int, datetime], dict[str, Any]]] = {
    "case.progress": lambda case, told, at: {"text": f"Step {told} of case {case} is done."},
    "case.charged": lambda case, told, at: {"offences": ["burglary"]},
    "custody.escaped": lambda case, told, at: {"on": at.date().isoformat()},
    "court.hearing_listed": _hearing,
    "victim.updated": lambda case, told, at: {
        "victim_id": f"v{case}",
        "contract": {"channels": _ORDERS[told % 2]},
    },
}
