"""*Log*: who looked at what, who changed what, and when; for admins, and to look at it stands in it too."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BeforeValidator, Field

from notifier.rules.timing import end_of_day
from notifier.store import access_log
from notifier.web.auth import Parts
from notifier.web.ops.inputs import Line
from notifier.web.ops.rendering import page
from notifier.web.ops.signed_in import Admin

_SHOWN = 50
_MOST_PAGES = 200  # further back by a day, so that no page is far from where it begins
_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)
# An empty field of a form is sent as an empty word.
_Day = Annotated[
    Annotated[date, Field(ge=_FIRST, le=_LAST)] | None, BeforeValidator(lambda given: given or None), Query()
]

routes = APIRouter()


@routes.get("/log")
def get_log(
    request: Request,
    services: Parts,
    reader: Admin,
    account: Annotated[Line, Query()] = "",
    case: Annotated[Line, Query()] = "",
    day: _Day = None,
    until: Annotated[AwareDatetime | None, Query(ge=datetime(2000, 1, 1, tzinfo=UTC))] = None,
    number: Annotated[int, Query(alias="page", ge=1, le=_MOST_PAGES)] = 1,
) -> Response:
    """Show lines of the log, the newest first: of an account, about a case, up to a day.

    ``until`` holds while the pages are turned, so that lines which come meanwhile move nothing.
    """
    now = services.clock.now()
    last = end_of_day(day, services.policies.timezone) if day else now
    latest = min(until or now, last, now)
    with services.store.begin() as tx:
        case_pk = access_log.key_of(tx, reader, case) if case else None
        lines = (
            access_log.newest(
                tx, reader, latest, account=account or None, case_pk=case_pk,
                limit=_SHOWN + 1, offset=_SHOWN * (number - 1),
            )
            if case_pk is not None or not case
            else ()
        )  # fmt: skip
        access_log.note(tx, reader, "looked at the log", now, case_pk=case_pk)
    kept = {"account": account, "case": case, "day": day, "until": latest.isoformat()}

    def path(of: int) -> str:
        shown = {**kept, "page": of}
        return f"/ops/log?{urlencode({name: value for name, value in shown.items() if value})}"

    return page(
        request,
        "log.html",
        lines=lines[:_SHOWN],
        wanted=kept,
        newer=path(number - 1) if number > 1 else None,
        older=path(number + 1) if len(lines) > _SHOWN and number < _MOST_PAGES else None,
        is_last=len(lines) > _SHOWN and number == _MOST_PAGES,
    )
