"""The door for replies: signed by the provider, kept once committed, answered with nothing to say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path as File

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # ships no types

from notifier.channels.sms_twilio import SmsTwilio
from notifier.receipt_signature import HEADER, sign_receipt
from notifier.records import ChannelName, ReceiptRequest, Reply
from notifier.store.tables import replies
from tests.builders import a_store
from tests.fakes import FakeSms
from tests.web.conftest import Web, running_web
from tests.web.test_receipts import fact_types, tell

SECRET = "what the fake provider signs with"
TOKEN, PUBLIC = "made-up-token", "https://notifier.example/behind/a-proxy"
SAYS_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


class Talking(FakeSms):
    """A channel by which people answer."""

    def parse_reply(self, request: ReceiptRequest) -> list[Reply]:
        """Read JSON: a list of replies."""
        return [Reply(self.facts.name, **one) for one in json.loads(request.body)]


@pytest.fixture
def talking(web: Web) -> Talking:
    channel = Talking()
    web.services.channels[ChannelName.SMS] = channel
    return channel


def bring(web: Web, body: bytes, secret: str = SECRET) -> httpx.Response:
    return web.http.post("/inbound/sms", content=body, headers={HEADER: sign_receipt(body, secret)})


def kept(web: Web) -> list[str]:
    """The texts that are kept, in order."""
    with web.store.begin() as tx:
        rows = tx.all(select(replies).order_by(replies.c.pk))
        return [tx.cipher.open(row.text_sealed) for row in rows]


def test_a_reply_is_kept_once_and_the_provider_has_nothing_to_say(web: Web, talking: Talking) -> None:
    tell(web)
    reply = {"address": "+447700900123", "text": "Diolch \N{THUMBS UP SIGN}", "provider_id": "SM1"}
    answers = [bring(web, json.dumps([reply]).encode()) for _ in range(2)]
    for answer in answers:
        assert (answer.status_code, answer.text) == (200, SAYS_NOTHING)
        assert answer.headers["Content-Type"].startswith("text/xml")
    assert kept(web) == ["Diolch \N{THUMBS UP SIGN}"]
    assert fact_types(web)[-1] == "contact.received"


def test_what_nobody_signed_is_not_believed(web: Web, talking: Talking) -> None:
    body = json.dumps([{"address": "+447700900123", "text": "STOP", "provider_id": "SM1"}]).encode()
    assert bring(web, body, "another secret").status_code == 403
    assert web.http.post("/inbound/sms", content=body).status_code == 403
    assert kept(web) == []


def test_what_is_no_reply_is_malformed(web: Web, talking: Talking) -> None:
    answer = bring(web, b"no reply")
    assert (answer.status_code, set(answer.json())) == (400, {"error"})


def test_a_channel_that_hears_nothing_takes_nothing(light_web: Web) -> None:
    assert bring(light_web, b"[]").status_code == 200
    assert kept(light_web) == []


@pytest.mark.parametrize("name", ["pigeon", "SMS", "%2e%2e", "sms%00"])
def test_there_are_no_other_channels(light_web: Web, name: str) -> None:
    assert light_web.http.post(f"/inbound/{name}").status_code == 404


def test_replies_of_people_on_no_file_are_counted(web: Web, talking: Talking) -> None:
    bring(web, json.dumps([{"address": "1234", "text": "hello", "provider_id": "SM9"}]).encode())
    assert "notifier_replies_of_unknown 1.0" in web.http.get("/metrics").text


@pytest.fixture
def twilio_web(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.chdir(tmp_path)  # no .env
    for name, value in {
        "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_FROM": "+447700900999",
        "PUBLIC_URL": PUBLIC,
    }.items():
        monkeypatch.setenv(f"NOTIFIER_{name}", value)
    channels = {ChannelName.SMS: SmsTwilio()}
    with (
        a_store(f"sqlite:///{tmp_path / 'twilio.db'}") as store,
        running_web(store, tmp_path, channels, public_url=PUBLIC) as web,
    ):
        yield web


def from_twilio(web: Web, form: dict[str, str]) -> int:
    """Bring a form as Twilio signs it."""
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}/inbound/sms", form)
    answer = web.http.post("/inbound/sms", data=form, headers={"X-Twilio-Signature": signature})
    return answer.status_code


MESSAGE = {"MessageSid": "SM1", "From": "+447700900123", "To": "+447700900999", "NumMedia": "0"}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"Body": "Siân & co\n2"}, "Siân & co\n2"),
        ({"Body": ""}, ""),
        ({}, ""),  # a picture
        ({"Body": "Stop ", "OptOutType": "STOP"}, "Stop "),
        ({"Body": "ARRET", "OptOutType": "STOP"}, "STOP\nARRET"),
        ({"Body": "oui", "OptOutType": "start"}, "START\noui"),
        ({"Body": "info", "OptOutType": "HELP"}, "info"),
    ],
)
def test_a_message_that_twilio_brings(twilio_web: Web, form: dict[str, str], text: str) -> None:
    assert from_twilio(twilio_web, {**MESSAGE, **form}) == 200
    assert kept(twilio_web) == [text]


@pytest.mark.parametrize("missing", ["MessageSid", "From"])
def test_a_message_without_sender_or_name_is_malformed(twilio_web: Web, missing: str) -> None:
    assert from_twilio(twilio_web, {**MESSAGE, missing: ""}) == 400


def test_a_message_that_twilio_did_not_sign_is_refused(twilio_web: Web) -> None:
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}/inbound/sms", MESSAGE)
    forged = {**MESSAGE, "Body": "STOP"}
    answer = twilio_web.http.post("/inbound/sms", data=forged, headers={"X-Twilio-Signature": signature})
    assert answer.status_code == 403
    assert kept(twilio_web) == []


WRITTEN = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(sid=WRITTEN, sender=WRITTEN, text=WRITTEN)
def test_no_message_is_a_fault_of_ours(twilio_web: Web, sid: str, sender: str, text: str) -> None:
    form = {"MessageSid": sid, "From": sender, "Body": f"turquoise {text}"}
    whole = bool(sid and sender)
    assert from_twilio(twilio_web, form) == (200 if whole else 400)
    assert not whole or kept(twilio_web)
