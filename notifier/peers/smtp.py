"""A local peer that speaks SMTP as a mail server does, for the demo and the tests.

It listens on a real socket of the loopback, keeps what it accepted and posts bounces, signed as the pipe
behind a real bounce address signs them. What it does with an address is told by a :class:`Behaviour`.
Source: RFC 5321; RFC 3464 for the bounces.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import urllib3

from notifier.peers.smtp_bounce import delivery_status
from notifier.peers.smtp_session import Answer, Connection, PeerMessage
from notifier.receipt_signature import HEADER, sign_receipt

__all__ = [
    "ACCEPT", "DROP", "DROP_EARLY", "FULL", "HANG",
    "Answer", "Behaviour", "PeerMessage", "SmtpPeer",
    "bounce", "defer", "delayed", "refuse", "refuse_content",
]  # fmt: skip

_POST_TRIES = 4
_POST_PAUSE_SECONDS = 0.1
_POST_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the peer does with mail to an address.

    ``refusals_first``: answers to the recipient before the rest holds. ``refusal``: the answer to the
    recipient, ``content_refusal`` to the text. ``bounce``: the enhanced code that is reported after the mail
    was accepted, with ``action`` (RFC 3464), after so many ``seconds``.
    """

    refusals_first: tuple[str, ...] = ()
    refusal: str | None = None
    content_refusal: str | None = None
    answer: Answer = Answer.TAKEN
    bounce: str | None = None
    action: str = "failed"
    seconds: float = 0.0


ACCEPT = Behaviour()
FULL = Behaviour(refusal="452 4.2.2 Mailbox full")
HANG = Behaviour(answer=Answer.HANG)
DROP = Behaviour(answer=Answer.DROP)
DROP_EARLY = Behaviour(answer=Answer.DROP_EARLY)


def defer(times: int, code: str = "4.7.1") -> Behaviour:
    """Answer 451 ``times`` times, then accept."""
    return Behaviour(refusals_first=(f"451 {code} Try again later",) * times)


def refuse(code: str) -> Behaviour:
    """Refuse the recipient with an enhanced code: 5.1.1 no such mailbox, 5.7.1 blocked."""
    return Behaviour(refusal=f"550 {code} Refused")


def refuse_content(code: str) -> Behaviour:
    """Refuse the text with an enhanced code: 5.6.0 not understood, 5.7.1 taken for spam."""
    return Behaviour(content_refusal=f"554 {code} Refused")


def bounce(code: str, seconds: float = 0.0) -> Behaviour:
    """Accept, then report after ``seconds`` that it failed: 5.1.1 no such mailbox, 5.2.2 full."""
    return Behaviour(bounce=code, seconds=seconds)


def delayed(code: str) -> Behaviour:
    """Accept, then report that the mail waits."""
    return Behaviour(bounce=code, action="delayed")


class SmtpPeer:
    """A running peer; use it as a context manager, and give ``host`` and ``port`` as ``NOTIFIER_SMTP_...``.

    ``behaviour`` and ``delay`` are asked for each address; ``delay`` adds seconds before a bounce, which is
    posted to ``bounce_url``, signed with ``secret``. ``tls`` offers STARTTLS, ``login`` asks for a user name
    and a password, ``utf8`` takes addresses beyond ASCII. A connection that carried ``messages_each``
    messages answers 421 to the next one.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        bounce_url: str | None = None,
        secret: str = "",
        behaviour: Callable[[str], Behaviour] = lambda address: ACCEPT,
        delay: Callable[[str], float] = lambda address: 0.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        utf8: bool = True,
        messages_each: int | None = None,
    ) -> None:
        self.bounce_url = bounce_url
        self.tls = tls
        self.login = login
        self.utf8 = utf8
        self.messages_each = messages_each
        self.connections = 0
        self._secret = secret
        self._behaviour = behaviour
        self._delay = delay
        self._clock = clock
        self._open: set[Connection] = set()
        self._tries: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._messages: list[PeerMessage] = []
        self._unreported = 0
        self._reported = threading.Condition()
        self._reports: set[asyncio.Task[None]] = set()
        self._http = urllib3.PoolManager(maxsize=16, retries=False, timeout=_POST_TIMEOUT_SECONDS)
        self._socket = socket.create_server((self.host, 0))
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="smtp-peer")
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # at INFO aiosmtpd logs addresses

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        self._http.clear()

    @property
    def messages(self) -> list[PeerMessage]:
        """What it read to the end, oldest first, answered or not."""
        with self._lock:
            return list(self._messages)

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until every bounce was posted; return whether it was within ``timeout`` seconds."""
        with self._reported:
            return self._reported.wait_for(lambda: not self._unreported, timeout)

    def cut_connections(self) -> None:
        """Cut every connection, as a server does that restarts."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result()

    def connected(self, connection: Connection) -> None:
        """Count a new connection."""
        self._open.add(connection)
        self.connections += 1

    def disconnected(self, connection: Connection) -> None:
        """Forget a connection."""
        self._open.discard(connection)

    def refusal_of(self, address: str) -> str | None:
        """Return the answer that refuses a recipient now; ``None`` takes it."""
        behaviour = self._behaviour(address)
        self._tries[address] += 1
        answers = dict(enumerate(behaviour.refusals_first, start=1))
        return answers.get(self._tries[address], behaviour.refusal)

    def content_refusal_of(self, address: str) -> str | None:
        """Return the answer that refuses a text; ``None`` takes it."""
        return self._behaviour(address).content_refusal

    def answer_to(self, address: str) -> Answer:
        """Return how a message to ``address`` ends."""
        return self._behaviour(address).answer

    def accept(self, recipient: str, sender: str, raw: bytes) -> None:
        """Store a message and plan its bounce."""
        message = PeerMessage(recipient, sender, raw, self._clock())
        with self._lock:
            self._messages.append(message)
        behaviour = self._behaviour(recipient)
        if behaviour.bounce is not None and self.bounce_url is not None:
            with self._reported:
                self._unreported += 1
            report = self._loop.create_task(self._report(message, behaviour.bounce, behaviour))
            self._reports.add(report)  # the loop itself keeps no hold of it
            report.add_done_callback(self._reports.discard)

    async def _report(self, message: PeerMessage, code: str, behaviour: Behaviour) -> None:
        try:
            await asyncio.sleep(behaviour.seconds + self._delay(message.recipient))
            body = delivery_status(
                message.raw,
                sender=message.sender,
                recipient=message.recipient,
                action=behaviour.action,
                code=code,
                at=self._clock(),
            )
            for tries in range(_POST_TRIES):
                await asyncio.sleep(tries * _POST_PAUSE_SECONDS)
                if await asyncio.to_thread(self._post, body):
                    return
        finally:
            with self._reported:
                self._unreported -= 1
                self._reported.notify_all()

    def _post(self, body: bytes) -> bool:
        headers = {"Content-Type": "message/rfc822", HEADER: sign_receipt(body, self._secret)}
        with suppress(urllib3.exceptions.HTTPError):
            return self._http.request("POST", str(self.bounce_url), body=body, headers=headers).status < 300
        return False

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        loop = self._loop
        server = await loop.create_server(lambda: Connection(self, loop), sock=self._socket)
        await self._closing.wait()
        server.close()
        await self._cut()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await loop.shutdown_default_executor()

    async def _cut(self) -> None:
        for connection in list(self._open):
            connection.cut()
