"""Intake: each document is stored once or kept with its reason, which never quotes a value."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from notifier.documents import MOST_BYTES
from notifier.event_types import EVENT_TYPES
from notifier.intake import Outcome, Taken, take_in
from notifier.store import events
from notifier.store.database import Store
from notifier.store.engines import IN_MEMORY
from notifier.store.tables import events as table
from notifier.store.tables import rejections
from tests.builders import AN_ARREST, a_document, a_store, at

WHEN = "Wed 1 Apr 2026 09:30"
NOW = at("Wed 1 Apr 2026 10:00")
PERSONAL = "Jocasta Bloggs"
ACCEPTED, REPEAT, REFUSED = Outcome.ACCEPTED, Outcome.REPEAT, Outcome.REFUSED


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with a_store(database_url) as store:
        yield store


@pytest.fixture
def memory() -> Iterator[Store]:
    with a_store(IN_MEMORY) as store:
        yield store


def take(store: Store, *documents: Any, source: str | None = None) -> list[Taken]:
    written = [each if isinstance(each, str) else json.dumps(each) for each in documents]
    with store.begin() as tx:
        return take_in(tx, written, door="queue", now=NOW, allowed_source=source)


def kept(store: Store) -> list[tuple[str, str, str]]:
    with store.begin() as tx:
        rows = tx.all(select(rejections).order_by(rejections.c.pk))
        return [(row.door, row.reason, tx.cipher.open(row.body_sealed)) for row in rows]


def an_arrest(**changes: Any) -> dict[str, Any]:
    return {**a_document(AN_ARREST, WHEN, id_="e1"), **changes}


def test_an_event_is_stored_as_it_came(store: Store) -> None:
    document = a_document(AN_ARREST, WHEN, id_="e1", occurred_at="2026-03-31T23:00:00+02:00", mystery="kept")
    assert take(store, document) == [Taken(ACCEPTED, "urn:example:records", "e1", "c1")]
    with store.begin() as tx:
        (event,) = events.of_case(tx, "c1")
    assert event.raw == document["data"]
    assert (event.occurred_at, event.published_at, event.arrived_at) == (
        at("Tue 31 Mar 2026 22:00"), at(WHEN), NOW,
    )  # fmt: skip


def test_each_document_has_its_answer_in_its_place(store: Store) -> None:
    good, other = an_arrest(), an_arrest(id="e2")
    changed = an_arrest(data={"case_id": "c2"})
    taken = take(store, good, "nothing", other, good, changed, other)
    assert [one.outcome for one in taken] == [ACCEPTED, REFUSED, ACCEPTED, REPEAT, REFUSED, REPEAT]
    assert [one.id for one in taken] == ["e1", None, "e2", "e1", "e1", "e2"]
    with store.begin() as tx:
        assert [event.id for event in events.of_case(tx, "c1")] == ["e1", "e2"]
        assert events.of_case(tx, "c2") == [], "the first content stands"


def test_a_repeat_is_counted_and_answered_as_one(store: Store) -> None:
    for expected in (ACCEPTED, REPEAT, REPEAT):
        assert take(store, an_arrest())[0].outcome is expected
    reordered = dict(reversed(an_arrest().items()))
    assert take(store, reordered)[0].outcome is REPEAT, "the order of keys means nothing"
    with store.begin() as tx:
        assert [row.repeats for row in tx.all(select(table.c.repeats))] == [3]
    assert kept(store) == []


def test_other_content_under_the_same_identity_is_refused_and_kept(store: Store) -> None:
    take(store, an_arrest())
    changed = an_arrest(data={"case_id": "c1", "mystery": 1})
    (taken,) = take(store, changed)
    assert (taken.outcome, taken.id) == (REFUSED, "e1")
    assert "give a new id" in (taken.reason or "")
    assert kept(store) == [("queue", taken.reason, json.dumps(changed))]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in an_arrest().items() if key != name}


def deep(levels: int) -> str:
    """Return an arrest with so many levels of arrays in its data."""
    whole = json.dumps(an_arrest(data={"case_id": "c1", "x": 0}))
    return whole.replace('"x": 0', f'"x": {"[" * levels}{"]" * levels}')


def reachable_by(address: Any) -> dict[str, Any]:
    """Return a victim whose letter goes to ``address``."""
    points = [{"id": "p1", "channel": "letter", "address": address}]
    return a_document("victim.registered", WHEN, victim_id="v1", contact_points=points)


REFUSALS: list[tuple[str, Any, str]] = [
    ("not JSON", f"{{{PERSONAL}", "not JSON"),
    ("an empty document", "", "not JSON"),
    ("deeper than anything may be", "[" * 100_000, "JSON"),
    ("an array", "[]", "no JSON object"),
    ("only a text", f'"{PERSONAL}"', "no JSON object"),
    ("no specversion", without("specversion"), "specversion: is missing; give it"),
    ("another version", an_arrest(specversion="0.3"), "specversion: must be '1.0'"),
    ("no id", without("id"), "id: is missing; give it"),
    ("an empty id", an_arrest(id=""), "id:"),
    ("an id that is none", an_arrest(id=7), "id:"),
    ("an endless id", an_arrest(id="e" * 501), "id:"),
    ("no source", without("source"), "source: is missing; give it"),
    ("no time", without("time"), "time: is missing; give it"),
    ("a naive time", an_arrest(time="2026-04-01T09:30:00"), "time: has no offset; give a time with"),
    ("no time at all", an_arrest(time=PERSONAL), "time: is not a time; give a time with"),
    ("a number for a time", an_arrest(time=1_775_032_200), "time: is not a time; give a time with"),
    ("a time before calendars", an_arrest(time="0001-01-01T00:00:00+14:00"), "time: the year is not between"),
    ("a time after them", an_arrest(time="9999-12-31T23:59:59-14:00"), "time: the year is not between"),
    ("it happened long ago", an_arrest(data={"case_id": "c1", "occurred_at": "0202-04-01T09:30:00Z"}),
     "data.occurred_at: the year is not between 1900 and 2199; correct it"),
    ("a court in the year 1", a_document("court.hearing_listed", WHEN, hearing_id="h", court="C", purpose="P",
                                         starts_at="0001-01-01T00:00:00+14:00"),
     "data.starts_at: the year is not between 1900 and 2199; correct it"),
    ("a release in the year 1", a_document("custody.release_planned", WHEN, on="0001-01-01"),
     "data.on: the year is not between 1900 and 9999; correct it"),
    ("no data", without("data"), "data: is missing; give it"),
    ("data that is none", an_arrest(data=PERSONAL), "data: must be an object"),
    ("an unknown type", an_arrest(type="case.lost"), "type: not a known type of event"),
    ("a typing error", an_arrest(type="case.suspect_arested"), f"did you mean {AN_ARREST}?"),
    ("no case", an_arrest(data={}), "data.case_id: is missing; give it"),
    ("a naive time inside", an_arrest(data={"case_id": "c1", "occurred_at": "2026-04-01T09:30:00"}),
     "data.occurred_at: has no offset"),
    ("a wrong choice", a_document("case.opened", WHEN, offence=PERSONAL, force="F", reference="R"),
     "data.offence: must be"),
    ("a wrong contact point",
     a_document("victim.registered", WHEN, victim_id="v1",
                contact_points=[{"id": "p1", "channel": "pigeon", "address": PERSONAL}]),
     "data.contact_points.0"),
    ("an address that is none", reachable_by(7), "data.contact_points.0.address: must be a text"),
    ("a letter with no lines", reachable_by({}), "data.contact_points.0.address.lines: is missing; give it"),
    ("a letter with one text", reachable_by({"lines": PERSONAL}),
     "data.contact_points.0.address.lines: must be an array"),
    ("a level too deep", deep(49), "deeper than 50 levels"),
    ("far too deep", deep(500), "deeper than 50 levels"),
    ("U+0000", json.dumps(an_arrest(data={"case_id": "c1", "text": "a\0b"})), "U+0000"),
    ("U+0000 in a key", json.dumps(an_arrest(data={"case_id": "c1", "a\0b": 1})), "U+0000"),
    ("half of a pair", json.dumps(an_arrest(data={"case_id": "c1", "text": "\ud83d"})), "half of a pair"),
    ("half of a pair in the id", json.dumps(an_arrest(id="\ud83d")), "half of a pair"),
    ("a key twice", json.dumps(an_arrest()).replace('"id": "e1"', '"id": "e1", "id": "e2"'),
     "a key stands twice in one object; give each key once"),
    ("a case twice", json.dumps(an_arrest()).replace('"c1"', '"c1", "case_id": "c2"'), "a key stands twice"),
    ("a number beyond numbers", json.dumps(an_arrest()).replace('"c1"', '"c1", "x": 1e400'), "too large"),
    ("an endless number", json.dumps(an_arrest()).replace('"c1"', f'"c1", "x": {"9" * 100_000}'),
     "more than 100 digits"),
    ("no number", json.dumps(an_arrest()).replace('"c1"', '"c1", "x": NaN'), "no NaN"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "document", "reason"), REFUSALS, ids=[case[0] for case in REFUSALS])
def test_what_cannot_be_taken_is_kept_whole_with_a_reason(
    memory: Store, what: str, document: Any, reason: str
) -> None:
    whole = document if isinstance(document, str) else json.dumps(document)
    (taken,) = take(memory, whole)
    assert taken.outcome is REFUSED, what
    assert taken.reason is not None
    assert reason in taken.reason
    assert "\n" not in taken.reason
    assert kept(memory) == [("queue", taken.reason, whole)]
    with memory.begin() as tx:
        assert tx.all(select(table.c.pk)) == [], what


def a_giant(size: int) -> str:
    """Return an event of so many bytes."""
    empty = json.dumps(an_arrest(data={"case_id": "c1", "text": ""}), ensure_ascii=False)
    return empty.replace('"text": ""', f'"text": "{"x" * (size - len(empty))}"')


def test_a_document_may_have_256_kilobytes_and_no_byte_more(memory: Store) -> None:
    assert take(memory, a_giant(MOST_BYTES))[0].outcome is ACCEPTED
    assert take(memory, a_giant(MOST_BYTES + 1))[0].outcome is REFUSED
    accents = a_giant(MOST_BYTES).replace("xx", "\u00e9x")
    assert take(memory, accents)[0].outcome is REFUSED, "bytes count, not characters"


def test_of_a_giant_its_beginning_its_length_and_a_hash_are_kept(store: Store) -> None:
    giant, other = a_giant(10_000_000), a_giant(10_000_001)
    first, good, second, again = take(store, giant, an_arrest(), other, giant)
    assert [one.outcome for one in (first, good, second, again)] == [REFUSED, ACCEPTED, REFUSED, REFUSED]
    assert [body for _, _, body in kept(store)] == [giant[:4_096], other[:4_096]], "the same one is kept once"
    assert first.reason is not None
    assert "10,000,000 bytes the first 4,096 characters are kept" in first.reason
    assert hashlib.sha256(giant.encode()).hexdigest() in first.reason
    assert first.reason != second.reason


def test_the_longest_identity_is_stored_on_every_database(store: Store) -> None:
    longest = an_arrest(source=_astral(250), id=_astral(250))
    assert take(store, longest, longest)[1].outcome is REPEAT


def _astral(length: int) -> str:
    """Return characters of four bytes that no database can compress away."""
    return "".join(chr(0x10000 + random.Random(number).randrange(0xFFFF)) for number in range(length))


def test_an_id_longer_than_an_index_entry_is_refused(store: Store) -> None:
    (taken,) = take(store, an_arrest(id="\U0001f600" * 251))
    assert taken.reason == "id: has more than 1,000 bytes in UTF-8; make it shorter"


def test_news_of_the_last_century_is_a_slip(memory: Store) -> None:
    (taken,) = take(memory, an_arrest(time="1999-12-31T23:59:59Z"))
    words = "time: the year of news is not between 2000 and 2099; correct it, or give backfill: true"
    assert taken.reason == words


def test_a_time_that_no_duty_rests_on_may_be_of_the_last_century(memory: Store) -> None:
    long_ago = {"occurred_at": "1985-04-01T09:30:00Z"}
    history = an_arrest(data={"case_id": "c1", "backfill": True, **long_ago})
    opened = a_document("case.opened", WHEN, offence="other", force="F", reference="R", **long_ago)
    for_ever = {"channel": "sms", "address": "07700 900123", "valid_until": "9999-12-31"}
    point = a_document("victim.updated", WHEN, victim_id="v1", contact_points=[{"id": "p1", **for_ever}])
    assert [one.outcome for one in take(memory, history, opened, point)] == [ACCEPTED] * 3


@pytest.mark.parametrize(("what", "document", "reason"), REFUSALS, ids=[case[0] for case in REFUSALS])
def test_a_reason_never_quotes_a_value(memory: Store, what: str, document: Any, reason: str) -> None:
    (taken,) = take(memory, document)
    assert PERSONAL not in (taken.reason or ""), what


def test_what_a_database_cannot_hold_is_refused_on_every_one(store: Store) -> None:
    bad = [document for what, document, _ in REFUSALS if what.startswith(("U+0000", "half"))]
    assert [one.outcome for one in take(store, *bad, an_arrest())] == [REFUSED] * len(bad) + [ACCEPTED]


def test_what_only_looks_dangerous_is_taken(store: Store) -> None:
    odd = an_arrest(data={"case_id": "c1", "text": "a backslash and u0000: \\u0000", "emoji": "\U0001f600"})
    assert take(store, odd)[0].outcome is ACCEPTED
    deepest = deep(48).replace('"e1"', '"e2"')
    assert take(store, deepest)[0].outcome is ACCEPTED


def test_an_identity_that_cannot_be_said_is_left_out_of_the_answer(memory: Store) -> None:
    (taken,) = take(memory, an_arrest(id="\ud83d"))
    assert (taken.source, taken.id) == ("urn:example:records", None)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["2026-04-01T09:30:00+01:00", "9999-12-31T23:59:59-14:00", "sms", "c1", ""])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)


@given(data=st.data(), name=st.sampled_from(sorted(EVENT_TYPES)))
@settings(max_examples=150, deadline=None)
def test_nothing_that_is_sent_can_stop_the_intake(data: st.DataObject, name: str) -> None:
    document = a_document(name, WHEN, **EVENT_TYPES[name].sample)
    part = data.draw(st.sampled_from([document, document["data"]]))
    part[data.draw(st.sampled_from([*part, "case_id", "occurred_at", "other"]))] = data.draw(VALUES)
    with a_store(IN_MEMORY) as store:
        (taken,) = take(store, document)
        assert taken.outcome is ACCEPTED or kept(store)


def test_the_same_rubbish_is_kept_once(store: Store) -> None:
    take(store, "nothing", "nothing", "something")
    take(store, "nothing")
    assert [body for _, _, body in kept(store)] == ["nothing", "something"]


def test_a_publisher_may_use_its_own_source_only(store: Store) -> None:
    documents = an_arrest(), an_arrest(source="urn:example:courts")
    own, other = take(store, *documents, source="urn:example:records")
    assert own.outcome is ACCEPTED
    assert (other.outcome, other.source) == (REFUSED, "urn:example:courts")
    assert other.reason == "source: this key may only publish as urn:example:records"


def test_the_same_id_of_two_sources_is_two_events(store: Store) -> None:
    taken = take(store, an_arrest(), an_arrest(source="urn:example:courts"))
    assert [one.outcome for one in taken] == [ACCEPTED, ACCEPTED]


def test_two_intakes_at_the_same_moment_store_an_event_once(postgres_database_url: str) -> None:
    documents = [an_arrest(id=f"e{number}") for number in range(50)]
    together = Barrier(4)
    with a_store(postgres_database_url) as store:

        def intake() -> list[Taken]:
            together.wait(20)
            return take(store, *documents)

        with ThreadPoolExecutor(4) as pool:
            answers = [future.result() for future in [pool.submit(intake) for _ in range(4)]]
        outcomes = [one.outcome for taken in answers for one in taken]
        assert REFUSED not in outcomes
        with store.begin() as tx:
            rows = tx.all(select(table.c.event_id, table.c.repeats))
    assert sorted(row.event_id for row in rows) == sorted(document["id"] for document in documents)
    assert [row.repeats for row in rows] == [3] * 50, "three of four found each event there"


def test_two_intakes_keep_the_same_rubbish_once(postgres_database_url: str) -> None:
    with a_store(postgres_database_url) as store, ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            take_in(tx, ["nothing"], door="queue", now=NOW)
            waiting = pool.submit(take, store, "nothing")
        assert waiting.result(20)[0].outcome is REFUSED
        assert [body for _, _, body in kept(store)] == ["nothing"]


def test_repeats_in_another_order_do_not_wait_for_each_other(postgres_database_url: str) -> None:
    first, second = an_arrest(id="e1"), an_arrest(id="e2")
    with a_store(postgres_database_url) as store, ThreadPoolExecutor(1) as pool:
        take(store, first, second)
        with store.begin() as tx:
            take_in(tx, [json.dumps(first)], door="queue", now=NOW)
            waiting = pool.submit(take, store, second, first)
            while not tx.all(text("SELECT 1 FROM pg_locks WHERE NOT granted")):
                assert not waiting.done(), "it counts the first event's repeat, which is counted here too"
            take_in(tx, [json.dumps(second)], door="queue", now=NOW)
        assert [one.outcome for one in waiting.result(20)] == [REPEAT, REPEAT]
        with store.begin() as tx:
            assert {row.repeats for row in tx.all(select(table.c.repeats))} == {2}


def test_an_intake_waits_for_another_that_stores_the_same(postgres_database_url: str) -> None:
    with a_store(postgres_database_url) as store, ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            take_in(tx, [json.dumps(an_arrest())], door="queue", now=NOW)
            waiting = pool.submit(take, store, an_arrest(data={"case_id": "c1", "mystery": 1}))
        (taken,) = waiting.result(20)
    assert taken.outcome is REFUSED, "the first one to commit stands"
