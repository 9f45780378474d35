"""A mail server that takes everything at once, and bounces every fiftieth victim's.

    python -m bench.sink --bounce-url URL --secret KEY

Prints its SMTP port and the port of ``GET /stats``. It runs apart from what is measured.
Source: RFC 5321, RFC 3464 (the bounce), RFC 2920 (pipelining is not offered).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from datetime import UTC, datetime
from typing import cast
from urllib.parse import urlsplit

from bench.callbacks import Callbacks, post
from bench.http_door import Call, Door
from bench.loops import run
from notifier.peers.smtp_bounce import delivery_status
from notifier.receipt_signature import HEADER, sign_receipt

_END_OF_MESSAGE = b"\r\n.\r\n"
_ANSWERS = {
    b"EHLO": b"250-sink.test\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n",
    b"DATA": b"354 Go on\r\n",
}
_OK, _BYE = b"250 2.0.0 OK\r\n", b"221 2.0.0 Bye\r\n"
_VICTIM = re.compile(r"victim(\d+)@")
_BOUNCES = 50


class Sink:
    """What the server took; ``settled`` are messages to victims that are done with:
    taken, or their bounce is.
    """

    def __init__(self, bounce_url: str, secret: str) -> None:
        self._bounce_url = bounce_url
        self._secret = secret
        self._callbacks = Callbacks()
        self._accepted = 0
        self._kept = 0
        self._last_at = 0.0

    def stats(self, _: Call) -> tuple[str, bytes]:
        """Answer with the counters."""
        stats = {
            "accepted": self._accepted,
            "settled": self._kept + self._callbacks.answered,
            "last_at": max(self._last_at, self._callbacks.last_at),
        }
        return "200 OK", json.dumps(stats).encode()

    def take(self, sender: str, recipient: str, raw: bytes) -> None:
        """Take one message."""
        self._accepted += 1
        victim = _VICTIM.match(recipient)
        if victim is None:  # staff are told what became of bounces
            return
        if int(victim[1]) % _BOUNCES == 0:
            self._bounce(sender, recipient, raw)
        else:
            self._kept += 1
            self._last_at = time.time()

    def _bounce(self, sender: str, recipient: str, raw: bytes) -> None:
        written = datetime.now(UTC)
        body = delivery_status(
            raw, sender=sender, recipient=recipient, action="failed", code="5.1.1", at=written
        )
        headers = {"Content-Type": "message/rfc822", HEADER: sign_receipt(body, self._secret)}
        where = urlsplit(self._bounce_url)
        assert where.hostname is not None
        self._callbacks.send(where.hostname, where.port or 80, post(self._bounce_url, body, headers))


class _Session(asyncio.Protocol):
    """One connection of a client that waits for each answer."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._received = b""
        self._in_data = False
        self._sender = self._recipient = ""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self._transport.write(b"220 sink.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._received += data
        while True:
            end = _END_OF_MESSAGE if self._in_data else b"\r\n"
            part, found, rest = self._received.partition(end)
            if not found:
                return
            self._received = rest
            assert self._transport is not None
            self._transport.write(self._taken(part) if self._in_data else self._answer(part))

    def _taken(self, raw: bytes) -> bytes:
        self._in_data = False
        self._sink.take(self._sender, self._recipient, raw)
        return _OK

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._sender = _path(line)
        elif verb == b"RCPT":
            self._recipient = _path(line)
        elif verb == b"QUIT":
            return _BYE
        self._in_data = verb == b"DATA"
        return _ANSWERS.get(verb, _OK)


def _path(line: bytes) -> str:
    return line.partition(b"<")[2].partition(b">")[0].decode()


async def _serve(bounce_url: str, secret: str) -> None:
    loop, sink = asyncio.get_running_loop(), Sink(bounce_url, secret)
    mail = await loop.create_server(lambda: _Session(sink), "127.0.0.1", 0)
    door = await loop.create_server(lambda: Door(sink.stats), "127.0.0.1", 0)
    print(*(server.sockets[0].getsockname()[1] for server in (mail, door)), flush=True)
    await mail.serve_forever()


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description="A mail server that takes everything at once.")
    parser.add_argument("--bounce-url", required=True)
    parser.add_argument("--secret", required=True)
    given = parser.parse_args()
    run(_serve(given.bounce_url, given.secret))


if __name__ == "__main__":
    main()
