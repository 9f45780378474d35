"""The table of `make chaos` and its place in the document."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.audit import Findings
from tests.chaos.scene import Result
from tests.chaos.table import BEGIN, END, row, write_into

RESULT = Result("Redis killed", "once", "sqlite", Findings(3, 2, 1, lost=["event e1"]), 4.6)


def test_a_row_counts_what_was_found() -> None:
    assert row(RESULT) == "| Redis killed | once | sqlite | 3 | 2 | 1 | 0 | 1 | 5 |"


def test_the_table_replaces_the_one_before(tmp_path: Path) -> None:
    document = tmp_path / "reliability.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_into(document, [RESULT], 7)
    text = document.read_text()
    assert text.startswith(f"before\n{BEGIN}\n| fault |")
    assert text.endswith(f"Seed 7.\n{END}\nafter\n")
    assert "old" not in text


def test_a_document_without_a_place_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "other.md"
    document.write_text("no place")
    with pytest.raises(ValueError, match=r"other\.md has no place"):
        write_into(document, [RESULT], 7)
    assert document.read_text() == "no place"
