"""`notifier publish` puts lines into the queue as they are."""

from __future__ import annotations

import json

import pytest
import redis

from tests.cli.conftest import CommandLine, event, opened

EVENTS = [opened(), event("e1", "case.suspect_arrested", "2026-04-01T09:30:00+01:00")]


@pytest.fixture
def stream(notifier: CommandLine, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("NOTIFIER_REDIS_URL", redis_url)
    monkeypatch.setenv("NOTIFIER_EVENT_STREAM", "test-events")
    return redis_url


def in_the_queue(url: str) -> list[str]:
    with redis.Redis.from_url(url) as client:
        return [fields[b"event"].decode() for _, fields in client.xrange("test-events")]


def test_a_file_is_published_line_by_line(notifier: CommandLine, stream: str) -> None:
    file = notifier.write("events.jsonl", EVENTS)
    assert notifier.records("publish", file) == [{"published": 2, "stream": "test-events"}]
    assert [json.loads(document) for document in in_the_queue(stream)] == EVENTS


def test_standard_input_is_published_empty_lines_left_out(notifier: CommandLine, stream: str) -> None:
    result = notifier("publish", "-", given=b'{"id": "\xc3\xa9"}\n\n  \nnot json\n')
    assert result.stdout == "2 events are in the queue test-events\n"
    assert in_the_queue(stream) == ['{"id": "é"}', "not json"]


def test_a_line_that_is_no_text_ends_it(notifier: CommandLine, stream: str) -> None:
    result = notifier("publish", "-", given=b"{}\n\xff\n")
    assert result.exit_code == 1
    assert "line 2 is not UTF-8" in result.stderr
