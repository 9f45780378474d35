"""Figures come back from their files as they were kept, and stand between a document's markers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import report
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


def test_the_table_takes_the_place_of_the_one_before(results: Path) -> None:
    report.keep("sms-loop", {}, [FIGURE])
    document = results / "scaling.md"
    document.write_text(f"before\n{report.BEGIN}\nan old table\n{report.END}\nafter\n")
    assert report.write_into(document)
    text = document.read_text()
    assert text.startswith(f"before\n{report.BEGIN}\n| what |")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "an old table" not in text
    assert "| sms-loop: rate (a note) | sqlite | 1,000 | notices/s | 900, 1,000, 1,234 | 0.5 to 2.0 |" in text


def test_a_document_without_a_place_for_the_table_stays_as_it_is(results: Path) -> None:
    document = results / "README.md"
    document.write_text("no markers\n")
    assert not report.write_into(document)
    assert document.read_text() == "no markers\n"
