"""*Work list*: what people must do, tasks and escalations in one list, the most pressing first."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from notifier.staff_words import REASONS
from notifier.store import work_list
from notifier.store.accounts import Account, AccountRole
from notifier.store.work_list import Order, Wanted, Whose
from notifier.web.auth import Parts
from notifier.web.ops import work_answers, work_row
from notifier.web.ops.inputs import Line
from notifier.web.ops.rendering import page
from notifier.web.ops.signed_in import Staff

_DEFAULT = {AccountRole.OFFICER: Whose.MINE, AccountRole.SUPERVISOR: Whose.TEAM}
_MOST_PAGES = 1_000

routes = APIRouter()
routes.include_router(work_row.routes)
routes.include_router(work_answers.routes)


@routes.get("/work")
def get_work(
    request: Request,
    services: Parts,
    account: Staff,
    whose: Whose | None = None,
    kind: Annotated[Line, Query()] = "",
    safety: bool = False,
    overdue: bool = False,
    sort: Order = Order.URGENCY,
    q: Annotated[Line, Query()] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=_MOST_PAGES)] = 1,
) -> Response:
    """List the open tasks and escalations that are ``whose``, filtered and in the order of ``sort``."""
    now = services.clock.now()
    wanted = Wanted(whose or _usual(account), kind or None, safety, overdue, sort, q)
    with services.store.read() as tx:
        listed = work_list.listed(tx, account, wanted, now, number)
    return page(
        request,
        "work.html",
        rows=listed.rows,
        wanted=wanted,
        count=listed.count,
        counted=work_list.COUNTED,
        kinds=REASONS,
        newer=_path(wanted, page=number - 1) if number > 1 else None,
        older=_path(wanted, page=number + 1) if listed.more else None,
        tabs=[(choice, _path(wanted, whose=choice)) for choice in Whose],
    )


def _usual(account: Account) -> Whose:
    """Return whose work an account usually looks at; without a staff id nothing is known to be hers."""
    return _DEFAULT.get(account.role, Whose.ALL) if account.staff_id is not None else Whose.ALL


def _path(wanted: Wanted, **changes: Any) -> str:
    shown = {
        "whose": wanted.whose,
        "kind": wanted.kind,
        "safety": wanted.safety and "true",
        "overdue": wanted.overdue and "true",
        "sort": wanted.order,
        "q": wanted.words,
        **changes,
    }
    return f"/ops/work?{urlencode({name: value for name, value in shown.items() if value})}"
