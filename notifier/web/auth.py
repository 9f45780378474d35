"""Who may call what: every route needs a publisher's key, unless it stands on one short list."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.routing import APIRoute

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


async def services_of(request: Request) -> Services:
    """Return the services that the web was made with."""
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


Parts = Annotated[Services, Depends(services_of)]


async def require_key(request: Request, services: Parts) -> None:
    """Let a request through to its route: with a known key, or where the route needs none.

    It stands before all routes, so that a new one is closed until somebody opens it.
    """
    if request.scope["route"].path not in WITHOUT_KEY:
        request.state.source = await run_in_threadpool(_source, request, services)


def _source(request: Request, services: Services) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key:
        with services.store.begin() as tx:
            source = keys.source_of(tx, key.strip())
        if source is not None:
            return source
    raise HTTPException(
        HTTPStatus.UNAUTHORIZED,
        "give a publisher's key that is in use: Authorization: Bearer KEY",
        {"WWW-Authenticate": "Bearer"},
    )


async def _source_of(request: Request) -> str:
    source = request.state.source
    assert isinstance(source, str)
    return source


Source = Annotated[str, Depends(_source_of)]
"""The only source that the caller may publish as."""


class OpenRoute(APIRoute):
    """A route without a key that is called often: its endpoint takes the path's parts and the request.

    Nothing is worked out from the endpoint's signature at each call, which takes FastAPI a fifth of the
    processor time of a status callback; the description still is.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the endpoint; raises ``ValueError`` where the route may not be open."""
        if self.path not in WITHOUT_KEY:
            raise ValueError(f"{self.path} needs a key: it cannot be an open route")

        async def handle(request: Request) -> Response:
            response = await self.endpoint(**request.path_params, request=request)
            assert isinstance(response, Response)
            return response

        return handle
