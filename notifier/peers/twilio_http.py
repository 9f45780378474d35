"""The HTTP side of the local Twilio peer: requests in, JSON out, in Twilio's shapes."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

_API_VERSION = "2010-04-01"
_DEFAULT_PAGE_SIZE = 50


class Answer(Enum):
    """How the peer ends a request whose message it has stored."""

    CREATED = auto()
    HANG = auto()  # never answers; the connection stays open until one side closes it
    DROP = auto()  # closes the connection without an answer
    CUT = auto()  # closes the connection in the middle of the answer
    ERROR = auto()  # answers 503, as a proxy does that lost sight of what it passed on


@dataclass(slots=True)
class PeerMessage:
    """A message that the peer accepted; ``status`` and ``sent_at`` change as it goes. Times are UTC."""

    to: str
    body: str
    sender: str
    status_callback: str | None
    validity_period: int | None
    at: datetime
    sid: str = field(default_factory=lambda: f"SM{uuid4().hex}")
    status: str = "queued"
    error_code: int | None = None
    sent_at: datetime | None = None


class Refused(Exception):
    """A request is answered with an HTTP status and Twilio's own code; nothing was stored."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.payload = {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }


class Lost(Exception):
    """A request got lost on its way: nothing was stored, and no answer comes."""


class Api(Protocol):
    """What the HTTP side asks of the peer."""

    account_sid: str
    closing: threading.Event

    def authorises(self, header: str) -> bool: ...
    def accept(self, form: Mapping[str, str]) -> tuple[PeerMessage, Answer]: ...
    def find(self, sid: str) -> PeerMessage | None: ...
    def listed(self, query: Mapping[str, str]) -> list[PeerMessage]: ...


class Server(ThreadingHTTPServer):
    """A server on a free port of the loopback that drops its connections when it stops."""

    daemon_threads = False  # joined when it stops
    request_queue_size = 128

    def __init__(self, api: Api) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api
        self._open: set[Any] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), name="twilio-peer")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)
        self._thread.join()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that goes away, which is a daily thing here."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave as one packet

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        try:
            self._require(f"{self._account}/Messages.json")
            message, answer = self.server.api.accept(form)
        except Refused as refused:
            self._answer(refused.status, refused.payload)
        except Lost:
            self._keep_silent()
        else:
            self._end(message, answer)

    def _end(self, message: PeerMessage, answer: Answer) -> None:
        if answer is Answer.CREATED:
            self._answer(201, self._shown(message))
        elif answer is Answer.ERROR:
            self._answer(503, {"status": 503, "message": "Service unavailable"})
        elif answer is Answer.HANG:
            self._keep_silent()
        else:
            if answer is Answer.CUT:
                self.wfile.write(b"HTTP/1.1 201 CREATED\r\nContent-Length: 800\r\n\r\n{")
            self.close_connection = True

    def _keep_silent(self) -> None:
        self.server.api.closing.wait()
        self.close_connection = True

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        try:
            if path == f"{self._account}.json":
                self._require(path)
                self._answer(200, {"sid": self.server.api.account_sid, "status": "active"})
                return
            if path == f"{self._account}/Messages.json":
                self._require(path)
                self._answer(200, self._page())
                return
            sid = path.rpartition("/")[2].removesuffix(".json")
            self._require(f"{self._account}/Messages/{sid}.json")
            message = self.server.api.find(sid)
            if message is None:
                raise Refused(404, 20404, "The requested resource was not found")
            self._answer(200, self._shown(message))
        except Refused as refused:
            self._answer(refused.status, refused.payload)

    @property
    def _account(self) -> str:
        return f"/{_API_VERSION}/Accounts/{self.server.api.account_sid}"

    def _require(self, path: str) -> None:
        if not self.server.api.authorises(self.headers.get("Authorization", "")):
            raise Refused(401, 20003, "Authenticate")
        if urlsplit(self.path).path != path:
            raise Refused(404, 20404, "The requested resource was not found")

    def _page(self) -> dict[str, Any]:
        query = dict(parse_qsl(urlsplit(self.path).query))
        size, page = int(query.get("PageSize", _DEFAULT_PAGE_SIZE)), int(query.get("Page", 0))
        found = self.server.api.listed(query)
        start = page * size
        more = start + size < len(found)
        return {
            "messages": [self._shown(message) for message in found[start : start + size]],
            "page": page,
            "page_size": size,
            "uri": self.path,
            "first_page_uri": self._page_uri(query, 0),
            "previous_page_uri": self._page_uri(query, page - 1) if page else None,
            "next_page_uri": self._page_uri(query, page + 1) if more else None,
        }

    def _page_uri(self, query: Mapping[str, str], page: int) -> str:
        return f"{self._account}/Messages.json?{urlencode({**query, 'Page': page})}"

    def _shown(self, message: PeerMessage) -> dict[str, Any]:
        by_service = message.sender.startswith("MG")
        return {
            "sid": message.sid,
            "account_sid": self.server.api.account_sid,
            "to": message.to,
            "from": None if by_service else message.sender,
            "messaging_service_sid": message.sender if by_service else None,
            "body": message.body,
            "status": message.status,
            "error_code": message.error_code,
            "date_created": format_datetime(message.at),
            "date_updated": format_datetime(message.sent_at or message.at),
            "date_sent": None if message.sent_at is None else format_datetime(message.sent_at),
            "direction": "outbound-api",
            "api_version": _API_VERSION,
            "uri": f"{self._account}/Messages/{message.sid}.json",
        }

    def _answer(self, status: int, payload: Mapping[str, Any]) -> None:
        body = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: a path may hold a number."""
