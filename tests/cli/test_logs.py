"""Log lines: plain or JSON, each a record with its ids, and never what an exception says."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from notifier.cli.logs import set_up_logging
from tests.cli.conftest import CommandLine

log = logging.getLogger("notifier.test")


@pytest.fixture
def chosen(notifier: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON is what the settings name."""
    monkeypatch.setenv("NOTIFIER_LOG_FORMAT", "json")


def fail() -> None:
    try:
        raise ValueError("07700 900123 of Jo Bloggs")
    except ValueError:
        log.exception("a send\nfailed", extra={"notice": 7, "entry": b"17-0", "error": "ours"})


def test_a_record_is_one_object_with_its_ids(chosen: None, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging()
    log.info("a role is ready", extra={"queues": "urgent,routine", "attempts": [1, 2]})
    (line,) = capsys.readouterr().err.splitlines()
    shown = json.loads(line)
    at = datetime.fromisoformat(shown.pop("at"))
    assert at.utcoffset() == timedelta(0)
    assert shown == {
        "level": "INFO",
        "logger": "notifier.test",
        "message": "a role is ready",
        "queues": "urgent,routine",
        "attempts": [1, 2],
    }


def test_of_an_exception_only_its_type_and_place_are_written(
    chosen: None, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging()
    fail()
    (line,) = capsys.readouterr().err.splitlines()
    shown = json.loads(line)
    assert (shown["error"], shown["notice"], shown["entry"]) == ("ValueError", 7, "17-0")
    assert shown["place"].rpartition(":")[0] == __file__
    assert "07700" not in line
    assert "Bloggs" not in line


def test_what_is_written_is_text_that_any_program_can_read(
    chosen: None, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging()
    log.info("half a pair \ud83d and a line\u2028end", extra={"door": "\udcff"})
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line.encode().decode())["door"] == "\udcff"


def test_the_format_may_stand_in_the_file_of_settings(
    notifier: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    (notifier.home / ".env").write_text("NOTIFIER_LOG_FORMAT=json\n")
    set_up_logging()
    log.info("ready")
    assert json.loads(capsys.readouterr().err)["message"] == "ready"


@pytest.mark.parametrize("given", ["plain", ""])
def test_plain_is_what_it_is_otherwise(
    notifier: CommandLine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    monkeypatch.setenv("NOTIFIER_LOG_FORMAT", given)
    set_up_logging()
    fail()
    (line,) = capsys.readouterr().err.splitlines()
    assert " ERROR notifier.test a send failed notice=7 " in line
    assert f"(ValueError at {__file__}:" in line


def test_another_format_stops_the_start_with_a_line_that_names_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "notifier", "web"]
    environment = {
        "NOTIFIER_LOG_FORMAT": "yaml",
        "NOTIFIER_HOME": str(tmp_path),
        "PYTHONPATH": ":".join(sys.path),
    }
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "notifier: NOTIFIER_LOG_FORMAT: is neither plain nor json; give one of these\n"
