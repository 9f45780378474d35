"""How a provider's process tells us what became of a message: over a few connections that stay open."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

from bench.http_door import split

_CONNECTIONS = 64
_TRIES = 5
_PAUSE_SECONDS = 0.1


def post(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return the bytes of a POST."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    lines = {"Host": parts.netloc, "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {parts.path}{query} HTTP/1.1\r\n{head}\r\n".encode() + body


class Callbacks:
    """Requests to one place, one at a time on each connection; a refusal is tried again.

    ``answered`` counts those taken, ``last_at`` is when the last one was (seconds since 1970).
    """

    def __init__(self) -> None:
        self.answered = 0
        self.given_up = 0
        self.last_at = 0.0
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._idle: list[_Caller] = []
        self._open = 0

    def send(self, host: str, port: int, request: bytes, tries: int = _TRIES) -> None:
        """Send when a connection is free."""
        self._waiting.append((request, tries))
        if self._idle:
            self._idle.pop().take()
        elif self._open < _CONNECTIONS:
            self._open += 1
            asyncio.get_running_loop().create_task(self._connect(host, port))

    async def _connect(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: _Caller(self, host, port), host, port)
        except OSError:
            self._open -= 1
            if self._waiting:
                loop.call_later(_PAUSE_SECONDS, self.send, host, port, *self._waiting.popleft())

    def next_for(self, caller: _Caller) -> tuple[bytes, int] | None:
        """Return what ``caller`` is to send; without any it waits."""
        if self._waiting:
            return self._waiting.popleft()
        self._idle.append(caller)
        return None

    def lost(self, caller: _Caller) -> None:
        """Forget a connection that the other side closed."""
        self._open -= 1
        if caller in self._idle:
            self._idle.remove(caller)


class _Caller(asyncio.Protocol):
    def __init__(self, callbacks: Callbacks, host: str, port: int) -> None:
        self._callbacks = callbacks
        self._where = (host, port)
        self._received = b""
        self._sent: tuple[bytes, int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self.take()

    def take(self) -> None:
        self._sent = self._callbacks.next_for(self)
        if self._sent is not None and self._transport is not None:
            self._transport.write(self._sent[0])

    def data_received(self, data: bytes) -> None:
        self._received += data
        found = split(self._received)
        if found is None:
            return
        head, _, self._received = found
        self._settle(good=head.split(b" ", 2)[1].startswith(b"2"))
        self.take()

    def connection_lost(self, problem: Exception | None) -> None:
        self._callbacks.lost(self)
        if self._sent is not None:
            self._settle(good=False)

    def _settle(self, *, good: bool) -> None:
        assert self._sent is not None
        (request, tries), self._sent = self._sent, None
        if good:
            self._callbacks.answered += 1
            self._callbacks.last_at = time.time()
        elif tries > 1:
            loop = asyncio.get_running_loop()
            loop.call_later(_PAUSE_SECONDS, self._callbacks.send, *self._where, request, tries - 1)
        else:
            self._callbacks.given_up += 1
