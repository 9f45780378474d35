"""A local peer that answers as Twilio's Messages API does, for the demo and the tests.

It speaks HTTP over a real socket of the loopback, keeps what it accepted and calls back, signed as
Twilio signs. What it does with a number is told by a :class:`Behaviour`.
Source: Twilio's Messages resource, API version 2010-04-01, and "Webhooks security".
"""

# twilio ships no types:
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import base64
import hmac
import sched
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlencode

import urllib3
from twilio.request_validator import RequestValidator

from notifier.peers.twilio_http import Answer, Lost, PeerMessage, Refused, Server
from notifier.peers.twilio_log import MessageLog

__all__ = [
    "ACCEPT", "ACCEPT_THEN_CUT", "ACCEPT_THEN_DROP", "ACCEPT_THEN_ERROR", "BACKWARDS", "HANG",
    "SILENT", "TWICE", "Answer", "Behaviour", "PeerMessage", "TwilioPeer",
    "error_500", "late", "lost", "refuse", "slow", "throttle", "unavailable", "undelivered",
]  # fmt: skip

_LONGEST_VALIDITY_SECONDS = 36_000
_CALLBACK_TRIES = 4
_CALLBACK_PAUSE_SECONDS = 0.1
_CALLBACK_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the peer does with messages to a number.

    ``errors_first``: HTTP statuses answered, nothing stored, before the rest holds; 0 is no answer at all.
    ``refusal``: Twilio's
    code of a definite refusal. ``statuses``: what becomes of the message, step by step; ``error_code``
    goes with the last one. ``seconds``: until the first step; ``answer_seconds``: until the answer.
    """

    errors_first: tuple[int, ...] = ()
    refusal: int | None = None
    answer: Answer = Answer.CREATED
    statuses: tuple[str, ...] = ("sent", "delivered")
    error_code: int | None = None
    calls_back: bool = True
    seconds: float = 0.0
    answer_seconds: float = 0.0


ACCEPT = Behaviour()
TWICE = Behaviour(statuses=("sent", "delivered", "delivered"))
SILENT = Behaviour(statuses=("sent",), calls_back=False)
HANG = Behaviour(answer=Answer.HANG)
BACKWARDS = Behaviour(statuses=("delivered", "sent", "queued"))
ACCEPT_THEN_CUT = Behaviour(answer=Answer.CUT)
ACCEPT_THEN_DROP = Behaviour(answer=Answer.DROP)
ACCEPT_THEN_ERROR = Behaviour(answer=Answer.ERROR)


def refuse(code: int) -> Behaviour:
    """Refuse with Twilio's ``code``: 21211 invalid number, 21610 opted out, 21614 not a mobile."""
    return Behaviour(refusal=code)


def undelivered(code: int) -> Behaviour:
    """Accept, then report ``code``: 30003 unreachable, 30005 unknown number, 30006 landline."""
    return Behaviour(statuses=("sent", "undelivered"), error_code=code)


def late(seconds: float) -> Behaviour:
    """Deliver after ``seconds``."""
    return Behaviour(seconds=seconds)


def lost(times: int) -> Behaviour:
    """Neither store nor answer ``times`` times, then accept."""
    return Behaviour(errors_first=(0,) * times)


def slow(seconds: float) -> Behaviour:
    """Accept, and say so after ``seconds``."""
    return Behaviour(answer_seconds=seconds)


def throttle(times: int) -> Behaviour:
    """Answer 429 ``times`` times, then accept."""
    return Behaviour(errors_first=(429,) * times)


def error_500(times: int) -> Behaviour:
    """Answer 500 ``times`` times without storing, then accept."""
    return Behaviour(errors_first=(500,) * times)


def unavailable(times: int) -> Behaviour:
    """Answer 503 ``times`` times without storing, then accept."""
    return Behaviour(errors_first=(503,) * times)


class TwilioPeer:
    """A running peer; use it as a context manager, and give ``url`` as ``NOTIFIER_TWILIO_BASE_URL``.

    ``behaviour`` and ``delay`` are asked for each number; ``delay`` adds seconds before the first status.
    ``most`` is how many messages it keeps, the newest; ``None``: all. ``callers`` report so many messages at
    once, the statuses of each in order.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        behaviour: Callable[[str], Behaviour] = lambda number: ACCEPT,
        delay: Callable[[str], float] = lambda number: 0.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        most: int | None = None,
        callers: int = 1,
    ) -> None:
        self.account_sid = account_sid
        self.closing = threading.Event()
        self._auth_token = auth_token
        self._behaviour = behaviour
        self._delay = delay
        self._clock = clock
        self._lock = threading.Lock()
        self._log = MessageLog(most)
        self._tries: Counter[str] = Counter()
        self._plan = sched.scheduler()
        self._planned = threading.Event()
        self._unreported = 0
        self._reported = threading.Condition()
        self._reporter = threading.Thread(target=self._report, name="twilio-peer-callbacks")
        self._callers = ThreadPoolExecutor(callers, thread_name_prefix="twilio-peer-caller")
        self._http = urllib3.PoolManager(maxsize=16, retries=False, timeout=_CALLBACK_TIMEOUT_SECONDS)
        self._server = Server(self)

    def __enter__(self) -> Self:
        self._reporter.start()
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._planned.set()
        self._server.stop()
        self._reporter.join()
        self._callers.shutdown(cancel_futures=True)
        self._http.clear()

    @property
    def url(self) -> str:
        """Return where it listens, without a path."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def messages(self) -> list[PeerMessage]:
        """Return what it accepted, oldest first."""
        return self._log.all()

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until every status was reported; return whether it was within ``timeout`` seconds."""
        with self._reported:
            return self._reported.wait_for(lambda: not self._unreported, timeout)

    def authorises(self, header: str) -> bool:
        """Tell whether an Authorization header names our account and token."""
        pair = f"{self.account_sid}:{self._auth_token}".encode()
        expected = "Basic " + base64.b64encode(pair).decode()
        return hmac.compare_digest(header.encode(), expected.encode())

    def accept(self, form: Mapping[str, str]) -> tuple[PeerMessage, Answer]:
        """Store a posted message and plan its statuses, or raise ``Refused`` or ``Lost``."""
        message = self._read(form)
        behaviour = self._behaviour(message.to)
        self._refuse(behaviour, message.to)
        self._log.add(message)
        self._plan_statuses(message, behaviour)
        self.closing.wait(behaviour.answer_seconds)
        return message, behaviour.answer

    def find(self, sid: str) -> PeerMessage | None:
        """Return the message with ``sid``."""
        return self._log.find(sid)

    def listed(self, query: Mapping[str, str]) -> list[PeerMessage]:
        """Return the messages that the query's To and DateSent filters leave, newest first."""
        return self._log.listed(query)

    def _read(self, form: Mapping[str, str]) -> PeerMessage:
        sender = form.get("MessagingServiceSid") or form.get("From")
        for code, name, value in (
            (21604, "To", form.get("To")),
            (21603, "From", sender),
            (21602, "Body", form.get("Body")),
        ):
            if not value:
                raise Refused(400, code, f"A '{name}' is required")
        validity = form.get("ValidityPeriod")
        if validity is not None and not 1 <= int(validity) <= _LONGEST_VALIDITY_SECONDS:
            raise Refused(400, 90007, "Invalid validity period value")
        return PeerMessage(
            to=form["To"],
            body=form["Body"],
            sender=str(sender),
            status_callback=form.get("StatusCallback"),
            validity_period=None if validity is None else int(validity),
            at=self._clock(),
        )

    def _refuse(self, behaviour: Behaviour, number: str) -> None:
        with self._lock:
            tries = self._tries[number]
            self._tries[number] += 1
        if tries < len(behaviour.errors_first):
            status = behaviour.errors_first[tries]
            if status == 0:
                raise Lost
            raise Refused(status, 20_000 + status, "Not now")
        if behaviour.refusal is not None:
            # Twilio's own words quote the number too.
            raise Refused(400, behaviour.refusal, f"The 'To' number {number} cannot be used")

    def _plan_statuses(self, message: PeerMessage, behaviour: Behaviour) -> None:
        due = time.monotonic() + behaviour.seconds + self._delay(message.to)
        with self._reported:
            self._unreported += 1
        self._plan.enterabs(due, 0, self._callers.submit, (self._move, message, behaviour))
        self._planned.set()

    def _report(self) -> None:
        while not self.closing.is_set():
            self._planned.wait(self._plan.run(blocking=False))
            self._planned.clear()

    def _move(self, message: PeerMessage, behaviour: Behaviour) -> None:
        """Take a message through its statuses, and report each."""
        for status in behaviour.statuses:
            message.sent_at = message.sent_at or self._clock()
            message.status = status
            if status == behaviour.statuses[-1]:
                message.error_code = behaviour.error_code
            if message.status_callback and behaviour.calls_back:
                self._call_back(message.status_callback, message)
        with self._reported:
            self._unreported -= 1
            self._reported.notify_all()

    def _call_back(self, url: str, message: PeerMessage) -> None:
        form = {
            "AccountSid": self.account_sid,
            "From": message.sender,
            "MessageSid": message.sid,
            "MessageStatus": message.status,
            "SmsSid": message.sid,
            "SmsStatus": message.status,
            "To": message.to,
        }
        if message.error_code is not None:
            form["ErrorCode"] = str(message.error_code)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": RequestValidator(self._auth_token).compute_signature(url, form),
        }
        for tries in range(_CALLBACK_TRIES):
            if self.closing.wait(tries * _CALLBACK_PAUSE_SECONDS):
                return
            with suppress(urllib3.exceptions.HTTPError):
                if self._http.request("POST", url, body=urlencode(form), headers=headers).status < 300:
                    return
