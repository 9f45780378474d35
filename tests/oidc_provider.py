"""An identity provider on loopback: it signs everybody in at once, and makes mistakes when told to."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "notifier", "a secret of the tests"
_BASIC = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
_MINUTES = 300
_KEY_ID = "the key"
_KEYS = [RSAKey.generate_key(2048, {"kid": _KEY_ID}, private=True) for _ in range(2)]

Claims = dict[str, Any]


@dataclass
class OidcProvider:
    """What it says of whoever signs in next, and what it does wrong.

    ``spoil`` changes the claims of an ID token before it is signed; ``describe`` the description of itself.
    ``algorithm`` signs, with a key that it does not publish where it ``forges``; ``error`` is what it sends
    back in place of a code. Where ``is_away``, it answers nothing but an error.
    """

    issuer: str
    person: Claims = field(default_factory=dict)
    spoil: Callable[[Claims], None] = lambda claims: None
    describe: Callable[[Claims], None] = lambda description: None
    forges: bool = False
    algorithm: str = "RS256"
    error: str = ""
    is_away: bool = False
    asked: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def description(self) -> Claims:
        """Return what it says about itself."""
        described = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "none"],
        }
        self.describe(described)
        return described

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where the browser goes back to."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        answer = {"state": asked["state"]}
        if self.error:
            answer |= {"error": self.error, "error_description": "<b>words of the provider</b>"}
        else:
            answer["code"] = uuid4().hex
            self._codes[answer["code"]] = asked
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def exchange(self, given: dict[str, str], authorization: str) -> tuple[HTTPStatus, Claims]:
        """Return the tokens for a code, once, to whom it was given for."""
        asked = self._codes.pop(given.get("code", ""), None)
        if authorization != _BASIC:
            return HTTPStatus.UNAUTHORIZED, {"error": "invalid_client"}
        proof = base64.urlsafe_b64encode(hashlib.sha256(given["code_verifier"].encode()).digest())
        if (
            asked is None
            or proof.decode().rstrip("=") != asked["code_challenge"]
            or given["redirect_uri"] != asked["redirect_uri"]
        ):
            return HTTPStatus.BAD_REQUEST, {"error": "invalid_grant"}
        self.tokens += [self._id_token(asked["nonce"]), f"access-{uuid4().hex}"]
        id_token, access_token = self.tokens[-2:]
        return HTTPStatus.OK, {"access_token": access_token, "token_type": "Bearer", "id_token": id_token}

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + _MINUTES, "nonce": nonce}
        claims |= self.person
        self.spoil(claims)
        if self.algorithm == "none":
            parts = ({"alg": "none", "typ": "JWT"}, claims)
            encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
            return ".".join(part.decode().rstrip("=") for part in encoded) + "."
        header = {"alg": self.algorithm, "kid": _KEY_ID}
        return jwt.encode(header, claims, _KEYS[self.forges], algorithms=[self.algorithm])


class _Door(BaseHTTPRequestHandler):
    provider: OidcProvider

    def do_GET(self) -> None:
        """Describe itself, sign somebody in, or show the keys."""
        where = urlsplit(self.path)
        self.provider.asked.append(where.path)
        if self.provider.is_away:
            self._answer(HTTPStatus.BAD_GATEWAY, None)
        elif where.path == "/.well-known/openid-configuration":
            self._answer(HTTPStatus.OK, self.provider.description())
        elif where.path == "/keys":
            self._answer(HTTPStatus.OK, {"keys": [_KEYS[0].as_dict(private=False)]})
        elif where.path == "/authorize":
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", self.provider.authorize(_flat(where.query)))
            self.end_headers()
        else:
            self._answer(HTTPStatus.NOT_FOUND, None)

    def do_POST(self) -> None:
        """Give tokens for a code."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.provider.asked.append(self.path)
        if self.provider.is_away:
            self._answer(HTTPStatus.BAD_GATEWAY, None)
        else:
            self._answer(*self.provider.exchange(_flat(body), self.headers.get("Authorization", "")))

    def _answer(self, status: HTTPStatus, content: Claims | None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        if content is not None:
            self.wfile.write(json.dumps(content).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _flat(query: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(query).items()}


@contextmanager
def running_provider() -> Iterator[OidcProvider]:
    """Run the provider on a free port."""
    door = type("Door", (_Door,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), door) as server:
        provider = door.provider = OidcProvider(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
        running = Thread(target=server.serve_forever)
        running.start()
        try:
            yield provider
        finally:
            server.shutdown()
            running.join()
