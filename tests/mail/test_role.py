"""`notifier mail` as a real process: what comes back by mail ends in the database."""

from __future__ import annotations

import imaplib
import signal
import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Row, Select, select

from notifier.embedded import free_port
from notifier.settings import load_settings
from notifier.store.database import Store
from notifier.store.tables import attempts, rejections, replies
from notifier.wiring import cipher_of
from tests.cli.conftest import EMAIL, CommandLine, opened, registered
from tests.cli.test_roles import process, wait_for
from tests.mail.doors import DOMAIN
from tests.mail.test_imap_in import DONE, PASSWORD, REPLY, SPAM, STAFF, USERNAME, content_of, imap_server, put
from tests.mail.test_incoming import REF, bounce

NOW = "2026-03-31T10:00:00+01:00"
_PATIENCE = 60


def rows(notifier: CommandLine, query: Select[Any]) -> Sequence[Row[Any]]:
    store = Store(f"sqlite:///{notifier.home / 'notifier.db'}", cipher_of(load_settings()))
    with store.begin() as tx:
        found = tx.all(query)
    store.close()
    return found


@pytest.fixture
def ref(notifier: CommandLine) -> str:
    """The attempt of an email that was sent."""
    notifier.happen(NOW, [opened(), registered(EMAIL)])
    [sent] = rows(notifier, select(attempts.c.ref).where(attempts.c.channel == "email"))
    return str(sent.ref)


@contextmanager
def role(**settings: str) -> Iterator[Any]:
    """Run ``notifier mail`` until the block ends; it must end cleanly."""
    prefixed = {f"NOTIFIER_{name}": value for name, value in settings.items()}
    with process("mail", NOTIFIER_BOUNCE_DOMAIN=DOMAIN, **prefixed) as started:
        wait_for(started.stderr, "the mail is ready")
        yield started
        started.send_signal(signal.SIGTERM)
        started.communicate(timeout=_PATIENCE)
        assert started.returncode == 0


def test_by_smtp(notifier: CommandLine, ref: str) -> None:
    port = free_port()
    with role(MAIL_IN_PORT=str(port)), smtplib.SMTP("127.0.0.1", port, timeout=_PATIENCE) as client:
        client.sendmail("", f"bounces+{ref}@{DOMAIN}", bounce("postfix-5.1.1-unknown-user"))
        client.sendmail("jo@example.org", f"replies+{ref}@{DOMAIN}", REPLY)
        client.sendmail("", f"replies+{ref}@{DOMAIN}", REPLY)
    [attempt] = rows(notifier, select(attempts.c.state, attempts.c.code).where(attempts.c.ref == ref))
    assert (attempt.state, attempt.code) == ("failed", "5.1.1")
    assert len(rows(notifier, select(replies.c.pk))) == 1
    [aside] = rows(notifier, select(rejections.c.door, rejections.c.reason))
    assert (aside.door, "mail server" in aside.reason) == ("mail", True)


def test_from_a_mailbox(notifier: CommandLine, ref: str) -> None:
    with imap_server("--no-tls") as port, imaplib.IMAP4("127.0.0.1", port, timeout=_PATIENCE) as person:
        person.login(USERNAME, PASSWORD)
        put(person, SPAM, REPLY.replace(REF.encode(), ref.encode()))
        login = {"IMAP_USERNAME": USERNAME, "IMAP_PASSWORD": PASSWORD}
        with role(IMAP_HOST="127.0.0.1", IMAP_PORT=str(port), IMAP_TLS="none", **login) as started:
            for _ in range(2):
                wait_for(started.stderr, "a mail came in")
        assert content_of(person, STAFF) == [SPAM]
        assert len(content_of(person, DONE) + content_of(person, "INBOX")) == 1, "stopped before or after it"
    assert len(rows(notifier, select(replies.c.pk))) == 1
    assert len(rows(notifier, select(rejections.c.pk))) == 1


WRONG = [
    ({}, "no mail comes in: give NOTIFIER_MAIL_IN_PORT or NOTIFIER_IMAP_HOST, and NOTIFIER_BOUNCE_DOMAIN"),
    ({"MAIL_IN_PORT": "2525"}, "NOTIFIER_BOUNCE_DOMAIN is missing"),
    ({"MAIL_IN_PORT": "2525", "BOUNCE_DOMAIN": "a b"}, "NOTIFIER_BOUNCE_DOMAIN: "),
    ({"MAIL_IN_PORT": "0", "BOUNCE_DOMAIN": DOMAIN}, "NOTIFIER_MAIL_IN_PORT: "),
    (
        {"IMAP_HOST": "imap.test", "BOUNCE_DOMAIN": DOMAIN},
        "NOTIFIER_IMAP_USERNAME and NOTIFIER_IMAP_PASSWORD",
    ),
    ({"IMAP_USERNAME": "notifier", "BOUNCE_DOMAIN": DOMAIN}, "NOTIFIER_IMAP_HOST is missing"),
    ({"IMAP_FOLDER": "Notifier-Done"}, "must be three folders"),
    ({"IMAP_FOLDER": 'a"b'}, "NOTIFIER_IMAP_FOLDER: "),
]


@pytest.mark.parametrize(("given", "words"), WRONG, ids=[words for _, words in WRONG])
def test_wrong_settings_are_one_line(
    notifier: CommandLine, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], words: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"NOTIFIER_{name}", value)
    result = notifier("mail")
    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert words in line


def test_a_port_that_is_taken_is_one_line(notifier: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    with imap_server("--no-tls") as port:
        monkeypatch.setenv("NOTIFIER_MAIL_IN_PORT", str(port))
        monkeypatch.setenv("NOTIFIER_BOUNCE_DOMAIN", DOMAIN)
        result = notifier("mail")
    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1 cannot be used (EADDRINUSE): give another NOTIFIER_MAIL_IN_PORT" in (
        result.stderr
    )
