"""The SMTP door: mail servers bring bounces and replies to a port of our own.

250 is answered once what the mail brought is committed; while the database is away 451, so that the mail
server keeps the mail and tries again. Only our own addresses are taken: this is no relay.
Source: RFC 5321 (4.4: the headers that the last server adds).
"""

from __future__ import annotations

import asyncio
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from aiosmtpd.smtp import SMTP, Envelope, Session

from notifier.errors import Unreachable
from notifier.mail.desk import MailDesk
from notifier.mail.paths import read_path

_log = logging.getLogger(__name__)
_SIDE_BY_SIDE = 4
_MOST_CONNECTIONS = 50
_IDLE_SECONDS = 300.0
_LATER = "451 4.3.0 Try again later"


def serve_smtp(listener: socket.socket, desk: MailDesk, most_bytes: int, stop: Event) -> None:
    """Take mail in at ``listener`` until ``stop`` is set.

    A mail in hand then is still committed, but not answered: it comes again, which changes nothing.
    """
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd logs addresses
    asyncio.run(_serve(listener, desk, most_bytes, stop))


async def _serve(listener: socket.socket, desk: MailDesk, most_bytes: int, stop: Event) -> None:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="mail-in") as pool:
        door = _Door(desk, pool)
        server = await loop.create_server(lambda: _protocol(door, most_bytes), sock=listener)
        await asyncio.to_thread(stop.wait)
        server.close()
        for connection in list(door.connections):
            connection.cut()


def _protocol(door: _Door, most_bytes: int) -> asyncio.BaseProtocol:
    return _Connection(door, most_bytes) if len(door.connections) < _MOST_CONNECTIONS else _Busy()


class _Door:
    """The hooks that aiosmtpd calls, and the connections that are open."""

    def __init__(self, desk: MailDesk, pool: ThreadPoolExecutor) -> None:
        self.connections: set[_Connection] = set()
        self._desk = desk
        self._pool = pool

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take one of our own addresses, and one a mail: the server brings the others in their turn."""
        if read_path(address, self._desk.domain) is None:
            return "550 5.1.1 There is no such address here"
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Answer once the mail is committed; a connection that breaks does not stop that halfway."""
        raw = _delivered(envelope)
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._desk.take, raw)
        except Unreachable:
            _log.warning("mail waits for the database")
            return _LATER
        except Exception as problem:  # set aside as well it could not be: the other server keeps it
            _log.error("a mail could not be kept", extra={"error": type(problem).__name__})
            return _LATER
        return "250 2.0.0 Taken"

    async def handle_exception(self, problem: Exception) -> str:
        """Answer what aiosmtpd did not expect, without a word of the mail."""
        _log.error("a connection of the mail door failed", extra={"error": type(problem).__name__})
        return _LATER


def _delivered(envelope: Envelope) -> bytes:
    """Return the mail with the headers by which the last server tells who sent it to whom."""
    [recipient] = envelope.rcpt_tos
    sender = (envelope.mail_from or "").strip("<>")  # aiosmtpd leaves the null return path as it came
    headers = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n"
    content = envelope.original_content
    return headers.encode("utf-8", "surrogateescape") + (content or b"")


class _Connection(SMTP):
    """One connection."""

    line_length_limit = 1_000_000  # a bounce may quote whatever it likes: it is not refused for that

    def __init__(self, door: _Door, most_bytes: int) -> None:
        super().__init__(
            door,
            data_size_limit=most_bytes,
            enable_SMTPUTF8=True,
            timeout=_IDLE_SECONDS,
            ident="Notifier",
            loop=asyncio.get_running_loop(),
        )
        self._door = door
        self._left = self._most_left = 2 * most_bytes + self.line_length_limit

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the conversation."""
        self._door.connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection."""
        self._door.connections.discard(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Cut whoever goes on and on: aiosmtpd keeps a line that never ends."""
        self._left -= len(data)
        if self._left < 0:
            self.cut()
        else:
            super().data_received(data)

    async def smtp_DATA(self, arg: str) -> None:
        """Read a mail, and measure it alone."""
        self._left = self._most_left
        await super().smtp_DATA(arg)

    def cut(self) -> None:
        """Close the connection at once."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()


class _Busy(asyncio.Protocol):
    """A connection for which there is no room."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the server to come later."""
        if isinstance(transport, asyncio.Transport):
            transport.write(b"421 4.3.2 Too many connections, come later\r\n")
            transport.close()
