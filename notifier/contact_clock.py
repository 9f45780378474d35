"""Keeps, for each victim of a case, when the next no-progress update and its reminder are due.

Called whenever something may have moved the clock: a message arrived, a person spoke with her, her
contract or the case changed (rules, section 5).
"""

from __future__ import annotations

from datetime import datetime

from notifier.records import NoticeState
from notifier.rules.cadence import Contact, courtesy_plan, stopped, wants_courtesy
from notifier.rules.policy import Policies
from notifier.rules.talks import talk_at, talks_with
from notifier.store import attempts, notices, registrations
from notifier.store.database import Tx
from notifier.store.situations import CaseFile, told_events

_ACKNOWLEDGEMENT = "victim.registered"
_WITH_STAFF = (NoticeState.FAILED, NoticeState.UNCERTAIN, NoticeState.WITH_PERSON)


def refresh(tx: Tx, file: CaseFile, victim_pk: int, policies: Policies, now: datetime) -> None:
    """Reckon anew when the victim's next no-progress update is due."""
    victim = file.victims[victim_pk]
    registration = registrations.of_victim(tx, file.case.pk, victim_pk)
    contact = _last_contact(tx, file, victim_pk)
    active = file.case.opened and file.wrong_start(victim_pk) is None and wants_courtesy(victim)
    if not active or contact is None or stopped(told_events(tx, file, victim_pk), file.history):
        registrations.change(tx, registration.pk, courtesy_at=None, prompt_at=None, held_until=None)
        return
    plan = courtesy_plan(contact, file.case, victim, policies.of(file.case.force, now))
    if plan.due_at == registration.courtesy_at:
        return
    prompt_at = plan.prompt_at if plan.prompt_at is not None and plan.prompt_at >= now else None
    values = {"courtesy_at": plan.due_at, "prompt_at": prompt_at, "held_until": None}
    registrations.change(tx, registration.pk, **values)


def _last_contact(tx: Tx, file: CaseFile, victim_pk: int) -> Contact | None:
    """Return the last effective contact; an update that a person has in hand moves the clock too.

    Otherwise the same update would be due again at once, for ever; a task or an escalation is open for it.
    """
    reached = attempts.reached(tx, file.case.pk, victim_pk)
    talks = list(talks_with(file.history, file.victims[victim_pk].victim_id))
    handed_over = [
        notice.occurred_at
        for notice in notices.of_victim(tx, victim_pk, file.case.pk)
        if notice.event_pk is None and (notice.state in _WITH_STAFF or notice.reason == "discarded")
    ]
    sent = [one.sent_at for one, _ in reached if one.sent_at is not None]
    times = [*sent, *(talk_at(talk) for talk in talks), *handed_over]
    if not times:
        return None
    told = {notice.event_type for _, notices_told in reached for notice in notices_told}
    alone = not talks and not handed_over and told == {_ACKNOWLEDGEMENT}
    return Contact(max(times), acknowledgement_alone=alone)
