"""`notifier letters returned`: the print room's file becomes receipts, line by line."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from notifier.store.tables import attempts
from tests.cli.conftest import CommandLine, opened, registered
from tests.mail.test_role import NOW, rows

LETTER = {
    "id": "p3",
    "channel": "letter",
    "safe": True,
    "address": {"lines": ["1 High Street", "Bristol", "BS1 4ST"]},
}


@pytest.fixture
def ref(notifier: CommandLine) -> str:
    """The attempt of a letter that was made."""
    notifier.happen(NOW, [opened(), registered(LETTER)])
    [made] = rows(notifier, select(attempts.c.ref).where(attempts.c.channel == "letter"))
    return str(made.ref)


def state_of(notifier: CommandLine, ref: str) -> str:
    [attempt] = rows(notifier, select(attempts.c.state).where(attempts.c.ref == ref))
    return str(attempt.state)


def test_each_line_is_answered_and_a_wrong_one_stops_no_other(notifier: CommandLine, ref: str) -> None:
    file = notifier.home / "returns.csv"
    file.write_text(f"id,state\nnobody,returned\n{ref},vanished\n{ref},returned\n")
    result = notifier("letters", "returned", str(file))
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "line 2: nobody is no letter of ours",
        "line 3: refused, the state is none of despatched, returned",
        f"line 4: {ref} was returned",
    ]
    assert "2 lines could not be used" in result.stderr
    assert state_of(notifier, ref) == "failed"


def test_the_same_file_again_changes_nothing(notifier: CommandLine, ref: str) -> None:
    file = notifier.write("returns.jsonl", [{"id": ref, "state": "despatched"}])
    expected = [{"line": 1, "id": ref, "outcome": "despatched", "reason": None}]
    before = state_of(notifier, ref)
    assert notifier.records("letters", "returned", file) == expected
    assert notifier.records("letters", "returned", file) == expected
    assert state_of(notifier, ref) == before


def test_a_program_reads_what_was_wrong(notifier: CommandLine, ref: str) -> None:
    file = notifier.home / "returns.csv"
    file.write_bytes(b"\xff\xfe,returned\n")
    result = notifier("letters", "returned", str(file), "--json")
    [line] = [json.loads(line) for line in result.stdout.splitlines()]
    assert (line["outcome"], result.exit_code) == ("unknown", 1)


def test_a_file_that_is_not_there_is_one_line(notifier: CommandLine) -> None:
    result = notifier("letters", "returned", "no-such.csv")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "no-such.csv cannot be read" in result.stderr
