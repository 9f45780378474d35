"""The HTTP doors, tried against the project's own OpenAPI and with what nobody would send: never a 500.

``FUZZ_EXAMPLES`` (`make fuzz`) has many more tried.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # ships no types

from notifier.channels.base import find_channels
from notifier.receipt_signature import HEADER, sign_receipt
from notifier.web.app import create_app
from notifier.web.body import text_of
from notifier.web.description import describe
from notifier.web.events import BATCH
from tests.builders import AN_ARREST, a_document, a_store
from tests.fuzz.mutations import broken_bytes, broken_documents
from tests.fuzz.written import WHEN
from tests.web.conftest import Key, Web, running_web

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10"))
TOKEN, SECRET = "made-up-token", "a secret key of the tests, long enough"
PUBLIC = "https://notifier.example"
SETTINGS = {
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_FROM": "ExPolice",
    "PUBLIC_URL": PUBLIC,
    "SECRET_KEY": SECRET,
    "DATA_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "SMTP_HOST": "127.0.0.1",
    "MAIL_FROM": "news@police.example",
    "BOUNCE_DOMAIN": "bounces.police.example",
}
API = schemathesis.openapi.from_dict(describe(create_app()))
TRIED = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@pytest.fixture
def web(database_url: str, tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """The web with the channels that are really used."""
    monkeypatch.chdir(tmp_path)  # no .env
    for name, value in SETTINGS.items():
        monkeypatch.setenv(f"NOTIFIER_{name}", value)
    channels = {name: kind() for name, kind in find_channels().items()}
    with a_store(database_url) as store, running_web(store, tmp_path, channels, public_url=PUBLIC) as web:
        yield web


@given(case=API.as_strategy())
@settings(TRIED, max_examples=4 * EXAMPLES)
def test_no_call_that_the_description_allows_or_not_is_our_fault(web: Web, case: Case[Any]) -> None:
    assert isinstance(web.records, Key)
    key = {"Authorization": f"Bearer {web.records.key}"}
    answer = case.call(base_url=str(web.http.base_url), headers=key)
    case.validate_response(answer, checks=[not_a_server_error])


@given(bad=st.lists(broken_documents(), max_size=4), number=st.integers(0, 2**40))
@TRIED
def test_neighbours_in_a_batch_are_accepted(web: Web, bad: list[bytes], number: int) -> None:
    good = [a_document(AN_ARREST, WHEN, id_=f"good{number}-{place}") for place in range(2)]
    readable = [body for body in bad if balanced(body)]
    body = b"[" + b",".join([json.dumps(good[0]).encode(), *readable, json.dumps(good[1]).encode()]) + b"]"
    answer = web.http.post("/v1/events", content=body, headers={"Content-Type": BATCH}, auth=web.records)
    assert answer.status_code == 202, answer.text
    outcomes = [one["outcome"] for one in answer.json()]
    assert outcomes[0] in ("accepted", "repeat")
    assert outcomes[-1] in ("accepted", "repeat")
    assert all(one["reason"] for one in answer.json() if one["outcome"] == "refused")


def balanced(body: bytes) -> bool:
    """Tell whether a reader sees where an element of an array ends."""
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


RECEIPTS = {
    "sms": urlencode(
        {"MessageSid": "SM1", "MessageStatus": "delivered", "From": "+447700900123", "Body": "STOP"}
    ),
    "letter": '{"id": "e20ce29fdf611b6fd4072f97", "state": "despatched"}',
    "email": "To: bounces+0f9b2c4d5e6f708192a3b4c5d6e7f801@bounces.police.example\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n"
    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
    "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n\n--x--\n",
    "call": "{}",
}


@given(data=st.data())
@settings(TRIED, max_examples=4 * EXAMPLES)
def test_signed_rubbish_is_answered(web: Web, data: st.DataObject) -> None:
    channel = data.draw(st.sampled_from(list(RECEIPTS)))
    door = data.draw(st.sampled_from(["receipts", "inbound"]))
    body = data.draw(broken_bytes(RECEIPTS[channel].encode()) | st.binary(max_size=200))
    query = data.draw(
        st.sampled_from(["", "?attempt=a", "?attempt=%00", "?attempt=" + "a" * 5_000, "?attempt=%ff"])
    )
    path = f"/{door}/{channel}{query}"
    answer = web.http.post(path, content=body, headers=signed(path, body))
    assert answer.status_code in (200, 204, 400, 403, 404), answer.text


def signed(path: str, body: bytes) -> dict[str, str]:
    """Return the headers of somebody who knows both secrets."""
    form = dict(parse_qsl(text_of(body), keep_blank_values=True))
    return {
        HEADER: sign_receipt(body, SECRET),
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{path}", form),
    }


@given(
    lines=st.lists(st.binary(max_size=100) | broken_bytes(b'{"channel": "sms", "address": "07700 900123"}'))
)
@TRIED
def test_every_line_has_its_verdict(web: Web, lines: list[bytes]) -> None:
    asked = [line.replace(b"\n", b" ") for line in lines]
    answer = web.http.post("/v1/check", content=b"\n".join(asked), auth=web.records)
    assert answer.status_code == 200
    assert answer.content.count(b"\n") == len([line for line in asked if line.strip()])
