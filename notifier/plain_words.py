"""What the stored words mean, said so that a person who is tired understands it at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from notifier.records import AttemptState, NoticeState, What, Wording
from notifier.staff_words import REASONS

NOTICE_STATES: dict[str, str] = {
    NoticeState.PLANNED: "is to be sent",
    NoticeState.HELD: "is held until a person acts",
    NoticeState.SENDING: "is being sent",
    NoticeState.SENT: "was sent, not known yet whether it arrived",
    NoticeState.TOLD: "was told",
    NoticeState.WITH_PERSON: "is with a person, as a task",
    NoticeState.UNCERTAIN: "may or may not have gone out",
    NoticeState.FAILED: "could not be told",
    NoticeState.SUPPRESSED: "is not told",
    NoticeState.CANCELLED: "was overtaken",
}
ATTEMPT_STATES: dict[str, str] = {
    AttemptState.DISPATCHING: "is being handed to the provider",
    AttemptState.ACCEPTED: "the provider took it",
    AttemptState.DELIVERED: "arrived",
    AttemptState.CONFIRMED: "was answered",
    AttemptState.UNCONFIRMED: "no receipt came in time",
    AttemptState.DEFERRED: "failed for now",
    AttemptState.FAILED: "failed",
    AttemptState.UNKNOWN: "nobody knows whether it went out",
}
EVENTS: dict[str, str] = {
    "case.opened": "the opening of the case",
    "case.party_recorded": "a party of the case",
    "victim.registered": "the registration",
    "victim.updated": "a change of the victim's record",
    "victim.withdrew": "the wish for no more updates",
    "victim.merged": "the merging of two records",
    "victim.split": "the splitting of a record",
    "officer.assigned": "the officer of the case",
    "officer.absent": "an absence of the officer",
    "contact.recorded": "a contact with the victim",
    "escalation.acknowledged": "the acknowledging of an escalation",
    "escalation.resolved": "the resolving of an escalation",
    "task.done": "a task that was done",
    "support.referred": "the referral to support",
    "support.declined": "the declining of support",
    "case.progress": "progress in the case",
    "case.not_investigated": "the decision not to investigate",
    "case.no_further_action": "the decision on no further action",
    "case.closed": "the closing of the case",
    "case.reopened": "the reopening of the case",
    "case.suspect_arrested": "the arrest of a suspect",
    "case.suspect_interviewed": "the interview of a suspect",
    "case.suspect_released": "the release of a suspect",
    "case.bail_changed": "a change of bail",
    "case.charged": "a charge",
    "case.out_of_court": "a disposal out of court",
    "case.charge_altered": "a change of the charge",
    "court.hearing_listed": "a court hearing",
    "court.hearing_changed": "a change of a court hearing",
    "court.bail_decided": "the court's decision on bail",
    "court.warrant_issued": "a warrant",
    "court.witness_required": "the need for the victim as a witness",
    "court.special_measures": "special measures in court",
    "court.verdict": "the verdict",
    "court.sentenced": "the sentence",
    "court.appeal": "an appeal",
    "custody.release_planned": "a planned release from custody",
    "custody.released": "a release from custody",
    "custody.recalled": "a recall to custody",
    "custody.escaped": "an escape from custody",
    "contact_scheme.offered": "the offer of the contact scheme",
    "event.retracted": "the retraction of an event",
}
OTHER_NEWS = {
    "courtesy": "how the case stands",
    "automatic_answer": "whom to call",
}
WORDINGS: dict[str, str] = {
    Wording.FULL: "all of it",
    Wording.POINTER: "only that there is an update",
    Wording.NEWS: "only that there is news, and whom to call",
    Wording.NEUTRAL: "only whom to call, nothing of police or case",
}
CODES = {
    "already_registered": "the victim was registered in this case already",
    "asks_for_help": "it asks for help",
    "bad_address": "the address does not exist or does not fit the channel",
    "blocked": "the person or the network refuses our messages",
    "cannot_render": "its words cannot be made; a person must tell it",
    "consent_withdrawn": "it says stop",
    "discarded": "a person decided that it is not told",
    "expired": "the time for telling it was over before the victim was registered",
    "full_text_by_call": "the full text is told by telephone",
    "identity": "records of persons were merged or split; a person decides",
    "key_events_only": "the victim wants key events only",
    "message": "a person reads it",
    "news": "there is news to tell instead",
    "no_contact": "no agreed way to reach the victim is left",
    "not_ours": "our settings or our account with the provider are wrong",
    "nothing_to_tell": "there is nothing specific to tell",
    "older": "something newer about the same was told already",
    "opted_out": "the victim withdrew consent at the provider",
    "party_contact_point": "the contact point is also on file for a party",
    "person_first": "a person tells it first",
    "provider": "the provider's own fault",
    "reassigned": "the number was given up, and its next owner may be anybody",
    "rejected_content": "the provider refused the text",
    "released": "a person released it",
    "retracted": "the event was retracted",
    "superseded": "something newer replaces it",
    "told_by_person": "a person told the victim",
    "told_in_person": "a person told the victim, and there is no way to write",
    "too_many_tries": "workers broke off too often while they had it in hand",
    "unknown": "the provider gave no cause that we know",
    "unprintable": "the letter could not be made",
    "unreachable": "out of reach for too long",
    "volume": "far more came within an hour than is usual; a person decides",
    "wants_none": "the victim wants no updates",
    "wants_messages_again": "the victim wants messages again",
    "withdrew": "the victim wants no more updates",
    "wrong_person": "the number or address seems to be somebody else's",
}


def moment(at: datetime, timezone: ZoneInfo) -> str:
    """Return an instant as people write it: Wed 1 Apr 2026, 18:00:00 (local time)."""
    local = at.astimezone(timezone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S}"


def reason(code: str | None) -> str:
    """Return what a stored reason means, an unknown one as it is."""
    return CODES.get(code or "", (code or "no reason given").replace("_", " "))


def staff_reason(code: str) -> str:
    """Return what a task or an escalation asks of staff."""
    return REASONS.get(code, reason(code))


def news(event_type: str) -> str:
    """Return what a type of event, or what else a message is about, is called."""
    return (EVENTS | OTHER_NEWS).get(event_type, event_type)


def outcome(state: str, why: str | None = None, code: str | None = None) -> str:
    """Return where an attempt stands and why, with the provider's code."""
    said = ATTEMPT_STATES[state]
    if why is not None:
        said += f", {reason(why)}"
    return f"{said} (the provider's code was {code})" if code else said


def step(row: Row[Any] | SimpleNamespace) -> str:
    """Return one sentence about a line of the journal."""
    return _STEPS[What(row.what)](row)


def _whom(row: Row[Any]) -> str:
    return f"{row.role or 'person'} {row.person_id}" if row.person_id else "nobody on file"


def _about(row: Row[Any]) -> str:
    return ", ".join(row.event_ids) if row.event_ids else (row.event_type or "the case")


def _decided(row: Row[Any]) -> str:
    if row.reason is None:
        return f"it was decided how {_whom(row)} hears of {_about(row)}"
    if row.reason == "update_due":
        return f"{_whom(row)} was reminded, in one email, of updates that come due"
    return f"{_whom(row)} cannot be told of {_about(row)}: {reason(row.reason)}"


def _escalated(row: Row[Any]) -> str:
    done = "climbed" if row.kind == "climbed" else f"was {row.kind or 'opened'}"
    return f"an escalation {done}, level {row.level}, for {_whom(row)}: {staff_reason(row.reason)}"


_STEPS: dict[What, Callable[[Any], str]] = {
    What.MESSAGE: lambda row: f"{row.channel} to {_whom(row)} about {_about(row)}",
    What.CLOSURE: lambda row: f"closing case {row.case_id} is {row.kind}",
    What.ACCEPTED: lambda row: f"the {row.channel} to {_whom(row)} had gone out after all",
    What.PROMPT: lambda row: f"{_whom(row)} was reminded of an update that comes due",
    What.TASK: lambda row: f"a task for {_whom(row)}: {staff_reason(row.kind)}",
    What.ESCALATION: _escalated,
    What.SUPPRESSED: lambda row: f"{_whom(row)} is not told of {_about(row)}: {reason(row.reason)}",
    What.HELD: lambda row: f"{_about(row)} is held for {_whom(row)}: {reason(row.reason)}",
    What.CANCELLED: lambda row: f"{_about(row)} for {_whom(row)} was overtaken: {reason(row.reason)}",
    What.DELIVERED: lambda row: f"the {row.channel} to {_whom(row)} arrived",
    What.UNCONFIRMED: lambda row: f"no receipt came in time for the {row.channel} to {_whom(row)}",
    What.FAILED: lambda row: f"the {row.channel} to {_whom(row)} failed: {reason(row.reason)}",
    What.DECIDED: _decided,
    What.RECEIVED: lambda row: f"a reply came by {row.channel} from {_whom(row)}: {reason(row.reason)}",
    What.CONFIRMED: lambda row: f"{_whom(row)} answered the {row.channel}",
    What.DONE: lambda row: f"a task was done: {staff_reason(row.kind)}",
    What.ACKNOWLEDGED: lambda row: f"{row.person_id} looks after the escalation: {staff_reason(row.reason)}",
    What.RESOLVED: lambda row: f"{row.person_id} resolved the escalation: {staff_reason(row.reason)}",
}
