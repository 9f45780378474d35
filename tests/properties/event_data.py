"""Strategies for the ``data`` of every event type: valid, and near to what a police force would publish.

A value that depends on when or where the event stands in its history is a function of that place, see
:class:`Place`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Data = dict[str, Any]
Filled = Callable[["Place"], Data]

VICTIMS = ("v1", "v2", "v3")
NAMES: dict[str, Data] = {
    "v1": {"title": "Ms", "given": "Jo", "family": "Bloggs"},
    "v2": {"title": "Mr", "given": "Idris", "family": "Quill"},
    "v3": {"family": "Okonjo"},
}
REPRESENTATIVE = {"title": "Ms", "given": "Ada", "family": "Thorne"}
SOURCES = ("urn:example:records", "urn:example:court")
OFFENCES = (
    *("burglary", "theft", "vehicle", "robbery", "violence", "criminal_damage", "fraud", "hate_crime"),
    *("antisocial_behaviour", "domestic_abuse", "stalking", "sexual_offence", "trafficking", "child_abuse"),
    *(
        "road_collision",
        "homicide",
        "other",
        "domestic_abuse",
        "stalking",
    ),  # these two have rules of their own
)


@dataclass(frozen=True)
class Place:
    """Where an event stands: when it is published; its case's told events; others that may be wrong."""

    at: datetime
    told: tuple[str, ...]
    others: tuple[str, ...]

    def some(self, number: int, *, or_other: bool = False) -> str:
        """Return one of the told events (or of the others); an unknown one where there is none."""
        known = self.told + (self.others if or_other else ())
        return known[number % len(known)] if known else "unknown-event"

    def day(self, offset: int) -> str:
        """Return a local day so many days from the publishing."""
        return (self.at + timedelta(days=offset)).date().isoformat()


def staff(role: str) -> SearchStrategy[Data]:
    """Return a member of staff; a number to call is sometimes missing."""
    names = {"officer": "PC Priya Shah", "cover": "PC Ann Field", "supervisor": "Sgt Tom Reid"}
    person = {
        "id": f"{role}1",
        "name": names.get(role, "Victim Care Unit"),
        "email": f"{role}@police.example",
    }
    phone = {"phone": "01632 960001", "next_shifts": ["Mon 07:00-15:00"]}
    return st.sampled_from([{**person, **phone}] * 9 + [person])


_PLAIN = ("We are waiting for the laboratory.", "A neighbour has spoken with us again.")
_TEXT = st.sampled_from(
    (
        *_PLAIN,
        "Jo Bloggs was named by a caller.",
        "The burglary next door is looked at together with this.",
        "See https://police.example/appeal for more.",
        "This took longer than we hoped. " * 20,
    )
)
_CONDITIONS = st.lists(
    st.sampled_from(["must not contact you", "must not enter Mill Lane", "must stay away from Idris"]),
    max_size=2,
)
_NUMBER = st.integers(0, 30)
_DAYS = st.sampled_from([1, 0, 2, 5, 10, 30, -1])
_VICTIM = st.sampled_from(["v1", *VICTIMS])


def _fixed(**fields: Any) -> SearchStrategy[Filled]:
    """Return data whose fields depend on nothing; a value that is no strategy stands for itself."""
    drawn = {
        name: value if isinstance(value, SearchStrategy) else st.just(value) for name, value in fields.items()
    }
    return st.fixed_dictionaries(drawn).map(
        lambda data: lambda _: {k: v for k, v in data.items() if v is not None}
    )


def _maybe(value: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | value


def _hearing() -> SearchStrategy[Filled]:
    def fill(drawn: tuple[str, int, str]) -> Filled:
        hearing, days, clock = drawn
        place = {"hearing_id": hearing, "court": "Example Crown Court", "purpose": "trial"}
        return lambda here: {**place, "starts_at": f"{here.day(days)}T{clock}+01:00"}

    return st.tuples(
        st.sampled_from(["h1", "h1", "h1", "h2"]), _DAYS, st.sampled_from(["10:00:00", "00:30:00"])
    ).map(fill)


def _on(*, needed: bool) -> SearchStrategy[Filled]:
    def fill(drawn: tuple[int | None, list[str]]) -> Filled:
        days, conditions = drawn
        if days is None:
            return lambda _: {"conditions": conditions}
        return lambda here: {"on": here.day(days), "conditions": conditions}

    return st.tuples(_DAYS if needed else _maybe(_DAYS), _CONDITIONS).map(fill)


def _progress() -> SearchStrategy[Filled]:
    def fill(drawn: tuple[str, bool, int]) -> Filled:
        text, waits, days = drawn
        if not waits:
            return lambda _: {"text": text}
        # What is awaited is named after the instant: a courtesy update that quotes it can be traced to it.
        return lambda here: {
            "text": text,
            "waiting_for": f"report {here.at:%d%H%M}",
            "expected_by": here.day(days),
        }

    return st.tuples(_TEXT, st.booleans(), _DAYS).map(fill)


def _talk() -> SearchStrategy[Filled]:
    def fill(drawn: tuple[str, str, list[int], int]) -> Filled:
        victim, outcome, about, ago = drawn
        fixed = {"victim_id": victim, "by": "officer1", "method": "phone", "outcome": outcome}
        return lambda here: {
            **fixed,
            "about": sorted({here.some(number) for number in about}),
            "at": (here.at - timedelta(minutes=ago)).isoformat(),
        }

    outcomes = st.sampled_from(["spoke", "spoke", "spoke", "left_message", "no_answer"])
    about, ago = st.lists(_NUMBER, min_size=1, max_size=3), st.sampled_from([0, 0, 45, 1500])
    return st.tuples(_VICTIM, outcomes, about, ago).map(fill)


def _answer() -> SearchStrategy[Filled]:
    def by_event(number: int) -> Filled:
        return lambda here: {"about": here.some(number), "by": "officer1", "outcome": "It was looked after."}

    by_id = _fixed(id=st.sampled_from(["E1", "E2", "T1", "T2"]), by="officer1", outcome="It was done.")
    return _NUMBER.map(by_event) | by_id


def _absence() -> SearchStrategy[Filled]:
    def fill(drawn: tuple[int, Data | None]) -> Filled:
        days, cover = drawn
        away: Data = {"officer_id": "officer1"} | ({"cover": cover} if cover else {})
        return lambda here: {**away, "from": here.day(0), "until": here.day(days)}

    return st.tuples(st.integers(0, 9), _maybe(staff("cover"))).map(fill)


def _retraction() -> SearchStrategy[Filled]:
    def fill(drawn: tuple[int, str]) -> Filled:
        number, source = drawn
        return lambda here: {"source": source, "id": here.some(number, or_other=True)}

    return st.tuples(_NUMBER, st.sampled_from(SOURCES[:1] * 3 + SOURCES)).map(fill)


_DECISION = _fixed(
    reasons=_maybe(_TEXT),
    reasons_withheld=_maybe(st.just("a source is protected")),
    review_right=st.booleans(),
)
_NOTHING = _fixed()

TOLD: dict[str, SearchStrategy[Filled]] = {
    "officer.assigned": _fixed(officer=staff("officer")),
    "case.not_investigated": _DECISION,
    "case.no_further_action": _DECISION,
    "case.closed": _DECISION,
    "case.suspect_arrested": _NOTHING,
    "case.suspect_interviewed": _NOTHING,
    "case.suspect_released": _fixed(
        outcome=st.sampled_from(["no_charge", "bail", "under_investigation"]), conditions=_CONDITIONS
    ),
    "case.bail_changed": _fixed(
        bail_id=st.sampled_from(["b1", "b1", "b2"]),
        change=st.sampled_from(["varied", "cancelled"]),
        conditions=_CONDITIONS,
    ),
    "case.charged": _fixed(offences=["burglary"]),
    "case.out_of_court": _fixed(disposal=st.sampled_from(["a caution", "a payment to Jo"])),
    "case.charge_altered": _fixed(change=st.sampled_from(["altered", "stopped"]), reasons=_maybe(_TEXT)),
    "case.reopened": _fixed(reasons=_maybe(_TEXT)),
    "case.progress": _progress(),
    "court.hearing_listed": _hearing(),
    "court.hearing_changed": _hearing(),
    "court.bail_decided": _fixed(outcome=_maybe(st.just("bail")), conditions=_CONDITIONS),
    "court.warrant_issued": _fixed(outcome=_maybe(st.just("arrest"))),
    "court.witness_required": _fixed(hearing_id=_maybe(st.just("h1"))),
    "court.special_measures": _fixed(outcome=_maybe(_TEXT)),
    "court.verdict": _fixed(
        outcome=st.sampled_from(["guilty", "not_guilty", "not_guilty", "other"]), meaning=_maybe(_TEXT)
    ),
    "court.sentenced": _fixed(
        outcome=st.sampled_from(["custody", "suspended", "community", "fine"]), meaning=_maybe(_TEXT)
    ),
    "court.appeal": _fixed(
        stage=st.sampled_from(["allowed", "listed", "decided"]), outcome=_maybe(st.just("dismissed"))
    ),
    "custody.release_planned": _on(needed=True),
    "custody.released": _on(needed=False),
    "custody.recalled": _on(needed=False),
    "custody.escaped": _on(needed=False),
    "contact_scheme.offered": _fixed(victim_contact_unit=staff("unit")),
}
OF_STAFF: dict[str, SearchStrategy[Filled]] = {
    "contact.recorded": _talk(),
    "officer.absent": _absence(),
    "escalation.acknowledged": _answer(),
    "escalation.resolved": _answer(),
    "task.done": _answer(),
    "support.referred": _fixed(victim_id=_VICTIM, service="Victim Support"),
    "support.declined": _fixed(victim_id=_VICTIM, service="Victim Support"),
    "victim.withdrew": _fixed(victim_id=_VICTIM),
    "event.retracted": _retraction(),
}
