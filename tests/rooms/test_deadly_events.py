"""An event that kills the process that plans it harms no other, and is with a person in the end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path as File
from time import sleep

import psycopg
import pytest
from sqlalchemy import make_url, select

from notifier import interventions
from notifier.errors import Unreachable
from notifier.in_hand import InHand
from notifier.path import Path
from notifier.rendering import Renderer
from notifier.store import events
from notifier.store.database import Store
from notifier.store.tables import events as table
from tests.builders import AN_ARREST, LONDON, POLICIES, a_document, a_store
from tests.fakes import fake_channels
from tests.rooms.killed_planners import DEADLY, NOW
from tests.servers import Postgres

WHEN = "Wed 1 Apr 2026 09:30"
KILLED = str(-signal.SIGKILL)
OUTAGES = 4  # more than the deaths that an event may cause
WAITS_FOR_A_LOCK = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def a_case(case_id: str) -> list[str]:
    opened = a_document(
        "case.opened", WHEN, case_id=case_id, offence="burglary", force="Example", reference="EX/1/26"
    )
    registered = a_document(
        "victim.registered",
        WHEN,
        case_id=case_id,
        victim_id=f"v-{case_id}",
        contact_points=[{"id": "p1", "channel": "sms", "address": "07700 900001"}],
    )
    return [json.dumps(opened), json.dumps(registered)]


def an_arrest(case_id: str, id_: str) -> str:
    return json.dumps(a_document(AN_ARREST, WHEN, case_id=case_id, id_=id_))


def a_path(store: Store, notes: File) -> Path:
    return Path(store, POLICIES, Renderer(LONDON).render, fake_channels(), in_hand=InHand(notes))


def waiting(store: Store) -> list[str]:
    with store.begin() as tx:
        query = select(table.c.event_id).where(table.c.planned_at.is_(None), table.c.problem.is_(None))
        return [row.event_id for row in tx.all(query.order_by(table.c.pk))]


def planners_end(url: str, notes: File, most: int = 9) -> list[str]:
    command = [sys.executable, "-m", "tests.rooms.killed_planners", url, str(notes), str(most)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()


@pytest.fixture
def notes(tmp_path: File) -> File:
    return tmp_path / "in-hand"


@pytest.fixture
def store(database_url: str, notes: File) -> Iterator[Store]:
    """The deadly event stands in the middle of its case, and its case before another one."""
    documents = [*a_case("c1"), an_arrest("c1", DEADLY), an_arrest("c1", "behind"), *a_case("c2")]
    with a_store(database_url) as store:
        with closing(a_path(store, notes)) as path:
            path.take_in(documents, NOW, door="test")
        yield store


def test_it_is_planned_alone_after_the_others_and_set_aside_after_its_third_death(
    store: Store, database_url: str, notes: File
) -> None:
    assert planners_end(database_url, notes, most=3) == [KILLED] * 3
    assert waiting(store) == [DEADLY, "behind"], "all but its own case's later news was planned"
    assert planners_end(database_url, notes) == ["0"]
    assert waiting(store) == []
    with store.begin() as tx:
        (aside,) = events.with_problems(tx)
    assert aside.event_id == DEADLY
    assert aside.problem == "it ended the program that planned it, 3 times: report it"
    assert list(notes.iterdir()) == []


def test_it_kills_but_once_when_a_person_tries_it_again_and_never_when_she_gave_it_up(
    store: Store, database_url: str, notes: File
) -> None:
    planners_end(database_url, notes)
    with store.begin() as tx:
        (aside,) = events.with_problems(tx)
        interventions.plan_again(tx, aside.pk)
    assert planners_end(database_url, notes) == [KILLED, "0"]
    with store.begin() as tx:
        interventions.give_up(tx, aside.pk, "Sgt Reid", "reported", NOW)
    assert planners_end(database_url, notes) == ["0"]
    assert waiting(store) == []


def test_who_plans_for_many_does_the_others_first_and_leaves_what_may_be_deadly(
    store: Store, notes: File
) -> None:
    with store.begin() as tx:
        events.count_lost_planner(tx, [min(events.unplanned(tx, ["c1"])["c1"])])
    with closing(a_path(store, notes)) as path:
        assert path.plan(["c1", "c2"], NOW, wait=False) == ["c1"]
        with store.begin() as tx:
            assert list(events.unplanned(tx, ["c1", "c2"])) == ["c1"]
        assert path.plan(["c1"], NOW) == []
    assert waiting(store) == []


def test_an_outage_of_the_database_is_charged_to_no_event(postgres: Postgres, notes: File) -> None:
    with a_store(postgres.url) as store, closing(a_path(store, notes)) as path:
        path.take_in(a_case("c1"), NOW, door="test")
        path.plan(["c1"], NOW)
        path.take_in([an_arrest("c1", "news")], NOW, door="test")
        for _ in range(OUTAGES):
            with pytest.raises(Unreachable):
                stop_while_it_plans(postgres, path, notes)
            postgres.start()
            with store.begin() as tx:
                assert list(events.unplanned(tx, ["c1"])["c1"].values()) == [0], "nothing was charged"
        with closing(a_path(store, notes)) as restarted:
            restarted.plan(["c1"], NOW)
        assert waiting(store) == []
        with store.begin() as tx:
            assert list(events.with_problems(tx)) == []


def stop_while_it_plans(postgres: Postgres, path: Path, notes: File) -> None:
    """Stop the server when planning waits in the middle of its transaction; raises what that raises."""
    address = make_url(postgres.url).set(drivername="postgresql").render_as_string(hide_password=False)
    holding, watching = psycopg.connect(address), psycopg.connect(address, autocommit=True)
    with ThreadPoolExecutor(1) as thread, closing(holding), closing(watching):
        holding.execute("SELECT 1 FROM cases FOR UPDATE")
        planning = thread.submit(path.plan, ["c1"], NOW)
        while not planning.done() and not watching.execute(WAITS_FOR_A_LOCK).fetchall():
            sleep(0.01)
        assert list(notes.iterdir()), "what is in hand is noted"
        assert list(InHand(notes).left_behind()) == [], "who is alive has left nothing behind"
        postgres.stop()
        planning.result()
