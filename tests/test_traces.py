"""Traces: an event, what is told of it and the receipts are one; nothing personal is in them."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path as File
from typing import Any

import pytest

from notifier.cli.logs import JsonFormatter
from notifier.embedded import free_port
from notifier.path import Path
from notifier.records import AttemptState, ChannelName, FailureReason, Message, SendResult
from notifier.rendering import Renderer
from notifier.store.database import Store
from notifier.telemetry import Traces
from notifier.traced import TracedChannel, TracedPath
from notifier.wiring import NO_TRACING, services
from tests.builders import LONDON, POLICIES, a_document, a_store, at
from tests.collector import Collector, Seen, running_collector
from tests.fakes import FakeChannel, fake_channels

WHEN = "Wed 1 Apr 2026 09:30"
NOW = at(WHEN)
GIVEN, FAMILY, NUMBER, MAILBOX = "Zephyrine", "Quillfeather", "+447700900321", "zephyrine@example.org"
PERSONAL = (GIVEN, FAMILY, NUMBER, "7700900321", MAILBOX, "Priya", "the turquoise umbrella")
POINTS = [
    {"id": "p1", "channel": "sms", "address": NUMBER},
    {"id": "p2", "channel": "email", "address": MAILBOX},
]
OPENED: dict[str, Any] = {
    "offence": "burglary", "force": "Example", "reference": "EX/1/26",
    "officer": {"id": "off7", "name": "PC Priya Shah", "email": "priya.shah@police.example"},
}  # fmt: skip
DOCUMENTS = [
    a_document("case.opened", WHEN, id_="opened", **OPENED),
    a_document(
        "victim.registered", WHEN, id_="registered", victim_id="v1", contact_points=POINTS,
        name={"title": "Ms", "given": GIVEN, "family": FAMILY},
    ),
]  # fmt: skip
SOURCE = DOCUMENTS[0]["source"]


@dataclass
class Room:
    """A followed path over fake channels, and where its spans go."""

    collector: Collector
    traces: Traces
    store: Store
    path: TracedPath
    sms: FakeChannel

    def take_in_and_plan(self, *documents: dict[str, Any]) -> None:
        written = [json.dumps(document) for document in documents]
        self.path.take_in(written, NOW, door="queue")
        self.path.plan(self.path.unplanned_cases(), NOW)

    def deliver(self, minutes: int = 0) -> None:
        now = NOW + timedelta(minutes=minutes)
        self.path.deliver(self.path.due(now), now, now + timedelta(minutes=3))

    def receive(self, state: AttemptState, message: Message, minutes: int = 1) -> None:
        request = self.sms.receipt(message, state)
        receipts = self.path.channels[ChannelName.SMS].parse_receipt(request)
        self.path.receive(ChannelName.SMS, receipts, NOW + timedelta(minutes=minutes))

    def spans(self) -> list[Seen]:
        """End what is written, and return it."""
        self.traces.close()
        return self.collector.spans()


@contextmanager
def running_room(url: str, collector: Collector, endpoint: str | None = None) -> Iterator[Room]:
    channels = fake_channels()
    traces = Traces(endpoint or collector.url, "1.0")
    with a_store(url) as store:
        followed = {name: TracedChannel(channel, traces, store) for name, channel in channels.items()}
        path = TracedPath(traces, store, POLICIES, Renderer(LONDON).render, followed, digests=False)
        yield Room(collector, traces, store, path, channels[ChannelName.SMS])
        path.close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


@pytest.fixture
def room(database_url: str, collector: Collector) -> Iterator[Room]:
    with running_room(database_url, collector) as room:
        yield room


@pytest.fixture
def light_room(tmp_path: File, collector: Collector) -> Iterator[Room]:
    with running_room(f"sqlite:///{tmp_path / 'n.db'}", collector) as room:
        yield room


def trace_of(event_id: str) -> str:
    """Return the trace of an event, as docs/monitoring.md says that anybody may reckon it."""
    return sha256(f"{SOURCE}\n{event_id}".encode()).hexdigest()[:32]


def test_an_event_its_message_and_the_receipt_are_one_trace(room: Room) -> None:
    room.take_in_and_plan(*DOCUMENTS)
    room.deliver()
    (message,) = room.sms.sent
    room.receive(AttemptState.DELIVERED, message)
    found = {one.name: one for one in room.spans() if one.trace == trace_of("registered")}
    assert list(found) == ["take in", "plan", "prepare", "send", "receipt"]
    root = found["take in"]
    assert root.parent == ""
    assert {one.parent for name, one in found.items() if name != "take in"} == {root.id}
    assert all(one.begun <= one.ended and not one.failed for one in found.values())
    about: dict[str, Any] = {"notifier.case": "c1", "notifier.event": "registered"}
    assert root.about == {**about, "notifier.door": "queue"}
    assert found["plan"].about == about
    about |= {"notifier.attempt": message.attempt_ref, "notifier.notices": ["N1"]}
    assert found["prepare"].about == about
    about |= {"notifier.channel": "sms"}
    assert found["send"].about == {**about, "notifier.result": "accepted"}
    assert found["receipt"].about == {**about, "notifier.result": "delivered"}


def test_what_is_done_for_many_is_a_span_that_each_is_linked_to(light_room: Room) -> None:
    light_room.take_in_and_plan(*DOCUMENTS)
    spans = light_room.spans()
    for name in ("take in", "plan"):
        (together,) = [one for one in spans if one.name == f"{name}, together"]
        each = [one for one in spans if one.name == name]
        assert together.about == {"notifier.number": 2}
        assert {one.trace for one in each} == {trace_of("opened"), trace_of("registered")}
        assert {one.links for one in each} == {(together.id,)}
        assert together.trace not in {one.trace for one in each}


def test_what_did_nothing_leaves_no_span(light_room: Room) -> None:
    light_room.take_in_and_plan(*DOCUMENTS)
    before = len(light_room.collector.spans())
    light_room.take_in_and_plan(*DOCUMENTS)
    light_room.path.plan(["c1"], NOW + timedelta(minutes=1))
    light_room.path.receive(ChannelName.SMS, [], NOW)
    counted = [one.name for one in light_room.spans()]
    assert before == 0
    assert counted.count("take in") == counted.count("plan") == 2


def test_a_message_that_tells_no_event_has_a_trace_of_its_own(light_room: Room) -> None:
    nobody = a_document("victim.registered", WHEN, id_="no way", victim_id="v2", contact_points=[])
    light_room.take_in_and_plan(DOCUMENTS[0], nobody)
    light_room.path.tell_staff(NOW, NOW + timedelta(minutes=3))
    sent = [one for one in light_room.spans() if one.name == "send"]
    assert sent, "the officer was told"
    for one in sent:
        assert one.trace == sha256(one.about["notifier.attempt"].encode()).hexdigest()[:32]
        assert one.parent == ""
        assert one.about["notifier.case"] == "c1"


@pytest.mark.parametrize(
    ("answer", "about"),
    [
        (
            SendResult(AttemptState.FAILED, code="21211", reason=FailureReason.BAD_ADDRESS),
            {"notifier.result": "failed", "notifier.code": "21211"},
        ),
        (ValueError(f"no such number: {NUMBER} of {FAMILY}"), {}),
    ],
)
def test_what_fails_is_seen_and_its_text_is_not(
    light_room: Room, answer: SendResult | BaseException, about: dict[str, str]
) -> None:
    light_room.sms.will_answer(answer)
    light_room.take_in_and_plan(*DOCUMENTS)
    light_room.deliver()
    spans = light_room.spans()
    (sent,) = [one for one in spans if one.name == "send"]
    assert sent.failed
    assert {name: sent.about.get(name) for name in about} == about
    assert light_room.collector.raw
    assert b"ValueError" in b"".join(light_room.collector.raw) or isinstance(answer, SendResult)


def test_nothing_personal_is_in_any_span(light_room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError(f"{FAMILY} cannot be prepared")

    room = light_room
    room.sms.will_answer(ValueError(f"{NUMBER} of {FAMILY}"), SendResult(AttemptState.ACCEPTED), to=NUMBER)
    room.take_in_and_plan(*DOCUMENTS)
    room.deliver()
    room.path.reconcile(NOW + timedelta(minutes=5), NOW + timedelta(minutes=9))
    news = "We found the turquoise umbrella."
    room.take_in_and_plan(a_document("case.progress", WHEN, id_="progress", text=news))
    with monkeypatch.context() as patch:
        patch.setattr("notifier.delivery.prepare", broken)
        room.deliver(40)
    for minutes in (50, 70, 24 * 60):
        room.path.sweep(NOW + timedelta(minutes=minutes))
        room.deliver(minutes)
    names = {one.name for one in room.spans()}
    assert names >= {"take in", "plan", "prepare", "send", "look up", "prepare, together"}
    sent = b"".join(room.collector.raw).decode(errors="replace").lower()
    assert "registered" in sent, "the search would find what it looks for"
    assert [word for word in PERSONAL if word.lower() in sent] == []


def test_what_is_logged_during_a_call_names_the_trace(
    light_room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    class Logging(FakeChannel):
        facts = light_room.sms.facts

        def send(self, message: Message) -> SendResult:
            logging.getLogger("notifier.test").warning("on the wire", extra={"attempt": message.attempt_ref})
            return super().send(message)

    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.getLogger("notifier.test").addHandler(handler)
    channel = TracedChannel(Logging(), light_room.traces, light_room.store)
    light_room.path.channels = {**light_room.path.channels, ChannelName.SMS: channel}
    light_room.take_in_and_plan(*DOCUMENTS)
    light_room.deliver()
    logging.getLogger("notifier.test").warning("in between")
    logging.getLogger("notifier.test").removeHandler(handler)
    during, between = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert during["trace"] == trace_of("registered")
    assert "trace" not in between


def test_a_collector_that_is_away_keeps_nobody(tmp_path: File, collector: Collector) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    with running_room(f"sqlite:///{tmp_path / 'n.db'}", collector, nowhere) as room:
        room.take_in_and_plan(*DOCUMENTS)
        room.deliver()
        assert len(room.sms.sent) == 1
        room.traces.close()


def test_a_database_that_says_nothing_of_the_spans_costs_only_them(
    light_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("broken")

    for name in ("of_refs", "of_attempts", "planned_at"):
        monkeypatch.setattr(f"notifier.store.stories.{name}", fail)
    light_room.take_in_and_plan(*DOCUMENTS)
    light_room.deliver()
    assert len(light_room.sms.sent) == 1
    (sent,) = [one for one in light_room.spans() if one.name == "send"]
    assert sent.trace == sha256(sent.about["notifier.attempt"].encode()).hexdigest()[:32]


@pytest.mark.parametrize("variable", ["NOTIFIER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_a_role_writes_traces_where_a_collector_is_named(
    tmp_path: File, collector: Collector, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("NOTIFIER_HOME", str(tmp_path))
    with services(traced=True) as parts:
        assert type(parts.path) is Path
    monkeypatch.setenv(variable, collector.url)
    with services() as parts:
        assert type(parts.path) is Path, "a command that only looks writes none"
    with services(traced=True) as parts:
        assert all(isinstance(channel, TracedChannel) for channel in parts.channels.values())
        parts.path.take_in([json.dumps(DOCUMENTS[0])], NOW, door="queue")
    (span,) = collector.spans("take in")
    assert span.trace == trace_of("opened")
    assert collector.resources[0]["service.name"] == "notifier"


def test_the_name_of_the_service_may_be_another(
    tmp_path: File, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "notifier-of-thornshire")
    with running_room(f"sqlite:///{tmp_path / 'n.db'}", collector) as room:
        room.take_in_and_plan(*DOCUMENTS)
        room.traces.close()
    assert collector.resources[0]["service.name"] == "notifier-of-thornshire"


def test_without_its_packages_everything_else_works(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFIER_HOME", str(tmp_path))
    monkeypatch.setenv("NOTIFIER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.delitem(sys.modules, "notifier.telemetry")
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with services(traced=True) as parts:
        assert type(parts.path) is Path
    assert NO_TRACING in caplog.messages


# A part of the rest is loaded by the client of Redis, for figures of its own.
OF_TRACES = ("notifier.telemetry", "notifier.traced", "opentelemetry.exporter", "opentelemetry.sdk.trace")


def test_without_a_collector_nothing_of_it_is_loaded(tmp_path: File) -> None:
    code = (
        "import sys; from notifier.wiring import services\n"
        "with services(traced=True): pass\n"
        f"print([name for name in sys.modules if name.startswith({OF_TRACES})])"
    )
    environment = {"NOTIFIER_HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    run = partial(subprocess.run, capture_output=True, text=True, check=True, env=environment, cwd=tmp_path)
    assert run([sys.executable, "-c", code]).stdout.strip() == "[]"
