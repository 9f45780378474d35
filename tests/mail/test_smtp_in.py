"""The SMTP door, spoken to over a real socket by a client that is not ours."""

from __future__ import annotations

import logging
import select
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.mail import smtp_in
from notifier.mail.smtp_in import serve_smtp
from tests.mail.doors import DOMAIN, REF, Rooms

BOUNCE = (Path(__file__).with_name("bounces") / "postfix-5.1.1-unknown-user.eml").read_bytes()
BOUNCES, REPLIES = f"bounces+{REF}@{DOMAIN}", f"replies+{REF}@{DOMAIN}"
REPLY = b"""\
From: Jo <jo@example.org>\r\n\
Subject: Re: News\r\n\
Message-ID: <1@example.org>\r\n\
\r\n\
Please call me.\r\n"""
MOST = 100_000
WAIT = 20  # seconds; only a hung test waits so long


@contextmanager
def door(rooms: Rooms) -> Iterator[int]:
    """Run the door and give its port; at the end it is asked to stop, and must."""
    stop = Event()
    port, thread = start(rooms, stop)
    try:
        yield port
    finally:
        stop.set()
        thread.join(WAIT)
        assert not thread.is_alive()


def start(rooms: Rooms, stop: Event) -> tuple[int, Thread]:
    """Run the door until ``stop`` is set; return its port and its thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = Thread(target=serve_smtp, args=(listener, rooms.desk, MOST, stop))
    thread.start()
    return int(listener.getsockname()[1]), thread


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
def port(rooms: Rooms) -> Iterator[int]:
    with door(rooms) as port:
        yield port


@pytest.fixture
def client(port: int) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", port, timeout=WAIT) as client:
        yield client


def test_a_bounce_comes_in(client: smtplib.SMTP, rooms: Rooms) -> None:
    assert client.sendmail("", BOUNCES, BOUNCE) == {}
    [receipt] = rooms.receipts
    assert (receipt.attempt_ref, receipt.code) == (REF, "5.1.1")


def test_a_reply_comes_in(client: smtplib.SMTP, rooms: Rooms) -> None:
    client.sendmail("jo@example.org", REPLIES, REPLY)
    [reply] = rooms.replies
    assert (reply.attempt_ref, reply.text, reply.address) == (REF, "Please call me.", "jo@example.org")


def test_the_envelope_says_whom_it_is_for(client: smtplib.SMTP, rooms: Rooms) -> None:
    client.sendmail(
        "jo@example.org", REPLIES, b"Delivered-To: replies+other@" + DOMAIN.encode() + b"\r\n" + REPLY
    )
    assert rooms.replies[0].attempt_ref == REF


def test_the_null_return_path_is_seen(client: smtplib.SMTP, rooms: Rooms) -> None:
    client.sendmail("", REPLIES, REPLY)
    [(raw, reason)] = rooms.aside
    assert "mail server" in reason
    assert raw.endswith(REPLY), "kept whole"


ELSEWHERE = [
    "jo@example.org",
    f"bounces+{REF}@elsewhere.test",
    f"bounces@{DOMAIN}",
    f"bounces+@{DOMAIN}",
    f"postmaster@{DOMAIN}",
    f"bounces+{REF}@{DOMAIN}.example.org",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_it_is_no_relay(client: smtplib.SMTP, rooms: Rooms, address: str) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        client.sendmail("jo@example.org", address, REPLY)
    assert refused.value.recipients[address][0] == 550
    assert rooms.count == 0


def test_one_recipient_a_mail(client: smtplib.SMTP, rooms: Rooms) -> None:
    refused = client.sendmail("", [BOUNCES, f"bounces+two@{DOMAIN}"], BOUNCE)
    assert [code for code, _ in refused.values()] == [452], "its server brings the other in its turn"
    assert len(rooms.receipts) == 1


def test_while_the_database_is_away_the_other_server_keeps_the_mail(
    client: smtplib.SMTP, rooms: Rooms
) -> None:
    rooms.be_away()
    with pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail("", BOUNCES, BOUNCE)
    assert (refused.value.smtp_code, rooms.count) == (451, 0)
    client.sendmail("", BOUNCES, BOUNCE)
    assert len(rooms.receipts) == 1


class Gate:
    """Holds a commit up until it is opened."""

    def __init__(self, rooms: Rooms) -> None:
        self._reached, self._opened = Event(), Event()
        rooms.before = self._hold

    def wait(self) -> None:
        """Wait until a commit stands before it."""
        assert self._reached.wait(WAIT)

    def open(self) -> None:
        """Let it go on."""
        self._opened.set()

    def _hold(self) -> None:
        self._reached.set()
        assert self._opened.wait(WAIT)


def hand_over(port: int) -> smtplib.SMTP:
    """Send a bounce to its last dot, and do not wait for the answer."""
    client = smtplib.SMTP("127.0.0.1", port, timeout=WAIT)
    client.ehlo()
    client.mail("")
    client.rcpt(BOUNCES)
    client.docmd("DATA")
    client.send(BOUNCE.replace(b"\n", b"\r\n") + b".\r\n")
    return client


def test_it_answers_only_after_the_commit(port: int, rooms: Rooms) -> None:
    gate = Gate(rooms)
    with hand_over(port) as client:
        gate.wait()
        assert client.sock is not None
        readable, _, _ = select.select([client.sock], [], [], 0)
        assert not readable
        gate.open()
        assert client.getreply()[0] == 250
    assert len(rooms.receipts) == 1


def test_a_connection_that_breaks_stops_no_commit(rooms: Rooms) -> None:
    gate = Gate(rooms)
    with door(rooms) as port:
        client = hand_over(port)
        gate.wait()
        client.close()
        gate.open()
    assert len(rooms.receipts) == 1


def test_a_stop_waits_for_the_mail_in_hand(rooms: Rooms) -> None:
    gate, stop = Gate(rooms), Event()
    port, thread = start(rooms, stop)
    client = hand_over(port)
    gate.wait()
    stop.set()
    gate.open()
    thread.join(WAIT)
    client.close()
    assert len(rooms.receipts) == 1


def test_our_own_fault_loses_nothing(client: smtplib.SMTP, rooms: Rooms) -> None:
    rooms.failing = [RuntimeError("jo@example.org broke it")]
    client.sendmail("", BOUNCES, BOUNCE)
    [(raw, reason)] = rooms.aside
    assert b"5.1.1" in raw
    assert reason == "the mail could not be taken in (RuntimeError)"


def test_what_cannot_even_be_kept_stays_with_the_other_server(client: smtplib.SMTP, rooms: Rooms) -> None:
    rooms.failing = [RuntimeError("jo@example.org broke it"), RuntimeError("and again")]
    with pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail("", BOUNCES, BOUNCE)
    assert refused.value.smtp_code == 451
    assert b"jo" not in refused.value.smtp_error


def test_a_giant_is_refused_by_its_size(client: smtplib.SMTP, rooms: Rooms) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        client.sendmail("jo@example.org", REPLIES, REPLY + b"x" * MOST)
    assert refused.value.smtp_code == 552
    client.ehlo_resp = client.esmtp_features = {}  # type: ignore[assignment]  # one that does not say the size
    with pytest.raises(smtplib.SMTPDataError) as late:
        client.sendmail("jo@example.org", REPLIES, REPLY + (b"x" * 900 + b"\r\n") * 200)
    assert late.value.smtp_code == 552
    assert rooms.count == 0


def send_for_ever(line: socket.socket) -> None:
    while True:
        line.sendall(b"x" * 65_536)


def test_a_line_that_never_ends_is_cut_off(port: int, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_in._Connection, "line_length_limit", 1_000)
    with socket.create_connection(("127.0.0.1", port), WAIT) as line:
        for command in (b"EHLO x", b"MAIL FROM:<>", b"RCPT TO:<%s>" % REPLIES.encode(), b"DATA"):
            line.recv(1000)
            line.sendall(command + b"\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_for_ever(line)
    assert rooms.count == 0


def test_a_long_line_is_no_reason_to_refuse_a_bounce(client: smtplib.SMTP, rooms: Rooms) -> None:
    client.sendmail("", BOUNCES, BOUNCE + b"x" * 50_000)
    assert len(rooms.receipts) == 1


def test_too_many_connections_are_asked_to_come_later(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_in, "_MOST_CONNECTIONS", 1)
    with smtplib.SMTP("127.0.0.1", port, timeout=WAIT):
        with pytest.raises(smtplib.SMTPConnectError) as refused:
            smtplib.SMTP("127.0.0.1", port, timeout=WAIT)
        assert refused.value.smtp_code == 421


def test_nothing_personal_is_logged(
    client: smtplib.SMTP, rooms: Rooms, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rooms.failing = [RuntimeError("a room broke"), RuntimeError("and could not keep it")]
    with suppress(smtplib.SMTPDataError):
        client.sendmail("jo@example.org", REPLIES, REPLY)
    client.sendmail("jo@example.org", REPLIES, REPLY)
    assert "a mail came in" in caplog.text
    for secret in ("jo@", "call me", REF):
        assert secret not in caplog.text


@given(st.binary(max_size=400), st.sampled_from([BOUNCES, REPLIES]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_is_taken_and_nothing_is_lost(port: int, rooms: Rooms, body: bytes, to: str) -> None:
    before = rooms.count
    mail = b"From: jo@example.org\r\n" + body
    with smtplib.SMTP("127.0.0.1", port, timeout=WAIT) as client:
        client.sendmail("jo@example.org", to, mail)
        client.sendmail("jo@example.org", REPLIES, REPLY)
    assert rooms.count >= before + 1, "the neighbour came in"
