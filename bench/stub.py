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
from hashlib import sha1
from urllib.parse import parse_qsl, urlencode, urlsplit

from bench.callbacks import Callbacks, post
from bench.http_door import Call, Door
from bench.loops import run

_DATE = "Wed, 01 Apr 2026 09:00:00 +0000"
_FORM = "application/x-www-form-urlencoded"


class Stub:
    """What the provider knows."""

    def __init__(self, account: str, token: str) -> None:
        self._account = account
        self._token = token.encode()
        self._log: list[tuple[str, float]] = []
        self._callbacks = Callbacks()

    def answer(self, call: Call) -> tuple[str, bytes]:
        """Answer one request."""
        if call.method == "POST" and call.target.endswith("/Messages.json"):
            return "201 Created", json.dumps(self._accept(dict(parse_qsl(call.body.decode())))).encode()
        path, _, start = call.target.partition("?from=")
        if path == "/log":
            return "200 OK", json.dumps(self._log[int(start or 0) :]).encode()
        if path == "/stats":
            return "200 OK", json.dumps(self._stats()).encode()
        return "404 Not Found", b'{"status": 404, "code": 20404, "message": "not found"}'

    def _stats(self) -> dict[str, float]:
        called = self._callbacks
        return {"accepted": len(self._log), "settled": called.answered, "last_at": called.last_at}

    def _accept(self, form: dict[str, str]) -> dict[str, object]:
        self._log.append((form["To"], time.time()))
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
        headers = {"Content-Type": _FORM, "X-Twilio-Signature": self._signature(url, fields)}
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._callbacks.send(parts.hostname, parts.port or 80, post(url, urlencode(fields).encode(), headers))

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
