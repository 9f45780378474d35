"""Answers when something is wrong, and what every answer carries. Nothing in them is about a person."""

from __future__ import annotations

import logging
import traceback
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notifier.errors import Unreachable

_log = logging.getLogger(__name__)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_LATER = {"Retry-After": "5"}  # seconds: a database that is started again is there by then, mostly


def error(status: int, words: str, headers: dict[str, str] | None = None) -> Response:
    """Return the answer that says what is wrong."""
    return JSONResponse({"error": words}, status, headers)


def busy(words: str) -> HTTPException:
    """Return what asks a caller to come again soon."""
    return HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, words, _LATER)


def install(app: FastAPI) -> None:
    """Have every answer of ``app`` made here when something goes wrong."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Unreachable, _unreachable)
    app.add_middleware(Guard)


async def _refused(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return error(problem.status_code, problem.detail, dict(problem.headers or {}))


async def _malformed(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, RequestValidationError)
    first = problem.errors()[0]
    return error(HTTPStatus.BAD_REQUEST, f"{first['loc'][-1]}: {first['msg']}")


async def _unreachable(_request: Request, problem: Exception) -> Response:
    return error(HTTPStatus.SERVICE_UNAVAILABLE, str(problem), _LATER)


class Guard:
    """Puts the security headers on every answer, and answers for what nobody expected."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as problem:
            # Where, and which kind: an exception's own words may quote what somebody sent.
            place = traceback.extract_tb(problem.__traceback__)[-1]
            about = {"error": type(problem).__name__, "place": f"{place.filename}:{place.lineno}"}
            _log.error("a request failed", extra=about)
            if not started:
                words = "something went wrong here, and it is in the log; try again later"
                await error(HTTPStatus.INTERNAL_SERVER_ERROR, words)(scope, receive, guarded)
