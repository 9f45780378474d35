"""*Case*: one line of time for each victim, and what comes next; and each message as it was sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from sqlalchemy import Row

from notifier.documents import is_text
from notifier.paper.typesetting import Typesetter, Unprintable
from notifier.records import Case, StaffMember
from notifier.rules.staffing import officer_on
from notifier.rules.timing import local_day
from notifier.store import access_log, attempts, case_story, cases
from notifier.store.accounts import Account
from notifier.store.case_story import Found
from notifier.store.database import Tx
from notifier.web.auth import Parts
from notifier.web.ops import case_story as stories
from notifier.web.ops.case_next import Coming, coming
from notifier.web.ops.case_story import CaseWide, Story, as_sent
from notifier.web.ops.problems import NotThere
from notifier.web.ops.rendering import page
from notifier.web.ops.signed_in import Staff
from notifier.wiring import Services

_SHOWN, _MOST_SHOWN = 200, 1_000
_VICTIMS_AT_ONCE = 5
_MESSAGE_ID = re.compile(r"A([1-9][0-9]{0,17})")
_FURTHEST = 10_000  # pages, and victims: nobody turns so many

routes = APIRouter()


@dataclass(frozen=True, slots=True)
class Head:
    """Who looks after a case, and how it stands; ``cover`` stands in for an officer who ``is_away`` today."""

    case: Case
    is_away: bool
    cover: StaffMember | None
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Section:
    """What is shown of one victim; ``victim_id`` is ``None`` for a case without victims.

    ``newer`` and ``older`` lead to the other parts of a long story, ``everything`` to all of it.
    """

    victim_id: str | None
    coming: list[Coming]
    story: Story
    everything: str | None = None
    newer: str | None = None
    older: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be shown of a case: of one victim only where given, and all lines or the newest ones."""

    case_id: str
    victim_id: str | None
    everything: bool
    page: int
    first: int

    def link(self, **changed: Any) -> str:
        """Return the address of this page with other values."""
        values = {
            "victim": self.victim_id,
            "all": int(self.everything),
            "page": self.page,
            "from": self.first,
        }
        kept = {name: value for name, value in (values | changed).items() if value}
        return f"/ops/case?{urlencode({'id': self.case_id, **kept})}"


@routes.get("/case")
def get_case(
    request: Request,
    services: Parts,
    account: Staff,
    case_id: Annotated[str, Query(alias="id")],
    victim: str | None = None,
    everything: Annotated[bool, Query(alias="all")] = False,
    page_number: Annotated[int, Query(alias="page", ge=0, le=_FURTHEST)] = 0,
    first: Annotated[int, Query(alias="from", ge=0, le=_FURTHEST)] = 0,
) -> Response:
    """Show what happened in a case, and what comes next."""
    now = services.clock.now()
    with services.store.begin() as tx:
        found = _find(tx, account, case_id)
        access_log.note(tx, account, "looked at a case", now, case_pk=found.pk)
    asked = Asked(case_id, victim, everything, page_number, first)
    with services.store.read() as tx:
        about = stories.read(tx, found)
        chosen = [row for row in about.registered if victim in (None, row.victim_id)]
        if victim is not None and not chosen:
            raise NotThere
        shown: list[Row[Any] | None] = [*chosen[first : first + _VICTIMS_AT_ONCE]]
        sections = [_section(tx, about, row, asked, services, now) for row in shown or [None]]
        head = _head(tx, about, local_day(now, services.policies.timezone))
    more = len(chosen) > first + _VICTIMS_AT_ONCE
    return page(
        request,
        "case.html",
        found=found,
        head=head,
        sections=sections,
        talked_at=stories.talked_at,
        victims_before=asked.link(**{"from": max(first - _VICTIMS_AT_ONCE, 0)}) if first else None,
        victims_after=asked.link(**{"from": first + _VICTIMS_AT_ONCE}) if more else None,
    )


def _find(tx: Tx, account: Account, case_id: str) -> Found:
    every = account.force is None
    found = (
        case_story.find(tx, case_id, account.its_cases, of_every_force=every) if is_text(case_id) else None
    )
    if found is None:
        raise NotThere
    return found


def _head(tx: Tx, about: CaseWide, today: date) -> Head | None:
    if about.case.pk is None:
        return None
    case = cases.load(tx, about.case.pk)
    ends = case_story.endings(tx, case.case_id)
    standing = [row.type for row in ends if (row.source, row.event_id) not in about.retracted]
    on_duty = officer_on(case, today)
    is_closed = standing[-1:] == ["case.closed"]
    return Head(case, on_duty != case.officer, on_duty, is_closed)


def _section(
    tx: Tx, about: CaseWide, victim: Row[Any] | None, asked: Asked, services: Services, now: datetime
) -> Section:
    limit, skip = (_MOST_SHOWN, asked.page * _MOST_SHOWN) if asked.everything else (_SHOWN, 0)
    story = stories.tell(tx, about, victim, limit=limit, skip=skip)
    victim_id = victim.victim_id if victim else None
    hers = {"victim": victim_id, "from": 0, "all": 1}
    is_cut = not asked.everything and story.has_earlier
    return Section(
        victim_id,
        coming(tx, about, victim, services.policies, now),
        story,
        everything=asked.link(**hers, page=0) if is_cut else None,
        newer=asked.link(**hers, page=asked.page - 1) if skip else None,
        older=asked.link(**hers, page=asked.page + 1) if asked.everything and story.has_earlier else None,
    )


@routes.get("/case/message")
def get_message(
    request: Request, services: Parts, account: Staff, name: Annotated[str, Query(alias="id")]
) -> Response:
    """Show one message as it was sent, with its address and its words."""
    row = _message(services, account, name, "looked at a message")
    with services.store.read() as tx:
        sent = as_sent(row, case_story.receipts_of(tx, [row.pk]).get(row.pk, ()))
        content = attempts.content(tx, row.pk)
    return page(request, "case_message.html", name=name, sent=sent, message=content.message, why=content.why)


@routes.get("/case/letter")
def get_letter(services: Parts, account: Staff, name: Annotated[str, Query(alias="id")]) -> Response:
    """Show a letter as it was printed, laid out again from what is kept of it."""
    row = _message(services, account, name, "looked at a letter")
    with services.store.read() as tx:
        message = attempts.content(tx, row.pk).message
    if message.rendered.letter is None:
        raise NotThere
    try:
        pdf = _typesetter().letter(message.rendered, message.created_at)
    except Unprintable:
        raise HTTPException(HTTPStatus.CONFLICT, "this letter cannot be laid out; read its words") from None
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(pdf.content, media_type="application/pdf", headers=headers)


@cache
def _typesetter() -> Typesetter:
    return Typesetter()


def _message(services: Services, account: Account, name: str, action: str) -> Row[Any]:
    """Return the attempt of this name (A12) where the account may see it; the look is noted."""
    written = _MESSAGE_ID.fullmatch(name)
    if written is None:
        raise NotThere
    with services.store.begin() as tx:
        row = case_story.message(tx, int(written[1]), account.its_cases)
        if row is None:
            raise NotThere
        keys = {"case_pk": row.case_pk, "victim_pk": row.victim_pk}
        access_log.note(tx, account, action, services.clock.now(), about=name, **keys)
    return row
