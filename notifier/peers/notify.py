"""A local peer that answers as GOV.UK Notify's API does, for the tests and whoever tries it out.

It speaks HTTP over a real socket of the loopback, checks the token of each request, keeps what it accepted
and calls back with a bearer token. What it does with a message is told by a :class:`Behaviour`.
Source: Notify's REST API documentation.
"""

# notifications_python_client says that it has types, and has none:
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import urllib3
from notifications_python_client.authentication import decode_jwt_token, get_token_issuer
from notifications_python_client.errors import TokenError

_SEND = "/v2/notifications/"
_ADDRESSES = {"sms": "phone_number", "email": "email_address", "letter": "address_line_1"}
_CALLBACK_TIMEOUT_SECONDS = 5.0


class Answer(Enum):
    """How the peer ends a request whose message it has stored."""

    CREATED = auto()
    HANG = auto()  # never answers; the connection stays open until one side closes it
    DROP = auto()  # closes the connection without an answer


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the peer does with messages to an address (of a letter: its first line).

    ``errors_first``: errors answered, nothing stored, before the rest holds. ``status``: what becomes of the
    message at once; ``calls_back``: whether that is reported.
    """

    errors_first: tuple[Refused, ...] = ()
    answer: Answer = Answer.CREATED
    status: str = "delivered"
    calls_back: bool = True


class Refused(Exception):
    """A request is answered with an HTTP status and an error of Notify's; nothing was stored."""

    def __init__(self, status: int, error: str, message: str = "Not now") -> None:
        super().__init__(message)
        self.status = status
        self.payload = {"status_code": status, "errors": [{"error": error, "message": message}]}


@dataclass(slots=True)
class Notification:
    """A message that the peer accepted; ``status`` changes as it goes."""

    type: str
    to: str
    template: str
    personalisation: dict[str, str]
    reference: str | None
    sender: str | None
    status: str = "created"
    id: str = field(default_factory=lambda: str(uuid4()))

    def shown(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "id": self.id,
            "reference": self.reference,
            "type": self.type,
            "status": self.status,
            "template": {"id": self.template, "version": 1},
        }


def _accept(address: str) -> Behaviour:
    return Behaviour()


class NotifyPeer:
    """A running peer; use it as a context manager, and give ``url`` as ``NOTIFIER_NOTIFY_BASE_URL``.

    ``templates`` are the ones that exist. ``callback_url`` is where receipts go, with ``callback_token``.
    """

    def __init__(
        self,
        service_id: str,
        secret: str,
        templates: tuple[str, ...],
        *,
        behaviour: Callable[[str], Behaviour] = _accept,
        callback_url: str | None = None,
        callback_token: str = "",
    ) -> None:
        self.closing = threading.Event()
        self.api_key = f"peer-{service_id}-{secret}"
        self._service_id = service_id
        self._secret = secret
        self._templates = templates
        self._behaviour = behaviour
        self._callback = callback_url, callback_token
        self._lock = threading.Lock()
        self._notifications: list[Notification] = []
        self._tries: Counter[str] = Counter()
        self._to_report: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._http = urllib3.PoolManager(retries=False, timeout=_CALLBACK_TIMEOUT_SECONDS)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.peer = self
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.01,), name="notify-peer"),
            threading.Thread(target=self._report, name="notify-peer-callbacks"),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._to_report.put(None)
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()
        self._http.clear()

    @property
    def url(self) -> str:
        """Return where it listens, without a path."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def notifications(self) -> list[Notification]:
        """Return what it accepted, oldest first."""
        with self._lock:
            return list(self._notifications)

    def authorise(self, header: str) -> None:
        """Check the token of a request; raises ``Refused``."""
        token = header.removeprefix("Bearer ")
        try:
            decode_jwt_token(token, self._secret)
            known = get_token_issuer(token) == self._service_id
        except TokenError:
            known = False
        if not known:
            raise Refused(403, "AuthError", "Invalid token: API key not found")

    def accept(self, type_: str, told: Mapping[str, Any]) -> tuple[Notification, Answer]:
        """Store a posted message and move it to its status, or raise ``Refused``."""
        notification = self._read(type_, told)
        behaviour = self._behaviour(notification.to)
        with self._lock:
            tries = self._tries[notification.to]
            self._tries[notification.to] += 1
            if tries < len(behaviour.errors_first):
                raise behaviour.errors_first[tries]
            self._notifications.append(notification)
        notification.status = behaviour.status
        if behaviour.calls_back and type_ != "letter":
            self.report(notification)
        return notification, behaviour.answer

    def _read(self, type_: str, told: Mapping[str, Any]) -> Notification:
        personalisation = told.get("personalisation", {})
        name = _ADDRESSES[type_]
        to = (personalisation if type_ == "letter" else told).get(name)
        if not isinstance(to, str):
            raise Refused(400, "ValidationError", f"{name} is a required property")
        if told.get("template_id") not in self._templates:
            raise Refused(400, "BadRequestError", "Template not found")
        missing = [word for word in _words(type_) if word not in personalisation]
        if missing:
            raise Refused(400, "BadRequestError", f"Missing personalisation: {', '.join(missing)}")
        sender = told.get("sms_sender_id")
        return Notification(type_, to, told["template_id"], personalisation, told.get("reference"), sender)

    def find(self, path: str, query: Mapping[str, list[str]]) -> dict[str, Any]:
        """Answer a question about templates or messages, or raise ``Refused``."""
        kind, _, name = path.removeprefix("/v2/").partition("/")
        if kind == "template" and name in self._templates:
            return {"id": name, "version": 1}
        if kind == "notifications":
            wanted = query.get("reference", [])
            mine = [one for one in reversed(self.notifications) if one.reference in wanted or one.id == name]
            if not name:
                return {"notifications": [one.shown() for one in mine], "links": {}}
            if mine:
                return mine[0].shown()
        raise Refused(404, "NoResultFound", "No result found")

    def report(self, notification: Notification) -> None:
        """Have a receipt of the status as it is now delivered."""
        self._to_report.put({
            "id": notification.id,
            "reference": notification.reference,
            "to": notification.to,
            "status": notification.status,
            "notification_type": notification.type,
            "template_id": notification.template,
            "template_version": 1,
        })  # fmt: skip

    def _report(self) -> None:
        url, token = self._callback
        while (receipt := self._to_report.get()) is not None:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            with suppress(urllib3.exceptions.HTTPError):
                if url is not None:
                    self._http.request("POST", url, body=json.dumps(receipt), headers=headers)


def _words(type_: str) -> tuple[str, ...]:
    """Return what the template of this type is filled with."""
    return ("body",) if type_ == "sms" else ("subject", "body")


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined when it stops
    peer: NotifyPeer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that goes away."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        peer = self.server.peer
        try:
            peer.authorise(self.headers.get("Authorization", ""))
            type_ = self.path.removeprefix(_SEND)
            if type_ not in _ADDRESSES:
                raise Refused(404, "NoResultFound", "No result found")
            notification, answer = peer.accept(type_, json.loads(body))
        except Refused as refused:
            self._answer(refused.status, refused.payload)
            return
        if answer is Answer.HANG:
            peer.closing.wait()
        if answer is Answer.CREATED:
            self._answer(201, notification.shown())

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        try:
            self.server.peer.authorise(self.headers.get("Authorization", ""))
            self._answer(200, self.server.peer.find(parts.path, parse_qs(parts.query)))
        except Refused as refused:
            self._answer(refused.status, refused.payload)

    def _answer(self, status: int, payload: Mapping[str, Any]) -> None:
        body = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: a path may hold what was sent."""
