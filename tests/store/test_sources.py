from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from notifier.rules.policy import Policies
from notifier.source_watch import find_silent, find_speaking
from notifier.store import cases, notices, people, sources
from notifier.store.database import Store
from tests.builders import POLICIES, a_document, a_store, at, stored

NOW = at("Wed 1 Apr 2026 09:30")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
RECORDS, COURTS = "urn:example:records", "urn:example:courts"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with a_store(database_url) as store:
        yield store


def test_many_events_of_one_minute_are_one_publication(store: Store) -> None:
    with store.begin() as tx:
        sources.note(tx, [RECORDS, RECORDS, COURTS], NOW)
        sources.note(tx, [RECORDS], NOW + timedelta(seconds=20))
        sources.note(tx, [RECORDS], NOW + MINUTE)
        sources.note(tx, [], NOW + MINUTE)
    with store.begin() as tx:
        found = {row.source: sources.minutes(tx, row.pk) for row in sources.to_check(tx, NOW)}
        first = [sources.first_at(tx, name) for name in (RECORDS, COURTS, "urn:example:unknown")]
    assert found == {RECORDS: [NOW, NOW + MINUTE], COURTS: [NOW]}
    assert first == [NOW, NOW, None]


def test_a_source_that_is_judged_no_more_is_judged_again_when_it_publishes(store: Store) -> None:
    later = NOW + DAY
    with store.begin() as tx:
        sources.note(tx, [RECORDS], NOW)
        (row,) = sources.to_check(tx, NOW)
        sources.change(tx, row.pk, check_at=None)
        assert sources.to_check(tx, later) == []
        sources.note(tx, [RECORDS], later)
        assert [row.source for row in sources.to_check(tx, later)] == [RECORDS]


def test_publications_that_are_too_old_are_forgotten(store: Store) -> None:
    with store.begin() as tx:
        sources.note(tx, [RECORDS], NOW)
        sources.note(tx, [RECORDS], NOW + DAY)
        (row,) = sources.to_check(tx, NOW + DAY)
        sources.forget_minutes(tx, row.pk, NOW + MINUTE)
        assert sources.minutes(tx, row.pk) == [NOW + DAY]


def test_a_silent_source_is_asked_about_once_and_noticed_when_it_speaks(store: Store) -> None:
    policies: Policies = POLICIES
    hours = [NOW + timedelta(hours=hour) for hour in range(24 * 8)]
    silent = hours[-1] + timedelta(hours=3)
    with store.begin() as tx:
        for hour in hours:
            sources.note(tx, [RECORDS], hour)
        assert find_silent(tx, policies, silent - MINUTE) == []
        (ask,) = find_silent(tx, policies, silent)
        assert (ask.case_pk, ask.request.source, ask.request.level) == (None, RECORDS, 3)
        assert find_silent(tx, policies, silent + DAY) == []
        assert find_speaking(tx, silent + DAY) == []
        sources.note(tx, [RECORDS], silent + DAY)
        assert find_speaking(tx, silent + DAY) == [RECORDS]
        assert find_speaking(tx, silent + DAY + MINUTE) == []


def test_notices_are_counted_by_source_type_and_time(store: Store) -> None:
    with store.begin() as tx:
        victim = people.save_profile(tx, "v1", {"victim_id": "v1", "contact_points": []})
        case = cases.key(tx, "c1")
        for minutes in (0, 10, 20):
            when = NOW + minutes * MINUTE
            event = stored(tx, a_document("case.suspect_arrested", "Wed 1 Apr 2026 09:30", id=f"e{minutes}"))
            notices.add(tx, event, case, victim, when)
        notices.add_courtesy(tx, case, victim, NOW)
        made = ("case.suspect_arrested", NOW, NOW + 20 * MINUTE)
        counted = [sources.notices_made(tx, name, *made) for name in (RECORDS, COURTS)]
    assert counted == [2, 0], "from just after the first instant to the last"
