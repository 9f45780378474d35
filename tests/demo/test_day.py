"""When each event of the day is published, and on what clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifier.demo.day import Day, load_day
from notifier.demo.home import forget_settings, new_home, write_settings
from notifier.demo.playing import due_lines
from notifier.settings import load_settings
from tests.e2e.events import event

MORNING = datetime(2026, 4, 21, 6, 30, tzinfo=UTC)


def a_day(folder: Path, *, lasts: timedelta = timedelta(hours=12)) -> Day:
    """Two events of history, published out of order, one in the morning and one at the end."""
    documents = [
        event("case.progress", "evening", MORNING + lasts, 1),
        event("case.opened", "old", MORNING - timedelta(days=40), 1, backfill=True),
        event("case.progress", "morning", MORNING, 1),
        event("victim.registered", "older", MORNING - timedelta(days=41), 1, backfill=True),
    ]
    file = folder / "events.jsonl"
    file.write_text("\n".join(json.dumps(document) for document in documents))
    return load_day(file)


def ids(lines: list[str]) -> list[str]:
    return [json.loads(line)["id"] for line in lines]


def test_history_is_published_at_once_and_each_event_at_its_time(tmp_path: Path) -> None:
    day = a_day(tmp_path)
    assert ids(due_lines(day, 0, day.start)) == ["older", "old"]
    assert ids(due_lines(day, 2, MORNING - timedelta(seconds=1))) == []
    assert ids(due_lines(day, 2, MORNING)) == ["morning"]
    assert ids(due_lines(day, 3, day.end)) == ["evening"]
    assert ids(due_lines(day, 4, day.end)) == []


def test_the_clock_reaches_the_start_when_the_roles_had_time_to_come_up(tmp_path: Path) -> None:
    day, started = a_day(tmp_path), datetime(2026, 11, 21, tzinfo=UTC)
    clock = day.clock(started)
    assert clock.epoch_virtual == day.start
    assert clock.epoch_real - started >= timedelta(seconds=5)
    assert timedelta(hours=12) / clock.speed <= timedelta(seconds=30)


def test_a_long_file_takes_no_longer(tmp_path: Path) -> None:
    day = a_day(tmp_path, lasts=timedelta(days=30))
    assert (day.end - day.start).total_seconds() / day.speed < 180


def test_settings_of_a_real_service_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFIER_HTTP_PORT", "9")
    monkeypatch.setenv("HOME_OF_ANOTHER", "kept")
    with pytest.MonkeyPatch.context() as restored:
        restored.setenv("NOTIFIER_HTTP_PORT", "10")  # given back afterwards
        forget_settings()
        assert load_settings().http_port != 10


def test_every_command_in_the_folder_reads_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = new_home()
    assert home.parent == tmp_path / "var"
    assert home.stat().st_mode & 0o077 == 0
    write_settings(home, {"HOME": ".", "REDIS_URL": "redis://:a#secret@127.0.0.1:1/0"})
    assert (home / ".env").stat().st_mode & 0o077 == 0  # it holds passwords
    monkeypatch.chdir(home)
    settings = load_settings()
    assert (settings.home, settings.redis_url) == (home, "redis://:a#secret@127.0.0.1:1/0")
