"""What holds for every command: help with an example, exit statuses, errors of one line."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from notifier.cli import app
from tests.cli.conftest import CommandLine

HEAVY = ("sqlalchemy", "redis", "dramatiq", "fastapi", "uvicorn", "twilio", "pydantic", "rich.console")


def commands(command: Any, *path: str) -> Iterator[tuple[str, ...]]:
    for name, child in getattr(command, "commands", {}).items():
        if hasattr(child, "commands"):
            yield from commands(child, *path, name)
        else:
            yield (*path, name)


ALL = list(commands(typer.main.get_command(app)))


def test_the_commands_of_the_contract_are_there() -> None:
    names = {" ".join(command) for command in ALL}
    assert names >= {
        "demo", "run", "intake", "worker", "scheduler", "web", "publish", "simulate", "trace", "failures",
        "escalations", "due", "retry", "acknowledge", "resolve", "check", "doctor", "db upgrade", "keys add",
        "keys list", "keys revoke", "release", "cancel", "schema", "policy diff", "templates check",
        "templates preview",
    }  # fmt: skip


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_every_command_has_help_with_an_example_of_itself(
    notifier: CommandLine, command: tuple[str, ...]
) -> None:
    result = notifier(*command, "--help")
    assert result.exit_code == 0
    example = result.stdout.split("Example:\n", 1)[1].split("\n\n")[0]
    assert f"notifier {' '.join(command)}" in example
    assert "╭" not in result.stdout


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_the_list_of_commands_shows_whole_sentences(notifier: CommandLine, command: tuple[str, ...]) -> None:
    listed = notifier(*command[:-1], "--help").stdout.split("Commands:\n")[1]
    (line,) = [line for line in listed.splitlines() if line.split()[0] == command[-1]]
    assert line.endswith(".")
    assert not line.endswith("...")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("simulat", "Did you mean 'simulate'? (see `notifier --help`)"),
        ("db", "Missing command. (see `notifier db --help`)"),
        ("keys nothing", "No such command 'nothing'."),
        ("publish", "Missing argument 'FILE'. (see `notifier publish --help`)"),
        ("simulate f.jsonl", "Missing option '--until'."),
        ("simulate f.jsonl --until 2026-05-01T00:00:00", "is no time with an offset; give 2026-"),
        ("simulate f.jsonl --until tomorrow", "is no time with an offset"),
        ("worker --queue slow", "'slow' is not one of 'urgent', 'routine', 'bulk'"),
        ("failures --color", "No such option: --color"),
        ("retry 12", "12 is no id of this kind; give one such as N12 or S12 (see `notifier retry --help`)"),
        ("retry E1", "give one such as N12 or S12"),
        ("acknowledge T1", "give one such as E12"),
        ("release T1", "give one such as N12 or E12"),
        ("cancel K1", "give one such as N12 or E12 or S12"),
        ("resolve N1 --outcome x", "give one such as E12 or T12"),
        ("resolve T1", "Missing option '--outcome'."),
        ("resolve T1 --outcome ' '", "--outcome needs between 1 and 500 characters"),
        ("keys revoke N1", "give one such as K12"),
        ("due --days -1", "greater than or equal to 0"),
    ],
)
def test_wrong_usage_is_status_2_and_one_line(notifier: CommandLine, typed: str, said: str) -> None:
    result = notifier(*shlex.split(typed))
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("notifier: ")
    assert said in line


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("simulate nowhere.jsonl --until 2026-05-01T00:00:00Z", "nowhere.jsonl cannot be read (No such file"),
        ("publish nowhere.jsonl", "nowhere.jsonl cannot be read (No such file or directory): give a file"),
        ("publish .", "cannot be read (Is a directory)"),
        (
            "publish -",
            "no Redis is running: start everything with `notifier run`, or give NOTIFIER_REDIS_URL",
        ),
        ("intake", "no Redis is running"),
        ("worker", "no Redis is running"),
        ("scheduler", "no Redis is running"),
        ("trace e1", "nothing is known of e1: give an event's id or a case's as the publisher wrote it"),
        ("retry N1", "N1 is not a notice that can be tried again; see `notifier failures`"),
        ("acknowledge E1", "there is no open escalation 1; `notifier escalations` lists them"),
        ("resolve T1 --outcome done", "there is no open task 1; `notifier due` lists them"),
        ("keys revoke K1", "K1 is not a key in use; `notifier keys list` shows them"),
    ],
)
def test_what_fails_is_status_1_and_one_line_with_the_mend(
    notifier: CommandLine, typed: str, said: str
) -> None:
    result = notifier(*shlex.split(typed))
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("notifier: ")
    assert said in line


@pytest.mark.parametrize("typed", ["run", "intake", "worker", "web", "failures", "db upgrade", "simulate -"])
def test_a_wrong_setting_stops_every_command_with_one_line(
    notifier: CommandLine, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_HTTP_PORT", "many")
    more = ["--until", "2026-05-01T00:00:00Z"] if "simulate" in typed else []
    result = notifier(*shlex.split(typed), *more)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("notifier: NOTIFIER_HTTP_PORT: ")


def test_a_database_that_does_not_answer_is_one_line_without_its_password(
    notifier: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_DATABASE_URL", "postgresql://u:hidden@127.0.0.1:1/notifier")
    monkeypatch.setenv("NOTIFIER_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("NOTIFIER_DATA_KEYS", "A" * 43 + "=")
    for typed in ("db upgrade", "failures"):
        result = notifier(*shlex.split(typed))
        assert result.exit_code == 1
        (line,) = result.stderr.splitlines()
        assert "the database does not answer" in line
        assert "hidden" not in line


def test_without_a_command_it_shows_its_help(notifier: CommandLine) -> None:
    result = notifier()
    assert result.exit_code == 0
    assert "Commands:" in result.stdout
    assert notifier("--version").stdout.strip()[0].isdigit()


def test_the_program_starts_without_what_only_some_commands_need() -> None:
    code = f"import sys, notifier.cli; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_real_process_ends_with_the_status_too() -> None:
    command = [sys.executable, "-m", "notifier", "db", "downgrade"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
