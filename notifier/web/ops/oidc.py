"""Signing in with an account of one's organisation, by OpenID Connect.

The provider says who somebody is, and by claims what she may do and see; an account here follows it at
each sign-in. Nothing that the provider issued is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from starlette.middleware.sessions import SessionMiddleware

from notifier.environment import PREFIX, read_environment
from notifier.errors import SettingsError
from notifier.settings import Settings, load_keys
from notifier.store import access_log, accounts
from notifier.store.database import Tx
from notifier.web.auth import Parts
from notifier.web.ops.oidc_client import Client, Unbelievable
from notifier.web.ops.oidc_people import NoPart, account_of, person_of
from notifier.web.ops.oidc_settings import OidcSettings
from notifier.web.ops.problems import NotThere
from notifier.web.ops.rendering import see
from notifier.web.ops.sign_in import inside, let_in
from notifier.web.ops.signed_in import keep_signed_in
from notifier.wiring import Services

_ON_THE_WAY_SECONDS = 600
_SIGNING_PURPOSE = b"notifier sign-in by OpenID Connect v1"
_TOO_OLD = "this sign-in is too old or not yours; start again"
_DECLINED = "your organisation did not let you in; ask its administrators"
_UNBELIEVABLE = "your organisation's answer cannot be believed; start again"
_NO_PART = (
    "your organisation does not say what you may do here; ask its administrators for a role and a force"
)
_ENDED = "your account here was ended; ask an administrator of this service"
_log = logging.getLogger(__name__)

routes = APIRouter()


@dataclass(frozen=True, slots=True)
class Provider:
    """The identity provider of the settings."""

    settings: OidcSettings
    client: Client

    @property
    def name(self) -> str | None:
        """What staff call it, where the operator said so."""
        return self.settings.oidc_name


class NotLetIn(HTTPException):
    """Somebody whom the provider sent is not signed in; ``why`` is for our own log."""

    def __init__(self, why: str, words: str, subject: str = "") -> None:
        super().__init__(HTTPStatus.FORBIDDEN, words)
        self.why = why
        self.subject = subject


def install(app: FastAPI, services: Services) -> None:
    """Have ``app`` offer the provider of the settings; raises ``SettingsError`` where they are half-given."""
    settings, ours = read_environment(OidcSettings), services.settings
    if settings.oidc_issuer is None:
        return
    if ours.public_url is None:
        words = "is missing beside the OIDC settings: the identity provider sends people back there"
        raise SettingsError(f"{PREFIX}PUBLIC_URL: {words}")
    app.state.identity_provider = Provider(settings, Client(settings, f"{ours.public_url}/ops/oidc/back"))
    is_https = ours.public_url.startswith("https://")
    app.add_middleware(
        SessionMiddleware,
        secret_key=_signing_key(ours),
        session_cookie="__Secure-notifier-oidc" if is_https else "notifier-oidc",
        max_age=_ON_THE_WAY_SECONDS,
        path="/ops",
        https_only=is_https,
    )


def _signing_key(settings: Settings) -> str:
    secret = load_keys(settings).secret_key.get_secret_value()
    return hmac.new(secret.encode(), _SIGNING_PURPOSE, hashlib.sha256).hexdigest()


def _provider_of(request: Request) -> Provider:
    provider = request.app.state.identity_provider
    if provider is None:
        raise NotThere
    assert isinstance(provider, Provider)
    return provider


@routes.get("/oidc/start")
def get_start(request: Request, next: str = "/ops/") -> Response:
    """Send the browser to the provider."""
    asked = _provider_of(request).client.ask()
    begun = {"state": asked.state, "nonce": asked.nonce, "verifier": asked.verifier, "next": inside(next)}
    request.session.clear()
    request.session.update(begun)
    return RedirectResponse(asked.url, HTTPStatus.SEE_OTHER)


@routes.get("/oidc/back")
def get_back(request: Request, services: Parts, state: str = "", code: str = "") -> Response:
    """Sign in whom the provider sends back: once, and only in the browser that was sent there."""
    provider = _provider_of(request)
    begun = dict(request.session)
    request.session.clear()
    try:
        claims = _claims(provider.client, begun, state, code)
        token = _token(services, provider, claims)
    except NotLetIn as refused:
        _note(services, provider.client.issuer, refused)
        raise
    response = see(request, begun["next"])
    keep_signed_in(response, services, token)
    return response


def _claims(client: Client, begun: Mapping[str, str], state: str, code: str) -> dict[str, Any]:
    if not begun or not hmac.compare_digest(state.encode(), begun["state"].encode()):
        raise NotLetIn("state", _TOO_OLD)
    if not code:  # what the address says in its place anybody could have written: it is not shown
        raise NotLetIn("declined", _DECLINED)
    try:
        return client.claims(code, begun["nonce"], begun["verifier"])
    except Unbelievable as problem:
        raise NotLetIn(str(problem), _UNBELIEVABLE) from None


def _token(services: Services, provider: Provider, claims: Mapping[str, Any]) -> str:
    now, subject = services.clock.now(), str(claims["sub"])
    try:
        person = person_of(claims, provider.settings)
    except NoPart as problem:
        raise NotLetIn(f"claim {problem}", _NO_PART, subject) from None

    def enter(tx: Tx) -> str | None:
        account = account_of(tx, provider.client.issuer, person, now)
        return let_in(tx, account, now) if account else None

    token = services.store.run(enter)
    if token is None:
        raise NotLetIn("ended", _ENDED, subject)
    return token


def _note(services: Services, issuer: str, refused: NotLetIn) -> None:
    _log.warning("a sign-in by OpenID Connect was refused", extra={"why": refused.why})
    with services.store.begin() as tx:
        hers = accounts.of_subject(tx, issuer, refused.subject)
        name, force = (hers.name, hers.force) if hers else (access_log.NOBODY, None)
        access_log.note_refused(tx, name, "sign-in refused", services.clock.now(), force=force)
