"""An SMS provider that answers at once: Twilio's Messages API, and signed callbacks over keep-alive.

    python -m bench.stub --account AC... --token ...

Prints its port. ``GET /stats`` counts, ``GET /log?from=0`` lists each message's number and when it came
(seconds since 1970). It runs apart from what is measured: its processor time is the provider's.
Source: Twilio's Messages resource, API version 2010-04-01, and "Webhooks security".
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hmac
import json
import time
from collections import deque
from hashlib import sha1
from typing import cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from bench.http_door import Call, Door, split
from bench.loops import run

_CALLBACK_CONNECTIONS = 16
_CALLBACK_TRIES = 5
_PAUSE_SECONDS = 0.1
_DATE = "Wed, 01 Apr 2026 09:00:00 +0000"


class Callbacks:
    """Calls back over a few connections, one request at a time on each; a refusal is tried again."""

    def __init__(self) -> None:
        self.answered = 0
        self.given_up = 0
        self.last_at = 0.0
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._idle: list[_Caller] = []
        self._open = 0

    def send(self, host: str, port: int, request: bytes, tries: int = _CALLBACK_TRIES) -> None:
        """Send when a connection is free."""
        self._waiting.append((request, tries))
        if self._idle:
            self._idle.pop().take()
        elif self._open < _CALLBACK_CONNECTIONS:
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


class Stub:
    """What the provider knows."""

    def __init__(self, account: str, token: str) -> None:
        self._account = account
        self._token = token.encode()
        self._log: list[tuple[str, float]] = []
        self._body = ""
        self._callbacks = Callbacks()

    def answer(self, call: Call) -> tuple[str, bytes]:
        """Answer one request."""
        if call.method == "POST" and call.target.endswith("/Messages.json"):
            return "201 Created", json.dumps(self._accept(dict(parse_qsl(call.body.decode())))).encode()
        path, _, start = call.target.partition("?from=")
        if path == "/log":
            return "200 OK", json.dumps(self._log[int(start or 0) :]).encode()
        if call.target == "/stats":
            return "200 OK", json.dumps(self._stats()).encode()
        return "404 Not Found", b'{"status": 404, "code": 20404, "message": "not found"}'

    def _stats(self) -> dict[str, object]:
        called = self._callbacks
        return {
            "accepted": len(self._log),
            "called_back": called.answered,
            "given_up": called.given_up,
            "last_at": called.last_at,
            "text": self._body,
        }

    def _accept(self, form: dict[str, str]) -> dict[str, object]:
        self._log.append((form["To"], time.time()))
        self._body = form["Body"]
        sid = f"SM{len(self._log):032x}"
        if "StatusCallback" in form:
            self._call_back(form["StatusCallback"], sid, form)
        return {
            "sid": sid, "account_sid": self._account, "to": form["To"], "from": form.get("From"),
            "body": form["Body"], "status": "queued", "error_code": None, "date_created": _DATE,
            "date_updated": _DATE, "date_sent": None, "direction": "outbound-api",
            "api_version": "2010-04-01",
            "uri": f"/2010-04-01/Accounts/{self._account}/Messages/{sid}.json",
        }  # fmt: skip

    def _call_back(self, url: str, sid: str, form: dict[str, str]) -> None:
        fields = {
            "AccountSid": self._account,
            "From": form.get("From", ""),
            "MessageSid": sid,
            "MessageStatus": "delivered",
            "SmsSid": sid,
            "SmsStatus": "delivered",
            "To": form["To"],
        }
        parts = urlsplit(url)
        assert parts.hostname is not None
        body = urlencode(fields).encode()
        request = (
            f"POST {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"X-Twilio-Signature: {self._signature(url, fields)}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._callbacks.send(parts.hostname, parts.port or 80, request.encode() + body)

    def _signature(self, url: str, fields: dict[str, str]) -> str:
        signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
        return base64.b64encode(hmac.digest(self._token, signed.encode(), sha1)).decode()


async def _serve(account: str, token: str) -> None:
    stub = Stub(account, token)
    server = await asyncio.get_running_loop().create_server(lambda: Door(stub.answer), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description="An SMS provider that answers at once.")
    parser.add_argument("--account", required=True)
    parser.add_argument("--token", required=True)
    given = parser.parse_args()
    run(_serve(given.account, given.token))


if __name__ == "__main__":
    main()
