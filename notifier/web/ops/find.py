"""*Find*: one field for whatever staff have in hand; one hit is opened at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from notifier.store import finding, work_list
from notifier.store.accounts import Account
from notifier.store.database import Tx
from notifier.web.auth import Parts
from notifier.web.ops.inputs import Line
from notifier.web.ops.rendering import page, see
from notifier.web.ops.signed_in import Staff

routes = APIRouter()


@dataclass(frozen=True, slots=True)
class Hit:
    """A page about what was looked for: a task or an escalation (``ref``), or else a case."""

    path: str
    case_id: str | None
    ref: str | None = None


@routes.get("/find")
def get_find(request: Request, services: Parts, account: Staff, q: Annotated[Line, Query()] = "") -> Response:
    """Open what ``q`` names; where that is several things or none, say so."""
    with services.store.read() as tx:
        hits = _hits(tx, account, q) if q else []
    if len(hits) == 1:
        return see(request, hits[0].path)
    return page(request, "find.html", q=q, hits=hits, most=finding.MOST)


def _hits(tx: Tx, account: Account, words: str) -> list[Hit]:
    """Return what the account may see of what ``words`` name: a case's id may look like a task's."""
    hits = [_case(row.case_id) for row in finding.with_words(tx, account, words)]
    ref = finding.ref_of(words)
    if ref is None:
        return hits
    letter, pk = ref
    if letter == "N":
        row = finding.of_notice(tx, account, pk)
        named = [_case(row.case_id)] if row else []
    else:
        row = work_list.one(tx, account, words)
        named = [Hit(f"/ops/work/{letter}{pk}", row.case_id, f"{letter}{pk}")] if row else []
    return [*named, *(hit for hit in hits if hit not in named)]


def _case(case_id: str) -> Hit:
    return Hit(f"/ops/case?{urlencode({'id': case_id})}", case_id)
