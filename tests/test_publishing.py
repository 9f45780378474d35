"""Publishing, over a real Redis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import redis

from notifier import publish
from notifier.embedded import free_port
from notifier.errors import SettingsError, Unreachable
from notifier.publishing import publish_lines
from tests.builders import AN_ARREST, a_document

WHEN = "Wed 1 Apr 2026 09:30"


def documents(url: str, stream: str = "case-events") -> list[Any]:
    with redis.Redis.from_url(url) as client:
        entries: Any = client.xrange(stream)
    return [json.loads(fields[b"event"]) for _, fields in entries]


def test_one_event(redis_url: str) -> None:
    event = a_document(AN_ARREST, WHEN, text="Siân’s glove")
    assert publish(event, redis_url=redis_url) == 1
    assert documents(redis_url) == [event]


def test_many_events_keep_their_order(redis_url: str) -> None:
    events = [a_document(AN_ARREST, WHEN) for _ in range(1_001)]
    assert publish((event for event in events), redis_url=redis_url, stream="others") == 1_001
    assert documents(redis_url, "others") == events


def test_where_to_is_by_default_a_setting(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFIER_REDIS_URL", redis_url)
    monkeypatch.setenv("NOTIFIER_EVENT_STREAM", "others")
    event = a_document(AN_ARREST, WHEN)
    assert publish(event) == publish(event, stream="given") == 1
    assert documents(redis_url, "others") == documents(redis_url, "given") == [event]


def test_where_to_must_be_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # no .env
    with pytest.raises(SettingsError, match="NOTIFIER_REDIS_URL is missing: set it"):
        publish(a_document(AN_ARREST, WHEN))


def test_none(redis_url: str) -> None:
    assert publish([], redis_url=redis_url) == 0


def test_lines_go_in_as_they_are(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert publish_lines(client, "case-events", ["{", "nothing"]) == 2
        entries: Any = client.xrange("case-events")
    assert [fields for _, fields in entries] == [{b"event": b"{"}, {b"event": b"nothing"}]


def test_without_redis_it_says_how_far_it_came_and_what_to_do() -> None:
    url = f"redis://:a-password@127.0.0.1:{free_port()}/0"
    with pytest.raises(Unreachable, match="after 0 events; publish again") as raised:
        publish(a_document(AN_ARREST, WHEN), redis_url=url)
    assert "a-password" not in str(raised.value)


def test_what_json_cannot_hold_is_the_callers_mistake(redis_url: str) -> None:
    with pytest.raises(TypeError):
        publish({"data": object()}, redis_url=redis_url)
    assert documents(redis_url) == []
