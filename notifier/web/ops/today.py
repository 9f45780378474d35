"""*Today*: what is red, what is due next, what failed, and how the service is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Literal

from babel.dates import format_date
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from notifier import plain_words
from notifier.store import today
from notifier.store.accounts import Account
from notifier.store.database import Tx
from notifier.store.today import Listed
from notifier.web.auth import Parts
from notifier.web.ops.charts import Chart, Share, chart
from notifier.web.ops.kept import Kept, kept
from notifier.web.ops.languages import language_of
from notifier.web.ops.rendering import page
from notifier.web.ops.service_state import state_of
from notifier.web.ops.signed_in import Staff
from notifier.wiring import Services

_DAY, _MONTH = timedelta(hours=24), timedelta(days=28)
# So old a number may be that takes long to count; what is red is of this moment.
_DAY_SECONDS, _MONTH_SECONDS, _CLOCK_SECONDS = 5, 60, 30
_PAGE = 50

routes = APIRouter()


@dataclass(frozen=True, slots=True)
class Red:
    """What should not be as it is."""

    escalations: Listed
    duties: Listed
    tasks: Listed

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing."""
        return not (self.escalations.count or self.duties.count or self.tasks.count)


@dataclass(frozen=True, slots=True)
class Next:
    """What has its limit within a day; ``updates`` and ``prompts`` are due until the end of the local day."""

    duties: Listed
    tasks: Listed
    updates: int
    prompts: int


@routes.get("/")
def get_today(request: Request, services: Parts, account: Staff, still: bool = False) -> Response:
    """Show the day; ``still``: it does not renew itself."""
    now = services.clock.now()
    day = now.astimezone(services.policies.timezone).date()
    keeps, ends = kept(request), _end_of(day, services)
    with services.store.read() as tx:
        red = Red(
            today.not_acknowledged(tx, account),
            today.duties(tx, account, until=now),
            today.open_tasks(tx, account, until=now),
        )
        coming = Next(
            today.duties(tx, account, after=now, until=now + _DAY),
            today.open_tasks(tx, account, after=now, until=now + _DAY),
            *keeps.get(
                ("by the clock", account.force), _CLOCK_SECONDS, partial(_by_clock, tx, account, ends)
            ),
        )
    return page(
        request,
        "today.html",
        day=format_date(day, "EEEE d MMMM y", locale=language_of(request)),
        still=still,
        red=red,
        coming=coming,
        failed=_failed(services, account, keeps, now),
        state=state_of(services, account, keeps),
        most=today.MOST,
        states=plain_words.NOTICE_STATES,
    )


def _by_clock(tx: Tx, account: Account, until: datetime) -> tuple[int, int]:
    """Count the updates without news and the reminders that are due."""
    return today.updates_due(tx, account, until), today.prompts_due(tx, account, until)


def _end_of(day: date, services: Services) -> datetime:
    """Return when the local day is over."""
    return datetime.combine(day + timedelta(days=1), time(), services.policies.timezone)


def _failed(services: Services, account: Account, keeps: Kept, now: datetime) -> dict[str, Chart]:
    """Return the failures of the last day and of the last 28 days."""
    spans = {"day": (_DAY, _DAY_SECONDS), "month": (_MONTH, _MONTH_SECONDS)}
    return {
        name: keeps.get(
            ("failed", name, account.force), seconds, partial(_count_failed, services, account, now - span)
        )
        for name, (span, seconds) in spans.items()
    }


def _count_failed(services: Services, account: Account, since: datetime) -> Chart:
    with services.store.read() as tx:
        rows = today.failures(tx, account, since)
    return chart([Share((row.channel or "", row.what, row.reason or "unknown"), row.number) for row in rows])


@routes.get("/due")
def get_due(
    request: Request,
    services: Parts,
    account: Staff,
    when: Literal["overdue", "next"] = "overdue",
    number: Annotated[int, Query(alias="page", ge=1, le=1_000)] = 1,
) -> Response:
    """Show all duties that are overdue, or all that are due within a day: those that end first on top."""
    now = services.clock.now()
    after, until = (None, now) if when == "overdue" else (now, now + _DAY)
    with services.store.read() as tx:
        rows = today.page_of_duties(tx, account, after, until, skip=(number - 1) * _PAGE, size=_PAGE)
    return page(
        request,
        "due.html",
        when=when,
        rows=rows[:_PAGE],
        newer=f"/ops/due?when={when}&page={number - 1}" if number > 1 else None,
        older=f"/ops/due?when={when}&page={number + 1}" if len(rows) > _PAGE else None,
        states=plain_words.NOTICE_STATES,
    )
