"""Random histories of cases, as publishers would send them, and what becomes of messages sent meanwhile."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.properties.clock import LONDON
from tests.properties.event_data import (
    NAMES,
    OF_STAFF,
    OFFENCES,
    SOURCES,
    TOLD,
    VICTIMS,
    Data,
    Filled,
    Place,
    staff,
)
from tests.properties.profiles import AGREEMENTS, CHANGES, PARTIES, addresses

_Drawn = TypeVar("_Drawn")
_MINUTE = timedelta(minutes=1)
# Clock changes, Easter, the bank holidays of May and August, Christmas and New Year; and an ordinary week.
_STARTS = [
    date.fromisoformat(day)
    for day in (
        "2026-05-12",
        "2026-03-27",
        "2026-10-23",
        "2026-04-01",
        "2026-05-22",
        "2026-08-27",
        "2026-12-23",
    )
]
_GAPS = [0, 1, 9, 10, 11, 29, 31, 60, 241, 480, 700, 1440, 1500, 2880, 4320]
_AGO = [0, 0, 0, 0, 0, 20, 300, 1440, 4500, 12000]
# Not told, and yet more than a word to staff rests on them.
_MAY_BE_WRONG = frozenset(
    {
        *("case.opened", "case.party_recorded", "contact.recorded", "officer.absent"),
        *("victim.registered", "victim.updated", "victim.withdrew"),
    }
)
_MAY_BE_SAFETY = frozenset(
    {
        *("case.suspect_released", "case.bail_changed", "court.bail_decided"),
        *("custody.released", "custody.escaped", "custody.release_planned"),
        *("case.no_further_action", "case.charge_altered", "court.verdict", "court.sentenced"),
    }
)


@dataclass(frozen=True)
class History:
    """Events in the order of a file, the outcomes of sendings, and when to look: all as JSON holds them."""

    events: tuple[Data, ...]
    outcomes: tuple[Data, ...]
    until: str

    def documents(self) -> list[str]:
        """Return the lines of the file."""
        return [json.dumps(event) for event in self.events]

    def in_another_order(self, seed: int) -> History:
        """Return the same file with its lines mixed; what is published at one instant keeps its order."""
        times = sorted({event["time"] for event in self.events})
        Random(seed).shuffle(times)
        mixed = sorted(self.events, key=lambda event: times.index(event["time"]))
        return History(tuple(mixed), self.outcomes, self.until)


@dataclass(frozen=True)
class _Draft:
    """One event before it has its id and its place."""

    type: str
    case_id: str
    gap: int
    ago: int
    fill: Filled
    source: str = SOURCES[0]
    extra: tuple[tuple[str, Any], ...] = ()
    repeated: bool = False


def _told(cases: list[str]) -> SearchStrategy[_Draft]:
    extra = st.sampled_from(
        [()] * 6 + [(("victim_ids", ["v1"]),), (("victim_ids", ["v1", "v2"]),), (("backfill", True),)]
    )
    # Rules of their own hold for these, so they come oftener.
    oftener = [*["case.progress"] * 2, "officer.assigned", *["court.hearing_changed"] * 3]
    kinds = st.sampled_from(sorted(TOLD) + oftener).flatmap(lambda kind: st.tuples(st.just(kind), TOLD[kind]))
    return st.builds(
        lambda kind, case_id, gap, ago, source, extra, repeated: _Draft(
            kind[0], case_id, gap, ago, kind[1], source, extra, repeated
        ),
        kinds,
        st.sampled_from(cases),
        st.sampled_from(_GAPS),
        st.sampled_from(_AGO),
        st.sampled_from(SOURCES[:1] * 5 + SOURCES),
        extra,
        st.sampled_from([False] * 9 + [True]),
    )


def _by_staff(cases: list[str]) -> SearchStrategy[_Draft]:
    kinds = st.sampled_from([*sorted(OF_STAFF), *["contact.recorded"] * 6, *["event.retracted"] * 6])
    drawn = kinds.flatmap(lambda kind: st.tuples(st.just(kind), OF_STAFF[kind]))
    return _drafts(drawn, cases)


def _about_people(cases: list[str]) -> SearchStrategy[_Draft]:
    who = st.sampled_from(["v1", *VICTIMS])
    changes = st.tuples(who, CHANGES).map(
        lambda pair: ("victim.updated", _dated({"victim_id": pair[0], **pair[1]}))
    )
    again = st.tuples(who, AGREEMENTS).map(
        lambda pair: ("victim.registered", _dated({"victim_id": pair[0], **pair[1]}))
    )
    parties = PARTIES.map(lambda party: ("case.party_recorded", _dated(_without_none(party))))
    return _drafts(st.one_of(changes, changes, again, parties), cases)


def _drafts(drawn: SearchStrategy[tuple[str, Filled]], cases: list[str]) -> SearchStrategy[_Draft]:
    return st.builds(
        lambda kind, case_id, gap: _Draft(kind[0], case_id, gap, 0, kind[1]),
        drawn,
        st.sampled_from(cases),
        st.sampled_from(_GAPS),
    )


def _without_none(data: Data) -> Data:
    return {name: value for name, value in data.items() if value is not None}


def _dated(data: Data) -> Filled:
    """Turn every ``dated`` of a contact point into the day that it means at its place."""

    def fill(here: Place, value: Any = data) -> Any:
        if isinstance(value, list):
            return [fill(here, item) for item in value]
        if not isinstance(value, dict):
            return value
        found = {name: fill(here, inner) for name, inner in value.items() if name != "dated"}
        if "dated" in value:
            name, days = value["dated"]
            found[name] = here.day(days)
        return found

    return fill


@st.composite
def _opening(draw: st.DrawFn, case_id: str) -> _Draft:
    data: Data = {
        "offence": draw(st.sampled_from(OFFENCES)),
        "force": "Example",
        "reference": f"EX/{case_id}/26",
        "officer": draw(staff("officer")),
        "fatal": draw(st.sampled_from([False, False, False, True])),
        "suspect_known": draw(st.sampled_from([False, False, True])),
    }
    for role in draw(st.sampled_from([("supervisor", "unit")] * 3 + [("supervisor",), ("unit",), ()])):
        data[role] = draw(staff(role))
    return _Draft("case.opened", case_id, 0, draw(st.sampled_from(_AGO)), lambda _: data)


@st.composite
def _registration(draw: st.DrawFn, case_id: str, victim_id: str) -> _Draft:
    data = {"victim_id": victim_id, "name": NAMES[victim_id], **draw(AGREEMENTS)}
    return _Draft("victim.registered", case_id, draw(st.sampled_from([0, 0, 1])), 0, _dated(data))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Return one history of one or two cases with one to three victims, some of them in both."""
    cases = draw(st.sampled_from([["c1"], ["c1"], ["c1", "c2"]]))
    victims = VICTIMS[: draw(st.sampled_from([1, 1, 2, 3]))]
    beginning = [draw(_opening(case_id)) for case_id in cases]
    beginning += [draw(_registration(cases[0], victim_id)) for victim_id in victims]
    if len(cases) > 1:
        second = draw(st.sampled_from(victims))
        beginning.append(_Draft("victim.registered", "c2", 1, 0, lambda _: {"victim_id": second}))
    one = st.one_of(_told(cases), _told(cases), _about_people(cases), _by_staff(cases))
    later = _some(draw, one, [3, 4, 2, 5, 6, 1])
    drafts = _some_late(beginning, later, draw(st.sampled_from([None] * 4 + list(range(len(beginning))))))
    day = draw(st.sampled_from(_STARTS)) + timedelta(days=draw(st.integers(0, 4)))
    clock = draw(st.sampled_from([9 * 60, 14 * 60, 11 * 60 + 59, 23 * 60 + 40, 30, 85, 19 * 60 + 45]))
    start = datetime.combine(day, datetime.min.time(), LONDON).astimezone(UTC) + clock * _MINUTE
    events = _published(drafts, start, answered=draw(st.sampled_from([True] * 5 + [False])))
    last = max(datetime.fromisoformat(event["time"]) for event in events)
    until = last + timedelta(days=draw(st.sampled_from([1, 2, 5])))
    outcomes = _some(draw, _outcomes(start), [2, 1, 3, 4, 0])
    history = History(tuple(events), tuple(outcomes), until.astimezone(LONDON).isoformat())
    return history.in_another_order(draw(st.integers(0, 1000)))


def _some(draw: st.DrawFn, one: SearchStrategy[_Drawn], sizes: list[int]) -> list[_Drawn]:
    """Draw as many as one of ``sizes`` says; hypothesis's own lists are mostly empty or full."""
    return [draw(one) for _ in range(draw(st.sampled_from(sizes)))]


def _some_late(beginning: list[_Draft], later: list[_Draft], late: int | None) -> list[_Draft]:
    """Sometimes an opening or a registration comes only among what refers to it."""
    if late is None:
        return beginning + later
    middle = len(later) // 2 + 1
    early = beginning[:late] + beginning[late + 1 :]
    return early + later[:middle] + [beginning[late]] + later[middle:]


def _published(drafts: list[_Draft], start: datetime, *, answered: bool) -> list[Data]:
    at, documents = start, []
    for place, draft in enumerate(drafts):
        at += draft.gap * _MINUTE
        told, others = (_ids(drafts, draft.case_id, types) for types in (TOLD, _MAY_BE_WRONG))
        here = Place(at, told, others)
        documents += list(_documents(draft, _id(place), here, answered=answered))
    return documents


def _id(place: int) -> str:
    return f"e{place + 1}"


def _ids(drafts: list[_Draft], case_id: str, types: Collection[str]) -> tuple[str, ...]:
    """Return the ids of one case's events of these types, the coming ones among them."""
    return tuple(
        _id(place) for place, one in enumerate(drafts) if one.case_id == case_id and one.type in types
    )


def _documents(draft: _Draft, event_id: str, here: Place, *, answered: bool) -> Iterator[Data]:
    data = {"case_id": draft.case_id, **draft.fill(here), **dict(draft.extra)}
    if draft.ago:
        data["occurred_at"] = (here.at - draft.ago * _MINUTE).isoformat()
    document = _document(event_id, draft.source, draft.type, here.at, data)
    yield document
    if draft.repeated:
        yield document
    if answered and draft.type in _MAY_BE_SAFETY:
        answer = {
            "case_id": draft.case_id,
            "about": event_id,
            "by": "officer1",
            "outcome": "The victim was visited.",
        }
        answered_at = here.at + 35 * _MINUTE
        yield _document(f"{event_id}-answer", SOURCES[0], "escalation.resolved", answered_at, answer)


def _document(event_id: str, source: str, type_: str, at: datetime, data: Data) -> Data:
    time = at.astimezone(LONDON).isoformat()
    return {"specversion": "1.0", "id": event_id, "source": source, "type": type_, "time": time, "data": data}


@st.composite
def _outcomes(draw: st.DrawFn, start: datetime) -> Data:
    """Return what becomes of messages to one address, always or for some days."""
    channel = draw(st.sampled_from(["sms", "sms", "email", "letter"]))
    results = ["failed", "temporary", "no_receipt", "unknown", "delivered"]
    outcome: Data = {"address": draw(addresses(channel)), "result": draw(st.sampled_from(results))}
    days = draw(st.sampled_from([None, None, (0, 1), (1, 3), (2, 30)]))
    if days is not None:
        first, last = (start + timedelta(days=each) for each in days)
        outcome |= {"from": first.isoformat(), "until": last.isoformat()}
    return outcome
