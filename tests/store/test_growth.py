"""What a step costs does not grow with the tables: each of its statements finds its rows by an index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path as File
from typing import Any

from sqlalchemy import Engine, create_engine, event

from notifier.path import Path
from notifier.policy_file import load_policies
from notifier.records import AttemptState, ChannelName, Receipt
from notifier.rendering import Renderer
from notifier.store.database import Store
from tests.builders import AN_ARREST, LONDON, a_document, a_store, at
from tests.fakes import fake_channels

WHEN = "Wed 1 Apr 2026 09:30"
NOW = at(WHEN)
POLICIES = load_policies(breaker=False)  # so much at once would be held
# Indexes that hold only what waits: to walk through one is to see no row in vain.
OF_WHAT_WAITS = (
    *("ix_events_unplanned", "ix_journal_unpublished"),
    *("ix_tasks_open", "ix_escalations_open", "ix_notices_not_told"),
)
# What holds a few rows however long the service runs; the last one: the values of a statement itself.
SMALL = ("providers", "sources", "publisher_keys", "VIRTUAL TABLE")


def test_no_step_reads_a_whole_table(tmp_path: File) -> None:
    url = f"sqlite:///{tmp_path / 'notifier.db'}"
    with a_store(url) as store, statements_of(store) as seen:
        work_through(store)
    engine = create_engine(url)
    scans = {statement: scans_of(engine, statement, values) for statement, values in seen.items()}
    engine.dispose()
    assert len(seen) > 50, "the steps were seen at all"
    assert [statement for statement, found in scans.items() if found] == []


def work_through(store: Store) -> None:
    """Take two cases from their events to delivered messages , an hour long."""
    channels = fake_channels()
    with closing(Path(store, POLICIES, Renderer(LONDON).render, channels)) as path:
        documents = [json.dumps(document) for case_id in ("c1", "c2") for document in events_of(case_id)]
        path.take_in(documents, NOW, door="test")
        path.plan(path.unplanned_cases(), NOW)
        for now in (NOW, NOW + timedelta(hours=1)):
            path.sweep(now)
            path.deliver(path.due(now), now, now + timedelta(minutes=3))
            delivered = [
                Receipt(AttemptState.DELIVERED, attempt_ref=one.attempt_ref)
                for one in channels[ChannelName.SMS].sent
            ]
            path.receive(ChannelName.SMS, delivered, now)
        path.tell_staff(NOW, NOW)
        path.reconcile(NOW, NOW)
        assert len(channels[ChannelName.SMS].sent) == 2


def events_of(case_id: str) -> list[dict[str, Any]]:
    known = {"offence": "burglary", "force": "Example", "reference": "EX/1/26"}
    points = [{"id": "p1", "channel": "sms", "address": "07700 900123"}]
    victim_id = f"v-{case_id}"
    return [
        a_document("case.opened", WHEN, case_id=case_id, **known),
        a_document("victim.registered", WHEN, case_id=case_id, victim_id=victim_id, contact_points=points),
        a_document(AN_ARREST, WHEN, case_id=case_id),
    ]


@contextmanager
def statements_of(store: Store) -> Iterator[dict[str, Any]]:
    """Give every statement that the store runs, with the values of one time that it was run."""
    seen: dict[str, Any] = {}

    def see(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            seen[statement] = values[0] if many else values

    event.listen(store._engine, "before_cursor_execute", see)
    yield seen
    event.remove(store._engine, "before_cursor_execute", see)


def scans_of(engine: Engine, statement: str, values: Any) -> list[str]:
    """Return where a statement reads a whole table, in the words of SQLite's planner."""
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        scans = [str(row[3]) for row in plan if str(row[3]).startswith("SCAN ")]
    return [scan for scan in scans if not any(known in scan for known in (*OF_WHAT_WAITS, *SMALL))]
