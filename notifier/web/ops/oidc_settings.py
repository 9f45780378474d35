"""What an operator sets so that staff sign in with their organisation's accounts (OpenID Connect)."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr, model_validator
from pydantic_settings import BaseSettings

from notifier.environment import CONFIG, PREFIX

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_NEEDED = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")


def is_safe(url: str) -> bool:
    """Tell whether what goes to ``url`` can be read by nobody on the way."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _issuer(value: str) -> str:
    parts = urlsplit(value)
    if not is_safe(value) or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("is not the https address of an identity provider; give one as it names itself")
    return value


class OidcSettings(BaseSettings):
    """The identity provider, this service's credentials there, and the claims that say who may do what.

    ``oidc_name`` is what the button on the sign-in page names. Without any of them there is no button.
    """

    model_config = CONFIG

    oidc_issuer: Annotated[str, AfterValidator(_issuer)] | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_name: str | None = None
    oidc_role_claim: str = "notifier_role"
    oidc_force_claim: str = "notifier_force"
    oidc_staff_claim: str = "notifier_staff_id"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        missing = [name for name in _NEEDED if getattr(self, name) is None]
        if self.model_fields_set and missing:
            names = ", ".join(PREFIX + name.upper() for name in missing)
            raise ValueError(f"{names}: missing beside the other OIDC settings; give all, or none of them")
        return self
