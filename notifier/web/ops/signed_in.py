"""Who asks for a page: every page needs somebody who is signed in, unless it stands on one short list.

A form carries a token that only our own pages know, so that no other site can send one in her name.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from notifier.store import accounts
from notifier.store.accounts import Account, AccountRole
from notifier.web.auth import Parts
from notifier.wiring import Services

OPEN: dict[str, str] = {
    "/sign-in": "who is not signed in yet must be able to",
    "/oidc/start": "it only sends the browser on to the identity provider",
    "/oidc/back": "the identity provider sends the browser back here; what it brings is verified",
    "/static/{name}": "styles and scripts are the same for everybody",
    "/language": "it only notes in which language the pages are",
}
"""Routes of the operations room for people who are not signed in, each with its reason."""

FIELD = "csrf"
IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
_NOTE_EVERY = timedelta(minutes=1)
_SAFE = ("GET", "HEAD")
_OUR_OWN = ("same-origin", "none")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is signed in, and the token that her forms carry."""

    account: Account
    csrf: str


class SignInFirst(HTTPException):
    """Nobody is signed in, or not any more; she is sent to the sign-in page and comes back from there."""

    def __init__(self, request: Request) -> None:
        path = request.url.path
        back = quote(f"{path}?{request.url.query}" if request.url.query else path, safe="")
        there = "/ops/sign-in" if request.method not in _SAFE else f"/ops/sign-in?next={back}"
        super().__init__(HTTPStatus.SEE_OTHER, "sign in first", {"Location": there})


async def require_staff(request: Request, services: Parts) -> None:
    """Let a request through to its page: from somebody signed in, a form only from our own pages.

    It stands before all routes of the operations room, so that a new one is closed until somebody opens it.
    """
    if request.method not in _SAFE and not _from_our_pages(request):
        raise HTTPException(HTTPStatus.FORBIDDEN, "this form did not come from a page of ours; open it again")
    is_open = request.scope["route"].path in OPEN
    token = request.cookies.get(cookie_name(services))
    caller = await run_in_threadpool(_caller, services, token, by_itself(request)) if token else None
    request.state.caller = caller
    if is_open:
        return
    if caller is None:
        raise SignInFirst(request)
    if request.method not in _SAFE:
        given = str((await request.form()).get(FIELD, ""))
        if not hmac.compare_digest(given, caller.csrf):
            raise HTTPException(HTTPStatus.FORBIDDEN, "this form is too old; open the page again")


def by_itself(request: Request) -> bool:
    """Tell whether a page asks anew by itself: that nobody may be there any more."""
    return "hx-request" in request.headers


def _from_our_pages(request: Request) -> bool:
    """Tell whether a browser says that the form is ours; what is no browser says nothing."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in _OUR_OWN
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _caller(services: Services, token: str, nobody_there: bool) -> Caller | None:
    now = services.clock.now()
    with services.store.read() as tx:
        found = accounts.signed_in(tx, token, now, idle=IDLE, longest=LONGEST)
    if found is None:
        return None
    if found.seen_at < now - _NOTE_EVERY and not nobody_there:
        with services.store.begin() as tx:
            accounts.saw(tx, found.pk, now)
    return Caller(found.account, csrf_of(token))


def csrf_of(token: str) -> str:
    """Return what the forms of a signed-in browser carry: it follows from its token, which stays secret."""
    return hmac.new(token.encode(), b"notifier form v1", hashlib.sha256).hexdigest()


async def _account(request: Request) -> Account:
    caller = request.state.caller
    assert isinstance(caller, Caller)
    return caller.account


Staff = Annotated[Account, Depends(_account)]
"""Who asks for the page."""


def only(role: AccountRole) -> Callable[[Account], Account]:
    """Return the dependency that refuses accounts that may not what ``role`` may."""

    def check(account: Staff) -> Account:
        if not account.may(role):
            raise HTTPException(HTTPStatus.FORBIDDEN, f"this is for {role.value}s; ask one of them")
        return account

    return check


Officer = Annotated[Account, Depends(only(AccountRole.OFFICER))]
Supervisor = Annotated[Account, Depends(only(AccountRole.SUPERVISOR))]
Admin = Annotated[Account, Depends(only(AccountRole.ADMIN))]


def cookie_name(services: Services) -> str:
    """Return the name of the cookie: where all is encrypted, one that browsers keep so."""
    return "__Secure-notifier-ops" if _is_https(services) else "notifier-ops"


def keep_signed_in(response: Response, services: Services, token: str) -> None:
    """Have the browser keep the token until it is closed or too old."""
    response.set_cookie(
        cookie_name(services),
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/ops",
        secure=_is_https(services),
        httponly=True,
        samesite="lax",
    )


def forget(response: Response, services: Services) -> None:
    """Have the browser forget the token."""
    response.delete_cookie(
        cookie_name(services), path="/ops", secure=_is_https(services), httponly=True, samesite="lax"
    )


def _is_https(services: Services) -> bool:
    return (services.settings.public_url or "").startswith("https://")
