"""A short form of what `make fuzz` does with coverage: bytes that were right once, into each reader."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import broken_bytes
from tests.fuzz.targets import TARGETS

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "30"))


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_whatever_it_reads_it_answers(name: str, data: st.DataObject) -> None:
    reads, right = TARGETS[name]
    reads(data.draw(broken_bytes(right) | st.binary(max_size=200)))


@pytest.mark.parametrize("name", TARGETS)
def test_what_it_begins_with_is_right(name: str) -> None:
    reads, right = TARGETS[name]
    reads(right)
