"""The loop that the bench measures delivers each message, exactly once. Its speed is no matter here."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from bench import providers
from bench.bare.loop import running as bare_running
from bench.cases import open_cases
from bench.documents import number
from bench.machine import DATABASES, Ground, ground
from bench.providers import Counted
from bench.rounds import Rounds
from bench.service import running, store
from notifier.store.tables import attempts, notices

CASES = 12
FIRST, SECOND = 5, 7


@pytest.mark.parametrize("database", DATABASES)
def test_each_round_tells_each_of_its_cases_once_and_all_is_recorded(database: str) -> None:
    with ground(database) as place, providers.sms() as provider:
        open_cases(place, provider, CASES)
        with running(place, provider.settings) as service:
            before = provider.accepted()
            rounds = Rounds(provider.settled, service.publish, service.used)
            for count in (FIRST, SECOND):
                rounds.turn(count)
        assert told(provider, before) == {number(case): 1 for case in range(CASES)}
        assert states(place) == {"notices": {"told"}, "attempts": {"delivered"}}


def test_the_bare_loop_tells_each_case_once() -> None:
    with providers.sms() as provider, bare_running(provider) as rounds:
        rounds.turn(CASES)
        assert told(provider) == {number(case): 1 for case in range(CASES)}


def test_processor_time_of_every_process_is_counted() -> None:
    with providers.sms() as provider, bare_running(provider) as rounds:
        measured = rounds.turn(CASES)
    shares = {name: value for name, value in measured.items() if name.endswith(" of it")}
    assert {name.removesuffix(" of it") for name in shares} == {"sender", "door", "postgresql", "redis"}
    assert measured["processor"] == pytest.approx(sum(shares.values()))


def told(provider: Counted, before: int = 0) -> Counter[str]:
    return Counter(number for number, _ in provider.log(before))


def states(place: Ground) -> dict[str, set[str]]:
    with store(place) as opened, opened.begin() as tx:
        return {
            table.name: {row.state for row in tx.all(select(table.c.state))} for table in (notices, attempts)
        }
