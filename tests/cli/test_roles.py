"""The roles as real processes: each starts, works and ends when it is asked to."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import pytest
import redis

from notifier.embedded import free_port, running_redis
from tests.cli.conftest import SMS, SOURCE, CommandLine, event, opened, registered

ROLES = ("intake", "worker", "scheduler", "web")
_PATIENCE = 60


@contextmanager
def process(*arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command; where the test leaves it running, it is killed."""
    command = [sys.executable, "-m", "notifier", *arguments]
    environment = {**os.environ, **settings}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def wait_for(stream: IO[str] | None, words: str) -> str:
    assert stream is not None
    seen = []
    for line in stream:
        seen.append(line)
        if words in line:
            return line
    raise AssertionError(f"it ended before it said {words!r}: {seen}")


def test_every_role_starts_and_ends_cleanly_when_it_is_asked(notifier: CommandLine, redis_url: str) -> None:
    notifier.happen("2026-03-31T09:00:00+01:00")  # the database is there: all start at the same time
    settings = {"NOTIFIER_REDIS_URL": redis_url, "NOTIFIER_HTTP_PORT": str(free_port())}
    with ExitStack() as stack:
        roles = {name: stack.enter_context(process(name, **settings)) for name in ROLES}
        for started in roles.values():
            wait_for(started.stderr, " is ready")
        for started in roles.values():
            started.send_signal(signal.SIGTERM)
        for name, started in roles.items():
            _, rest = started.communicate(timeout=_PATIENCE)
            assert (started.returncode, rest) == (0, ""), name


def test_a_role_whose_redis_is_away_ends_with_one_line(notifier: CommandLine) -> None:
    url = f"redis://:very-secret@127.0.0.1:{free_port()}/0"
    for role in ("intake", "worker", "scheduler"):
        result = notifier_with(notifier, role, url)
        assert "Redis does not answer (ConnectionError): start it, or correct NOTIFIER_REDIS_URL" in result
        assert "very-secret" not in result


def notifier_with(notifier: CommandLine, role: str, redis_url: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NOTIFIER_REDIS_URL", redis_url)
        result = notifier(role)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    return line


def test_a_port_that_is_taken_is_one_line(notifier: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("NOTIFIER_HTTP_PORT", str(port))
        result = notifier("web")
    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1 cannot be used (EADDRINUSE): give another" in result.stderr


def test_run_does_everything_from_an_event_to_a_fact_and_ends_with_all_it_started(
    notifier: CommandLine,
) -> None:
    unwanted = event("e1", "case.suspect_arrested", "2026-04-01T09:30:00+01:00")
    file = notifier.write("events.jsonl", [opened(), registered(SMS, wants="none"), unwanted])
    settings = {"NOTIFIER_HTTP_PORT": str(free_port())}
    with process("run", **settings) as running:
        where = wait_for(running.stdout, "Notifier runs: ")
        assert str(notifier.home) in where
        assert notifier("publish", file).stdout == "3 events are in the queue case-events\n"
        assert "notice.suppressed" in facts_about(notifier.home, "e1")
        running.send_signal(signal.SIGINT)
        assert running.wait(_PATIENCE) == 0
    assert running_redis(notifier.home / "redis") is None
    (arrived, *_) = notifier.records("trace", "e1")
    assert arrived["source"] == SOURCE


def facts_about(home: Path, event_id: str) -> list[str]:
    """Wait for facts about an event; return the types of the first ones that came together."""
    url = running_redis(home / "redis")
    assert url is not None
    with redis.Redis.from_url(url, socket_timeout=_PATIENCE + 5) as client:
        last = "0"
        while answer := client.xread({"notifier-facts": last}, block=_PATIENCE * 1000):
            entries = answer[0][1]
            last = entries[-1][0]
            facts = [json.loads(fields[b"event"]) for _, fields in entries]
            types = [fact["type"] for fact in facts if fact["data"].get("event_id") == event_id]
            if types:
                return types
    raise AssertionError("no fact came")
