"""Strategies for what is agreed with a victim, and for addresses that several people may have."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.properties.event_data import REPRESENTATIVE, VICTIMS, Data

# Few of each, so that people share them; each is written in several ways.
_ADDRESSES: dict[str, list[list[Any]]] = {
    "sms": [
        [f"07700 900{n}", f"+447700900{n}", f"0044 7700 900{n}", f"+44 (0)7700 900{n}"]
        for n in (101, 102, 103)
    ],
    "email": [
        [f"{name}@example.org", f"{name}@EXAMPLE.ORG", f"{name.title()}@example.org"]
        for name in ("jo", "idris", "ada")
    ],
    "letter": [
        [
            {"lines": [f"{n} Mill Lane", "Exampletown", "EX1 1AA"]},
            {"lines": [f"{n} mill lane", "EXAMPLETOWN", "ex1 1aa", "United Kingdom"]},
        ]
        for n in (1, 2, 3)
    ],
    "call": [[f"01632 960{n}", f"+441632960{n}"] for n in (101, 102)] + [["07700 900101", "+447700900101"]],
}


def same(address: Any) -> str:
    """Return the one form of an address however it is written (a letter's printed lines included)."""
    lines = address["lines"] if isinstance(address, dict) else address.split("\n")
    if len(lines) > 1:
        own = [line for line in lines if line.casefold() != "united kingdom"]
        return " ".join(re.sub(r"\W+", "", line.casefold()) for line in own)
    written = str(lines[0])
    if "@" in written:
        return written.casefold()
    digits = re.sub(r"\D", "", written.replace("(0)", ""))
    return re.sub(r"^(0044|44|0)", "+44", digits)


def addresses(channel: str) -> SearchStrategy[Any]:
    """Return one of the few addresses of a channel, in one of its spellings."""
    return st.sampled_from([spelling for spellings in _ADDRESSES[channel] for spelling in spellings])


_MIXES: list[tuple[str, ...]] = [
    *(("sms", "email"), ("sms", "email", "letter"), ("email", "sms", "sms"), ("letter", "sms", "email")),
    *(("sms",), ("email", "letter"), ("letter",), ("call", "sms"), ("sms", "call", "email"), ()),
]
_SAFE = st.sampled_from([None, None, None, True, True, None, True, False])
_DATED = st.sampled_from([None] * 9 + [("valid_from", 3), ("valid_until", 2), ("valid_until", -1)])


@st.composite
def points(draw: st.DrawFn, prefix: str = "p") -> list[Data]:
    """Return contact points; ``dated`` is an entry and its days from the event, see ``histories``."""
    listed = []
    for number, channel in enumerate(draw(st.sampled_from(_MIXES)), start=1):
        drawn = {"safe": draw(_SAFE), "dated": draw(_DATED)}
        point = {"id": f"{prefix}{number}", "channel": channel, "address": draw(addresses(channel))}
        listed.append(point | {name: value for name, value in drawn.items() if value is not None})
    return _once(listed)


def _once(listed: list[Data]) -> list[Data]:
    """Leave out what would give a person the same address twice for one channel."""
    return list({(point["channel"], same(point["address"])): point for point in reversed(listed)}.values())[
        ::-1
    ]


_SPANS = st.sampled_from(
    [
        *(("18:00", "20:00"), ("09:00", "17:00"), ("17:15", "17:45"), ("22:00", "24:00")),
        *(("00:00", "06:00"), ("00:30", "01:30"), ("01:15", "01:45"), ("12:00", "12:01")),
    ]
)
_DAYS = st.sampled_from([None, None, ["wed"], ["mon", "tue", "wed", "thu", "fri"], ["sat", "sun"], ["mon"]])
_WINDOW = st.tuples(_SPANS, _DAYS).map(
    lambda drawn: {"from": drawn[0][0], "until": drawn[0][1]} | ({"days": drawn[1]} if drawn[1] else {})
)
_TWO_WINDOWS = st.tuples(_WINDOW, _WINDOW).map(list)
WINDOWS: SearchStrategy[list[Data]] = st.one_of(_WINDOW.map(lambda one: [one]), _TWO_WINDOWS, st.just([]))
_ORDERS: list[Any] = [
    *(None, ["sms", "email"], ["email", "sms"], ["sms", "email", "letter", "call"], ["letter", "sms"]),
    *(["sms", "letter"], ["call", "sms"], ["sms"], ["letter"]),
]
_OF_HER_POINTS = "of her points"  # most victims agree to what they gave
_CONTRACT: dict[str, SearchStrategy[Any]] = {
    "wants": st.sampled_from([None, *["all"] * 9, "key_events", "key_events", "none"]),
    "channels": st.sampled_from([_OF_HER_POINTS] * 9 + _ORDERS),
    "windows": WINDOWS,
    "windows_strict": st.sampled_from([True, None, False, True]),
    "every_days": st.sampled_from([None, None, 1, 3]),
}
_REPRESENTATIVE = points("r").map(lambda theirs: {"name": REPRESENTATIVE, "contact_points": theirs})
_NEEDS: dict[str, SearchStrategy[Any]] = {
    "language": st.sampled_from([None, None, None, "cy"]),
    "format": st.sampled_from([None, None, None, "large_print", "easy_read"]),
    "discreet": st.sampled_from([None, None, None, True, False]),
    "voicemail": st.sampled_from([None, None, True]),
    "representative": st.one_of(st.none(), st.none(), st.none(), _REPRESENTATIVE),
}


def _written(fields: dict[str, SearchStrategy[Any]]) -> SearchStrategy[Data]:
    """Leave out what is not agreed: ``None`` in an update would take it back."""
    drawn = st.fixed_dictionaries(fields)
    return drawn.map(lambda found: {name: value for name, value in found.items() if value is not None})


def _agreed(data: Data) -> Data:
    contract = data["contract"]
    if contract.get("channels") == _OF_HER_POINTS:
        hers = dict.fromkeys(point["channel"] for point in data["contact_points"])
        data = {**data, "contract": {**contract, "channels": list(hers)}}
    return data


AGREEMENTS = st.fixed_dictionaries(
    {
        "contact_points": points(),
        "contract": _written(_CONTRACT),
        "needs": _written(_NEEDS),
        "enhanced": st.sampled_from([False, False, True]),
    }
).map(_agreed)
# What a later event changes: one thing, or a null that takes it back.
CHANGES: SearchStrategy[Data] = st.one_of(
    _CONTRACT["wants"].map(lambda wants: {"contract": {"wants": wants}}),
    st.sampled_from(_ORDERS).map(lambda channels: {"contract": {"channels": channels}}),
    st.tuples(WINDOWS, st.booleans()).map(
        lambda agreed: {"contract": {"windows": agreed[0], "windows_strict": agreed[1]}}
    ),
    points().map(lambda listed: {"contact_points": listed}),
    st.sampled_from(["p1", "p2", "p3"]).map(lambda gone: {"contact_points": [{"id": gone, "address": None}]}),
    st.booleans().map(lambda discreet: {"needs": {"discreet": discreet}}),
    st.one_of(st.none(), _REPRESENTATIVE).map(lambda someone: {"needs": {"representative": someone}}),
    st.booleans().map(lambda enhanced: {"enhanced": enhanced}),
)
PARTIES = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["suspect", "defendant", "witness"]),
        "contact_points": points("q"),
        "victim_id": st.sampled_from([None, None, None, *VICTIMS[:2]]),
    }
)
