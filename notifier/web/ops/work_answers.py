"""What staff do about a task or an escalation. Two people on one row never undo each other unseen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import Row

from notifier import escalation
from notifier.rules.timing import at_local
from notifier.store import notes, work_list, work_row
from notifier.store.accounts import Account
from notifier.store.database import Tx
from notifier.web.auth import Parts
from notifier.web.ops import own_events
from notifier.web.ops.inputs import Line, Note, Outcome, Words
from notifier.web.ops.problems import NotThere
from notifier.web.ops.rendering import see
from notifier.web.ops.signed_in import Officer
from notifier.web.ops.work_row import Overtaken, found, name_of, note, overtaken_since, show
from notifier.wiring import Services

Seen = Annotated[Line, Form()]
"""The stamp of the row as it was when the page with the form was made."""
_Deed = Callable[[Tx, Row[Any], datetime], None]

routes = APIRouter()


@routes.post("/work/{ref}/acknowledge")
def post_acknowledge(request: Request, services: Parts, account: Officer, ref: str, seen: Seen) -> Response:
    """Look after an escalation: it does not climb for one working day, and is in one's hands."""

    def acknowledge(tx: Tx, row: Row[Any], now: datetime) -> None:
        if row.letter != "E":
            raise NotThere
        escalation.acknowledge(tx, row.pk, account.name, services.policies, now)
        work_row.put_in_hand(tx, row, account.name)
        note(tx, account, "acknowledged an escalation", row, now)

    said = "You look after it now. It does not climb for one working day."
    return _do(request, services, account, ref, seen, acknowledge, said)


@routes.post("/work/{ref}/finish")
def post_finish(
    request: Request,
    services: Parts,
    account: Officer,
    ref: str,
    seen: Seen,
    outcome: Annotated[Outcome, Form()],
) -> Response:
    """Say how a task was done or an escalation was dealt with."""

    def finish(tx: Tx, row: Row[Any], now: datetime) -> None:
        end = escalation.finish_task if row.letter == "T" else escalation.resolve
        end(tx, row.pk, account.name, " ".join(outcome.split()), now)
        note(tx, account, "finished a task" if row.letter == "T" else "resolved an escalation", row, now)

    return _do(request, services, account, ref, seen, finish, "It is dealt with.")


@routes.post("/work/{ref}/hand-over")
def post_hand_over(
    request: Request,
    services: Parts,
    account: Officer,
    ref: str,
    seen: Seen,
    to: Annotated[Line, Form()] = "",
    words: Annotated[Words, Form()] = "",
) -> Response:
    """Put it in the hands of an account that may act on it, or of nobody; whoever looks sees who did so."""

    def hand_over(tx: Tx, row: Row[Any], now: datetime) -> None:
        if to and not work_row.may_take(tx, row.force, to):
            refusal = "nobody of this name may take it; pick a name from the list"
            raise HTTPException(HTTPStatus.BAD_REQUEST, refusal)
        work_row.put_in_hand(tx, row, to or None)
        said = f"Handed over to {to or 'nobody'}."
        notes.add(tx, account.name, name_of(row), row.case_pk, f"{said} {words}".strip(), now)
        note(tx, account, work_row.HANDED_OVER, row, now)

    said = "You have it in hand now." if to == account.name else "It is handed over."
    return _do(request, services, account, ref, seen, hand_over, said)


def _do(
    request: Request, services: Services, account: Account, ref: str, seen: str, deed: _Deed, said: str
) -> Response:
    """Do something about a row, unless it was changed after its page was made: then show it as it is now."""
    now = services.clock.now()

    def do(tx: Tx) -> Overtaken | None:
        row = found(work_row.locked(tx, account, ref))
        overtaken = overtaken_since(tx, row, seen, now)
        if overtaken is None:
            deed(tx, row, now)
        return overtaken

    overtaken = services.store.run(do)
    if overtaken is not None:
        return show(request, services, account, ref, overtaken=overtaken)
    return see(request, f"/ops/work/{ref}", said)


@routes.post("/work/{ref}/note")
def post_note(
    request: Request, services: Parts, account: Officer, ref: str, words: Annotated[Note, Form()]
) -> Response:
    """Leave a note about it. It takes nothing away, so it may be left whatever others do."""

    def add(tx: Tx) -> None:
        now = services.clock.now()
        row = found(work_list.one(tx, account, ref))
        notes.add(tx, account.name, name_of(row), row.case_pk, words, now)
        note(tx, account, "left a note", row, now)

    services.store.run(add)
    return see(request, f"/ops/work/{ref}", "The note is kept.")


@routes.post("/work/{ref}/contact")
def post_contact(
    request: Request,
    services: Parts,
    account: Officer,
    ref: str,
    method: Annotated[Literal["phone", "visit", "email", "letter"], Form()],
    outcome: Annotated[Literal["spoke", "left_message", "no_answer"], Form()],
    at: Annotated[datetime, Form()],
    about: Annotated[list[Line], Form(default_factory=list)],
) -> Response:
    """Record a contact with her: a talk settles what it was about by the rules, also other rows than this."""
    moment = _moment(at, services)
    with services.store.read() as tx:
        row = found(work_list.one(tx, account, ref))
    if row.victim_id is None:
        raise NotThere
    now = services.clock.now()
    document = own_events.a_document(
        "contact.recorded",
        row.case_id,
        now,
        victim_id=row.victim_id,
        by=account.name,
        method=method,
        outcome=outcome,
        about=about,
        at=moment.isoformat(),
    )
    services.path.by_hand.take_in(
        document, row.case_id, now, lambda tx: note(tx, account, "recorded a contact", row, now)
    )
    return see(request, f"/ops/work/{ref}", "The contact is recorded.")


def _moment(at: datetime, services: Services) -> datetime:
    """Return the instant of a local time as a browser's field gives it; one to come is refused."""
    if at.tzinfo is not None:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "give the time of the contact as it was here")
    moment = at_local(at.date(), at.time(), services.policies.timezone)
    if moment > services.clock.now():
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the time of the contact is still to come; correct it")
    return moment
