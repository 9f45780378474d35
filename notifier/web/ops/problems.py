"""Pages that say what is wrong, in plain words, and where to go on."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from notifier.errors import NotFound, NotifierError, Unreachable
from notifier.web.ops.rendering import page
from notifier.web.ops.signed_in import by_itself


class Changed(NotifierError):
    """Somebody else changed it in the meantime; look at it again, then decide."""


class NotThere(HTTPException):
    """There is nothing here that this account may see: the same answer whether it exists or not."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.NOT_FOUND, "there is nothing here that you may see")


_STATUS: dict[type[NotifierError], HTTPStatus] = {
    Changed: HTTPStatus.CONFLICT,
    NotFound: HTTPStatus.CONFLICT,  # it was there when the page was made: somebody dealt with it
    Unreachable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def install(app: FastAPI) -> None:
    """Have every problem of ``app`` shown as a page."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(NotifierError, _problem)
    app.add_exception_handler(Exception, _unexpected)


async def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    headers = dict(problem.headers or {})
    if problem.status_code == HTTPStatus.SEE_OTHER and by_itself(request):
        # A part of a page would be replaced by nothing: the whole page is opened anew, and leads on.
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})
    if problem.status_code == HTTPStatus.SEE_OTHER:
        return RedirectResponse(headers["Location"], HTTPStatus.SEE_OTHER)
    return page(request, "problem.html", status=problem.status_code, words=problem.detail)


async def _malformed(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, RequestValidationError)
    first = problem.errors()[0]
    if first["loc"][0] == "path":
        return page(request, "problem.html", status=HTTPStatus.NOT_FOUND, words=NotThere().detail)
    words = f"{first['loc'][-1]}: {first['msg']}"
    return page(request, "problem.html", status=HTTPStatus.BAD_REQUEST, words=words)


async def _unexpected(request: Request, _problem: Exception) -> Response:
    """Say so as a page; it is raised on to who logs it by its place alone."""
    words = "something went wrong here, and it is in the log; try again later"
    return page(request, "problem.html", status=HTTPStatus.INTERNAL_SERVER_ERROR, words=words)


async def _problem(request: Request, problem: Exception) -> Response:
    status = next(
        (code for kind, code in _STATUS.items() if isinstance(problem, kind)), HTTPStatus.BAD_REQUEST
    )
    return page(request, "problem.html", status=status, words=str(problem))
