"""Makes what goes out: one decided message of one or more notices, with its words, as an attempt to store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from notifier.event_types import EVENT_TYPES, Courtesy
from notifier.records import (
    CaseEvent,
    CourtesyContent,
    Form,
    LeafletOffer,
    Message,
    Notice,
    PersonName,
    Rendered,
    RenderRequest,
    Tone,
    Victim,
    Wording,
)
from notifier.rules import cadence
from notifier.rules.cadence import Contact
from notifier.rules.decision import Part
from notifier.rules.policy import Policy
from notifier.rules.sensitivity import offers_meeting
from notifier.rules.staffing import whom_to_call
from notifier.rules.timing import local_day, window_end, windows_of
from notifier.store.attempts import NewAttempt, new_ref
from notifier.store.database import Tx
from notifier.store.situations import CaseFile, told_events

Render = Callable[[RenderRequest], Rendered]
_ACKNOWLEDGEMENT = "victim.registered"


@dataclass(frozen=True, slots=True)
class Draft:
    """One message as decided: these notices, oldest first, to one contact point."""

    notices: tuple[Notice, ...]
    part: Part
    tone: Tone
    why: tuple[str, ...]


def words(
    tx: Tx, draft: Draft, form: Form, file: CaseFile, render: Render, policy: Policy, now: datetime
) -> Rendered:
    """Render the draft's text; raises :class:`~notifier.errors.RenderingError`."""
    victim = file.victims[draft.notices[0].victim_pk]
    told = [file.event(notice.event_pk) for notice in draft.notices]
    events = tuple(event for event in told if event is not None)
    request = RenderRequest(
        form=form,
        wording=draft.part.wording,
        case=file.case,
        victim=victim,
        contact=whom_to_call(file.case, local_day(now, policy.timezone)),
        now=now,
        events=events,
        courtesy=None if events else _courtesy(tx, file, victim.pk, policy),
        # An SMS that only says that there is bad news does not go on to when nothing has happened.
        next_update=None
        if draft.part.wording is Wording.NEWS
        else _next_update(events, file, victim, policy, now),
        full_text_by=draft.part.full_text_by,
        max_segments=policy.words.max_segments,
        offer_meeting=any(offers_meeting(event, file.case, policy) for event in events),
        leaflets=_leaflets(events, file, policy),
    )
    return render(request)


def attempt(draft: Draft, rendered: Rendered, file: CaseFile, policy: Policy, now: datetime) -> NewAttempt:
    """Return the attempt to store before the draft is sent; ``now`` is when it is sent."""
    oldest, point = draft.notices[0], draft.part.point
    victim = file.victims[oldest.victim_pk]
    person = victim.recipient
    if rendered.letter is not None:
        lines = (_addressee(person), *point.address.split("\n"))
        rendered = replace(rendered, letter=replace(rendered.letter, address=lines))
    message = Message(
        attempt_ref=new_ref(),
        channel=point.channel,
        address=point.address,
        recipient_name=_addressee(person),
        rendered=rendered,
        created_at=now,
        good_until=None if draft.tone is Tone.SAFETY else _good_until(victim, policy, now),
        neutral_sender=victim.needs.discreet,
    )
    return NewAttempt(
        message=message,
        role=victim.role,
        person_id=victim.victim_id,
        wording=draft.part.wording,
        tone=draft.tone,
        event_type=oldest.event_type,
        why=draft.why,
        case_pk=oldest.case_pk,
        victim_pk=oldest.victim_pk,
        point_pk=point.pk,
        notice_pks=tuple(notice.pk for notice in draft.notices),
    )


def _addressee(person: PersonName) -> str:
    """Return the name on an envelope: title and surname, or the whole name where there is no title."""
    words = (person.title, person.family) if person.title and person.family else (person.given, person.family)
    return " ".join(word for word in words if word)


def _courtesy(tx: Tx, file: CaseFile, victim_pk: int, policy: Policy) -> CourtesyContent:
    return cadence.content(told_events(tx, file, victim_pk), policy)


def _leaflets(events: tuple[CaseEvent, ...], file: CaseFile, policy: Policy) -> tuple[LeafletOffer, ...]:
    """Return what goes with the first contact (rules, section 3)."""
    if not any(event.type == _ACKNOWLEDGEMENT for event in events):
        return ()
    leaflets = policy.leaflets_for(file.case.offence)
    return tuple(LeafletOffer(leaflet.name, leaflet.where) for leaflet in leaflets)


def _next_update(
    events: tuple[CaseEvent, ...], file: CaseFile, victim: Victim, policy: Policy, now: datetime
) -> date | None:
    """Return the local day by which she hears again, where no-progress updates follow this message."""
    ends = any(EVENT_TYPES[event.type].courtesy is Courtesy.STOPS for event in events)
    if ends or not cadence.wants_courtesy(victim):
        return None
    first = bool(events) and all(event.type == _ACKNOWLEDGEMENT for event in events)
    plan = cadence.courtesy_plan(Contact(now, first), file.case, victim, policy)
    return local_day(plan.due_at, policy.timezone)


def _good_until(victim: Victim, policy: Policy, now: datetime) -> datetime | None:
    """A provider must not deliver after the window in which the message is sent."""
    agreed = window_end(now, windows_of(victim.contract, policy), policy.timezone)
    return agreed or window_end(now, policy.default_windows, policy.timezone)
