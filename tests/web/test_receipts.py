"""The receipt door: signed by the provider, applied once committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path as File
from typing import Any

import pytest
from sqlalchemy import text
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # ships no types

from notifier.channels.sms_twilio import SmsTwilio
from notifier.facts import facts_after
from notifier.receipt_signature import HEADER, sign_receipt
from notifier.records import AttemptState, ChannelName, ReceiptRequest
from notifier.web import batches
from tests.builders import a_document, a_store
from tests.fakes import FakeChannel
from tests.web.conftest import Web, running_web

Channels = dict[ChannelName, FakeChannel]
WHEN = "Wed 1 Apr 2026 09:30"
SECRET = "what the fake provider signs with"
VICTIM: dict[str, Any] = {
    "victim_id": "v1",
    "name": {"title": "Ms", "given": "Jo", "family": "Bloggs"},
    "contact_points": [{"id": "p1", "channel": "sms", "address": "+447700900123"}],
}
OPENED: dict[str, Any] = {
    "offence": "burglary", "force": "Example", "reference": "EX/1",
    "officer": {"id": "off7", "name": "PC Priya Shah", "email": "priya.shah@police.example"},
}  # fmt: skip


def tell(web: Web) -> None:
    """Have one message handed to the sms channel."""
    documents = [
        a_document("case.opened", WHEN, **OPENED),
        a_document("victim.registered", WHEN, **VICTIM),
    ]
    path, now = web.services.path, datetime.fromisoformat(documents[0]["time"])
    path.take_in([json.dumps(document) for document in documents], now, door="http")
    path.plan(["c1"], now)
    assert path.deliver(path.due(now), now, now + timedelta(minutes=2)) == 1


def fact_types(web: Web) -> list[str]:
    with web.store.begin() as tx:
        return [fact["type"] for fact in facts_after(tx, 0, 100)[0]]


def bring(web: Web, receipt: ReceiptRequest) -> int:
    return web.http.post(receipt.url, content=receipt.body, headers=receipt.headers).status_code


def test_a_receipt_is_applied_once(web: Web, channels: Channels) -> None:
    tell(web)
    sms = channels[ChannelName.SMS]
    receipt = sms.receipt(sms.sent[0], AttemptState.DELIVERED)
    assert [bring(web, receipt) for _ in range(2)] == [204, 204]
    assert fact_types(web) == ["notice.accepted", "notice.delivered"]


def test_a_receipt_that_nobody_signed_changes_nothing(web: Web, channels: Channels) -> None:
    tell(web)
    sms = channels[ChannelName.SMS]
    good = sms.receipt(sms.sent[0], AttemptState.DELIVERED)
    for headers in ({}, {HEADER: ""}, {HEADER: sign_receipt(good.body, "another secret")}):
        assert bring(web, ReceiptRequest(good.url, headers, good.body)) == 403
    assert fact_types(web) == ["notice.accepted"]


def test_a_signed_receipt_that_cannot_be_read_is_malformed(light_web: Web) -> None:
    body = b"no receipt"
    signed = {HEADER: sign_receipt(body, SECRET)}
    answer = light_web.http.post("/receipts/sms", content=body, headers=signed)
    assert (answer.status_code, set(answer.json())) == (400, {"error"})


@pytest.mark.parametrize("name", ["pigeon", "SMS", "%2e%2e", "sms%00"])
def test_there_are_no_other_channels(light_web: Web, name: str) -> None:
    assert light_web.http.post(f"/receipts/{name}").status_code == 404


TOKEN = "made-up-token"
PUBLIC = "https://notifier.example/behind/a-proxy"


@pytest.fixture
def twilio_web(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.chdir(tmp_path)  # no .env
    for name, value in {
        "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_FROM": "ExPolice",
        "PUBLIC_URL": PUBLIC,
    }.items():
        monkeypatch.setenv(f"NOTIFIER_{name}", value)
    channels = {ChannelName.SMS: SmsTwilio()}
    with (
        a_store(f"sqlite:///{tmp_path / 'twilio.db'}") as store,
        running_web(store, tmp_path, channels, public_url=PUBLIC) as web,
    ):
        yield web


def test_twilio_signs_our_public_url_with_its_query_and_empty_fields(twilio_web: Web) -> None:
    where = "/receipts/sms?attempt=a%2F7&attempt=8"
    form = {"MessageSid": "SM1", "MessageStatus": "delivered", "ErrorCode": "", "Body": "Siân & co"}
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{where}", form)

    def status(url: str, fields: dict[str, str]) -> int:
        answer = twilio_web.http.post(url, data=fields, headers={"X-Twilio-Signature": signature})
        return answer.status_code

    assert status(where, form) == 204
    assert status("/receipts/sms?attempt=a%2F8", form) == 403
    assert status(where, {**form, "MessageStatus": "failed"}) == 403


def test_a_status_callback_without_a_status_is_malformed(twilio_web: Web) -> None:
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}/receipts/sms", {"MessageSid": "SM1"})
    answer = twilio_web.http.post(
        "/receipts/sms", data={"MessageSid": "SM1"}, headers={"X-Twilio-Signature": signature}
    )
    assert answer.status_code == 400


def test_receipts_that_come_at_once_are_all_applied_and_a_bad_one_harms_none(
    web: Web, channels: Channels
) -> None:
    tell(web)
    sms = channels[ChannelName.SMS]
    good = sms.receipt(sms.sent[0], AttemptState.DELIVERED)
    unknown = sms.receipt(replace(sms.sent[0], attempt_ref="never-given"), AttemptState.FAILED)
    bad = ReceiptRequest(good.url, {HEADER: sign_receipt(b"no receipt", SECRET)}, b"no receipt")
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(partial(bring, web), [good, unknown, bad] * 12))
    assert answers == [204, 204, 400] * 12
    assert fact_types(web) == ["notice.accepted", "notice.delivered"]


def test_a_database_that_is_away_has_the_provider_come_again(light_web: Web, channels: Channels) -> None:
    tell(light_web)
    sms = channels[ChannelName.SMS]
    receipt = sms.receipt(sms.sent[0], AttemptState.DELIVERED)
    with light_web.store.begin() as tx:
        tx.run(text("ALTER TABLE receipts RENAME TO away"))
    answer = light_web.http.post(receipt.url, content=receipt.body, headers=receipt.headers)
    assert (answer.status_code, int(answer.headers["Retry-After"])) == (503, 5)
    assert "nothing was lost" in answer.json()["error"]
    with light_web.store.begin() as tx:
        tx.run(text("ALTER TABLE away RENAME TO receipts"))
    assert bring(light_web, receipt) == 204
    assert fact_types(light_web) == ["notice.accepted", "notice.delivered"]


def test_where_too_many_wait_the_provider_is_asked_to_come_again(
    light_web: Web, channels: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_MOST_WAITING", 0)
    tell(light_web)
    sms = channels[ChannelName.SMS]
    receipt = sms.receipt(sms.sent[0], AttemptState.DELIVERED)
    answer = light_web.http.post(receipt.url, content=receipt.body, headers=receipt.headers)
    assert (answer.status_code, int(answer.headers["Retry-After"])) == (503, 5)
    assert fact_types(light_web) == ["notice.accepted"]


def test_a_long_receipt_is_read_too(light_web: Web, channels: Channels) -> None:
    tell(light_web)
    sms = channels[ChannelName.SMS]
    short = sms.receipt(sms.sent[0], AttemptState.DELIVERED)
    body = short.body + b" " * 100_000
    assert bring(light_web, ReceiptRequest(short.url, {HEADER: sign_receipt(body, SECRET)}, body)) == 204
    assert fact_types(light_web) == ["notice.accepted", "notice.delivered"]
