"""Make the bounces of this folder with a real Postfix or Exim, in a throw-away machine: see README.md.

It writes system files, and lets every program started from then on believe in another time.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from notifier.channels.email_smtp import EmailSmtp
from notifier.records import AttemptState, ChannelName, Form, Message, Rendered

FOLDER = Path(__file__).parent
MAILBOX, EXIM = Path("/var/mail/bounces"), Path("/var/spool/exim4")
CLOCK, PRELOAD = Path("/etc/faketimerc"), Path("/etc/ld.so.preload")
ENVIRONMENT = {"PATH": os.environ["PATH"], "TZ": "UTC"}
SETTINGS = {
    "SMTP_HOST": "127.0.0.1",
    "SMTP_PORT": "25",
    "SMTP_TLS": "none",
    "MAIL_FROM": "Avon Police <updates@police.test>",
    "BOUNCE_DOMAIN": "bounces.police.test",
}
MACHINE = "notifier.police.test"
REF = "0f9b2c4d5e6f708192a3b4c5d6e7f801"
BEGIN = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
WARNED, GIVEN_UP = timedelta(hours=25), timedelta(days=5, hours=1)
TAKEN = "250 2.0.0 OK"
WAIT, FIRST_TRY = 20.0, 3.0  # seconds


@dataclass(frozen=True)
class Case:
    """What the victim's mail server answers to the recipient and to the text.

    The bounce is waited for at once, or when so much ``later`` the mail is tried again; with ``again`` it is
    that of another mail, sent then.
    """

    name: str
    recipient: str = TAKEN
    content: str = TAKEN
    address: str = "jo@example.org"
    answers: bool = True
    later: timedelta | None = None
    again: bool = False

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer the recipient."""
        envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:
        """Answer the text."""
        return self.content


UNKNOWN = "550 5.1.1 <jo@example.org>: Recipient address rejected: User unknown in virtual mailbox table"
QUOTA = "552 5.2.2 <jo@example.org> Quota exceeded (mailbox for user is full)"
FULL = "452 4.2.2 Mailbox full"
BLOCKED = "554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked using bl.example.net"
SPF = "550 5.7.1 SPF check failed for police.test"
NOT_PROVED = (
    "550-5.7.26 This mail has been blocked because the sender is unauthenticated.\r\n"
    "550-5.7.26 All senders must authenticate with either SPF or DKIM.\r\n"
    "550 5.7.26 See the guidelines for senders."
)
GREY = "450 4.2.0 <jo@example.org>: Recipient address rejected: Greylisted"
CASES = {
    "postfix": [
        Case("5.1.1-unknown-user", recipient=UNKNOWN),
        Case("5.2.2-mailbox-full", recipient=QUOTA),
        Case("5.4.4-no-such-domain", address="jo@exmaple.org"),
        Case("5.7.1-blocklisted", recipient=BLOCKED),
        Case("5.7.26-unauthenticated", content=NOT_PROVED),
        Case("4.2.0-delayed", recipient=GREY, later=WARNED),
        Case("4.2.2-full-given-up", recipient=FULL, later=GIVEN_UP),
        Case("4.4.1-given-up", answers=False, later=GIVEN_UP),
    ],
    "exim": [
        Case("5.1.1-unknown-user", recipient=UNKNOWN),
        Case("5.2.2-over-quota", recipient=QUOTA),
        Case("5.7.1-spf", recipient=SPF),
        Case("5.7.26-unauthenticated", content=NOT_PROVED),
        Case("550-no-such-user", recipient="550 No such user here"),
        Case("no-such-domain", address="jo@exmaple.org"),
        Case("delayed", recipient=GREY, later=WARNED),
        Case("4.2.2-full-given-up", recipient=FULL, later=GIVEN_UP),
        Case("own-mailbox-full", address="jo@full.example.org", later=GIVEN_UP),
        Case("given-up", answers=False, later=GIVEN_UP),
        Case("given-up-at-once", answers=False, later=GIVEN_UP, again=True),
    ],
}


@contextmanager
def clock_at(at: datetime) -> Iterator[None]:
    """Let it be ``at`` for whatever starts now, also where it changes its user."""
    [library] = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    CLOCK.write_text(f"{(at - datetime.now(UTC)).total_seconds():+.3f}\n")
    PRELOAD.write_text(f"{library}\n")
    try:
        yield
    finally:
        PRELOAD.unlink()


def run(*command: str) -> None:
    subprocess.run(command, env=ENVIRONMENT, check=True)


@contextmanager
def postfix() -> Iterator[None]:
    """Run Postfix, and let it try at once what waits."""
    run("postfix", "start")
    run("postqueue", "-f")
    yield
    run("postfix", "stop")


@contextmanager
def exim() -> Iterator[None]:
    """Run Exim, and let it try at once what waits."""
    daemon = subprocess.Popen(["exim4", "-bdf"], env=ENVIRONMENT)
    run("exim4", "-qff")
    yield
    daemon.terminate()
    daemon.wait()


SERVERS: dict[str, Callable[[], AbstractContextManager[None]]] = {"postfix": postfix, "exim": exim}


def make(server: str, case: Case) -> bytes:
    """Return the bounce of a mail that is sent through ``server``."""
    forget()
    peer = Controller(case, hostname="192.0.2.25", port=25, server_hostname="mx.example.org")
    if case.answers:
        peer.start()
    with clock_at(BEGIN), SERVERS[server]():
        send(case.address)
        if case.later:
            time.sleep(FIRST_TRY)
        else:
            bounce = next_bounce()
    if case.later:
        with clock_at(BEGIN + case.later), SERVERS[server]():
            bounce = next_bounce()
            if case.again:
                send(case.address)
                bounce = next_bounce()
    if case.answers:
        peer.stop()
    return bounce


def forget() -> None:
    """Empty the mailbox and the queue; what Exim remembers of hosts goes too."""
    for folder in (MAILBOX, EXIM / "db", EXIM / "input", EXIM / "msglog"):
        shutil.rmtree(folder, ignore_errors=True)
    if shutil.which("postsuper"):
        run("postsuper", "-d", "ALL")
    for name in ("tmp", "new", "cur"):
        (MAILBOX / name).mkdir(parents=True)
        shutil.chown(MAILBOX / name, "nobody", "nogroup")


def send(address: str) -> None:
    """Send a message as Notifier sends it, as soon as the server takes it."""
    rendered = Rendered(Form.MAIL, "en", "There is an update about your case.\n", "An update")
    message = Message(REF, ChannelName.EMAIL, address, "Jo Bloggs", rendered, BEGIN)
    channel = EmailSmtp()
    until = time.monotonic() + WAIT
    while (result := channel.send(message)).state is not AttemptState.ACCEPTED:
        if time.monotonic() > until:
            raise SystemExit(f"the server does not take the message: {result.code}")
        time.sleep(0.2)
    channel.close()


def next_bounce() -> bytes:
    """Wait for a bounce and take it out of the mailbox."""
    until = time.monotonic() + WAIT
    while not (arrived := list(MAILBOX.glob("new/*"))):
        if time.monotonic() > until:
            raise SystemExit("no bounce came")
        time.sleep(0.2)
    content = arrived[0].read_bytes()
    arrived[0].unlink()
    return content


def main(server: str) -> None:
    """Make every bounce of ``server``."""
    if socket.gethostname() != MACHINE:
        raise SystemExit(f"this changes the machine; see README.md for one that is called {MACHINE}")
    os.environ.update({f"NOTIFIER_{name}": value for name, value in SETTINGS.items()})
    for case in CASES[server]:
        (FOLDER / f"{server}-{case.name}.eml").write_bytes(make(server, case))
        print(server, case.name)


if __name__ == "__main__":
    main(sys.argv[1])
