"""One task or escalation: what is asked and why, how its victim is reached, and what can be done about it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Row

from notifier import plain_words
from notifier.records import Notice, NoticeState
from notifier.staff_words import TO_DO
from notifier.store import access_log, journal, notes, notices, work_list, work_row
from notifier.store.accounts import Account, AccountRole
from notifier.store.database import Tx
from notifier.web.auth import Parts
from notifier.web.ops.problems import NotThere
from notifier.web.ops.reaching import reach
from notifier.web.ops.rendering import page
from notifier.web.ops.signed_in import LONGEST, Staff
from notifier.wiring import Services

# What somebody may have changed since a page was made; what the clock changes alone is left out.
_SEEN = {
    "ended": ("ended_at",),
    "acknowledged": ("acknowledged_at", "acknowledged_by"),
    "in_hand": ("in_hand_of",),
    "more": ("repeats", "text_sealed"),
}
_NEVER_TOLD = (NoticeState.SUPPRESSED, NoticeState.CANCELLED)
_MOST_NEWS = 30

routes = APIRouter()


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A row was changed after its page was made: ``what`` (see ``_SEEN``), by whom and when, where known."""

    what: str
    who: str | None = None
    at: datetime | None = None


@routes.get("/work/{ref}")
def get_row(
    request: Request,
    services: Parts,
    account: Staff,
    ref: str,
    reached: Annotated[bool, Query(alias="reach")] = False,
) -> Response:
    """Show a task or an escalation; with ``reach`` also how she is reached, to who may act."""
    return show(request, services, account, ref, reached=reached and account.may(AccountRole.OFFICER))


def show(
    request: Request,
    services: Services,
    account: Account,
    ref: str,
    *,
    reached: bool = False,
    overtaken: Overtaken | None = None,
) -> Response:
    """Return the page of a row, each time as a look that is logged; ``overtaken`` is why nothing was done."""
    now = services.clock.now()
    with services.store.begin() as tx:
        row = found(work_list.one(tx, account, ref))
        values = _values(tx, services, account, row)
        action = "looked at an escalation" if row.letter == "E" else "looked at a task"
        note(tx, account, action, row, now)
        if reached and row.victim_pk is not None:
            values["reach"] = reach(tx, row.case_pk, row.victim_pk, services.policies, now)
            note(tx, account, "looked at how to reach the victim", row, now)
    status = HTTPStatus.CONFLICT if overtaken else HTTPStatus.OK
    here = now.astimezone(services.policies.timezone)
    return page(request, "work_row.html", status=status, overtaken=overtaken, here=here, **values)


def found(row: Row[Any] | None) -> Row[Any]:
    """Return the row; raises :class:`NotThere` where there is none that the account may see."""
    if row is None:
        raise NotThere
    return row


def name_of(row: Row[Any]) -> str:
    """Return the name of a row, such as E7."""
    return f"{row.letter}{row.pk}"


def note(tx: Tx, account: Account, action: str, row: Row[Any], now: datetime) -> None:
    """Log what somebody did with a row."""
    access_log.note(
        tx, account, action, now, about=name_of(row), case_pk=row.case_pk, victim_pk=row.victim_pk
    )


def stamp(row: Row[Any]) -> str:
    """Return what a form about the row carries: it is another one once somebody changed the row."""
    return "-".join(_digest([getattr(row, name) for name in names]) for names in _SEEN.values())


def _digest(values: list[Any]) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:12]


def overtaken_since(tx: Tx, row: Row[Any], seen: str, now: datetime) -> Overtaken | None:
    """Return how the row was changed since a page with the stamp ``seen`` was made, if it was.

    One that has ended is always so: there is nothing to be done about it any more.
    """
    if row.ended_at is not None:
        return Overtaken("ended", work_row.ended_by(tx, row), row.ended_at)
    if stamp(row) == seen:
        return None
    # Of a stamp that is none of ours nothing is known but that it is another one.
    both = zip(_SEEN, stamp(row).split("-"), seen.split("-"), strict=False)
    what = next((name for name, is_, was in both if is_ != was), "more")
    if what == "acknowledged":
        return Overtaken(what, row.acknowledged_by, row.acknowledged_at)
    # Who made the page has been signed in since.
    last = work_row.handed_over(tx, row, now - LONGEST) if what == "in_hand" else None
    return Overtaken(what, last.account, last.at) if last else Overtaken(what)


def _values(tx: Tx, services: Services, account: Account, row: Row[Any]) -> dict[str, Any]:
    hers = notices.of_victim(tx, row.victim_pk, row.case_pk) if row.victim_pk is not None else []
    acts = row.ended_at is None and account.may(AccountRole.OFFICER)
    about = next((one for one in hers if one.event_pk == row.event_pk is not None), None)
    return {
        "row": row,
        "name": name_of(row),
        "seen": stamp(row),
        "to_do": TO_DO.get(row.kind),
        "about": about,
        "words": tx.cipher.open(row.text_sealed) if row.text_sealed is not None else None,
        "notes": notes.of_ref(tx, name_of(row)),
        "steps": [_step(line) for line in work_row.steps(tx, row)],
        "repeats": journal.repeats(tx, row.case_pk),
        "ended_by": work_row.ended_by(tx, row) if row.ended_at is not None else None,
        "acts": acts,
        "news": _news(hers) if acts else [],
        "states": plain_words.NOTICE_STATES,
        "colleagues": work_row.may_take(tx, row.force) if acts else [],
        "reach": None,
    }


def _step(line: Row[Any]) -> tuple[Row[Any], str, list[str]]:
    """Return a line, what it says, and why, unless that says the same."""
    said = plain_words.step(line)
    return line, said, [why for why in line.why or () if why not in said]


def _news(hers: Sequence[Notice]) -> list[Notice]:
    """Return what a person may have spoken about with her: what she was or is to be told, newest first."""
    told = (one for one in hers if one.state not in _NEVER_TOLD or notices.was_told(one))
    return [one for one in told if one.event_id is not None][: -_MOST_NEWS - 1 : -1]
