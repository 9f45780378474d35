"""What a transaction has at hand is what the database says, whoever writes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, select, update

from notifier.records import NoticeState
from notifier.store import cases, notices, people
from notifier.store.database import Store, Tx
from notifier.store.tables import cases as case_table
from notifier.store.tables import notices as table
from tests.builders import AN_ARREST, a_document, a_store, at, stored

NOW = at("Wed 1 Apr 2026 09:30")
CASES = ("c1", "c2", "c3")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with a_store(database_url) as store:
        with store.begin() as tx:
            for name in CASES:
                told = stored(tx, a_document(AN_ARREST, "Wed 1 Apr 2026 09:30", case_id=name))
                victim = people.save_profile(tx, f"v-{name}", {})
                notices.add(tx, told, cases.key(tx, name), victim, NOW)
        yield store


def pks(tx: Tx) -> list[int]:
    return [row.pk for row in tx.all(select(case_table.c.pk).order_by(case_table.c.case_id))]


def states(tx: Tx, case_pks: list[int]) -> list[NoticeState]:
    return [notice.state for pk in case_pks for notice in notices.of_case(tx, pk)]


def statements(store: Store) -> list[str]:
    seen: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda *about: seen.append(about[2]))
    return seen


def test_many_cases_are_read_by_one_statement_and_written_by_one(store: Store) -> None:
    with store.begin() as tx:
        case_pks = pks(tx)
        seen = statements(store)
        notices.bring(tx, case_pks)
        for pk in case_pks:
            (notice,) = notices.of_case(tx, pk)
            notices.change(tx, notice.pk, state=NoticeState.HELD, reason="volume")
            notices.change(tx, notice.pk, reason="identity")
        assert [text.split()[0] for text in seen] == ["SELECT"]
        tx.write()
        assert [text.split()[0] for text in seen] == ["SELECT", "UPDATE"]
    with store.begin() as tx:
        assert states(tx, case_pks) == [NoticeState.HELD] * 3
        assert {notice.reason for pk in case_pks for notice in notices.of_case(tx, pk)} == {"identity"}


def test_a_statement_sees_what_was_changed_before_it(store: Store) -> None:
    with store.begin() as tx:
        first = pks(tx)[0]
        (notice,) = notices.of_case(tx, first)
        notices.change(tx, notice.pk, state=NoticeState.HELD)
        assert tx.all(select(table.c.state).where(table.c.pk == notice.pk))[0].state == NoticeState.HELD


def test_a_statement_that_changes_rows_by_itself_clears_what_is_at_hand(store: Store) -> None:
    with store.begin() as tx:
        case_pks = pks(tx)
        assert states(tx, case_pks) == [NoticeState.PLANNED] * 3
        tx.run(update(table).values(state=NoticeState.SENT))
        assert states(tx, case_pks) == [NoticeState.SENT] * 3


def test_a_row_that_is_not_written_yet_is_read_changed_and_named_by_its_key(store: Store) -> None:
    with store.begin() as tx:
        told = stored(tx, a_document(AN_ARREST, "Wed 1 Apr 2026 10:30", case_id="c1"))
        case_pk = cases.key(tx, "c1")
        victim = notices.of_case(tx, case_pk)[0].victim_pk
        pk = notices.add(tx, told, case_pk, victim, NOW)
        assert pk is not None
        notices.change(tx, pk, state=NoticeState.HELD)
        assert notices.add(tx, told, case_pk, victim, NOW) is None, "it exists already"
        before = notices.load(tx, pk)
    with store.begin() as tx:
        assert notices.load(tx, pk) == before
        assert [notice.pk for notice in notices.of_case(tx, case_pk)][-1] == pk


def test_what_was_changed_before_an_error_is_not_written(store: Store) -> None:
    def hold_and_fail() -> None:
        with store.begin() as tx:
            for pk in pks(tx):
                notices.change(tx, notices.of_case(tx, pk)[0].pk, state=NoticeState.HELD)
            raise LookupError

    with pytest.raises(LookupError):
        hold_and_fail()
    with store.begin() as tx:
        assert states(tx, pks(tx)) == [NoticeState.PLANNED] * 3


def test_a_case_that_is_locked_is_read_as_those_left_it_who_had_it_before(postgres_database_url: str) -> None:
    with a_store(postgres_database_url) as store, ThreadPoolExecutor(1) as other:
        with store.begin() as tx:
            told = stored(tx, a_document(AN_ARREST, "Wed 1 Apr 2026 09:30"))
            case_pk = cases.key(tx, "c1")
            victim = people.save_profile(tx, "v1", {})
            notice = notices.add(tx, told, case_pk, victim, NOW)
            assert notice is not None

        def hold() -> None:
            with store.begin() as theirs:
                cases.lock(theirs, [case_pk])
                notices.change(theirs, notice, state=NoticeState.HELD)

        with store.begin() as tx:
            assert states(tx, [case_pk]) == [NoticeState.PLANNED]
            other.submit(hold).result()
            cases.lock(tx, [case_pk])
            assert states(tx, [case_pk]) == [NoticeState.HELD]
