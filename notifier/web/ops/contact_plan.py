"""*Contact plan*: what was agreed with a victim, as staff may change it, with what that does shown first."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import ImmutableMultiDict

from notifier import outlook
from notifier.errors import EventRefused
from notifier.outlook import Outlook
from notifier.plain_words import NOTICE_STATES
from notifier.records import ChannelName
from notifier.rules.policy import Policy
from notifier.store import access_log, plans
from notifier.store.accounts import Account
from notifier.store.database import Tx
from notifier.store.plans import Plan
from notifier.web.auth import Parts
from notifier.web.ops import plan_form
from notifier.web.ops.inputs import Line
from notifier.web.ops.own_events import a_document
from notifier.web.ops.plan_form import PlanForm
from notifier.web.ops.posted import Fields
from notifier.web.ops.problems import Changed, NotThere
from notifier.web.ops.rendering import page, see
from notifier.web.ops.signed_in import Officer, Staff
from notifier.wire import DAYS
from notifier.wiring import Services

_CHANGED = (
    "Somebody changed this contact plan since you opened it. Nothing of yours was saved: look at it again."
)
_OUR_OWN = frozenset({"csrf", "step"})

routes = APIRouter()


@routes.get("/plan")
def get_plan(request: Request, services: Parts, account: Staff, case: Line, victim: Line) -> Response:
    """Show a victim's contact plan."""
    now = services.clock.now()
    with services.store.begin() as tx:
        plan = _plan(tx, account, case, victim)
        _note(tx, account, plan, "looked at a contact plan", now)
    return _form(request, services, plan, plan_form.as_it_stands(plan))


def _plan(tx: Tx, account: Account, case_id: str, victim_id: str) -> Plan:
    plan = plans.load(tx, case_id, victim_id, account.its_cases)
    if plan is None:
        raise NotThere
    return plan


def _note(tx: Tx, account: Account, plan: Plan, action: str, now: datetime) -> None:
    access_log.note(tx, account, action, now, case_pk=plan.case_pk, victim_pk=plan.victim.pk)


def _form(
    request: Request,
    services: Services,
    plan: Plan,
    form: PlanForm,
    *,
    mistakes: dict[str, str] | None = None,
    said_here: str | None = None,
) -> Response:
    status = HTTPStatus.BAD_REQUEST if mistakes else HTTPStatus.OK
    shown = {"plan": plan, "form": form, "mistakes": mistakes or {}, "said_here": said_here}
    policy = _policy(services, plan)
    return page(
        request,
        "plan.html",
        status=status,
        days=DAYS,
        channels=tuple(ChannelName),
        places=plan_form.CHANNEL_PLACES,
        default_order=policy.channels.default_order,
        **shown,
    )


def _policy(services: Services, plan: Plan) -> Policy:
    return services.policies.of(plan.force, services.clock.now())


@routes.post("/plan")
def post_plan(request: Request, services: Parts, account: Officer, fields: Fields) -> Response:
    """Show what a change does to what waits; save it where that was seen; or go on with filling it in."""
    now = services.clock.now()
    with services.store.read() as tx:
        plan = _plan(tx, account, fields.get("case", ""), fields.get("victim", ""))
    if fields.get("stamp") != plan.stamp:
        raise Changed(_CHANGED)
    stands, form = plan_form.as_it_stands(plan), plan_form.as_filled_in(fields, plan)
    if fields.get("step") == "edit":
        return _form(request, services, plan, form)
    mistakes = plan_form.mistakes(form, _policy(services, plan).channels, stands)
    if mistakes:
        return _form(request, services, plan, form, mistakes=mistakes)
    changes = plan_form.changes(stands, form)
    if not changes:
        return _form(request, services, plan, form, said_here="Nothing is different from what stands.")
    document = a_document("victim.updated", plan.case_id, now, victim_id=plan.victim.victim_id, **changes)
    try:
        if fields.get("step") == "save":
            return _save(request, services, account, plan, document, now)
        return _preview(request, services, account, plan, document, changes, fields, now)
    except EventRefused as refused:
        return _form(request, services, plan, form, mistakes={"": str(refused)})


def _save(
    request: Request, services: Services, account: Account, plan: Plan, document: str, now: datetime
) -> Response:
    def first(tx: Tx) -> None:
        _require_unchanged(tx, plan)
        _note(tx, account, plan, "changed a contact plan", now)

    services.path.by_hand.take_in(document, plan.case_id, now, first)
    there = urlencode({"case": plan.case_id, "victim": plan.victim.victim_id})
    return see(request, f"/ops/plan?{there}", "The contact plan was changed.")


def _require_unchanged(tx: Tx, plan: Plan) -> None:
    if plans.stamp(tx, plan.victim.pk, lock=True) != plan.stamp:
        raise Changed(_CHANGED)


def _preview(
    request: Request,
    services: Services,
    account: Account,
    plan: Plan,
    document: str,
    changes: dict[str, Any],
    fields: ImmutableMultiDict[str, str],
    now: datetime,
) -> Response:
    with services.store.begin() as tx:
        _note(tx, account, plan, "tried out a contact plan", now)
        hers = plans.cases_of(tx, plan.victim.pk, account.its_cases)
    since: int | None = None

    def look(tx: Tx) -> Outlook:
        nonlocal since
        seen = outlook.look(tx, plan.victim.pk, hers, services.policies, now, since)
        since = seen.since
        return seen

    before, after = services.path.by_hand.try_out(
        document, plan.case_id, now, look, lambda tx: _require_unchanged(tx, plan)
    )
    return page(
        request,
        "plan_preview.html",
        plan=plan,
        named=list(_named(changes)),
        effects=outlook.effects(before, after),
        updates=list(outlook.moved_updates(before, after)),
        asked=after.asked,
        states=NOTICE_STATES,
        fields=[(name, value) for name, value in fields.multi_items() if name not in _OUR_OWN],
    )


NAMES = {
    "wants": "what the victim wants to hear",
    "channels": "the order of channels",
    "windows": "the agreed hours",
    "windows_strict": "whether the hours are about safety",
    "every_days": "how often the victim hears at least",
    "language": "the language",
    "format": "the format",
    "discreet": "whether messages are discreet",
    "voicemail": "whether we may leave a voicemail",
    "contact_points": "the contact point",
}


def _named(changes: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Return what changes: a label, and the id of the contact point that it is about."""
    plain = [name for part in ("contract", "needs") for name in changes.get(part, ()) if name in NAMES]
    named: list[tuple[str, str | None]] = [(NAMES[name], None) for name in plain]
    theirs = changes.get("needs", {}).get("representative", {}).get("contact_points", [])
    for point in [*changes.get("contact_points", []), *theirs]:
        named.append((NAMES["contact_points"], point["id"]))
    return named
