"""Makes pages: one template environment, and what every page shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import jinja2
from babel.dates import format_date, format_datetime
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup, escape

from notifier import plain_words
from notifier.store.accounts import AccountRole
from notifier.web.ops.languages import LANGUAGES, labels_in, language_of
from notifier.wiring import Services

_SAID = "notifier-said"
_SAID_SECONDS = 60
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}


def page(request: Request, template: str, *, status: int = HTTPStatus.OK, **values: Any) -> HTMLResponse:
    """Return a page made of ``pages/<template>`` and ``values``, in the language of the reader.

    A template also has ``account`` (``None`` where nobody is signed in), ``csrf``, ``now``, ``path``,
    ``said`` (what the last form did), ``may(role)``, and the filters ``when``, ``moment``, ``day``,
    ``event`` (of an event's type) and ``in_words`` (of a reason).
    """
    services: Services = request.app.state.services
    caller = getattr(request.state, "caller", None)
    language = language_of(request)
    said = request.cookies.get(_SAID)
    shown = (
        _environment(language, services.policies.timezone)
        .get_template(template)
        .render(
            account=caller.account if caller else None,
            csrf=caller.csrf if caller else "",
            may=_may(request),
            now=services.clock.now(),
            path=request.url.path,
            said=unquote(said) if said else None,
            language=language,
            languages=LANGUAGES,
            **values,
        )
    )
    response = HTMLResponse(shown, status, _HEADERS)
    if said:
        response.delete_cookie(_SAID, path="/ops")
    return response


def see(request: Request, path: str, said: str | None = None) -> RedirectResponse:
    """Return what leads the browser on to a page after a form was done; it shows once what was ``said``.

    ``said`` is a label in English, with ids in it at most; it is put in the language of the reader.
    """
    response = RedirectResponse(path, HTTPStatus.SEE_OTHER)
    if said is not None:
        words = labels_in(language_of(request)).gettext(said)
        response.set_cookie(
            _SAID, quote(words), max_age=_SAID_SECONDS, path="/ops", httponly=True, samesite="lax"
        )
    return response


def _may(request: Request) -> Callable[[str], bool]:
    caller = getattr(request.state, "caller", None)
    return lambda role: caller is not None and caller.account.may(AccountRole(role))


@cache
def _environment(language: str, timezone: ZoneInfo) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("notifier.web.ops", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
    )
    labels = labels_in(language)
    environment.install_gettext_translations(labels, newstyle=True)  # type: ignore[attr-defined]  # the extension's

    def when(at: datetime | None, *, seconds: bool = False) -> str:
        if at is None:
            return ""
        form = "EEE d MMM y, HH:mm:ss" if seconds else "EEE d MMM y, HH:mm"
        return format_datetime(at, form, tzinfo=timezone, locale=language)

    def moment(at: datetime | None) -> Markup:
        """A time as people and programs read it."""
        if at is None:
            return Markup("")
        return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), when(at))

    def label(words: str, /, **values: Any) -> str:
        """The words in the reader's language; what is put into them is escaped as elsewhere."""
        translated = labels.gettext(words)
        return escape(translated) % values if values else translated

    environment.filters |= {
        "when": when,
        "moment": moment,
        "day": lambda on: format_date(on, "EEE d MMM y", locale=language) if isinstance(on, date) else "",
        "event": lambda type_: labels.gettext(plain_words.news(type_)),
        "in_words": lambda code: labels.gettext(plain_words.staff_reason(code)),
    }
    environment.globals["_"] = label
    return environment
