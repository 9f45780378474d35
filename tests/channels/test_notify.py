"""GOV.UK Notify behind each channel, by its own client against a local peer, over real sockets."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notifier.channels.base import Channel, find_channels, find_providers
from notifier.channels.email_notify import EmailNotify
from notifier.channels.letter_notify import LetterNotify
from notifier.channels.sms_notify import SmsNotify
from notifier.channels.sms_twilio import SmsTwilio
from notifier.embedded import free_port
from notifier.errors import SettingsError
from notifier.peers.notify import Answer, Behaviour, NotifyPeer, Refused
from notifier.peers.twilio import ACCEPT_THEN_DROP, TwilioPeer
from notifier.providers.chain import Chain
from notifier.providers.notify_codes import meaning, refusal
from notifier.records import (
    AttemptState,
    ChannelName,
    FailureReason,
    Form,
    LeafletText,
    LetterContent,
    Message,
    ReceiptRequest,
    Rendered,
    Reply,
)
from tests.builders import at
from tests.channels.test_sms_twilio import ACCOUNT, Door
from tests.channels.test_sms_twilio import TOKEN as TWILIO_TOKEN
from tests.providers.test_chain import Notes

SERVICE, SECRET = "6ce466d0-fd6a-11e5-82f5-e0accb9d11a6", "2a7ef0d0-fd6a-11e5-9f41-e0accb9d11a6"
SMS, EMAIL, LETTER = (f"f33517ff-2a88-4f6e-b855-c550268ce0{number}" for number in ("01", "02", "03"))
SENDER, NEUTRAL = "8e222534-7f05-4972-86e3-17c5d9f894e2", "8e222534-7f05-4972-86e3-17c5d9f894e3"
TOKEN = "what Notify was given for its callbacks"
REF = "0f9b2c4d5e6f708192a3b4c5"
NUMBER, ADDRESS = "+447700900123", "jo@example.org"
NOW = at("Wed 1 Apr 2026 09:30")
ACCEPTED, DELIVERED, DEFERRED = AttemptState.ACCEPTED, AttemptState.DELIVERED, AttemptState.DEFERRED
FAILED, UNKNOWN = AttemptState.FAILED, AttemptState.UNKNOWN
R = FailureReason

TEXT = Message(REF, ChannelName.SMS, NUMBER, "Jo Bloggs", Rendered(Form.SHORT, "en", "News: it’s on."), NOW)
MAIL = Message(
    REF, ChannelName.EMAIL, ADDRESS, "Jo Bloggs", Rendered(Form.MAIL, "en", "Dear Jo\n\nNews.", "News"), NOW
)
CONTENT = LetterContent(
    ("Example Police",), ("Jo Bloggs", "1 Mill Lane", "Exampleton", "EX1 1AA"), "1 April 2026", "Dear Jo",
    "Our reference EX/1", "Yours sincerely", ("PC Priya Shah",),
)  # fmt: skip
POST = Message(
    REF, ChannelName.LETTER, "1 Mill Lane\nExampleton\nEX1 1AA", "Jo Bloggs",
    Rendered(Form.LETTER, "en", "News.", paragraphs=("There is news.", "Call us."), letter=CONTENT), NOW,
)  # fmt: skip


@pytest.fixture
def behaviours() -> dict[str, Behaviour]:
    """What the peer does by address; a test writes into it."""
    return {}


@pytest.fixture
def door() -> Iterator[Door]:
    with Door() as running:
        yield running


@pytest.fixture
def peer(behaviours: dict[str, Behaviour], door: Door) -> Iterator[NotifyPeer]:
    with NotifyPeer(
        SERVICE,
        SECRET,
        (SMS, EMAIL, LETTER),
        behaviour=lambda address: behaviours.get(address, Behaviour(calls_back=False)),
        callback_url=f"{door.url}/receipts/sms",
        callback_token=TOKEN,
    ) as running:
        yield running


Setup = Callable[..., Any]


@pytest.fixture
def set_up(peer: NotifyPeer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Setup]:
    """Make a channel with good settings and the changes given; ``None`` takes a setting away."""
    monkeypatch.chdir(tmp_path)  # no .env
    made: list[Channel] = []

    def with_settings(kind: type[Channel], **changes: str | None) -> Channel:
        settings = {
            "API_KEY": peer.api_key, "BASE_URL": peer.url, "TIMEOUT_SECONDS": "20", "CALLBACK_TOKEN": TOKEN,
            "SMS_TEMPLATE": SMS, "EMAIL_TEMPLATE": EMAIL, "LETTER_TEMPLATE": LETTER, **changes,
        }  # fmt: skip
        for name, value in settings.items():
            monkeypatch.delenv(f"NOTIFIER_NOTIFY_{name}", raising=False)
            if value is not None:
                monkeypatch.setenv(f"NOTIFIER_NOTIFY_{name}", value)
        made.append(kind())
        return made[-1]

    yield with_settings
    for channel in made:
        channel.close()


@pytest.fixture
def channel(set_up: Setup) -> SmsNotify:
    made: SmsNotify = set_up(SmsNotify)
    return made


def test_it_is_a_spare_provider_of_three_channels_with_the_same_facts_as_the_default_one() -> None:
    for name, kind in ((ChannelName.SMS, SmsNotify), (ChannelName.EMAIL, EmailNotify), (
        ChannelName.LETTER, LetterNotify,
    )):  # fmt: skip
        default, *spares = find_providers()[name].values()
        assert default is find_channels()[name]
        assert spares == [kind]
        assert kind.facts == default.facts


def test_a_text_is_accepted_with_our_words_and_our_name_for_it(channel: SmsNotify, peer: NotifyPeer) -> None:
    result = channel.send(TEXT)
    [stored] = peer.notifications
    assert (result.state, result.provider_id, result.code) == (ACCEPTED, stored.id, None)
    assert (stored.to, stored.template, stored.reference, stored.sender) == (NUMBER, SMS, REF, None)
    assert stored.personalisation == {"body": "News: it's on."}, (
        "as measured, so that it costs what was measured"
    )


def test_an_email_is_subject_and_text(set_up: Setup, peer: NotifyPeer) -> None:
    assert set_up(EmailNotify).send(MAIL).state is ACCEPTED
    [stored] = peer.notifications
    assert (stored.to, stored.template, stored.reference) == (ADDRESS, EMAIL, REF)
    assert stored.personalisation == {"subject": "News", "body": "Dear Jo\n\nNews."}


def test_a_letter_is_address_subject_and_text(set_up: Setup, peer: NotifyPeer) -> None:
    assert set_up(LetterNotify).send(POST).state is ACCEPTED
    [stored] = peer.notifications
    assert (stored.template, stored.reference) == (LETTER, REF)
    lines = [stored.personalisation.pop(f"address_line_{number}") for number in (1, 2, 3, 4)]
    assert lines == list(CONTENT.address)
    assert stored.personalisation == {
        "subject": "Our reference EX/1",
        "body": "Dear Jo\n\nThere is news.\n\nCall us.\n\nYours sincerely\n\nPC Priya Shah",
    }


LEAFLET = LeafletText("support.pdf", "Support", ("Call us.",))
UNABLE: list[tuple[str, type[Channel], Message, dict[str, str], str]] = [
    ("a neutral text needs a sender that tells nothing", SmsNotify, TEXT, {"SMS_SENDER": SENDER},
     "no_neutral_sender"),
    ("an email shows the service's name", EmailNotify, MAIL, {}, "no_neutral_sender"),
    ("so does a letter", LetterNotify, POST, {}, "no_neutral_sender"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("why", "kind", "message", "settings", "code"), UNABLE, ids=[row[0] for row in UNABLE]
)
def test_a_discreet_message_is_left_to_others(
    set_up: Setup,
    peer: NotifyPeer,
    why: str,
    kind: type[Channel],
    message: Message,
    settings: dict[str, str],
    code: str,
) -> None:
    result = set_up(kind, **settings).send(replace(message, neutral_sender=True))
    assert (result.state, result.code, result.reason) == (FAILED, code, R.NOT_OURS), why
    assert peer.notifications == []


def test_a_discreet_message_goes_where_the_sender_tells_nothing(set_up: Setup, peer: NotifyPeer) -> None:
    text = set_up(SmsNotify, SMS_SENDER=SENDER, SMS_NEUTRAL_SENDER=NEUTRAL)
    mail = set_up(EmailNotify, NEUTRAL_SERVICE="true")
    assert text.send(TEXT).state is ACCEPTED
    assert text.send(replace(TEXT, neutral_sender=True)).state is ACCEPTED
    assert mail.send(replace(MAIL, neutral_sender=True)).state is ACCEPTED
    assert [stored.sender for stored in peer.notifications] == [SENDER, NEUTRAL, None]


@pytest.mark.parametrize(
    ("kind", "message", "changes", "code"),
    [
        (EmailNotify, MAIL, {"leaflets": (LEAFLET,)}, "leaflets"),
        (LetterNotify, POST, {"leaflets": (LEAFLET,)}, "leaflets"),
        (LetterNotify, POST, {"format": "large_print"}, "format"),
        (LetterNotify, POST, {"letter": None}, "unprintable"),
        (LetterNotify, POST, {"letter": replace(CONTENT, address=("a",) * 8)}, "unprintable"),
    ],
)
def test_what_it_cannot_say_as_it_must_be_said_is_left_to_others(
    set_up: Setup, peer: NotifyPeer, kind: type[Channel], message: Message, changes: dict[str, Any], code: str
) -> None:
    result = set_up(kind).send(replace(message, rendered=replace(message.rendered, **changes)))
    assert (result.state, result.code, result.reason) == (FAILED, code, R.NOT_OURS)
    assert peer.notifications == []


def test_not_after_the_window(channel: SmsNotify, peer: NotifyPeer) -> None:
    assert channel.send(replace(TEXT, good_until=NOW)).code == "window_over"
    assert channel.send(replace(TEXT, good_until=NOW + timedelta(hours=1))).state is ACCEPTED
    assert len(peer.notifications) == 1


REFUSALS = [
    (Refused(400, "ValidationError", "phone_number Not enough digits"), FAILED, R.BAD_ADDRESS, "the number"),
    (Refused(400, "ValidationError", "template_id is not a valid UUID"), FAILED, R.NOT_OURS, "our setting"),
    (Refused(400, "BadRequestError", "in trial mode"), FAILED, R.NOT_OURS, "trial mode"),
    (Refused(400, "BadRequestError", "using a team-only API key"), FAILED, R.NOT_OURS, "a team's key"),
    (Refused(403, "AuthError", "Invalid token"), FAILED, R.NOT_OURS, "a wrong key, a wrong clock"),
    (Refused(403, "BadRequestError", "team api key"), FAILED, R.NOT_OURS, "letters with a team's key"),
    (Refused(404, "NoResultFound"), FAILED, R.NOT_OURS, "no template"),
    (Refused(429, "RateLimitError"), DEFERRED, R.PROVIDER, "too many in this minute"),
    (Refused(429, "TooManyRequestsError"), DEFERRED, R.NOT_OURS, "the day's limit"),
    (Refused(429, ""), DEFERRED, R.PROVIDER, "a proxy says so"),
    (Refused(418, "Teapot"), FAILED, R.UNKNOWN, "an error that the table does not have"),
    (Refused(500, "Exception"), UNKNOWN, R.PROVIDER, "it may have gone"),
    (Refused(503, ""), UNKNOWN, R.PROVIDER, "it may have gone"),
]


@pytest.mark.parametrize(("refused", "state", "reason", "why"), REFUSALS, ids=[row[3] for row in REFUSALS])
def test_an_error_is_read_by_its_status_and_type(
    channel: SmsNotify,
    behaviours: dict[str, Behaviour],
    refused: Refused,
    state: AttemptState,
    reason: FailureReason,
    why: str,
) -> None:
    behaviours[NUMBER] = Behaviour(errors_first=(refused,), calls_back=False)
    result = channel.send(TEXT)
    assert (result.state, result.reason) == (state, reason), why
    assert result.code is not None
    assert result.code.startswith(str(refused.status))


@pytest.mark.parametrize("errors", [None, [], "gateway", [None], ["x"], [{}]])
def test_an_error_in_other_words_is_read_by_its_status(errors: object) -> None:
    assert refusal(502, errors).state is UNKNOWN
    assert refusal(400, errors).state is FAILED


def test_nobody_there_is_certain(set_up: Setup) -> None:
    result = set_up(SmsNotify, BASE_URL=f"http://127.0.0.1:{free_port()}").send(TEXT)
    assert (result.state, result.code, result.reason) == (DEFERRED, "no_connection", R.PROVIDER)


def test_a_line_that_drops_after_the_request_is_unknown_and_asking_settles_it(
    channel: SmsNotify, peer: NotifyPeer, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[NUMBER] = Behaviour(answer=Answer.DROP, status="sending", calls_back=False)
    assert channel.send(TEXT).state is UNKNOWN
    found = channel.look_up(TEXT)
    assert (found.state, found.provider_id) == (ACCEPTED, peer.notifications[0].id)


def test_no_answer_in_time_is_unknown(
    set_up: Setup, peer: NotifyPeer, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[NUMBER] = Behaviour(answer=Answer.HANG, calls_back=False)
    result = set_up(SmsNotify, TIMEOUT_SECONDS="0.2").send(TEXT)
    assert (result.state, result.reason) == (UNKNOWN, R.PROVIDER)
    assert len(peer.notifications) == 1


def test_an_answer_that_cannot_be_read_is_unknown(set_up: Setup) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        channel = set_up(SmsNotify, BASE_URL=f"http://127.0.0.1:{server.getsockname()[1]}")
        sending = pool.submit(channel.send, TEXT)
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        assert sending.result(20).state is UNKNOWN


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("created", ACCEPTED, None),
        ("sending", ACCEPTED, None),
        ("pending", ACCEPTED, None),
        ("sent", ACCEPTED, None),
        ("delivered", DELIVERED, None),
        ("permanent-failure", FAILED, R.BAD_ADDRESS),
        ("temporary-failure", FAILED, R.UNREACHABLE),
        ("technical-failure", FAILED, R.PROVIDER),
        ("a status of next year", ACCEPTED, None),
    ],
)
def test_it_can_be_asked_by_our_name_for_the_message(
    channel: SmsNotify,
    behaviours: dict[str, Behaviour],
    status: str,
    state: AttemptState,
    reason: FailureReason | None,
) -> None:
    behaviours[NUMBER] = Behaviour(status=status, calls_back=False)
    channel.send(replace(TEXT, attempt_ref="another"))
    channel.send(TEXT)
    found = channel.look_up(TEXT)
    assert (found.state, found.reason) == (state, reason)


def test_one_that_it_does_not_know_never_went_out(channel: SmsNotify) -> None:
    channel.send(replace(TEXT, attempt_ref="another"))
    found = channel.look_up(TEXT)
    assert (found.state, found.code) == (DEFERRED, "not_found")


def test_where_it_cannot_be_asked_the_outcome_stays_unknown(set_up: Setup) -> None:
    assert set_up(SmsNotify, BASE_URL=f"http://127.0.0.1:{free_port()}").look_up(TEXT).state is UNKNOWN


def test_a_letter_that_cannot_be_printed_closes_no_address() -> None:
    assert meaning("permanent-failure", Form.LETTER) == (FAILED, R.UNPRINTABLE)
    assert meaning("received", Form.LETTER) == (ACCEPTED, None), "posted is not delivered"
    assert meaning("cancelled", Form.LETTER) == (FAILED, R.NOT_OURS)


def test_a_receipt_names_our_attempt(
    channel: SmsNotify, peer: NotifyPeer, door: Door, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[NUMBER] = Behaviour(status="permanent-failure")
    channel.send(TEXT)
    assert door.wait_for(1)
    [request] = door.requests
    assert channel.verify_receipt(request)
    [receipt] = channel.parse_receipt(request)
    assert (receipt.state, receipt.reason) == (FAILED, R.BAD_ADDRESS)
    assert (receipt.attempt_ref, receipt.provider_id) == (REF, peer.notifications[0].id)
    assert receipt.code == "permanent-failure"


def a_callback(body: object, **headers: str) -> ReceiptRequest:
    return ReceiptRequest("https://n.example/receipts/sms", headers, json.dumps(body).encode())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"X-Twilio-Signature": TOKEN},
    ],
)
def test_a_callback_without_the_token_is_not_trusted(channel: SmsNotify, headers: dict[str, str]) -> None:
    assert not channel.verify_receipt(a_callback({"id": "1"}, **headers))
    assert channel.verify_receipt(a_callback({"id": "1"}, authorization=f"bearer {TOKEN}"))


def test_without_a_token_in_the_settings_nobody_is_trusted(set_up: Setup) -> None:
    channel = set_up(SmsNotify, CALLBACK_TOKEN=None)
    assert not channel.verify_receipt(a_callback({"id": "1"}, Authorization="Bearer "))


@pytest.mark.parametrize(
    "body", [[], "x", {}, {"id": "1"}, {"id": 1, "status": "delivered"}, {"id": "1", "status": ["delivered"]},
             {"id": "1", "status": "delivered", "reference": 7}],
)  # fmt: skip
def test_a_malformed_callback_is_refused(channel: SmsNotify, body: object) -> None:
    with pytest.raises(ValueError, match="Notify"):
        channel.parse_receipt(a_callback(body))


def test_a_status_that_we_do_not_know_gives_no_receipt(channel: SmsNotify) -> None:
    assert channel.parse_receipt(a_callback({"id": "1", "status": "new", "reference": None})) == []


def test_a_received_text_is_a_reply(channel: SmsNotify) -> None:
    told = {
        "id": "r1",
        "source_number": "447700900123",
        "destination_number": "07700987654",
        "message": "STOP",
    }
    assert channel.parse_reply(a_callback(told)) == [Reply(ChannelName.SMS, NUMBER, "STOP", "r1")]
    with pytest.raises(ValueError, match="source_number"):
        channel.parse_reply(a_callback({"message": "STOP"}))


def test_doctor_is_told_that_all_is_well(set_up: Setup) -> None:
    assert [set_up(kind).check() for kind in (SmsNotify, EmailNotify, LetterNotify)] == [None] * 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"API_KEY": None}, "NOTIFIER_NOTIFY_API_KEY: is missing"),
        ({"API_KEY": "secret-and-short"}, "NOTIFIER_NOTIFY_API_KEY: is no key of GOV.UK Notify"),
        ({"API_KEY": f"name-{SERVICE}-{SERVICE}"}, "NOTIFIER_NOTIFY_API_KEY is wrong"),
        ({"SMS_TEMPLATE": None}, "NOTIFIER_NOTIFY_SMS_TEMPLATE is missing"),
        ({"SMS_TEMPLATE": SENDER}, "NOTIFIER_NOTIFY_SMS_TEMPLATE is no template"),
        ({"SMS_TEMPLATE": "((body))"}, "NOTIFIER_NOTIFY_SMS_TEMPLATE"),
        ({"BASE_URL": "notify"}, "NOTIFIER_NOTIFY_BASE_URL"),
    ],
)
def test_doctor_is_told_what_is_wrong_and_no_secret(
    set_up: Setup, changes: dict[str, str | None], said: str
) -> None:
    fault = set_up(SmsNotify, **changes).check()
    assert fault is not None
    assert said in fault
    assert "secret-and-short" not in fault


def test_doctor_is_told_that_nobody_answers(set_up: Setup) -> None:
    fault = set_up(SmsNotify, BASE_URL=f"http://127.0.0.1:{free_port()}").check()
    assert fault is not None
    assert "does not answer" in fault


def test_a_missing_setting_sends_nothing(set_up: Setup) -> None:
    with pytest.raises(SettingsError, match="NOTIFIER_NOTIFY_SMS_TEMPLATE"):
        set_up(SmsNotify, SMS_TEMPLATE=None).send(TEXT)


def test_nothing_personal_is_logged(
    channel: SmsNotify, behaviours: dict[str, Behaviour], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    refused = Refused(400, "ValidationError", f"phone_number {NUMBER} Not enough digits")
    behaviours[NUMBER] = Behaviour(errors_first=(refused,), calls_back=False)
    results = [channel.send(TEXT), channel.send(TEXT), channel.look_up(TEXT)]
    assert NUMBER not in caplog.text + repr(results)
    assert "News" not in caplog.text + repr(results)


def test_many_threads_send_at_once(channel: SmsNotify, peer: NotifyPeer) -> None:
    messages = [replace(TEXT, attempt_ref=f"ref{number}") for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        assert {result.state for result in pool.map(channel.send, messages)} == {ACCEPTED}
    assert sorted(one.reference or "" for one in peer.notifications) == sorted(
        m.attempt_ref for m in messages
    )


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch, door: Door) -> Iterator[TwilioPeer]:
    """Twilio before Notify; a test says what it does."""
    with TwilioPeer(ACCOUNT, TWILIO_TOKEN, behaviour=lambda number: ACCEPT_THEN_DROP) as running:
        settings = {
            "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TWILIO_TOKEN, "TWILIO_FROM": "+441632960999",
            "TWILIO_BASE_URL": running.url, "PUBLIC_URL": door.url,
        }  # fmt: skip
        for name, value in settings.items():
            monkeypatch.setenv(f"NOTIFIER_{name}", value)
        yield running


def test_after_twilio_it_gets_what_twilio_certainly_has_not(
    channel: SmsNotify, peer: NotifyPeer, twilio: TwilioPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_TWILIO_BASE_URL", f"http://127.0.0.1:{free_port()}")
    chain = Chain({"twilio": SmsTwilio(), "notify": channel}, ("twilio", "notify"), Notes())
    assert chain.send(TEXT).state is ACCEPTED
    assert (len(twilio.messages), len(peer.notifications)) == (0, 1)
    chain.close()


def test_after_twilio_it_gets_nothing_that_twilio_may_have(
    channel: SmsNotify, peer: NotifyPeer, twilio: TwilioPeer
) -> None:
    notes = Notes()
    chain = Chain({"twilio": SmsTwilio(), "notify": channel}, ("twilio", "notify"), notes)
    assert chain.send(TEXT).state is UNKNOWN
    assert (len(twilio.messages), len(peer.notifications)) == (1, 0)
    assert notes.handed == ["twilio"], "which is asked what became of it"
    chain.close()
