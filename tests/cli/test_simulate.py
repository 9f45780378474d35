"""`notifier simulate`: the lines that a small file gives, and how they are shown."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import EMAIL, NUMBER, SMS, CommandLine, event, opened, registered

UNTIL = ("--until", "2026-04-02T00:00:00+01:00")
EVENINGS = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "18:00", "until": "20:00"}]
ARREST = event("e1", "case.suspect_arrested", "2026-04-01T09:30:00+01:00")


def shown(lines: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """The named entries of the lines about the arrest."""
    return [tuple(line.get(name) for name in names) for line in lines if line["event_id"] == "e1"]


def test_an_arrest_is_told_in_the_evening_that_she_asked_for(notifier: CommandLine) -> None:
    file = notifier.write("events.jsonl", [ARREST, registered(SMS, windows=EVENINGS), opened()])
    lines = notifier.records("simulate", file, *UNTIL)
    evening = "2026-04-01T18:00:00+01:00"
    assert shown(lines, "at", "what", "channel", "address", "deadline") == [
        (evening, "message", "sms", NUMBER, "2026-04-10T23:59:59+01:00"),
        (evening, "delivered", "sms", NUMBER, "2026-04-10T23:59:59+01:00"),
    ]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)


def test_a_number_that_is_dead_is_followed_by_the_email_at_once(notifier: CommandLine) -> None:
    file = notifier.write("events.jsonl", [opened(), registered(SMS, EMAIL), ARREST])
    dead = {"address": "07700 900123", "result": "failed", "from": "2026-04-01T00:00:00+01:00"}
    outcomes = notifier.write("outcomes.jsonl", [dead])
    lines = notifier.records("simulate", file, *UNTIL, "--outcomes", outcomes)
    at = "2026-04-01T09:30:00+01:00"
    assert shown(lines, "at", "what", "channel", "reason") == [
        (at, "message", "sms", None),
        (at, "failed", "sms", "bad_address"),
        (at, "message", "email", None),
        (at, "delivered", "email", None),
    ]


def test_the_end_is_exclusive(notifier: CommandLine) -> None:
    file = notifier.write("events.jsonl", [opened(), registered(SMS), ARREST])
    before = notifier.records("simulate", file, "--until", "2026-04-01T08:30:00Z")
    assert shown(before, "what") == []
    after = notifier.records("simulate", file, "--until", "2026-04-01T08:30:01Z")
    assert shown(after, "what") == [("message",), ("delivered",)]


def test_another_policy_may_be_tried(notifier: CommandLine) -> None:
    file = notifier.write("events.jsonl", [opened(), registered(SMS), ARREST])
    policy = notifier.home / "policy.toml"
    policy.write_text('[limits]\n"case.suspect_arrested" = [2, 1]\n')
    lines = notifier.records("simulate", file, *UNTIL, "--policy", str(policy))
    assert shown(lines, "what", "deadline")[0] == ("message", "2026-04-07T23:59:59+01:00")


def test_events_come_from_standard_input_too_and_nothing_is_stored(notifier: CommandLine) -> None:
    file = notifier.write("events.jsonl", [opened(), registered(SMS), ARREST])
    given = Path(file).read_text()
    assert notifier.records("simulate", "-", *UNTIL, given=given) == notifier.records(
        "simulate", file, *UNTIL
    )
    assert [path.name for path in notifier.home.iterdir()] == ["events.jsonl"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"{}\n", "line 1 is no event with a time; see `notifier schema`"),
        (b'{"time": "2026-04-01T09:30:00"}\n', "line 1: time has no offset"),
        (b'{"time": "2026-04-01T09:30:00Z", "id": "e1"}\n', "event e1: specversion: is missing"),
        (b"{}\n\xff\n", "-, line 2 is not UTF-8: mend it, and give the whole file again"),
    ],
)
def test_a_wrong_event_ends_it_with_one_line(notifier: CommandLine, given: bytes, said: str) -> None:
    result = notifier("simulate", "-", *UNTIL, given=given)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert said in line


@pytest.mark.parametrize(
    ("option", "content", "said"),
    [
        ("--outcomes", '{"address": "07700 900123", "result": "lost"}', "outcomes, line 1: result: "),
        ("--policy", "timezone = 7", "timezone"),
    ],
)
def test_a_wrong_file_beside_it_ends_it_with_one_line(
    notifier: CommandLine, option: str, content: str, said: str
) -> None:
    file = notifier.home / "beside"
    file.write_text(content)
    result = notifier("simulate", "-", *UNTIL, option, str(file), given="")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert said in line


def test_on_a_terminal_it_is_a_table(notifier: CommandLine) -> None:
    text = "A [bold]word[/bold] in brackets."
    progress = event("e1", "case.progress", "2026-04-01T09:30:00+01:00", text=text)
    file = notifier.write("events.jsonl", [opened(), registered(EMAIL), progress])
    seen = _on_a_terminal("simulate", file, *UNTIL)
    assert "message email" in seen
    assert "case.progress (c1)" in seen
    assert text in " ".join(seen.split())
    assert '"what"' not in seen


def _on_a_terminal(*arguments: str) -> str:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "notifier", *arguments]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "400"}
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE, env=environment) as process:
        os.close(theirs)
        seen = _read_all(ours)
    assert process.returncode == 0
    return seen.decode()


def _read_all(descriptor: int) -> bytes:
    seen = b""
    with os.fdopen(descriptor, "rb", buffering=0) as terminal:
        try:
            while part := terminal.read(65536):
                seen += part
        except OSError:  # how Linux says that the other side was closed
            pass
    return seen
