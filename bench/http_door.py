"""A small HTTP/1.1 server for the peers of a bench: keep-alive, Content-Length, nothing else.

A framework would cost more processor time than what is measured beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Call:
    """One request; ``target`` is path and query as they were sent."""

    method: str
    target: str
    body: bytes


class Door(asyncio.Protocol):
    """One connection; ``answer`` gives the status line's rest, such as ``201 Created``, and the body."""

    def __init__(self, answer: Callable[[Call], tuple[str, bytes]]) -> None:
        self._answer = answer
        self._waiting = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._waiting += data
        while (found := split(self._waiting)) is not None:
            head, body, self._waiting = found
            method, target, _ = head.split(b" ", 2)
            status, answer = self._answer(Call(method.decode(), target.decode(), body))
            assert self._transport is not None
            self._transport.write(
                f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(answer)}\r\n\r\n".encode()
                + answer
            )


def split(received: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return head, body and what follows of a message that is whole, else ``None``."""
    head, end, rest = received.partition(_END_OF_HEAD)
    if not end:
        return None
    length = _length(head)
    return (head, rest[:length], rest[length:]) if len(rest) >= length else None


def _length(head: bytes) -> int:
    _, found, after = head.lower().partition(_LENGTH)
    return int(after.split(b"\r\n", 1)[0]) if found else 0
