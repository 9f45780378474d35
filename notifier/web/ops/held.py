"""*Held*: what waits for a person's word, in groups: the count and a sample, then release or discard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Row

from notifier.by_hand import Sample
from notifier.errors import NotFound, NotifierError
from notifier.rules.decision import HOLDS, Send
from notifier.store import access_log, held
from notifier.store.accounts import Account
from notifier.store.database import Tx
from notifier.store.held import Group
from notifier.web.auth import Parts
from notifier.web.ops.failure_deeds import key_of
from notifier.web.ops.inputs import Line
from notifier.web.ops.posted import Fields
from notifier.web.ops.problems import Changed, NotThere
from notifier.web.ops.rendering import page, see
from notifier.web.ops.signed_in import Staff, Supervisor
from notifier.wiring import Services

_LISTED = 50
AT_ONCE = 500
"""So many notices are released or discarded by one request; then it is asked again."""
_DEEDS = {"release": "released", "discard": "discarded"}
_NOTHING_DONE = {
    "release": "None could be released. Somebody may have dealt with them: look again.",
    "discard": "None could be discarded. Somebody may have dealt with them: look again.",
}
_ALL_DONE = {"release": "They were released.", "discard": "They were discarded."}
_SOME_DONE = {
    "release": "Some were released. Go on until none is left.",
    "discard": "Some were discarded. Go on until none is left.",
}
_NOT_ALL_DONE = {
    "release": "Not all that were ticked could be released.",
    "discard": "Not all that were ticked could be discarded.",
}

routes = APIRouter()


@routes.get("/held")
def get_held(request: Request, services: Parts, account: Staff) -> Response:
    """Show what is held, in groups, and apart from them the news that a person tells first."""
    with services.store.read() as tx:
        groups = held.groups(tx, account.its_cases)
        told = held.told_by_person(tx, account.its_cases, _LISTED + 1)
    return page(
        request,
        "held.html",
        groups=groups,
        told=told[:_LISTED],
        more=len(told) > _LISTED,
        holds=HOLDS,
        there=_there,
    )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A group, or some of its notices, of the cases that an account may see."""

    group: Group
    notices: tuple[int, ...] | None

    def figures(self, tx: Tx, account: Account) -> Row[Any]:
        """Return its figures; raises where the account sees none of it."""
        row = held.figures(tx, self.group, account.its_cases, self.notices)
        if not row.number:
            raise NotThere
        return row


def _there(page_name: str, group: Any, **more: Any) -> str:
    """Return the address of a page about a group."""
    key = {"hold": group.hold, "source": group.source or "", "type": group.event_type}
    return f"/ops/held/{page_name}?" + urlencode({**key, **more}, doseq=True)


def _group(hold: str, source: str, type_: str) -> Group:
    if hold not in HOLDS:
        raise NotThere
    return Group(hold, source or None, type_)


@routes.get("/held/group")
def get_group(
    request: Request,
    services: Parts,
    account: Staff,
    hold: Line,
    type: Line,
    source: Line = "",
    after: Annotated[int, Query(ge=0, le=10**17)] = 0,
) -> Response:
    """Show a group: how many, a sample as the victim would get it, and each of them."""
    chosen = _Chosen(_group(hold, source, type), None)
    figures, first, sample = _sample(services, account, chosen)
    with services.store.read() as tx:
        members = held.members(tx, chosen.group, account.its_cases, after=after, limit=_LISTED + 1)
    older = _there("group", chosen.group, after=members[_LISTED - 1].pk) if members[_LISTED:] else None
    return page(
        request,
        "held_group.html",
        group=chosen.group,
        figures=figures,
        members=members[:_LISTED],
        older=older,
        newer=_there("group", chosen.group) if after else None,
        **_of_sample(first, sample),
    )


@routes.get("/held/confirm")
def get_confirm(
    request: Request,
    services: Parts,
    account: Supervisor,
    hold: Line,
    type: Line,
    deed: Line,
    source: Line = "",
    which: Line = "all",
    n: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Ask before a group, or some of it, is released or discarded: how many, and a sample."""
    if deed not in _DEEDS:
        raise NotThere
    group = _group(hold, source, type)
    if which == "chosen" and not n:
        return see(request, _there("group", group), "Nothing was chosen. Tick what it is about first.")
    chosen = _Chosen(group, _keys(n) if which == "chosen" and n else None)
    figures, first, sample = _sample(services, account, chosen)
    return page(
        request,
        "held_confirm.html",
        group=group,
        figures=figures,
        deed=deed,
        chosen=chosen.notices,
        at_once=AT_ONCE,
        back=_there("group", group),
        **_of_sample(first, sample),
    )


def _keys(written: Sequence[str]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(key_of(one) for one in written[:AT_ONCE]))


def _sample(services: Services, account: Account, chosen: _Chosen) -> tuple[Row[Any], Row[Any], Sample]:
    """Return the figures, the oldest notice, and what would become of that; the look is logged."""
    now = services.clock.now()
    with services.store.begin() as tx:
        figures = chosen.figures(tx, account)
        first = held.first_of(tx, chosen.group, account.its_cases, chosen.notices)
        if first is None:
            raise NotThere
        about = {"about": f"N{first.pk}", "case_pk": first.case_pk, "victim_pk": first.victim_pk}
        access_log.note(tx, account, "looked at a held message", now, **about)
    return figures, first, services.path.by_hand.sample(first.pk, now)


def _of_sample(first: Row[Any], sample: Sample) -> dict[str, Any]:
    outcome = sample.decision.outcome
    sent_at = outcome.at if isinstance(outcome, Send) else None
    reason = None if isinstance(outcome, Send) else outcome.reason
    return {"first": first, "messages": sample.messages, "sent_at": sent_at, "not_sent": reason}


@routes.post("/held")
def post_held(request: Request, services: Parts, account: Supervisor, fields: Fields) -> Response:
    """Release or discard what was confirmed: at most so many at once, then it is asked whether to go on."""
    deed, group = (
        fields.get("deed", ""),
        _group(*(fields.get(name, "") for name in ("hold", "source", "type"))),
    )
    if deed not in _DEEDS:
        raise NotThere
    some = fields.getlist("n")
    chosen = _Chosen(group, _keys(some) if some else None)
    seen, newest = key_of(fields.get("seen", "")), key_of(fields.get("newest", ""))
    with services.store.read() as tx:
        figures = chosen.figures(tx, account)
        if figures.number > seen or figures.newest_pk > newest:
            raise Changed(
                "More of these were held since you looked. Nothing was done: look again, then decide."
            )
        pks = held.keys(tx, group, account.its_cases, chosen.notices, up_to=newest, limit=AT_ONCE)
    left = _settle(services, account, deed, group, pks)
    if len(left) == len(pks):
        raise Changed(_NOTHING_DONE[deed])
    if figures.number == len(pks) and not left:
        return see(request, "/ops/held", _ALL_DONE[deed])
    if chosen.notices is not None:
        return see(request, _there("group", group), _NOT_ALL_DONE[deed])
    return see(request, _there("confirm", group, deed=deed), _SOME_DONE[deed])


def _settle(services: Services, account: Account, deed: str, group: Group, pks: Sequence[int]) -> list[int]:
    """Release or discard these, each by itself; return those that could not be."""
    now, by_hand = services.clock.now(), services.path.by_hand
    with services.store.read() as tx:
        asked = held.asking_about(tx, pks)
    settle = by_hand.release if deed == "release" else by_hand.discard
    left = []
    for pk in pks:
        try:
            settle(pk, account.name, now, first=_first(account, deed, group, pk, now))
        except NotifierError:
            left.append(pk)
    by_hand.end_holds(asked, account.name, _DEEDS[deed], now)
    return left


def _first(account: Account, deed: str, group: Group, pk: int, now: datetime) -> Callable[[Tx], None]:
    def first(tx: Tx) -> None:
        row = held.first_of(tx, group, account.its_cases, (pk,))
        if row is None:
            raise NotFound(f"N{pk} is not held any more")
        about = {"about": f"N{pk}", "case_pk": row.case_pk, "victim_pk": row.victim_pk}
        access_log.note(tx, account, f"{_DEEDS[deed]} a held notice", now, **about)

    return first
