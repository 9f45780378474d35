"""Facts out, over a real Redis and both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis

from notifier.facts import facts_after, publish_facts
from notifier.path import Path
from notifier.records import AttemptState, ChannelName, What
from notifier.rendering import Renderer
from notifier.store import journal
from notifier.store.database import Store
from notifier.store.engines import IN_MEMORY
from notifier.store.journal import Line
from tests.builders import AN_ARREST, POLICIES, a_document, a_store, at
from tests.fakes import FakeChannel, fake_channels

STREAM = "notifier-facts"
NOW = at("Wed 1 Apr 2026 09:30")
OPENED: dict[str, Any] = {
    "offence": "burglary",
    "force": "Example Police",
    "reference": "EX/1234/26",
    "officer": {"id": "off7", "name": "PC Priya Shah", "email": "priya.shah@police.example"},
}
VICTIM: dict[str, Any] = {
    "victim_id": "v1",
    "name": {"title": "Ms", "given": "Jocasta", "family": "Bloggs"},
    "contact_points": [{"id": "p1", "channel": "sms", "address": "+447700900123"}],
}
PERSONAL = ("Jocasta", "Bloggs", "7700900123", "Priya", "police.example", "Example Police", "EX/1234/26")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with a_store(database_url) as store:
        yield store


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


def write(store: Store, *lines: Line, when: datetime = NOW) -> None:
    with store.begin() as tx:
        for line in lines:
            journal.write(tx, line, when)


def lines(number: int, what: What = What.HELD) -> list[Line]:
    return [Line(what, None, reason=f"r{place}") for place in range(number)]


def read(store: Store, cursor: int = 0, limit: int = 100) -> tuple[list[dict[str, Any]], int]:
    with store.begin() as tx:
        return facts_after(tx, cursor, limit)


def published(client: redis.Redis) -> list[tuple[str, dict[str, Any]]]:
    entries: Any = client.xrange(STREAM)
    return [(id_.decode(), json.loads(fields[b"event"])) for id_, fields in entries]


def reasons(client: redis.Redis) -> list[str]:
    return [fact["data"]["reason"] for _, fact in published(client)]


@pytest.mark.parametrize(
    ("line", "type_"),
    [
        (Line(What.MESSAGE, None, kind="accepted"), "notice.accepted"),
        (Line(What.MESSAGE, None, kind="failed"), None),
        (Line(What.MESSAGE, None, kind="unknown"), None),
        (Line(What.ACCEPTED, None), "notice.accepted"),
        (Line(What.DELIVERED, None), "notice.delivered"),
        (Line(What.CONFIRMED, None), "notice.confirmed"),
        (Line(What.FAILED, None), "notice.failed"),
        (Line(What.SUPPRESSED, None), "notice.suppressed"),
        (Line(What.HELD, None), "notice.held"),
        (Line(What.CANCELLED, None), "notice.cancelled"),
        (Line(What.PROMPT, None), "prompt.sent"),
        (Line(What.ESCALATION, None, kind="opened", level=1), "escalation.opened"),
        (Line(What.ESCALATION, None, kind="climbed", level=2), "escalation.climbed"),
        (Line(What.ESCALATION, None, kind="repeated", level=3), None),
        (Line(What.ACKNOWLEDGED, None, level=1), "escalation.acknowledged"),
        (Line(What.RESOLVED, None, level=1), "escalation.resolved"),
        (Line(What.RESOLVED, None), None),
        (Line(What.TASK, None, kind="find_contact"), None),
        (Line(What.DONE, None, kind="find_contact"), None),
        (Line(What.DECIDED, None), None),
        (Line(What.UNCONFIRMED, None), None),
    ],
    ids=lambda value: value.what if isinstance(value, Line) else str(value),
)
def test_which_line_gives_which_fact(line: Line, type_: str | None) -> None:
    with a_store(IN_MEMORY) as store:
        write(store, line)
        found, cursor = read(store)
    assert [fact["type"] for fact in found] == ([] if type_ is None else [type_])
    assert cursor == 1, "a line without a fact has its place too"


def test_a_fact_is_a_cloudevent_with_what_is_known() -> None:
    line = Line(What.ESCALATION, None, kind="opened", ref="E7", level=1, reason="no_contact", deadline=NOW)
    with a_store(IN_MEMORY) as store:
        write(store, line, when=NOW + timedelta(hours=1))
        found, _ = read(store)
    assert found == [
        {
            "specversion": "1.0",
            "id": "1",
            "source": "urn:notifier",
            "type": "escalation.opened",
            "time": "2026-04-01T09:30:00+00:00",
            "datacontenttype": "application/json",
            "data": {
                "id": "E7",
                "event_ids": [],
                "reason": "no_contact",
                "level": 1,
                "deadline": "2026-04-01T08:30:00+00:00",
            },
        }
    ]


def test_a_reader_goes_on_where_it_was(store: Store) -> None:
    write(store, *lines(3), *lines(2, What.DECIDED), *lines(1))
    first, cursor = read(store, 0, 2)
    second, cursor = read(store, cursor, 3)
    third, cursor = read(store, cursor, 3)
    assert [[fact["id"] for fact in page] for page in (first, second, third)] == [["1", "2"], ["3"], ["6"]]
    assert read(store, cursor) == ([], 6), "the end: the cursor stays"


def test_facts_are_published_once_and_in_order(store: Store, client: redis.Redis) -> None:
    write(store, *lines(2), *lines(1, What.DECIDED), *lines(1))
    assert publish_facts(store, client, STREAM) == 3
    assert publish_facts(store, client, STREAM) == 0
    write(store, *lines(1))
    assert publish_facts(store, client, STREAM) == 1
    assert [(id_, fact["id"]) for id_, fact in published(client)] == [
        ("1-0", "1"), ("2-0", "2"), ("4-0", "4"), ("5-0", "5"),
    ]  # fmt: skip


def test_many_lines_without_facts_stop_nothing(store: Store, client: redis.Redis) -> None:
    write(store, *lines(1_100, What.DECIDED), *lines(1))
    assert publish_facts(store, client, STREAM) == 1
    assert publish_facts(store, client, STREAM) == 0


def test_after_redis_was_emptied_all_come_again_with_the_same_ids(store: Store, client: redis.Redis) -> None:
    write(store, *lines(3))
    publish_facts(store, client, STREAM)
    before = published(client)
    client.flushall()
    assert publish_facts(store, client, STREAM) == 3
    assert published(client) == before


def test_what_a_consumer_deleted_does_not_come_again(store: Store, client: redis.Redis) -> None:
    write(store, *lines(3))
    publish_facts(store, client, STREAM)
    client.xdel(STREAM, "3-0", "2-0", "1-0")
    write(store, *lines(1))
    assert publish_facts(store, client, STREAM) == 1
    assert [id_ for id_, _ in published(client)] == ["4-0"]


def test_a_consumer_may_make_its_group_before_the_first_fact(store: Store, client: redis.Redis) -> None:
    client.xgroup_create(STREAM, "ours", mkstream=True)
    write(store, *lines(1))
    assert publish_facts(store, client, STREAM) == 1


def test_several_publishers_leave_nothing_out_and_double_nothing(store: Store, client: redis.Redis) -> None:
    write(store, *lines(1_200))
    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(publish_facts, store, client, STREAM) for _ in range(3)]
        together = sum(future.result() for future in running)
    together += publish_facts(store, client, STREAM)
    assert together == 1_200
    assert reasons(client) == [f"r{place}" for place in range(1_200)]


def test_history_comes_in_parts_so_that_sweeps_go_on(client: redis.Redis) -> None:
    with a_store(IN_MEMORY) as store:
        write(store, *lines(5_001))
        assert [publish_facts(store, client, STREAM) for _ in range(3)] == [5_000, 1, 0]
    assert reasons(client) == [f"r{place}" for place in range(5_001)]


def a_told_case(store: Store) -> FakeChannel:
    """Have the acknowledgement and an arrest told by sms, the first delivered and the second failed."""
    channels = fake_channels()
    path = Path(store, POLICIES, Renderer(POLICIES.timezone).render, channels)
    when = "Wed 1 Apr 2026 09:30"
    documents = [
        a_document("case.opened", when, id_="e1", **OPENED),
        a_document("victim.registered", when, id_="e2", **VICTIM),
        a_document(AN_ARREST, "Wed 1 Apr 2026 12:00", id_="e3"),
    ]
    sms = channels[ChannelName.SMS]
    for part, state in ((documents[:2], AttemptState.DELIVERED), (documents[2:], AttemptState.FAILED)):
        now = datetime.fromisoformat(part[0]["time"])
        path.take_in([json.dumps(document) for document in part], now, door="queue")
        path.plan(["c1"], now)
        assert path.deliver(path.due(now), now, now + timedelta(minutes=2)) == 1
        path.receive(ChannelName.SMS, sms.parse_receipt(sms.receipt(sms.sent[-1], state)), now)
    path.close()
    return sms


def about(fact: dict[str, Any]) -> tuple[str, str]:
    return fact["type"], fact["data"].get("event_id", "")


def test_the_facts_of_a_case_hold_ids_and_nothing_personal(store: Store) -> None:
    sms = a_told_case(store)
    found, _ = read(store)
    assert [about(fact) for fact in found] == [
        ("notice.accepted", "e2"),
        ("notice.delivered", "e2"),
        ("notice.accepted", "e3"),
        ("notice.failed", "e3"),
        ("escalation.opened", "e3"),
    ]
    accepted = found[2]["data"]
    assert accepted.pop("attempt") == sms.sent[1].attempt_ref
    assert accepted == {
        "case_id": "c1",
        "victim_id": "v1",
        "event_id": "e3",
        "event_ids": ["e3"],
        "event_source": "urn:example:records",
        "event_type": AN_ARREST,
        "channel": "sms",
        "deadline": "2026-04-10T22:59:59+00:00",
    }
    written = json.dumps(found)
    texts = [message.rendered.text for message in sms.sent]
    assert [word for word in (*PERSONAL, *texts) if word in written] == []
    with store.begin() as tx:
        details = [tx.cipher.open(row.detail_sealed) for row in journal.after(tx, 0) if row.detail_sealed]
    assert "7700900123" in json.dumps(details), "the journal has it, so that this test could fail"
