"""The providers of a soak: the service's own peers, with a log on disk and behaviour that changes."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from notifier.embedded import free_port
from notifier.peers import smtp, twilio
from notifier.peers.smtp import SmtpPeer
from notifier.peers.smtp_bounce import delivery_status
from notifier.peers.twilio import TwilioPeer
from tests.chaos.audit import ref_of_mail, ref_of_text

_ACCOUNT, _TOKEN = "AC" + "1" * 32, "token-of-the-soak"
_KEPT = 20_000  # texts that the SMS provider can still be asked about: more than go out while it is silent
_CALLERS = 16
_TRIES, _PAUSE_SECONDS = 120, 1.0  # a mail server would try for days
_TIMEOUT_SECONDS = 10
_POSTMEN = 2


class Log:
    """A file with a line for each message that a peer took: the attempt that it is."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)
        self._lock = Lock()
        self.count = 0

    def add(self, ref: str) -> None:
        """Note one message."""
        with self._lock:
            self._file.write(f"{ref}\n")
            self.count += 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class LoggedTwilio(TwilioPeer):
    """The SMS provider: it notes what it takes, and remembers the newest only."""

    def __init__(
        self, log: Log, behaviour: Callable[[str], twilio.Behaviour], clock: Callable[[], datetime]
    ) -> None:
        super().__init__(_ACCOUNT, _TOKEN, behaviour=behaviour, clock=clock, most=_KEPT, callers=_CALLERS)
        self._noted = log

    def accept(self, form: Mapping[str, str]) -> tuple[twilio.PeerMessage, twilio.Answer]:
        """Take a message and note it."""
        message, answer = super().accept(form)
        self._noted.add(ref_of_text(message))
        return message, answer


class LoggedMail(SmtpPeer):
    """The mail server: it notes what it takes, keeps nothing, and sends bounces to ``bounce_port``."""

    def __init__(
        self, log: Log, behaviour: Callable[[str], smtp.Behaviour], clock: Callable[[], datetime]
    ) -> None:
        super().__init__(behaviour=behaviour, clock=clock)
        self.bounce_port = free_port()
        self._noted = log
        self._postmen = ThreadPoolExecutor(_POSTMEN, thread_name_prefix="bounces")
        self._on_the_way: set[Future[None]] = set()

    def __exit__(self, *error: object) -> None:
        self._postmen.shutdown(cancel_futures=True)
        super().__exit__(*error)

    @property
    def is_idle(self) -> bool:
        """Whether every bounce was handed over."""
        return not self._on_the_way

    def accept(self, recipient: str, sender: str, raw: bytes) -> None:
        """Take a message, note it, and have its bounce sent."""
        message = smtp.PeerMessage(recipient, sender, raw, self._clock())
        self._noted.add(ref_of_mail(message))
        behaviour = self._behaviour(recipient)
        if behaviour.bounce is not None:
            code, action = behaviour.bounce, behaviour.action
            bounce = delivery_status(
                raw, sender=sender, recipient=recipient, action=action, code=code, at=message.at
            )
            sending = self._postmen.submit(self._send, sender, bounce)
            self._on_the_way.add(sending)
            sending.add_done_callback(self._on_the_way.discard)

    def _send(self, to: str, bounce: bytes) -> None:
        for _ in range(_TRIES):
            try:
                with smtplib.SMTP(self.host, self.bounce_port, timeout=_TIMEOUT_SECONDS) as connection:
                    connection.sendmail("", [to], bounce)
            except (OSError, smtplib.SMTPException):  # the role was killed, or its database is away
                time.sleep(_PAUSE_SECONDS)
            else:
                return


class Stubs:
    """Both providers; ``sms_now`` and ``mail_now`` are what they do with an address from now on."""

    def __init__(self, folder: Path) -> None:
        self.log = Log(folder / "received.log")
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.behave()
        self.sms = LoggedTwilio(self.log, lambda number: self.sms_now(number), lambda: self.clock())
        self.mail = LoggedMail(self.log, lambda address: self.mail_now(address), lambda: self.clock())

    def behave(self) -> None:
        """Take everything from now on, as good providers do."""
        self.sms_now: Callable[[str], twilio.Behaviour] = lambda number: twilio.ACCEPT
        self.mail_now: Callable[[str], smtp.Behaviour] = lambda address: smtp.ACCEPT

    @property
    def settings(self) -> dict[str, str]:
        """The service's settings that lead to them."""
        return {
            "NOTIFIER_TWILIO_ACCOUNT_SID": _ACCOUNT,
            "NOTIFIER_TWILIO_AUTH_TOKEN": _TOKEN,
            "NOTIFIER_TWILIO_BASE_URL": self.sms.url,
            "NOTIFIER_SMTP_PORT": str(self.mail.port),
            "NOTIFIER_MAIL_IN_PORT": str(self.mail.bounce_port),
        }

    @property
    def idle(self) -> bool:
        """Whether every status and every bounce was reported."""
        return self.sms.wait_until_idle(0) and self.mail.is_idle


@contextmanager
def stubs(folder: Path) -> Iterator[Stubs]:
    """Run both providers; their log is ``received.log`` in ``folder``."""
    both = Stubs(folder)
    with closing(both.log), both.sms, both.mail:
        yield both
