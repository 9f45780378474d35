"""What became of messages is added up from the journal: each line once, whoever adds up, and cheaply."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from notifier.records import AttemptState, What
from notifier.store import journal, totals
from notifier.store.database import Store, Tx
from notifier.store.journal import Line
from notifier.store.totals import Total
from tests.builders import a_cipher, a_store, at

NOW = at("Wed 1 Apr 2026 09:30")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with a_store(database_url) as store:
        yield store


def write(tx: Tx, what: What, *, channel: str | None = "sms", kind: str | None = None, **more: str) -> None:
    journal.write(tx, Line(what, None, channel=channel, kind=kind, **more), NOW)  # type: ignore[arg-type]


def a_day(tx: Tx) -> None:
    """A text that arrives, one that is refused, one that nobody knows of and had gone out, an email."""
    write(tx, What.TASK, channel=None, kind="call_back")
    write(tx, What.MESSAGE, kind=AttemptState.ACCEPTED)
    write(tx, What.DELIVERED)
    write(tx, What.MESSAGE, kind=AttemptState.FAILED)
    write(tx, What.FAILED, reason="bad_address")
    write(tx, What.MESSAGE, kind=AttemptState.UNKNOWN)
    write(tx, What.ACCEPTED)
    write(tx, What.UNCONFIRMED)
    write(tx, What.MESSAGE, channel="email", kind=AttemptState.ACCEPTED)
    write(tx, What.FAILED, channel="email")


OF_THE_DAY = {
    Total("sms", "accepted", ""): 2,
    Total("sms", "delivered", ""): 1,
    Total("sms", "failed", "bad_address"): 1,
    Total("sms", "unknown", ""): 1,
    Total("sms", "unconfirmed", ""): 1,
    Total("email", "accepted", ""): 1,
    Total("email", "failed", "unknown"): 1,
}


def counted(store: Store) -> dict[Total, int]:
    with store.read() as tx:
        return totals.of_attempts(tx)


def test_a_message_counts_by_what_became_of_it(store: Store) -> None:
    store.run(totals.add_up)
    assert counted(store) == {}
    store.run(a_day)
    assert store.run(totals.add_up) == 10
    assert counted(store) == OF_THE_DAY


def test_what_was_counted_is_not_counted_again(store: Store) -> None:
    for _ in range(2):
        store.run(a_day)
        store.run(totals.add_up)
        assert store.run(totals.add_up) == 0
    assert counted(store) == {total: 2 * number for total, number in OF_THE_DAY.items()}


def test_schedulers_that_meet_count_each_line_once(store: Store) -> None:
    def write_and_count(_turn: int) -> None:
        store.run(a_day)
        store.run(totals.add_up)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write_and_count, range(12)))
    store.run(totals.add_up)
    assert counted(store) == {total: 12 * number for total, number in OF_THE_DAY.items()}


def test_a_long_backlog_is_counted_in_portions(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals, "_MOST_LINES", 4)
    store.run(a_day)
    assert [store.run(totals.add_up) for _ in range(4)] == [4, 4, 2, 0]
    assert counted(store) == OF_THE_DAY


def test_history_from_before_the_upgrade_does_not_look_like_a_burst(database_url: str) -> None:
    store = Store(database_url, a_cipher())
    store.upgrade("0007")
    store.run(a_day)
    store.run(journal.number_facts)
    store.upgrade()
    assert store.run(totals.add_up) == 0
    store.run(a_day)
    store.run(totals.add_up)
    assert counted(store) == OF_THE_DAY
    store.close()
