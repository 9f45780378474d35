"""The parts of a soak: what is drawn from the seed, what counts as flat, what the logs say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from notifier.peers.twilio_http import PeerMessage
from notifier.peers.twilio_log import MessageLog
from tests.soak.audit import Complaints
from tests.soak.faults import FAULTS, plan
from tests.soak.ledger import Ledger, ledger
from tests.soak.memory import Growth, Memory, Sample, held
from tests.soak.traffic import first

AT = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
PAUSES = (20.0, 60.0)


def test_the_same_seed_gives_the_same_events_and_faults() -> None:
    assert list(first(2_000, 7, 200, AT)) == list(first(2_000, 7, 200, AT))
    assert list(first(2_000, 7, 200, AT)) != list(first(2_000, 8, 200, AT))
    assert plan(7, 1_800, PAUSES) == plan(7, 1_800, PAUSES) != plan(8, 1_800, PAUSES)


def test_half_an_hour_has_faults_of_most_kinds_and_one_is_over_before_the_next() -> None:
    planned = plan(1, 1_800, PAUSES)
    assert len({fault.name for fault in planned}) > len(FAULTS) / 2
    assert all(before.at + before.seconds < after.at for before, after in pairwise(planned))


def test_the_traffic_has_new_cases_news_repeats_and_what_nobody_can_read() -> None:
    sent = list(first(5_000, 1, 200, AT))
    types = Counter(one.type for one in sent)
    assert types["case.opened"] > 0
    assert types["victim.registered"] > 0
    assert types[None] > 0
    assert types["case.progress"] > types["victim.updated"] > 0
    known = Counter(one.event_id for one in sent if one.event_id)
    assert max(known.values()) > 1
    assert all(json.loads(one.text)["id"] == one.event_id for one in sent if one.event_id)


@pytest.mark.parametrize(
    ("second", "last", "flat"),
    [
        (100, 100, True),
        (100, 114, True),
        (100, 116, False),
        (100, 60, True),
        (None, 100, None),
        (100, None, None),
    ],
)
def test_flat_is_a_growth_of_at_most_fifteen_in_a_hundred(
    second: float | None, last: float | None, flat: bool | None
) -> None:
    assert Growth("worker", second, last).flat is flat


def test_memory_is_the_median_of_a_quarter_over_warm_processes() -> None:
    warm = [Sample(at, 300, mib) for at, mib in ((500, 100), (600, 110), (700, 500), (950, 900))]
    just_started = [Sample(610, 20, 10)]
    assert held([*warm, *just_started], quarter=1, seconds=1_800) == 110
    assert held(just_started, quarter=1, seconds=1_800) is None


def test_memory_is_that_of_the_process_that_has_the_role_now() -> None:
    memory = Memory(100)
    memory.sample({"web": 2**30}, 10)
    assert memory.now_mib == 0


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Ledger]:
    published, received = tmp_path / "published.log", tmp_path / "received.log"
    lines = [
        ["c1", "e1", "case.opened"],
        ["c1", "e1", "case.opened"],
        ["c2", "e2", "case.charged"],
        ["no JSON"],
    ]
    published.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    received.write_text("a\nb\na\n")
    with ledger(tmp_path / "ledger.db") as both:
        both.read_published(published)
        both.read_received(received)
        yield both


def test_a_ledger_counts_a_repeated_event_once_and_a_repeated_message_twice(known: Ledger) -> None:
    assert list(known.case_ids(1)) == [["c1"], ["c2"]]
    assert [one["id"] for one in known.documents(["c1", "c2"]).values()] == ["e1", "e2"]
    assert list(known.refused()) == ["no JSON"]
    assert known.received(["a", "b", "x"]) == Counter({"a": 2, "b": 1})


def test_a_ledger_knows_the_messages_whose_attempt_nobody_noted(known: Ledger) -> None:
    known.know(["a", "x"])
    assert list(known.unknown()) == ["b"]


def test_complaints_are_all_counted_and_the_first_are_shown() -> None:
    complaints = Complaints()
    complaints.add(f"line {number}" for number in range(15))
    complaints.add(f"more {number}" for number in range(15))
    assert complaints.count == 30
    assert complaints.first[0] == "line 0"
    assert len(complaints.first) == 20


def test_a_bounded_peer_forgets_the_oldest_message() -> None:
    log = MessageLog(most=2)
    messages = [PeerMessage("+447700900001", str(n), "+44", None, None, AT) for n in range(3)]
    for message in messages:
        log.add(message)
    assert log.all() == messages[1:]
    assert log.find(messages[0].sid) is None
    assert log.listed({"To": "+447700900001"}) == [messages[2], messages[1]]
    assert log.listed({"To": "+447700900002"}) == []
