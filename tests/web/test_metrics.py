"""``/metrics`` counts what waits, and only that; it names nobody, and reads no whole table."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, update

from notifier.embedded import EmbeddedRedis
from notifier.publishing import publish_lines
from notifier.records import AttemptState, ChannelName, NoticeState, Reply, What
from notifier.store import events, journal, providers, rejections, replies, sources, sweeps, totals
from notifier.store.database import Tx
from notifier.store.journal import Line
from notifier.store.sweeps import Ended
from notifier.store.tables import cases, escalations, notices, tasks, victims
from notifier.store.tables import sources as source_table
from tests.builders import AN_ARREST, a_document, a_store, at, stored
from tests.fakes import fake_channels
from tests.store.test_growth import scans_of, statements_of
from tests.web.conftest import Web, running_web

LONG_AGO, FAR_AWAY = at("Wed 1 Apr 2026 09:30"), at("Fri 1 Apr 2050 09:30")
# A person's name, a force and a source, wherever they could stand.
NOBODY = ("jocasta", "thornshire", "urn:example")


def figures(web: Web) -> dict[str, float]:
    """Return each figure by its name and labels; those of the process itself are left out."""
    answer = web.http.get("/metrics")
    assert answer.status_code == 200
    assert [word for word in NOBODY if word in answer.text.lower()] == []
    samples = [one for family in text_string_to_metric_families(answer.text) for one in family.samples]
    ours = [one for one in samples if one.name.startswith("notifier_")]
    return {" ".join([one.name, *one.labels.values()]): one.value for one in ours}


def a_notice(tx: Tx, state: NoticeState, **values: Any) -> None:
    row = {
        "case_pk": 1, "victim_pk": 1, "event_type": AN_ARREST, "occurred_at": LONG_AGO, "state": state,
        "tone": "routine", "queue": "routine", **values,
    }  # fmt: skip
    tx.run(notices.insert().values(row))


def fill(tx: Tx) -> None:
    """Store some of everything that is counted, and beside it what is not: dealt with, final, not due yet."""
    nothing = tx.cipher.seal({})
    tx.run(cases.insert().values(pk=1, case_id="case-of-jocasta", profile_sealed=nothing, force="Thornshire"))
    tx.run(victims.insert().values(pk=1, victim_id="jocasta", profile_sealed=nothing))
    fill_notices(tx)
    fill_staff(tx)
    fill_intake(tx)
    write = {"case_pk": 1, "victim_pk": 1, "channel": "sms", "person_id": "jocasta"}
    journal.write(tx, Line(What.MESSAGE, kind=AttemptState.ACCEPTED, **write), LONG_AGO)  # type: ignore[arg-type]
    journal.write(tx, Line(What.FAILED, reason="bad_address", **write), LONG_AGO)  # type: ignore[arg-type]
    for name in ("well", "out"):
        providers.load(tx, name)
    providers.change(tx, "out", out_since=LONG_AGO, failures=4)
    sweeps.note(tx, {"delivery": Ended(LONG_AGO, 0.25)}, {"delivery"})


def fill_notices(tx: Tx) -> None:
    a_notice(tx, NoticeState.PLANNED, send_at=LONG_AGO, deadline=FAR_AWAY)
    a_notice(tx, NoticeState.PLANNED, send_at=FAR_AWAY, queue="bulk")
    a_notice(tx, NoticeState.TOLD, deadline=LONG_AGO)
    a_notice(tx, NoticeState.SUPPRESSED, reason="volume")
    a_notice(tx, NoticeState.FAILED, deadline=LONG_AGO)
    a_notice(tx, NoticeState.UNCERTAIN)
    for reason in ("volume", "volume", "something_new"):
        a_notice(tx, NoticeState.HELD, reason=reason)


def fill_staff(tx: Tx) -> None:
    about = {"cause": "c", "case_pk": 1, "opened_at": LONG_AGO}
    rows: list[dict[str, Any]] = [
        {"level": 1, "safety": False},
        {"level": 3, "safety": True},
        {"level": 3, "safety": True, "acknowledged_at": LONG_AGO, "acknowledged_by": "jocasta"},
        {"level": 2, "safety": False, "resolved_at": LONG_AGO},
    ]
    for row in rows:
        tx.run(escalations.insert().values({**about, "reason": "no_contact", **row}))
    for done_at, deadline in ((None, FAR_AWAY), (None, None), (LONG_AGO, LONG_AGO)):
        row = {**about, "kind": "call_back", "safety": False, "done_at": done_at, "deadline": deadline}
        tx.run(tasks.insert().values(row))


def fill_intake(tx: Tx) -> None:
    rejections.add(tx, "http", "rubbish of Jocasta", "not JSON", LONG_AGO)
    rejections.add(tx, "http", "more rubbish", "not JSON", LONG_AGO)
    rejections.discard(tx, 1, "jocasta", "sent again", LONG_AGO)
    for place in range(4):
        stored(tx, a_document(AN_ARREST, "Wed 1 Apr 2026 09:30", id_=f"e{place}"))
    events.mark_planned(tx, [1], LONG_AGO)
    for pk in (2, 3):
        events.mark_problem(tx, pk, "cannot be planned")
    events.give_up(tx, 3, "jocasta gave it up", LONG_AGO)
    sources.note(tx, ["urn:example:one", "urn:example:two"], LONG_AGO)
    tx.run(update(source_table).where(source_table.c.pk == 1).values(silent_since=LONG_AGO))
    replies.keep(tx, Reply(ChannelName.SMS, "+447700900123", "It is Jocasta", "SM1"), None, LONG_AGO)


def test_what_waits_is_counted_and_nothing_else(web: Web) -> None:
    empty = figures(web)
    assert set(empty.values()) == {0}
    with web.store.begin() as tx:
        fill(tx)
    web.store.run(totals.add_up)
    found = figures(web)
    ages = {name: found.pop(name) for name in list(found) if "_seconds" in name}
    assert {name: value for name, value in found.items() if value} == {
        "notifier_notices planned": 2,
        "notifier_notices held": 3,
        "notifier_notices uncertain": 1,
        "notifier_notices failed": 1,
        "notifier_notices_held volume": 2,
        "notifier_notices_held something_new": 1,
        "notifier_notices_due routine": 1,
        "notifier_overdue_duties": 1,
        "notifier_open_escalations no 1 no": 1,
        "notifier_open_escalations no 3 yes": 1,
        "notifier_open_escalations yes 3 yes": 1,
        "notifier_open_tasks": 2,
        "notifier_overdue_tasks": 1,
        "notifier_attempts_total sms accepted": 1,
        "notifier_attempts_total sms failed": 1,
        "notifier_attempt_failures_total sms bad_address": 1,
        "notifier_provider_out out": 1,
        "notifier_provider_failures out": 4,
        "notifier_unplanned_events": 1,
        "notifier_events_set_aside": 1,
        "notifier_rejections": 1,
        "notifier_silent_sources": 1,
        "notifier_replies_of_unknown": 1,
    }
    waited = (web.services.clock.now() - LONG_AGO).total_seconds()
    assert ages.pop("notifier_sweep_seconds delivery") == 0.25
    assert ages.pop("notifier_provider_out_seconds well") == 0
    assert set(ages) == {
        "notifier_oldest_due_seconds",
        "notifier_oldest_unplanned_seconds",
        "notifier_provider_out_seconds out",
        "notifier_sweep_age_seconds delivery",
    }
    assert all(waited - 3_600 < age <= waited for age in ages.values()), ages


def test_every_figure_is_there_before_it_is_needed(web: Web) -> None:
    """An alert on a figure that comes only with the first trouble would miss that."""
    before = set(figures(web))
    with web.store.begin() as tx:
        fill(tx)
    new = set(figures(web)) - before
    assert {name.rpartition(" ")[2] for name in new} == {"something_new", "well", "out", "delivery"}


def test_of_millions_only_so_many_are_counted(light_web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    with light_web.store.begin() as tx:
        fill(tx)
        for _ in range(9):
            a_notice(tx, NoticeState.PLANNED, send_at=LONG_AGO, deadline=LONG_AGO)
    monkeypatch.setattr("notifier.store.figures.MOST", 5)
    found = figures(light_web)
    for name in ("notifier_notices planned", "notifier_notices_due routine", "notifier_overdue_duties"):
        assert found[name] == 5
    assert found["notifier_notices_held volume"] == 2


def test_no_figure_reads_a_whole_table(tmp_path: File) -> None:
    url = f"sqlite:///{tmp_path / 'notifier.db'}"
    with a_store(url) as store, running_web(store, tmp_path, fake_channels()) as web:
        with store.begin() as tx:
            fill(tx)
        store.run(totals.add_up)
        with statements_of(store) as seen:
            figures(web)
    engine = create_engine(url)
    scans = [scan for statement, values in seen.items() for scan in scans_of(engine, statement, values)]
    engine.dispose()
    assert len(seen) > 15, "the statements were seen at all"
    assert [scan for scan in scans if not any(known in scan for known in FEW)] == []


# What holds few rows however many cases there are, an index of what waits, or what was just counted from one.
FEW = (
    *("ix_tasks_open", "ix_escalations_open", "ix_notices_not_told", "ix_events_problem", "anon_1"),
    *("sweeps", "totals", "rejections", "replies"),
)


@pytest.fixture
def own_redis(tmp_path: File) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path / "redis") as server:
        yield server


def of_redis(web: Web) -> dict[str, float]:
    names = ("notifier_redis", "notifier_stream")
    return {name: value for name, value in figures(web).items() if name.startswith(names)}


def test_the_queue_and_a_redis_that_answers_no_more(tmp_path: File, own_redis: EmbeddedRedis) -> None:
    with (
        a_store(f"sqlite:///{tmp_path / 'n.db'}") as store,
        running_web(store, tmp_path, fake_channels(), redis_url=own_redis.url) as web,
        redis.Redis.from_url(own_redis.url) as client,
    ):
        names = ("waiting", "pending", "oldest_seconds")
        empty = {"notifier_redis_up": 1.0, **{f"notifier_stream_{name}": 0.0 for name in names}}
        assert of_redis(web) == empty
        publish_lines(client, "case-events", ["{}"] * 5)
        client.xgroup_create("case-events", "notifier", id="0")
        client.xreadgroup("notifier", "an-intake", {"case-events": ">"}, count=2)
        found = of_redis(web)
        assert found.pop("notifier_stream_oldest_seconds") > 0
        assert found == {"notifier_redis_up": 1, "notifier_stream_waiting": 3, "notifier_stream_pending": 2}
        assert own_redis._process is not None
        os.kill(own_redis._process.pid, signal.SIGSTOP)
        try:
            assert of_redis(web) == {"notifier_redis_up": 0}, "it hangs, and /metrics answers all the same"
            assert web.http.get("/readyz").status_code == 503
        finally:
            os.kill(own_redis._process.pid, signal.SIGCONT)


def test_the_redis_of_the_embedded_form_is_found(tmp_path: File, own_redis: EmbeddedRedis) -> None:
    with (
        a_store(f"sqlite:///{tmp_path / 'n.db'}") as store,
        running_web(store, tmp_path, fake_channels()) as web,
    ):
        assert of_redis(web)["notifier_redis_up"] == 1
