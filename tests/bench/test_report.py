"""Figures come back from their files as they were kept, and stand between a document's markers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import report
from bench.capacity import as_markdown
from bench.figures import Figure

FIGURE = Figure("sms-loop", "rate", "notices/s", (900.0, 1000.0, 1234.0), (0.5, 2.0, 1.0), "sqlite", "a note")


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    return tmp_path


def test_a_figure_is_the_median_of_its_runs() -> None:
    assert FIGURE.median == 1000


def test_kept_figures_come_back(results: Path) -> None:
    report.keep("sms-loop", {}, [FIGURE])
    assert report.kept() == [FIGURE]


def test_the_tables_take_the_place_of_those_before(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cost = Figure("sms-loop", "processor", "ms/notice", (2.0,), (1.0,), "postgresql")
    report.keep("sms-loop", {}, [FIGURE, cost])
    document = results / "scaling.md"
    document.write_text(
        "before\n<!-- make bench: figures -->\nan old table\n<!-- end -->\nbetween\n"
        "<!-- make bench: capacity -->\n<!-- end -->\nafter\n"
    )
    monkeypatch.setattr(report, "DOCUMENTS", [document])
    report.write_documents()
    text = document.read_text()
    assert text.startswith("before\n<!-- make bench: figures -->\n| what |")
    assert text.endswith("<!-- end -->\nafter\n")
    assert "an old table" not in text
    assert "| sms-loop: rate (a note) | sqlite | 1,000 | notices/s | 900, 1,000, 1,234 | 0.5 to 2.0 |" in text
    assert as_markdown(2.0) in text


def test_a_document_without_a_place_for_a_table_stays_as_it_is(results: Path) -> None:
    document = results / "README.md"
    document.write_text("no markers\n")
    report.write_into(document, "figures", "a table")
    assert document.read_text() == "no markers\n"
