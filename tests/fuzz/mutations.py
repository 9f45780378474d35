"""Strategies for documents that were right once and are not any more, or hardly."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from notifier.event_types import EVENT_TYPES
from tests.fuzz.written import MARKER, at_path, paths, put, written

_DEEP: Any = json.loads("[" * 60 + "]" * 60)
_ODD: list[Any] = [
    *(None, True, 0, -1, 10**90, 10**4_000, 1e300, float("inf"), float("nan"), [], {}, _DEEP),
    *("", " ", "\0", "\ud83d", "\U0001f600" * 200, "\U0001f600" * 4_000, "x" * 300_000, "\u202e", "{{ 7 }}"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-29T01:30:00+00:00", "2026-02-30"),
    *("0001-01-01", "9999-12-31", "24:00", "c1", "e-good", MARKER, f"{MARKER}@{MARKER}"),
    ["x"] * 3_000,
    {f"k{number}": number for number in range(3_000)},
]
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES: SearchStrategy[Any] = st.sampled_from(_ODD).map(deepcopy) | st.recursive(
    _SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)
"""Whatever JSON can hold, and what Python writes for what it cannot."""


@st.composite
def broken_documents(draw: DrawFn) -> bytes:
    """Return an event of any type with some of its parts taken away or replaced, and perhaps bytes cut."""
    document = written(draw(st.sampled_from(sorted(EVENT_TYPES))))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(paths(document))))
        if draw(st.booleans()):
            put(document, path, draw(VALUES))
        else:
            del at_path(document, path[:-1])[path[-1]]
    whole = json.dumps(document).encode()
    return draw(st.just(whole) | broken_bytes(whole))


@st.composite
def broken_bytes(draw: DrawFn, whole: bytes) -> bytes:
    """Return ``whole`` with a part of it replaced by other bytes, or said twice."""
    begin = draw(st.integers(0, len(whole)))
    end = draw(st.integers(begin, min(len(whole), begin + 50)))
    other = draw(st.binary(max_size=20) | st.just(whole[begin:end] * 2) | st.just(b'", "case_id": "c2'))
    return whole[:begin] + other + whole[end:]
