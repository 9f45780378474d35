"""The identity provider as we ask it: what it says is believed after it was verified, and not kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]  # Authlib has no types
from authlib.integrations.base_client import (  # type: ignore[import-untyped]
    BaseApp,
    OAuth2Mixin,
    OpenIDMixin,
)
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from joserfc.errors import JoseError
from requests import RequestException

from notifier.errors import Unreachable
from notifier.web.ops.oidc_settings import OidcSettings, is_safe

# Only signatures whose keys the provider alone has; "none" is none.
_SIGNATURES = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"})
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_WAIT_SECONDS = 10
_CLOCKS_DIFFER_SECONDS = 60


class Unbelievable(Exception):
    """What the identity provider sent is not what was asked for, or not for us; it says in one word why."""


class ProviderFails(Unreachable):
    """The sign-in of your organisation does not answer; try again in a few minutes."""

    def __init__(self) -> None:
        super().__init__("the sign-in of your organisation does not answer; try again in a few minutes")


@dataclass(frozen=True, slots=True)
class Question:
    """Where a browser is sent to sign in, and what its answer is checked against."""

    url: str
    state: str
    nonce: str
    verifier: str


class _App(OAuth2Mixin, OpenIDMixin, BaseApp):  # type: ignore[misc]  # Authlib has no types
    """Authlib's client; it believes a provider's description of itself only where that is sound."""

    client_cls = OAuth2Session
    issuer = ""

    def load_server_metadata(self) -> dict[str, Any]:
        """Return the description, which is asked for once."""
        described: dict[str, Any] = super().load_server_metadata()
        sound = described.get("issuer") == self.issuer
        if not sound or not all(is_safe(str(described.get(name))) for name in _ENDPOINTS):
            described.clear()  # it is asked for again: the provider may have been mended
            raise ProviderFails
        offered = described.get("id_token_signing_alg_values_supported") or ()
        believed = [name for name in offered if name in _SIGNATURES]
        described["id_token_signing_alg_values_supported"] = believed or ["RS256"]
        return described


class Client:
    """Asks an identity provider who somebody is: authorization code with PKCE, state and nonce."""

    def __init__(self, settings: OidcSettings, back: str) -> None:
        assert settings.oidc_issuer is not None
        assert settings.oidc_client_secret is not None
        self.issuer = settings.oidc_issuer
        self._audience = settings.oidc_client_id
        self._back = back
        self._app = _App(
            None,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value(),
            server_metadata_url=f"{self.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile",
                "code_challenge_method": "S256",
                "default_timeout": _WAIT_SECONDS,
            },
        )
        self._app.issuer = self.issuer

    def ask(self) -> Question:
        """Return where to send a browser; raises :class:`ProviderFails`."""
        try:
            asked = self._app.create_authorization_url(self._back)
        except (RequestException, ValueError, TypeError):  # it is down, or describes itself by no JSON object
            raise ProviderFails from None
        return Question(asked["url"], asked["state"], asked["nonce"], asked["code_verifier"])

    def claims(self, code: str, nonce: str, verifier: str) -> dict[str, Any]:
        """Return what the provider says about who brought ``code``.

        Its words may be personal: no exception passes them on. Raises :class:`ProviderFails` and
        :class:`Unbelievable`.
        """
        try:
            token = self._app.fetch_access_token(self._back, code=code, code_verifier=verifier)
            options = {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._audience},
                "sub": {"essential": True},
            }
            read = self._app.parse_id_token(
                token, nonce, claims_options=options, leeway=_CLOCKS_DIFFER_SECONDS
            )
        except RequestException:
            raise ProviderFails from None
        except (AuthlibBaseError, JoseError, ValueError, TypeError, KeyError) as problem:
            raise Unbelievable(type(problem).__name__) from None
        if read is None:
            raise Unbelievable("no ID token")
        return dict(read)
