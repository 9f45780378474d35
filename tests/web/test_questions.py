"""What can be asked: facts, checks, health and figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from notifier.embedded import free_port
from notifier.records import NoticeState, What
from notifier.store import journal, rejections
from notifier.store.database import Tx
from notifier.store.journal import Line
from notifier.store.tables import cases, escalations, notices, tasks, victims
from notifier.store.tables import events as event_table
from tests.builders import AN_ARREST, a_document, a_store, at, stored
from tests.fakes import fake_channels
from tests.web.conftest import COURTS, NOW, Web, running_web


def facts(web: Web, key: Any, **query: object) -> dict[str, Any]:
    answer = web.http.get("/v1/facts", params=query, auth=key)  # type: ignore[arg-type]  # wants exact types
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def test_a_publisher_reads_the_facts_about_its_own_events(web: Web) -> None:
    with web.store.begin() as tx:
        ours = stored(tx, a_document(AN_ARREST, "Wed 1 Apr 2026 09:30", id_="e1"))
        theirs = stored(tx, {**a_document(AN_ARREST, "Wed 1 Apr 2026 09:30", id_="e1"), "source": COURTS})
        for pk in (ours.pk, theirs.pk, None, ours.pk):
            journal.write(tx, Line(What.HELD, None, event_pk=pk), NOW)
    everything = facts(web, web.records)
    assert [fact["id"] for fact in everything["facts"]] == ["1", "4"]
    assert everything["next"] == 4
    assert [fact["id"] for fact in facts(web, web.courts)["facts"]] == ["2"]
    assert facts(web, web.records, after=1, limit=2) == {"facts": [], "next": 3}
    assert facts(web, web.records, after=4) == {"facts": [], "next": 4}


@pytest.mark.parametrize("query", ["after=x", "after=-1", f"after={2**63}", "limit=0", "limit=1001"])
def test_a_wrong_question_is_told_what_is_wrong(light_web: Web, query: str) -> None:
    answer = light_web.http.get(f"/v1/facts?{query}", auth=light_web.records)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"{query.partition('=')[0]}: ")


def check(web: Web, body: str, kind: str = "application/jsonl") -> Any:
    answer = web.http.post(
        "/v1/check", content=body.encode(), headers={"Content-Type": kind}, auth=web.records
    )
    assert answer.status_code == 200
    return answer.json() if kind == "application/json" else answer.text.splitlines()


def test_an_address_is_checked(light_web: Web) -> None:
    verdict = check(light_web, '{"channel": "sms", "address": "07700 900123"}', "application/json")
    assert verdict == {"ok": True, "normalised": "+447700900123"}
    assert check(light_web, "[]", "application/json")["ok"] is False
    assert check(light_web, "{", "application/json") == {"ok": False, "reason": "the line is not JSON"}
    half = check(light_web, '{"channel": "sms", "text": "\\ud83d"}', "application/json")
    assert half["segments"] == 1


def test_lines_are_checked_each_in_its_order(light_web: Web) -> None:
    lines = [
        '{"channel": "sms", "address": "07700 900123"}',
        "nothing",
        "",
        '{"channel": "sms", "text": "Siân\\u2028is here"}',
        '{"channel": "sms", "text": "\\ud83d"}',
    ]
    first, second, third, fourth = check(light_web, "\n".join(lines))
    assert first == '{"ok": true, "normalised": "+447700900123"}'
    assert second == '{"ok": false, "reason": "the line is not JSON"}'
    assert '"encoding"' in third
    assert '"encoding"' in fourth


def test_the_process_is_alive_and_ready(web: Web) -> None:
    assert web.http.get("/healthz").json() == {"alive": True}
    assert web.http.get("/readyz").json() == {"ready": True}


def test_it_is_not_ready_without_redis(tmp_path: File) -> None:
    url = f"redis://:a-password@127.0.0.1:{free_port()}/0"
    with (
        a_store(f"sqlite:///{tmp_path / 'n.db'}") as store,
        running_web(store, tmp_path, fake_channels(), redis_url=url) as web,
    ):
        answer = web.http.get("/readyz")
        assert web.http.get("/healthz").status_code == 200
    assert (answer.status_code, answer.json()) == (
        503, {"error": "Redis does not answer; nothing was lost"},
    )  # fmt: skip


def test_it_is_ready_with_redis(tmp_path: File, redis_url: str) -> None:
    with (
        a_store(f"sqlite:///{tmp_path / 'n.db'}") as store,
        running_web(store, tmp_path, fake_channels(), redis_url=redis_url) as web,
    ):
        assert web.http.get("/readyz").status_code == 200


def a_notice(tx: Tx, state: NoticeState, **values: Any) -> None:
    row = {
        "case_pk": 1, "victim_pk": 1, "event_type": AN_ARREST, "occurred_at": NOW, "state": state,
        "tone": "routine", "queue": "routine", **values,
    }  # fmt: skip
    tx.run(notices.insert().values(row))


def fill(tx: Tx) -> None:
    """Store some of everything that is counted, and of what is not: resolved, done, not due yet."""
    nothing = tx.cipher.seal({})
    tx.run(cases.insert().values(pk=1, case_id="case-of-jocasta", profile_sealed=nothing))
    tx.run(victims.insert().values(pk=1, victim_id="jocasta", profile_sealed=nothing))
    a_notice(tx, NoticeState.PLANNED, send_at=at("Wed 1 Apr 2026 09:30"))
    a_notice(tx, NoticeState.PLANNED, send_at=at("Fri 1 Apr 2050 09:30"))
    a_notice(tx, NoticeState.TOLD)
    about = {"cause": "c", "case_pk": 1, "safety": False, "opened_at": NOW}
    for level, resolved_at in ((1, None), (3, None), (3, None), (2, NOW)):
        row = {**about, "reason": "no_contact", "level": level, "resolved_at": resolved_at}
        tx.run(escalations.insert().values(row))
    for done_at in (None, NOW):
        tx.run(tasks.insert().values({**about, "kind": "call_back", "done_at": done_at}))
    rejections.add(tx, "http", "rubbish of Jocasta", "not JSON", NOW)
    stored(tx, a_document(AN_ARREST, "Wed 1 Apr 2026 09:30", id_="e1"))
    tx.run(event_table.update().values(problem="cannot be planned"))


def figures(text: str) -> Iterator[tuple[str, float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield " ".join([sample.name, *sample.labels.values()]), sample.value


def test_the_figures(web: Web) -> None:
    empty = dict(figures(web.http.get("/metrics").text))
    assert set(empty.values()) == {0}
    with web.store.begin() as tx:
        fill(tx)
    answer = web.http.get("/metrics")
    found = dict(figures(answer.text))
    assert set(found) == set(empty), "a figure is there before it is needed"
    assert found.pop("notifier_oldest_due_seconds") > 3_600, "since April 2026, and the other one is not due"
    assert {name: value for name, value in found.items() if value} == {
        "notifier_notices planned": 2,
        "notifier_notices told": 1,
        "notifier_open_escalations 1": 1,
        "notifier_open_escalations 3": 2,
        "notifier_open_tasks": 1,
        "notifier_rejections": 1,
        "notifier_events_set_aside": 1,
    }
    assert "ocasta" not in answer.text
