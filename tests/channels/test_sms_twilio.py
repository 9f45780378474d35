"""The SMS channel against the local Twilio peer, over real sockets."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from notifier.channels.base import find_channels
from notifier.channels.sms_twilio import SmsTwilio
from notifier.errors import SettingsError
from notifier.peers.twilio import (
    ACCEPT,
    ACCEPT_THEN_DROP,
    HANG,
    SILENT,
    TWICE,
    Behaviour,
    TwilioPeer,
    error_500,
    late,
    refuse,
    throttle,
    undelivered,
)
from notifier.records import (
    AttemptState,
    ChannelName,
    FailureReason,
    Form,
    Message,
    ReceiptRequest,
    Rendered,
)

ACCOUNT, TOKEN, SERVICE = "AC00000000000000000000000000000000", "made-up-token", "MG0001"
NUMBER = "+447700900123"
NOW = datetime.now(UTC)
WAIT = 20.0  # seconds; only a hung test waits so long

ACCEPTED, DELIVERED, DEFERRED = AttemptState.ACCEPTED, AttemptState.DELIVERED, AttemptState.DEFERRED
FAILED, UNKNOWN = AttemptState.FAILED, AttemptState.UNKNOWN


def message(text: str = "There is news.", **changes: Any) -> Message:
    base = Message(
        attempt_ref="attempt-7",
        channel=ChannelName.SMS,
        address=NUMBER,
        recipient_name="Jo Bloggs",
        rendered=Rendered(Form.SHORT, "en", text),
        created_at=NOW,
    )
    return replace(base, **changes)


class Door:
    """A receipt door on the loopback: keeps what comes in, and answers with ``answers`` first, then 204."""

    def __init__(self) -> None:
        self.requests: list[ReceiptRequest] = []
        self.answers: list[int] = []
        self._came = threading.Condition()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.server.daemon_threads = True
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))

    def __enter__(self) -> Door:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                form = dict(parse_qsl(body.decode(), keep_blank_values=True))
                door._take(ReceiptRequest(door.url + self.path, dict(self.headers), body, form))
                self.send_response(door.answers.pop(0) if door.answers else 204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def _take(self, request: ReceiptRequest) -> None:
        with self._came:
            self.requests.append(request)
            self._came.notify_all()

    def wait_for(self, count: int) -> bool:
        with self._came:
            return self._came.wait_for(lambda: len(self.requests) >= count, WAIT)

    @property
    def statuses(self) -> list[str]:
        return [request.form["MessageStatus"] for request in self.requests]


@pytest.fixture
def door() -> Iterator[Door]:
    with Door() as running:
        yield running


@pytest.fixture
def behaviours() -> dict[str, Behaviour]:
    """What the peer does by number; a test writes into it."""
    return {}


@pytest.fixture
def peer(behaviours: dict[str, Behaviour]) -> Iterator[TwilioPeer]:
    with TwilioPeer(ACCOUNT, TOKEN, behaviour=lambda number: behaviours.get(number, ACCEPT)) as running:
        yield running


Setup = Callable[..., SmsTwilio]


@pytest.fixture
def set_up(peer: TwilioPeer, door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Setup]:
    """Make a channel with good settings and the changes given; ``None`` takes a setting away."""
    monkeypatch.chdir(tmp_path)  # no .env
    made: list[SmsTwilio] = []

    def with_settings(**changes: str | None) -> SmsTwilio:
        settings: Mapping[str, str | None] = {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_MESSAGING_SERVICE_SID": SERVICE,
            "TWILIO_FROM": None,
            "TWILIO_NEUTRAL_FROM": None,
            "TWILIO_BASE_URL": peer.url,
            "TWILIO_TIMEOUT_SECONDS": str(WAIT),
            "PUBLIC_URL": door.url,
            **changes,
        }
        for name, value in settings.items():
            monkeypatch.delenv(f"NOTIFIER_{name}", raising=False)
            if value is not None:
                monkeypatch.setenv(f"NOTIFIER_{name}", value)
        made.append(SmsTwilio())
        return made[-1]

    yield with_settings
    for channel in made:
        channel.close()


@pytest.fixture
def channel(set_up: Setup) -> SmsTwilio:
    return set_up()


def test_it_is_the_channel_for_texts() -> None:
    assert find_channels()[ChannelName.SMS] is SmsTwilio


def test_accepted(channel: SmsTwilio, peer: TwilioPeer, door: Door) -> None:
    result = channel.send(message("It’s “news”…", attempt_ref="a/7&b"))
    [stored] = peer.messages
    assert (result.state, result.provider_id) == (ACCEPTED, stored.sid)
    assert (result.code, result.reason) == (None, None)
    assert (stored.to, stored.sender) == (NUMBER, SERVICE)
    assert stored.body == 'It\'s "news"...', "as measured, so that it costs what was measured"
    assert stored.status_callback == f"{door.url}/receipts/sms?attempt=a%2F7%26b"


@pytest.mark.parametrize(
    ("window", "seconds", "reason"),
    [
        (None, None, "no window: Twilio's own default"),
        (timedelta(hours=1), 3_600, "until the window ends"),
        (timedelta(seconds=90.9), 90, "never a part of a second longer"),
        (timedelta(seconds=1), 1, "Twilio's least"),
        (timedelta(hours=10), 36_000, "Twilio's most"),
        (timedelta(hours=12), 36_000, "Twilio's most"),
    ],
)
def test_not_after_the_window(
    channel: SmsTwilio, peer: TwilioPeer, window: timedelta | None, seconds: int | None, reason: str
) -> None:
    good_until = None if window is None else NOW + window
    assert channel.send(message(good_until=good_until)).state is ACCEPTED
    assert peer.messages[0].validity_period == seconds, reason


@pytest.mark.parametrize("late_by", [timedelta(0), timedelta(seconds=-0.5), timedelta(hours=2)])
def test_nothing_is_sent_once_the_window_is_over(
    channel: SmsTwilio, peer: TwilioPeer, late_by: timedelta
) -> None:
    result = channel.send(message(good_until=NOW - late_by))
    assert (result.state, result.code, peer.messages) == (DEFERRED, "window_over", [])


REFUSALS = [
    (21211, FAILED, FailureReason.BAD_ADDRESS, "no such number"),
    (21610, FAILED, FailureReason.OPTED_OUT, "the person replied STOP"),
    (21614, FAILED, FailureReason.BAD_ADDRESS, "not a mobile"),
    (21408, FAILED, FailureReason.NOT_OURS, "the account may not send there"),
    (21617, FAILED, FailureReason.REJECTED_CONTENT, "too long"),
    (21611, DEFERRED, FailureReason.PROVIDER, "the sender's queue is full: later"),
    (29999, FAILED, FailureReason.UNKNOWN, "a code that the table does not have"),
]


@pytest.mark.parametrize(("code", "state", "why", "reason"), REFUSALS)
def test_refused(
    channel: SmsTwilio,
    peer: TwilioPeer,
    behaviours: dict[str, Behaviour],
    code: int,
    state: AttemptState,
    why: FailureReason,
    reason: str,
) -> None:
    behaviours[NUMBER] = refuse(code)
    result = channel.send(message())
    assert (result.state, result.code, result.reason) == (state, str(code), why), reason
    assert peer.messages == []


def test_throttled_was_never_processed(
    channel: SmsTwilio, peer: TwilioPeer, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[NUMBER] = throttle(2)
    results = [channel.send(message()) for _ in range(3)]
    assert [result.state for result in results] == [DEFERRED, DEFERRED, ACCEPTED]
    assert (results[0].code, results[0].reason) == ("20429", FailureReason.PROVIDER)
    assert len(peer.messages) == 1


def test_a_server_error_leaves_it_open_and_is_never_resent_blindly(
    channel: SmsTwilio, peer: TwilioPeer, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[NUMBER] = error_500(1)
    result = channel.send(message())
    assert (result.state, result.code, result.reason) == (UNKNOWN, "20500", FailureReason.PROVIDER)
    assert peer.messages == [], "one request only: the client does not retry by itself"
    assert channel.look_up(message()).state is DEFERRED
    assert channel.send(message()).state is ACCEPTED


@pytest.mark.parametrize(
    ("behaviour", "patience"), [(HANG, "1"), (ACCEPT_THEN_DROP, str(WAIT))], ids=["hang", "drop"]
)
def test_no_answer_leaves_it_open_until_looked_up(
    set_up: Setup, peer: TwilioPeer, behaviours: dict[str, Behaviour], behaviour: Behaviour, patience: str
) -> None:
    behaviours[NUMBER] = replace(behaviour, statuses=())
    assert set_up(TWILIO_TIMEOUT_SECONDS=patience).send(message()).state is UNKNOWN
    [stored] = peer.messages
    assert stored.sent_at is None, "still in Twilio's queue: no list by the day of sending would show it"
    found = set_up().look_up(message())
    assert (found.state, found.provider_id) == (ACCEPTED, stored.sid)


def test_a_callback_settles_what_got_no_answer(
    set_up: Setup, peer: TwilioPeer, door: Door, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[NUMBER] = HANG
    channel = set_up(TWILIO_TIMEOUT_SECONDS="0.2")
    assert channel.send(message()).state is UNKNOWN
    assert door.wait_for(2)
    [receipt] = channel.parse_receipt(door.requests[-1])
    assert (receipt.state, receipt.attempt_ref) == (DELIVERED, "attempt-7")


def test_a_connection_that_never_came_about_sent_nothing(set_up: Setup) -> None:
    with TwilioPeer(ACCOUNT, TOKEN) as gone:
        pass
    result = set_up(TWILIO_BASE_URL=gone.url).send(message())
    assert (result.state, result.reason) == (DEFERRED, FailureReason.PROVIDER)


@pytest.mark.parametrize(
    ("behaviour", "state", "code", "why"),
    [
        (ACCEPT, DELIVERED, None, None),
        (SILENT, ACCEPTED, None, None),
        (undelivered(30005), FAILED, "30005", FailureReason.REASSIGNED),
    ],
    ids=["delivered", "sent", "undelivered"],
)
def test_look_up_says_what_became_of_it(
    channel: SmsTwilio,
    peer: TwilioPeer,
    behaviours: dict[str, Behaviour],
    behaviour: Behaviour,
    state: AttemptState,
    code: str | None,
    why: FailureReason | None,
) -> None:
    behaviours[NUMBER] = behaviour
    sent = channel.send(message())
    assert peer.wait_until_idle(WAIT)
    found = channel.look_up(message())
    assert (found.state, found.provider_id, found.code, found.reason) == (state, sent.provider_id, code, why)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (message("Something else."), "another text to the same person"),
        (message(address="+447700900124"), "the same text to another person"),
        (message(created_at=NOW + timedelta(hours=1)), "the same text, long before this attempt"),
    ],
)
def test_look_up_does_not_take_another_message_for_ours(
    channel: SmsTwilio, asked: Message, reason: str
) -> None:
    channel.send(message())
    found = channel.look_up(asked)
    assert (found.state, found.provider_id) == (DEFERRED, None), reason


def test_look_up_does_not_take_what_is_on_record_as_another_attempts(channel: SmsTwilio) -> None:
    first = channel.send(message()).provider_id
    assert channel.look_up(message(), lambda sid: sid == first).state is DEFERRED
    second = channel.send(message()).provider_id
    assert channel.look_up(message(), lambda sid: sid == first).provider_id == second


def test_look_up_compares_the_text_as_it_was_sent(channel: SmsTwilio) -> None:
    channel.send(message("It’s news… "))
    assert channel.look_up(message("It’s news… ")).state in {ACCEPTED, DELIVERED}


def test_look_up_reads_every_page(
    channel: SmsTwilio, peer: TwilioPeer, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[NUMBER] = replace(SILENT, statuses=())
    sent = channel.send(message())
    for _ in range(1000):
        peer.accept({"To": NUMBER, "From": SERVICE, "Body": "Something else."})
    assert channel.look_up(message()).provider_id == sent.provider_id


def test_look_up_is_no_proof_where_texts_are_redacted(channel: SmsTwilio, peer: TwilioPeer) -> None:
    channel.send(message())
    peer.messages[0].body = ""
    assert channel.look_up(message()).state is UNKNOWN


@pytest.mark.parametrize(
    "changes", [{"TWILIO_AUTH_TOKEN": "wrong"}, {"TWILIO_BASE_URL": "http://127.0.0.1:1"}]
)
def test_look_up_without_a_list_knows_nothing(set_up: Setup, changes: dict[str, str]) -> None:
    assert set_up(**changes).look_up(message()).state is UNKNOWN


def receipts_of(channel: SmsTwilio, peer: TwilioPeer, door: Door) -> list[ReceiptRequest]:
    channel.send(message())
    assert peer.wait_until_idle(WAIT)
    return door.requests


def test_receipts_are_verified_and_read(channel: SmsTwilio, peer: TwilioPeer, door: Door) -> None:
    requests = receipts_of(channel, peer, door)
    assert all(channel.verify_receipt(request) for request in requests)
    receipts = [receipt for request in requests for receipt in channel.parse_receipt(request)]
    assert [receipt.state for receipt in receipts] == [ACCEPTED, DELIVERED]
    assert {receipt.attempt_ref for receipt in receipts} == {"attempt-7"}
    assert {receipt.provider_id for receipt in receipts} == {peer.messages[0].sid}


def test_a_duplicate_receipt_reads_the_same(
    channel: SmsTwilio, peer: TwilioPeer, door: Door, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[NUMBER] = TWICE
    *_, first, second = receipts_of(channel, peer, door)
    assert channel.verify_receipt(second)
    assert channel.parse_receipt(first) == channel.parse_receipt(second)


Change = Callable[[ReceiptRequest], ReceiptRequest]
TAMPERED: list[tuple[str, Change]] = [
    ("no signature", lambda good: replace(good, headers={})),
    ("an empty one", lambda good: replace(good, headers={"X-Twilio-Signature": ""})),
    ("a made-up one", lambda good: replace(good, headers={"X-Twilio-Signature": "bm90IGEgc2lnbmF0dXJl"})),
    ("another status", lambda good: replace(good, form={**good.form, "MessageStatus": "failed"})),
    ("a field more", lambda good: replace(good, form={**good.form, "ErrorCode": "30003"})),
    ("a field less", lambda good: replace(good, form={"MessageSid": good.form["MessageSid"]})),
    ("another attempt", lambda good: replace(good, url=good.url.replace("attempt-7", "attempt-8"))),
    ("another host", lambda good: replace(good, url=good.url.replace("127.0.0.1", "localhost"))),
]


@pytest.mark.parametrize(("what", "change"), TAMPERED, ids=[what for what, _ in TAMPERED])
def test_a_forged_receipt_is_not_trusted(
    channel: SmsTwilio, peer: TwilioPeer, door: Door, what: str, change: Change
) -> None:
    good = receipts_of(channel, peer, door)[-1]
    assert channel.verify_receipt(good)
    assert not channel.verify_receipt(change(good)), what


def test_header_names_have_no_case(channel: SmsTwilio, peer: TwilioPeer, door: Door) -> None:
    good = receipts_of(channel, peer, door)[-1]
    for changed in (str.lower, str.upper):
        assert channel.verify_receipt(
            replace(good, headers={changed(name): value for name, value in good.headers.items()})
        )


def test_another_token_or_none_trusts_nobody(
    channel: SmsTwilio, peer: TwilioPeer, door: Door, set_up: Setup
) -> None:
    good = receipts_of(channel, peer, door)[-1]
    assert not set_up(TWILIO_AUTH_TOKEN="another").verify_receipt(good)
    assert not set_up(TWILIO_AUTH_TOKEN=None).verify_receipt(good)


@pytest.mark.parametrize(
    ("code", "why", "reason"),
    [
        (30003, FailureReason.UNREACHABLE, "off or out of coverage: may work later"),
        (30004, FailureReason.BLOCKED, "blocked by the person or the network"),
        (30005, FailureReason.REASSIGNED, "no longer in use: its next owner may be anybody"),
        (30006, FailureReason.BAD_ADDRESS, "landline"),
        (30007, FailureReason.REJECTED_CONTENT, "filtered"),
        (39999, FailureReason.UNKNOWN, "a code that the table does not have"),
    ],
)
def test_undelivered(
    channel: SmsTwilio,
    peer: TwilioPeer,
    door: Door,
    behaviours: dict[str, Behaviour],
    code: int,
    why: FailureReason,
    reason: str,
) -> None:
    behaviours[NUMBER] = undelivered(code)
    [receipt] = channel.parse_receipt(receipts_of(channel, peer, door)[-1])
    assert (receipt.state, receipt.code, receipt.reason) == (FAILED, str(code), why), reason


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", ACCEPTED),
        ("sent", ACCEPTED),
        ("delivered", DELIVERED),
        ("read", DELIVERED),
        ("undelivered", FAILED),
        ("failed", FAILED),
        ("not-a-status", None),
    ],
)
def test_statuses(channel: SmsTwilio, status: str, state: AttemptState | None) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": ""}
    receipts = channel.parse_receipt(ReceiptRequest("https://n.example/receipts/sms", {}, b"", form))
    assert [receipt.state for receipt in receipts] == ([] if state is None else [state])
    assert all((receipt.attempt_ref, receipt.provider_id) == (None, "SM1") for receipt in receipts)


@pytest.mark.parametrize("form", [{}, {"MessageSid": "SM1"}, {"MessageStatus": "sent"}])
def test_a_malformed_receipt(channel: SmsTwilio, form: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="MessageSid"):
        channel.parse_receipt(ReceiptRequest("https://n.example/receipts/sms", {}, b"", form))


SENDERS = [
    ({}, False, SERVICE, "the messaging service"),
    ({"TWILIO_MESSAGING_SERVICE_SID": None, "TWILIO_FROM": "ExPolice"}, False, "ExPolice", "a name"),
    ({"TWILIO_FROM": "ExPolice"}, False, SERVICE, "both: the service chooses among its senders"),
    ({}, True, SERVICE, "a service sends from its numbers"),
    (
        {"TWILIO_NEUTRAL_FROM": "+447700900999"},
        True,
        "+447700900999",
        "the neutral number where there is one",
    ),
    ({"TWILIO_NEUTRAL_FROM": "+447700900999"}, False, SERVICE, "which is only for discreet messages"),
    (
        {"TWILIO_MESSAGING_SERVICE_SID": None, "TWILIO_FROM": "+447700900998"},
        True,
        "+447700900998",
        "a number tells nothing",
    ),
    (
        {"TWILIO_MESSAGING_SERVICE_SID": None, "TWILIO_FROM": "ExPolice"},
        True,
        None,
        "a name would tell whoever sees the phone",
    ),
]


@pytest.mark.parametrize(("changes", "neutral", "sender", "reason"), SENDERS)
def test_senders(
    set_up: Setup,
    peer: TwilioPeer,
    changes: dict[str, str | None],
    neutral: bool,
    sender: str | None,
    reason: str,
) -> None:
    result = set_up(**changes).send(message(neutral_sender=neutral))
    assert [stored.sender for stored in peer.messages] == ([] if sender is None else [sender]), reason
    if sender is None:
        assert (result.state, result.reason) == (FAILED, FailureReason.NOT_OURS)


def test_nothing_personal_is_logged_or_kept(
    channel: SmsTwilio, behaviours: dict[str, Behaviour], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("notifier.test").debug("the log is open")
    channel.send(message())
    channel.look_up(message())
    behaviours[NUMBER] = refuse(21211)
    refused = channel.send(message())
    assert "the log is open" in caplog.text
    for seen in (caplog.text, repr(refused), repr(channel._client().http_client.__dict__)):
        assert NUMBER.removeprefix("+") not in seen
        assert "There is news" not in seen
        assert TOKEN not in seen


def test_many_threads_send_at_once(channel: SmsTwilio, peer: TwilioPeer) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: channel.send(message(f"News {n}.")), range(40)))
    assert {result.provider_id for result in results} == {stored.sid for stored in peer.messages}
    assert len(peer.messages) == 40


def test_threads_share_connections_that_are_kept(channel: SmsTwilio, peer: TwilioPeer) -> None:
    for _ in range(3):
        with ThreadPoolExecutor(1) as one:
            one.submit(channel.send, message()).result()
    assert len(peer.messages) == 3
    assert len(peer._server._open) == 1


@pytest.mark.parametrize("setting", ["http_proxy", "all_proxy"])
def test_a_proxy_of_the_environment_is_used(
    set_up: Setup, peer: TwilioPeer, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv(setting, peer.url)
    assert set_up(TWILIO_BASE_URL="http://api.twilio.invalid").send(message()).state is ACCEPTED
    assert len(peer.messages) == 1


def over_tls(peer: TwilioPeer, certificate: Path) -> str:
    """Let a peer that has not begun to listen speak TLS; return its URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    peer._server.socket = context.wrap_socket(peer._server.socket, server_side=True)
    return peer.url.replace("http:", "https:")


@pytest.mark.parametrize(("trusted", "state"), [(True, ACCEPTED), (False, UNKNOWN)])
def test_only_a_host_that_somebody_vouches_for_is_told(
    set_up: Setup, certificate: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool, state: AttemptState
) -> None:
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    peer = TwilioPeer(ACCOUNT, TOKEN)
    url = over_tls(peer, certificate)
    with peer:
        assert set_up(TWILIO_BASE_URL=url).send(message()).state is state
        assert len(peer.messages) == trusted


def test_check_is_silent_when_all_is_well(channel: SmsTwilio) -> None:
    assert channel.check() is None


MISSING = ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_MESSAGING_SERVICE_SID", "PUBLIC_URL"]


@pytest.mark.parametrize("name", MISSING)
def test_a_half_given_set_is_named(set_up: Setup, name: str) -> None:
    channel = set_up(**{name: None})
    said = channel.check()
    assert said is not None
    assert f"NOTIFIER_{name}" in said
    assert "\n" not in said
    with pytest.raises(SettingsError, match=name):
        channel.send(message())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TWILIO_ACCOUNT_SID", "made-up-token"),
        ("TWILIO_MESSAGING_SERVICE_SID", "+447700900123"),
        ("TWILIO_NEUTRAL_FROM", "ExPolice"),
        ("TWILIO_BASE_URL", "api.twilio.example"),
        ("TWILIO_TIMEOUT_SECONDS", "0"),
        ("TWILIO_TIMEOUT_SECONDS", "soon"),
        ("PUBLIC_URL", "notifier.example"),
    ],
)
def test_a_wrong_setting_is_named_and_not_shown(set_up: Setup, name: str, value: str) -> None:
    said = set_up(**{name: value}).check()
    assert said is not None
    assert f"NOTIFIER_{name}" in said
    assert value not in said


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"TWILIO_AUTH_TOKEN": "wrong"}, "NOTIFIER_TWILIO_AUTH_TOKEN"),
        ({"TWILIO_BASE_URL": "http://127.0.0.1:1"}, "NOTIFIER_TWILIO_BASE_URL"),
    ],
)
def test_check_asks_the_provider(set_up: Setup, changes: dict[str, str], named: str) -> None:
    said = set_up(**changes).check()
    assert said is not None
    assert named in said


def test_a_wrong_token_is_our_fault_not_the_numbers(set_up: Setup) -> None:
    result = set_up(TWILIO_AUTH_TOKEN="wrong").send(message())
    assert (result.state, result.code, result.reason) == (FAILED, "20003", FailureReason.NOT_OURS)


def test_the_peer_repeats_a_failed_callback_and_keeps_the_order(
    channel: SmsTwilio, peer: TwilioPeer, door: Door
) -> None:
    door.answers = [500, 503]
    channel.send(message())
    assert peer.wait_until_idle(WAIT)
    assert door.statuses == ["sent", "sent", "sent", "delivered"]


def test_the_peer_delivers_late_ones_later(
    channel: SmsTwilio, peer: TwilioPeer, door: Door, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[NUMBER] = late(3600)
    channel.send(message())
    channel.send(message(address="+447700900124"))
    assert door.wait_for(2)
    assert {request.form["To"] for request in door.requests} == {"+447700900124"}
    assert not peer.wait_until_idle(0), "the late one is still to come"


def test_the_peer_without_callbacks_is_silent(
    channel: SmsTwilio, peer: TwilioPeer, door: Door, behaviours: dict[str, Behaviour]
) -> None:
    behaviours[NUMBER] = SILENT
    channel.send(message())
    assert peer.wait_until_idle(WAIT)
    assert door.requests == []


def test_the_peer_filters_by_the_day_of_sending(
    channel: SmsTwilio, peer: TwilioPeer, behaviours: dict[str, Behaviour]
) -> None:
    behaviours["+447700900124"] = replace(SILENT, statuses=())
    sent = channel.send(message())
    channel.send(message(address="+447700900124"))
    assert peer.wait_until_idle(WAIT)
    [day] = {stored.sent_at.date() for stored in peer.messages if stored.sent_at}
    messages = channel._client().messages

    def listed(**filters: date) -> list[str]:
        at = {name: datetime(d.year, d.month, d.day, tzinfo=UTC) for name, d in filters.items()}
        return [one.sid for one in messages.list(**at)]

    next_day = day + timedelta(days=1)
    assert len(listed()) == 2
    assert listed(date_sent_after=day, date_sent_before=next_day) == [sent.provider_id]
    assert listed(date_sent_after=next_day) == []
    assert messages(sent.provider_id).fetch().sid == sent.provider_id
