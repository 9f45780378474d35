"""Who may call what: every route needs a publisher's key, unless it stands on one short list."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from notifier.store import keys
from notifier.wiring import Services

WITHOUT_KEY: dict[str, str] = {
    "/receipts/{channel}": "providers hold no key of ours: they sign, and the channel verifies it",
    "/inbound/{channel}": "the same providers bring what people reply, signed in the same way",
    "/healthz": "says only that the process is alive",
    "/readyz": "says only whether the database and Redis answer",
    "/metrics": "counts only; nothing in it is about a person or a case",
}
"""Routes without a key, each with its reason."""


def services_of(request: Request) -> Services:
    """Return the services that the web was made with."""
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


Parts = Annotated[Services, Depends(services_of)]


def require_key(request: Request) -> None:
    """Let a request through to its route: with a known key, or where the route needs none.

    It stands before all routes, so that a new one is closed until somebody opens it.
    """
    if request.scope["route"].path not in WITHOUT_KEY:
        request.state.source = _source(request)


def _source(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key:
        with services_of(request).store.begin() as tx:
            source = keys.source_of(tx, key.strip())
        if source is not None:
            return source
    raise HTTPException(
        HTTPStatus.UNAUTHORIZED,
        "give a publisher's key that is in use: Authorization: Bearer KEY",
        {"WWW-Authenticate": "Bearer"},
    )


def _source_of(request: Request) -> str:
    source = request.state.source
    assert isinstance(source, str)
    return source


Source = Annotated[str, Depends(_source_of)]
"""The only source that the caller may publish as."""
