"""The IMAP door, against a real IMAP server."""

from __future__ import annotations

import imaplib
import logging
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from notifier.embedded import free_port
from notifier.errors import Unreachable
from notifier.mail.desk import Taken
from notifier.mail.imap_in import Mailbox, check_mailbox, empty_mailbox, move, watch_mailbox
from tests.mail.doors import DOMAIN, REF, Rooms

USERNAME, PASSWORD = "notifier", "made-up-password"
BOUNCES = Path(__file__).with_name("bounces")
BOUNCE = (BOUNCES / "postfix-5.1.1-unknown-user.eml").read_bytes().replace(b"\n", b"\r\n")
NOISE = (BOUNCES / "mailing-list-noise.eml").read_bytes().replace(b"\n", b"\r\n")
REPLY = f"From: jo@example.org\r\nTo: replies+{REF}@{DOMAIN}\r\n\r\nPlease call me.\r\n".encode()
SPAM = b"From: x@example.org\r\nTo: somebody@elsewhere.test\r\n\r\nBuy!\r\n"
DONE, STAFF = "Notifier-Done", "Notifier-Staff"
NEVER = Event()
WAIT = 20  # seconds; only a hung test waits so long


@contextmanager
def imap_server(*options: str) -> Iterator[int]:
    """Run a server with one empty mailbox and give its port."""
    port = free_port()
    services = ("--no-service", "admin", "--no-service", "managesieve")
    login = ("dict", "--demo-user", USERNAME, "--demo-password", PASSWORD)
    address = ("--host", "127.0.0.1", "--port", str(port))
    program = str(Path(sys.executable).with_name("pymap"))
    with subprocess.Popen(
        [program, *address, *services, *options, *login], stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait_until_it_listens(server, port)
            yield port
        finally:
            server.kill()


def _wait_until_it_listens(server: subprocess.Popen[bytes], port: int) -> None:
    while server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("the IMAP server ended before it listened")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with imap_server("--no-tls") as port:
        yield port


@pytest.fixture
def person(port: int) -> Iterator[imaplib.IMAP4]:
    """Somebody else at the mailbox, which is empty at first."""
    with imaplib.IMAP4("127.0.0.1", port, timeout=WAIT) as imap:
        imap.login(USERNAME, PASSWORD)
        for folder in (DONE, STAFF):
            imap.delete(folder)
        imap.select("INBOX")
        imap.store("1:*", "+FLAGS", r"(\Deleted)")
        imap.expunge()
        yield imap


@pytest.fixture
def mailbox(port: int, person: imaplib.IMAP4) -> Mailbox:
    return Mailbox(
        host="127.0.0.1",
        port=port,
        username=USERNAME,
        password=PASSWORD,
        tls="none",
        timeout=WAIT,
        most_bytes=100_000,
        inbox="INBOX",
        done=DONE,
        staff=STAFF,
    )


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


def put(person: imaplib.IMAP4, *mails: bytes) -> None:
    for mail in mails:
        assert person.append("INBOX", "", "", mail)[0] == "OK"


def content_of(person: imaplib.IMAP4, folder: str) -> list[bytes]:
    assert person.select(folder)[0] == "OK"
    _, found = person.search(None, "ALL")
    fetched = [person.fetch(number.decode(), "(BODY.PEEK[])")[1][0] for number in found[0].split()]
    return [part[1] for part in fetched if isinstance(part, tuple)]


def test_every_mail_is_taken_and_moved(mailbox: Mailbox, person: imaplib.IMAP4, rooms: Rooms) -> None:
    put(person, BOUNCE, REPLY, SPAM, NOISE)
    assert empty_mailbox(mailbox, rooms.desk.take, NEVER) == 4
    assert [receipt.attempt_ref for receipt in rooms.receipts] == [REF]
    assert [reply.text for reply in rooms.replies] == ["Please call me."]
    assert rooms.aside == [(SPAM, "the mail names no message of ours")]
    assert content_of(person, "INBOX") == []
    assert content_of(person, DONE) == [BOUNCE, REPLY, NOISE]
    assert content_of(person, STAFF) == [SPAM]
    assert empty_mailbox(mailbox, rooms.desk.take, NEVER) == 0


def test_a_mail_that_somebody_looked_at_is_taken_all_the_same(
    mailbox: Mailbox, person: imaplib.IMAP4, rooms: Rooms
) -> None:
    put(person, BOUNCE)
    person.select("INBOX")
    person.store("1", "+FLAGS", r"(\Seen)")
    assert empty_mailbox(mailbox, rooms.desk.take, NEVER) == 1


def test_while_the_database_is_away_the_mail_stays(
    mailbox: Mailbox, person: imaplib.IMAP4, rooms: Rooms
) -> None:
    put(person, REPLY, BOUNCE)
    rooms.be_away()
    with pytest.raises(Unreachable):
        empty_mailbox(mailbox, rooms.desk.take, NEVER)
    assert content_of(person, "INBOX") == [REPLY, BOUNCE]
    assert empty_mailbox(mailbox, rooms.desk.take, NEVER) == 2
    assert (len(rooms.replies), len(rooms.receipts)) == (1, 1)


def test_killed_between_commit_and_move_it_is_the_same_mail_again(
    mailbox: Mailbox, person: imaplib.IMAP4, rooms: Rooms
) -> None:
    class Killed(BaseException):
        """What no handler of the door catches: the process is gone."""

    def take_and_die(raw: bytes) -> Taken:
        rooms.desk.take(raw)
        raise Killed

    put(person, REPLY)
    with pytest.raises(Killed):
        empty_mailbox(mailbox, take_and_die, NEVER)
    assert content_of(person, "INBOX") == [REPLY]
    assert empty_mailbox(mailbox, rooms.desk.take, NEVER) == 1
    first, again = rooms.replies
    assert first == again, "the room takes it for a repeat"


def test_a_mail_that_cannot_even_be_set_aside_blocks_no_other(
    mailbox: Mailbox, person: imaplib.IMAP4, rooms: Rooms
) -> None:
    put(person, REPLY, BOUNCE)
    rooms.failing = [RuntimeError("a room broke"), RuntimeError("and could not keep it")]
    assert empty_mailbox(mailbox, rooms.desk.take, NEVER) == 1
    assert len(rooms.receipts) == 1
    assert content_of(person, "INBOX") == [REPLY]


def test_a_stop_is_heard_between_two_mails(mailbox: Mailbox, person: imaplib.IMAP4, rooms: Rooms) -> None:
    stop = Event()
    rooms.before = stop.set
    put(person, REPLY, BOUNCE)
    assert empty_mailbox(mailbox, rooms.desk.take, stop) == 1
    assert content_of(person, "INBOX") == [BOUNCE]


def test_of_a_giant_the_beginning_is_read(mailbox: Mailbox, person: imaplib.IMAP4, rooms: Rooms) -> None:
    sizes: list[int] = []

    def take(raw: bytes) -> Taken:
        sizes.append(len(raw))
        return rooms.desk.take(raw)

    put(person, BOUNCE + b"x" * 1_000_000)
    empty_mailbox(replace(mailbox, most_bytes=10_000), take, NEVER)
    assert sizes == [10_000]
    assert rooms.receipts[0].code == "5.1.1"


@pytest.mark.parametrize("offered", [{"MOVE"}, {"UIDPLUS"}, set()], ids=str)
def test_whatever_the_server_offers_the_mail_is_moved(
    person: imaplib.IMAP4, mailbox: Mailbox, offered: set[str]
) -> None:
    put(person, REPLY)
    person.create(DONE)
    person.select("INBOX")
    uid = person.uid("SEARCH", "ALL")[1][0].decode()
    move(person, uid, DONE, offered)
    assert content_of(person, "INBOX") == []
    assert content_of(person, DONE) == [REPLY]


def test_a_wrong_login_is_an_error_that_names_nobody(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = replace(mailbox, password="wrong", username="somebody")
    with pytest.raises(imaplib.IMAP4.error):
        empty_mailbox(wrong, Rooms().desk.take, NEVER)
    assert "somebody" not in caplog.text


def test_a_mailbox_that_was_away_is_emptied_when_it_is_back(
    mailbox: Mailbox, person: imaplib.IMAP4, rooms: Rooms, caplog: pytest.LogCaptureFixture
) -> None:
    put(person, BOUNCE)
    stop, committed = Event(), Event()
    rooms.be_away(2)
    rooms.before = lambda: None if rooms.failing else committed.set()
    thread = Thread(target=watch_mailbox, args=(mailbox, rooms.desk.take, 0.01, stop))
    thread.start()
    assert committed.wait(WAIT)
    stop.set()
    thread.join(WAIT)
    assert not thread.is_alive()
    assert caplog.text.count("the mailbox waits for a server") == 2


class Heard(logging.Handler):
    """Tells when something was logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.event = Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it."""
        self.event.set()


def test_a_server_that_is_away_is_waited_for(mailbox: Mailbox) -> None:
    stop, heard, log = Event(), Heard(), logging.getLogger("notifier.mail.imap_in")
    away = replace(mailbox, port=free_port())
    thread = Thread(target=watch_mailbox, args=(away, Rooms().desk.take, WAIT, stop))
    log.addHandler(heard)
    thread.start()
    assert heard.event.wait(WAIT)
    assert thread.is_alive()
    stop.set()
    thread.join(WAIT)
    log.removeHandler(heard)
    assert not thread.is_alive()


def test_with_tls_the_server_must_be_who_it_should_be(
    certificate: Path, rooms: Rooms, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with imap_server("--cert", str(certificate), "--key", str(certificate)) as port:
        secure = replace(mailbox, port=port, tls="starttls")
        with pytest.raises(ssl.SSLCertVerificationError):
            empty_mailbox(secure, rooms.desk.take, NEVER)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert empty_mailbox(secure, rooms.desk.take, NEVER) == 0


def test_the_check_names_what_is_wrong_with_the_mailbox(mailbox: Mailbox) -> None:
    assert check_mailbox(mailbox) is None
    refused = check_mailbox(replace(mailbox, password="wrong"))
    assert refused == (
        "the mailbox refuses the login: check NOTIFIER_IMAP_USERNAME, IMAP_PASSWORD and IMAP_TLS"
    )
    missing = check_mailbox(replace(mailbox, inbox="Elsewhere"))
    assert missing == "the mailbox has no 'Elsewhere': correct NOTIFIER_IMAP_FOLDER"
    away = check_mailbox(replace(mailbox, port=free_port()))
    assert away is not None
    assert away.startswith("the mailbox does not answer (ConnectionRefusedError): check NOTIFIER_IMAP_HOST")
