"""Every scenario beside this file, run through the real rooms on the virtual clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.reading import FOLDER, Scenario

SCENARIOS = [Scenario.read(path) for path in sorted(FOLDER.glob("*/*.yaml"))]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_lines_are_as_the_rule_says(scenario: Scenario, tmp_path: Path) -> None:
    complaints = scenario.complaints(scenario.lines(tmp_path))
    assert not complaints, "\n".join((scenario.written["sentence"], *complaints))
