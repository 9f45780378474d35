"""What can be asked: facts, checks and health."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import pytest

from notifier.embedded import free_port
from notifier.records import What
from notifier.store import cases, journal
from notifier.store.journal import Line
from tests.builders import AN_ARREST, a_document, a_store, stored
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


def test_what_is_about_no_event_goes_to_whoever_opened_the_case(web: Web) -> None:
    """A reply, a reminder, a no-progress update: no publisher's event is behind them."""
    with web.store.begin() as tx:
        opened = {"offence": "burglary", "force": "Example", "reference": "EX/1/26"}
        document = a_document("case.opened", "Wed 1 Apr 2026 09:30", **opened)
        stored(tx, document)
        stored(tx, {**document, "source": COURTS})
        case_pk = cases.key(tx, "c1")
        journal.write(tx, Line(What.RECEIVED, case_pk), NOW)
        journal.write(tx, Line(What.RECEIVED, cases.key(tx, "c2")), NOW)
        journal.write(tx, Line(What.RECEIVED, None), NOW)
    assert [fact["id"] for fact in facts(web, web.records)["facts"]] == ["1"]
    assert facts(web, web.courts) == {"facts": [], "next": 3}


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
