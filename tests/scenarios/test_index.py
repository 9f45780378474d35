"""README.md lists every sentence of the rules with what holds it; here it is compared with the files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.scenarios.reading import FOLDER
from tests.scenarios.test_scenarios import SCENARIOS

ROOT = FOLDER.parents[1]
_ROW = re.compile(r"\| (\d\.\d\d) \| (.+) \| (.+) \|")
ROWS = [match.groups() for match in _ROW.finditer((FOLDER / "README.md").read_text(encoding="utf-8"))]
LISTED = {
    f"{number}-{name}": sentence
    for number, sentence, held in ROWS
    for name in held.split("<br>")
    if not name.startswith(("`", "("))
}
TESTS = sorted({name.strip("`") for *_, held in ROWS for name in held.split("<br>") if name.startswith("`")})


def test_the_sentences_are_numbered_without_a_gap() -> None:
    numbers = [tuple(map(int, number.split("."))) for number, *_ in ROWS]
    expected = [
        (section, place)
        for section in range(1, 8)
        for place in range(1, max(last for first, last in numbers if first == section) + 1)
    ]
    assert numbers == expected


def test_every_scenario_is_listed_and_every_listed_one_exists() -> None:
    assert sorted(LISTED) == sorted(scenario.path.stem for scenario in SCENARIOS)


def test_every_scenario_quotes_its_sentence() -> None:
    wrong = [s.name for s in SCENARIOS if " ".join(s.written["sentence"].split()) != LISTED[s.path.stem]]
    assert wrong == []


@pytest.mark.parametrize("test", TESTS)
def test_every_listed_test_exists(test: str) -> None:
    path, _, name = test.partition("::")
    assert f"def {name}(" in Path(ROOT / path).read_text(encoding="utf-8")
