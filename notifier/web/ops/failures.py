"""*Failures*: what could not be told, planned or taken in, and what staff can do about it, one or many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from notifier import outlook, plain_words, worklists
from notifier.records import ChannelName, FailureReason
from notifier.store import access_log, failures
from notifier.store.database import Tx
from notifier.store.failures import Asked
from notifier.web.auth import Parts
from notifier.web.ops.failure_deeds import (
    KINDS,
    MOST_AT_ONCE,
    asked_by,
    deed_of,
    do_all,
    first_of_notice,
    key_of,
)
from notifier.web.ops.inputs import Line
from notifier.web.ops.posted import Fields
from notifier.web.ops.problems import NotThere
from notifier.web.ops.rendering import page, see
from notifier.web.ops.signed_in import Officer, Staff

_LOOK_BACK = timedelta(days=28)  # nobody deals with a message to staff: it is passed on, and gets old
_OF_NOTICES = ("too_many_tries", "cannot_render")

routes = APIRouter()


@routes.get("/failures")
def get_failures(
    request: Request,
    services: Parts,
    account: Staff,
    kind: Line = "",
    channel: Line = "",
    reason: Line = "",
    first: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    done: str = "",
    left: str = "",
) -> Response:
    """Show what failed: some of each kind, or all of one kind page by page."""
    if kind not in ("", *KINDS):
        raise NotThere
    asked, since = asked_by(account, channel, reason), services.clock.now() - _LOOK_BACK
    with services.store.read() as tx:
        counts = failures.counts(tx, asked, since)
        shown = {one: _rows(tx, one, asked, since, first) for one in KINDS if kind in ("", one)}
        done_now, left_now = (list(_became(tx, asked, refs)) for refs in (done, left))
    return page(
        request,
        "failures.html",
        counts=counts,
        most=failures.MOST_COUNTED,
        shown={one: rows[:MOST_AT_ONCE] for one, rows in shown.items()},
        older={
            one: _there(one, channel, reason, first + MOST_AT_ONCE)
            for one, rows in shown.items()
            if rows[MOST_AT_ONCE:]
        },
        newer=_there(kind, channel, reason, max(first - MOST_AT_ONCE, 0)) if first else None,
        kind=kind,
        channel=channel,
        reason=reason,
        channels=tuple(ChannelName),
        reasons=(*FailureReason, *_OF_NOTICES),
        stamp=failures.stamp,
        states=plain_words.NOTICE_STATES,
        done=done_now,
        left=left_now,
    )


def _rows(tx: Tx, kind: str, asked: Asked, since: datetime, first: int) -> list[Any]:
    pages: dict[str, Callable[..., Any]] = {
        "notices": failures.of_notices,
        "events": failures.of_events,
        "documents": failures.of_documents,
        "messages": lambda tx, asked, **at: failures.of_messages(tx, asked, since, **at),
    }
    return list(pages[kind](tx, asked, offset=first, limit=MOST_AT_ONCE + 1))


def _there(kind: str, channel: str = "", reason: str = "", first: int = 0, **more: str) -> str:
    query = {"kind": kind, "channel": channel, "reason": reason, "first": first or "", **more}
    return "/ops/failures?" + urlencode({name: value for name, value in query.items() if value})


def _became(tx: Tx, asked: Asked, refs: str) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield each reference, how it stands where it still waits for staff, and the code of the reason."""
    for ref in refs.split(",")[:MOST_AT_ONCE] if refs else ():
        letter, pk = ref[:1], key_of(ref[1:])
        if letter == "N" and (row := failures.notice(tx, pk, asked.its_cases)) is not None:
            yield ref, plain_words.NOTICE_STATES[row.state], row.reason
        elif letter in ("S", "R"):
            found = failures.event(tx, pk, asked) if letter == "S" else failures.document(tx, pk, asked)
            yield ref, None if found is None else (found.problem if letter == "S" else found.reason), None


@routes.post("/failures")
def post_failures(request: Request, services: Parts, account: Officer, fields: Fields) -> Response:
    """Try again or give up one failure, or several; say which were done and which were not."""
    deed = deed_of(account, fields)
    back = (
        deed.kind if fields.get("kind_shown") else "",
        fields.get("channel", ""),
        fields.get("reason", ""),
    )
    if not deed.chosen:
        return see(request, _there(*back), "Nothing was chosen. Tick what it is about first.")
    now = services.clock.now()
    done, left = do_all(services, account, deed, now)
    return see(request, _there(*back, done=",".join(done), left=",".join(left)))


@routes.get("/failures/notice")
def get_failure(
    request: Request, services: Parts, account: Staff, id: Annotated[int, Query(ge=0, le=10**17)]
) -> Response:
    """Show one notice that failed: what was tried, and every way on."""
    now = services.clock.now()
    with services.store.begin() as tx:
        row = failures.notice(tx, id, account.its_cases)
        if row is None:
            raise NotThere
        about = {"case_pk": row.case_pk, "victim_pk": row.victim_pk}
        access_log.note(tx, account, "looked at a failure", now, about=f"N{id}", **about)
        tries = failures.tries_of(tx, id)
        ways = list(outlook.ways(tx, row.case_pk, row.victim_pk, services.policies, now))
    return page(
        request,
        "failure.html",
        row=row,
        open=failures.is_failure(row),
        stamp=failures.stamp(row),
        tries=tries,
        ways=ways,
        states=plain_words.NOTICE_STATES,
        tried=plain_words.ATTEMPT_STATES,
    )


@routes.post("/failures/notice")
def post_failure(request: Request, services: Parts, account: Officer, fields: Fields) -> Response:
    """Send one notice by a channel that somebody chose; see where it stands then."""
    one, channel = fields.get("stamp", ""), fields.get("channel", "")
    if channel not in tuple(ChannelName):
        raise NotThere
    now = services.clock.now()
    pk, first = first_of_notice(account, one, "sent a notice by another channel", now)
    services.path.by_hand.send_by(pk, ChannelName(channel), now, first)
    return see(request, f"/ops/failures/notice?id={pk}", "It is on its way. Below you see where it stands.")


@routes.get("/failures/document")
def get_document(request: Request, services: Parts, account: Staff, id: Line) -> Response:
    """Show a refused document, or an event that was set aside, as it came: it may be personal."""
    letter, pk = id[:1], key_of(id[1:])
    if letter not in ("R", "S"):
        raise NotThere
    asked = asked_by(account)
    with services.store.begin() as tx:
        row = failures.event(tx, pk, asked) if letter == "S" else failures.document(tx, pk, asked)
        if row is None:
            raise NotThere
        case_pk = row.case_pk if letter == "S" else None
        access_log.note(tx, account, "looked at a document", services.clock.now(), about=id, case_pk=case_pk)
        written = worklists.document(tx, letter, pk)
    return page(request, "failure_document.html", ref=id, row=row, written=written)
