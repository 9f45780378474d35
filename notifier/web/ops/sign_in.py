"""Signing in with a local account, signing out, and the language of the pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from notifier.store import access_log, accounts
from notifier.store.accounts import Account
from notifier.store.database import Tx
from notifier.web.auth import Parts
from notifier.web.ops.inputs import Line
from notifier.web.ops.languages import COOKIE, LANGUAGES
from notifier.web.ops.rendering import page, see
from notifier.web.ops.signed_in import LONGEST, Staff, cookie_name, forget, keep_signed_in
from notifier.wiring import Services

_HASHER = PasswordHasher()
# So that a name that does not exist takes as long as one that does.
_NOBODYS = _HASHER.hash("nobody's password")
_FREE_FAILURES = 5
_LOCK = timedelta(minutes=15)
_YEAR_SECONDS = 365 * 24 * 3600

routes = APIRouter()


def hash_of(password: str) -> str:
    """Return what is stored of a password (argon2id)."""
    return _HASHER.hash(password)


def inside(target: str) -> str:
    """Return where to go after signing in: a page of ours, whatever was asked for."""
    is_ours = target.startswith("/ops/") and "\\" not in target and "//" not in target.partition("?")[0]
    return target if is_ours else "/ops/"


@routes.get("/sign-in")
def get_sign_in(request: Request, services: Parts, next: str = "/ops/") -> Response:
    """Show how to sign in."""
    if request.state.caller is not None:
        return see(request, inside(next))
    return _form(request, services, next)


@routes.post("/sign-in")
def post_sign_in(
    request: Request,
    services: Parts,
    name: Annotated[Line, Form()],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form()] = "/ops/",
) -> Response:
    """Sign in with a local account; after some failures in a row it is locked for a quarter of an hour."""
    token = _token(services, name, password)
    if token is None:
        return _form(request, services, next, failed=True)
    response = see(request, inside(next))
    keep_signed_in(response, services, token)
    return response


def _form(request: Request, services: Services, target: str, *, failed: bool = False) -> Response:
    status = HTTPStatus.FORBIDDEN if failed else HTTPStatus.OK
    return page(
        request,
        "sign_in.html",
        status=status,
        target=inside(target),
        failed=failed,
        provider=request.app.state.identity_provider,
    )


def _token(services: Services, name: str, password: str) -> str | None:
    now = services.clock.now()
    with services.store.read() as tx:
        row = accounts.named(tx, name)
    # The hash takes long by intent: no transaction waits for it.
    fits = _fits(row.password_hash if row else None, password)
    with services.store.begin() as tx:
        row = accounts.named(tx, name)
        if row is None or row.ended_at is not None or row.password_hash is None:
            access_log.note_refused(tx, access_log.NOBODY, "sign-in refused", now)
            return None
        if row.locked_until is not None and row.locked_until > now:
            access_log.note_refused(tx, row.name, "sign-in refused: locked", now, force=row.force)
            return None
        if not fits:
            failures = row.failures + 1
            locked = now + _LOCK if failures % _FREE_FAILURES == 0 else None
            accounts.change(tx, row.pk, failures=failures, locked_until=locked)
            access_log.note_refused(tx, row.name, "sign-in refused", now, force=row.force)
            return None
        accounts.change(tx, row.pk, failures=0, locked_until=None)
        return let_in(tx, accounts.record(row), now)


def let_in(tx: Tx, account: Account, now: datetime) -> str:
    """Sign an account in; return the token that its browser keeps."""
    accounts.forget_old(tx, now - LONGEST)
    access_log.note(tx, account, "signed in", now)
    return accounts.sign_in(tx, account.pk, now)


def _fits(stored: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(stored or _NOBODYS, password) and stored is not None
    except VerificationError:
        return False


@routes.post("/sign-out")
def post_sign_out(request: Request, services: Parts, account: Staff) -> Response:
    """Sign out."""
    token = request.cookies[cookie_name(services)]
    with services.store.begin() as tx:
        accounts.sign_out(tx, token)
        access_log.note(tx, account, "signed out", services.clock.now())
    response = see(request, "/ops/sign-in", "You are signed out.")
    forget(response, services)
    return response


@routes.post("/language")
def post_language(
    language: Annotated[str, Form()], back: Annotated[str, Form()] = "/ops/"
) -> RedirectResponse:
    """Note the language of the pages."""
    response = RedirectResponse(inside(back), HTTPStatus.SEE_OTHER)
    if language in LANGUAGES:
        response.set_cookie(
            COOKIE, language, max_age=_YEAR_SECONDS, path="/ops", httponly=True, samesite="lax"
        )
    return response
