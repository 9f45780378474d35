"""A pool of reused SMTP connections, in one background thread, for many threads that send at once.

A new connection for each message halves the speed of one that is kept (TLS and login come on top).
Source of what an answer at which stage means: RFC 5321, 4.2.5 (the answer to the final dot decides).
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)
from aiosmtplib.protocol import SMTPProtocol

_START_INPUT = 354
_CLOSING = 421
_NOT_ALLOWED = 553
_IDLE_SECONDS = 60.0  # firewalls forget a silent connection, and RFC 5321 lets servers close it
_LINE_STARTS_WITH_DOT = re.compile(rb"(?m)^\.")

_BROKEN = (SMTPServerDisconnected, SMTPTimeoutError)


class Stage(Enum):
    """How far a sending came."""

    NETWORK = auto()  # no connection came about
    SESSION = auto()  # greeting, TLS and login
    SENDER = auto()
    RECIPIENT = auto()
    DATA = auto()  # the server was asked to take the text
    CONTENT = auto()  # the text was handed over: from here on no answer means that nobody knows


@dataclass(frozen=True, slots=True)
class Answer:
    """The server's last word and the stage it belongs to.

    ``code`` has three digits, and is ``None`` when the connection broke or timed out; at the stage
    ``SESSION``, when the server does not do the TLS or login that it must. ``text`` may hold addresses.
    """

    stage: Stage
    code: int | None = None
    text: str = ""

    @property
    def gave_up(self) -> bool:
        """Whether the server let the connection go before it had the text."""
        return self.stage is not Stage.CONTENT and self.code in (None, _CLOSING)


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message to one recipient; ``content`` has lines that end in CR LF."""

    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect and how; ``timeout`` is in seconds, for each step."""

    host: str
    port: int
    username: str | None
    password: str | None
    implicit_tls: bool
    starttls: bool
    timeout: float


class SmtpPool:
    """At most ``size`` connections to ``server``, made when needed; any thread may call it."""

    def __init__(self, server: Server, size: int) -> None:
        self._server = server
        self._own_name = socket.getfqdn()
        self._slots = asyncio.Semaphore(size)
        self._idle: list[tuple[SMTP, float]] = []
        self._loop = asyncio.new_event_loop()
        # A daemon: a process that forgets to close must still be able to end.
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp-pool", daemon=True)
        self._thread.start()

    def send(self, envelope: Envelope) -> Answer:
        """Hand over one message and return the answer; a connection that died while idle is replaced."""
        return asyncio.run_coroutine_threadsafe(self._send(envelope), self._loop).result()

    def probe(self) -> Answer:
        """Open a connection of its own, with TLS and login as for a message, and ask nothing of it."""
        return asyncio.run_coroutine_threadsafe(self._probe(), self._loop).result()

    def close(self) -> None:
        """Say goodbye on every connection and end the thread."""
        asyncio.run_coroutine_threadsafe(self._close_idle(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _send(self, envelope: Envelope) -> Answer:
        async with self._slots:
            if kept := self._take_idle():
                answer = await self._hand_over(kept, envelope)
                if not answer.gave_up:
                    return answer
                await self._close_idle()  # what one lost, the others probably lost too
            opened = await self._open()
            return opened if isinstance(opened, Answer) else await self._hand_over(opened, envelope)

    async def _probe(self) -> Answer:
        opened = await self._open()
        if isinstance(opened, Answer):
            return opened
        try:
            response = await opened.noop()
        except SMTPException:
            return Answer(Stage.NETWORK)
        finally:
            await _say_goodbye(opened)
        return Answer(Stage.SESSION, response.code, response.message)

    def _take_idle(self) -> SMTP | None:
        while self._idle:
            client, since = self._idle.pop()
            if client.is_connected and self._loop.time() - since < _IDLE_SECONDS:
                return client
            _cut(client, client.transport)
        return None

    async def _open(self) -> SMTP | Answer:
        """Return a connection that is ready for a message, or the answer that there is none."""
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=self._own_name,
            timeout=server.timeout,
            use_tls=server.implicit_tls,
            start_tls=server.starttls,
        )
        try:
            await client.connect()
        except SMTPResponseException as refused:
            return Answer(Stage.SESSION, refused.code, refused.message)
        except (SMTPConnectError, *_BROKEN) as broken:
            untrusted = isinstance(broken.__cause__, ssl.SSLError)
            return Answer(Stage.SESSION if untrusted else Stage.NETWORK)
        except (SMTPException, ssl.SSLError):
            return Answer(Stage.SESSION)
        return client

    async def _hand_over(self, client: SMTP, envelope: Envelope) -> Answer:
        transport = client.transport
        answer = await _converse(client, envelope)
        if answer.code is None:
            _cut(client, transport)
        elif answer.code >= 400:
            with suppress(SMTPException):
                await client.rset()
        if client.is_connected:
            self._idle.append((client, self._loop.time()))
        return answer

    async def _close_idle(self) -> None:
        clients, self._idle = [client for client, _ in self._idle], []
        for client in clients:
            await _say_goodbye(client)


async def _say_goodbye(client: SMTP) -> None:
    transport = client.transport
    with suppress(SMTPException):
        await client.quit()
    _cut(client, transport)


def _cut(client: SMTP, transport: asyncio.BaseTransport | None) -> None:
    """Close at once; a TLS connection would wait in the background for the server to agree."""
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


async def _converse(client: SMTP, envelope: Envelope) -> Answer:
    """Go through the stages of one message; never raises for what the server does."""
    options: list[str] = []
    encoding = "ascii"
    stage = Stage.SENDER
    try:
        if not envelope.recipient.isascii():
            if not await _takes_utf8(client):
                return Answer(Stage.RECIPIENT, _NOT_ALLOWED, "5.6.7 no address beyond ASCII")
            options, encoding = ["SMTPUTF8"], "utf-8"
        await client.mail(envelope.sender, options=options, encoding=encoding)
        stage = Stage.RECIPIENT
        await client.rcpt(envelope.recipient, encoding=encoding)
        stage = Stage.DATA
        await _write_content(client, envelope.content)
        stage = Stage.CONTENT
        code, text = await _connected(client).read_response(timeout=client.timeout)
    except SMTPResponseException as refused:
        return Answer(stage, refused.code, refused.message)
    except _BROKEN:
        return Answer(stage)
    return Answer(stage, code, text)


async def _takes_utf8(client: SMTP) -> bool:
    if client.last_ehlo_response is None:
        await client.ehlo()
    return client.supports_extension("smtputf8")


async def _write_content(client: SMTP, content: bytes) -> None:
    """Do what ``client.data`` does up to the last answer, so that what breaks before is known to."""
    code, text = await client.execute_command(b"DATA")
    if code != _START_INPUT:
        raise SMTPDataError(code, text)
    _connected(client).write(_LINE_STARTS_WITH_DOT.sub(b"..", content) + b".\r\n")


def _connected(client: SMTP) -> SMTPProtocol:
    if client.protocol is None:
        raise SMTPServerDisconnected("connection lost")
    return client.protocol
