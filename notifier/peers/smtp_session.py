"""The protocol side of the local SMTP peer: what one connection answers, on top of aiosmtpd."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import Enum, auto
from typing import Protocol

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

_OK = "250 2.0.0 OK"


class Answer(Enum):
    """How the peer ends a message."""

    TAKEN = auto()
    HANG = auto()  # reads it and never answers; the connection stays open until one side closes it
    DROP = auto()  # reads it and closes the connection without an answer
    DROP_EARLY = auto()  # closes the connection when it is asked to take the text


@dataclass(frozen=True, slots=True)
class PeerMessage:
    """A message that the peer read to its end: its envelope, and its bytes as they came. Times are UTC."""

    recipient: str
    sender: str
    raw: bytes
    at: datetime

    @property
    def parsed(self) -> EmailMessage:
        """The message as mail software reads it."""
        return message_from_bytes(self.raw, policy=default)

    @property
    def message_id(self) -> str:
        """Its Message-ID, with the angle brackets."""
        return str(self.parsed["Message-ID"])


class Api(Protocol):
    """What a connection asks of the peer."""

    tls: ssl.SSLContext | None
    login: tuple[str, str] | None
    utf8: bool
    messages_each: int | None

    def connected(self, connection: Connection) -> None: ...
    def disconnected(self, connection: Connection) -> None: ...
    def refusal_of(self, address: str) -> str | None: ...
    def content_refusal_of(self, address: str) -> str | None: ...
    def answer_to(self, address: str) -> Answer: ...
    def accept(self, recipient: str, sender: str, raw: bytes) -> None: ...


class Connection(SMTP):
    """One connection to the peer."""

    def __init__(self, peer: Api, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            _Handler(peer),
            hostname="mail.peer.test",
            enable_SMTPUTF8=peer.utf8,
            tls_context=peer.tls,
            auth_require_tls=peer.login is None,  # aiosmtpd offers a login without TLS only if it is told to
            authenticator=self._log_in,
            loop=loop,
        )
        self._peer = peer
        self._socket: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Make the peer know of it; STARTTLS comes here a second time."""
        if self._socket is None:
            self._socket = transport
            self._peer.connected(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Make the peer forget it."""
        self._peer.disconnected(self)
        super().connection_lost(error)

    def cut(self) -> None:
        """Close it without a word."""
        if isinstance(self._socket, asyncio.WriteTransport):
            self._socket.abort()

    async def smtp_DATA(self, arg: str) -> None:
        """Drop the connection before the text, where the address is one of those."""
        recipients = self.envelope.rcpt_tos if self.envelope else []
        if any(self._peer.answer_to(recipient) is Answer.DROP_EARLY for recipient in recipients):
            self.cut()
            return
        await super().smtp_DATA(arg)

    def _log_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        name, password = self._peer.login or ("", "")
        right = (given.login, given.password) == (name.encode(), password.encode())
        return AuthResult(success=right and bool(name), handled=False)


class _Handler:
    """What aiosmtpd asks at each command: one for each connection."""

    def __init__(self, peer: Api) -> None:
        self._peer = peer
        self._taken = 0

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._peer.login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self._taken == self._peer.messages_each:
            return "421 4.7.0 Too many messages on one connection"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return _OK

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self._peer.refusal_of(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return _OK

    async def handle_DATA(self, server: Connection, session: Session, envelope: Envelope) -> str:
        [recipient] = envelope.rcpt_tos  # Notifier sends to one a message; anything else is a fault to see
        if refusal := self._peer.content_refusal_of(recipient):
            return refusal
        self._taken += 1
        self._peer.accept(recipient, str(envelope.mail_from), bytes(envelope.original_content or b""))
        answer = self._peer.answer_to(recipient)
        if answer is Answer.DROP:
            server.cut()
        if answer is not Answer.TAKEN:
            await asyncio.Event().wait()  # until the connection's end cancels it
        return _OK
