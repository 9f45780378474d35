"""The table of duties (rules, section 1) once more, and what follows from it for one victim."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.properties.clock import end_of_day, instant, local_day, on_clock, working_days_after
from tests.properties.known import Event, Known

# Working days, the same with enhanced rights, whether from when it happened, tone.
_TABLE: dict[str, tuple[int, int, str, str]] = {
    "victim.registered": (5, 1, "occurred", "routine"),
    "case.not_investigated": (5, 1, "occurred", "bad_news"),
    "case.no_further_action": (5, 1, "occurred", "bad_news"),
    "case.suspect_arrested": (5, 1, "occurred", "routine"),
    "case.suspect_interviewed": (5, 1, "occurred", "routine"),
    "case.suspect_released": (5, 1, "occurred", "at_risk"),
    "case.bail_changed": (5, 1, "occurred", "at_risk"),
    "case.charged": (5, 1, "occurred", "routine"),
    "case.out_of_court": (5, 1, "occurred", "routine"),
    "case.charge_altered": (5, 1, "occurred", "bad_news"),
    "case.closed": (5, 1, "occurred", "bad_news"),
    "case.reopened": (5, 1, "occurred", "routine"),
    "case.progress": (5, 1, "occurred", "routine"),
    "officer.assigned": (5, 1, "occurred", "routine"),
    "court.hearing_listed": (1, 1, "received", "routine"),
    "court.hearing_changed": (1, 1, "received", "routine"),
    "court.witness_required": (1, 1, "received", "routine"),
    "court.bail_decided": (5, 1, "received", "at_risk"),
    "court.warrant_issued": (5, 1, "received", "routine"),
    "court.special_measures": (5, 1, "received", "routine"),
    "court.verdict": (1, 1, "received", "if_acquitted"),
    "court.sentenced": (1, 1, "received", "routine"),
    "court.appeal": (1, 1, "received", "routine"),
    "custody.release_planned": (1, 1, "received", "routine"),
    "custody.recalled": (1, 1, "received", "routine"),
    "custody.released": (0, 0, "received", "safety"),
    "custody.escaped": (0, 0, "received", "safety"),
    "contact_scheme.offered": (10, 10, "received", "routine"),
}
_TRYING_AT_ONCE = timedelta(minutes=10)
NOT_KEY_EVENTS = frozenset({"case.progress", "officer.assigned", "courtesy"})
_SERIOUS = frozenset(
    {
        *("domestic_abuse", "stalking", "sexual_offence", "trafficking", "child_abuse", "hate_crime"),
        "homicide",
    }
)
_SUBJECTS = {
    "court.hearing_listed": "hearing_id",
    "court.hearing_changed": "hearing_id",
    "case.bail_changed": "bail_id",
}


def is_told(event: Event) -> bool:
    """Tell whether the event is told to victims at all."""
    return event.type in _TABLE and not event.data.get("backfill", False)


def enhanced(known: Known, case_id: str, victim_id: str) -> bool:
    """Tell whether the shorter limits hold for her."""
    case = known.case(case_id) or {"offence": "other"}
    fatal_collision = case["offence"] == "road_collision" and case["fatal"]
    return case["offence"] in _SERIOUS or fatal_collision or known.profile(victim_id).get("enhanced", False)


def deadline(event: Event, *, with_enhanced_rights: bool) -> datetime:
    """Return by when the event must be told."""
    standard, shorter, clock, _ = _TABLE[event.type]
    days = shorter if with_enhanced_rights else standard
    if days == 0:
        return event.at
    start = event.occurred_at if clock == "occurred" else event.at
    due = end_of_day(working_days_after(local_day(start), days))
    evening = _evening_before(event)
    return due if evening is None or evening <= event.at else min(due, evening)


def surely_by(event: Event, *, with_enhanced_rights: bool) -> datetime:
    """Return the deadline; what is told at once has the time in which each way is tried three times."""
    due = deadline(event, with_enhanced_rights=with_enhanced_rights)
    return due + _TRYING_AT_ONCE if due == event.at else due


def moment_passed(event: Event) -> bool:
    """Tell whether the evening before the event's known moment was over when it arrived."""
    evening = _evening_before(event)
    return evening is not None and evening <= event.at


def _evening_before(event: Event) -> datetime | None:
    if event.type in ("court.hearing_listed", "court.hearing_changed"):
        day = local_day(instant(event.data["starts_at"]))
    elif event.type == "custody.release_planned":
        day = date.fromisoformat(event.data["on"])
    else:
        return None
    return on_clock(day - timedelta(days=1), "20:00")


def tone(event: Event, known: Known, victim_id: str) -> str:
    """Return how the event is to be told to this victim: routine, bad_news or safety."""
    written = _TABLE[event.type][3]
    if event.type == "custody.release_planned" and moment_passed(event):
        return "safety"
    if written == "at_risk":
        case = known.case(event.case_id) or {"offence": "other"}
        risk = case["offence"] in ("violence", "robbery") or case.get("suspect_known", False)
        return "safety" if risk or enhanced(known, event.case_id, victim_id) else "routine"
    if written == "if_acquitted":
        return "bad_news" if event.data["outcome"] == "not_guilty" else "routine"
    return "bad_news" if written == "routine" and _sets_free(event, known) else written


def _sets_free(event: Event, known: Known) -> bool:
    """A sentence without custody is bad news where custody or bail is on record."""
    if event.type != "court.sentenced" or event.data["outcome"] == "custody":
        return False
    before = [e for e in known.standing if e.case_id == event.case_id and e.order < event.order]
    said = [held for e in sorted(before, key=lambda e: e.order) if (held := _held_after(e)) is not None]
    return bool(said) and said[-1]


def _held_after(event: Event) -> bool | None:
    """Return whether somebody is in custody or on bail once this happened; ``None``: it does not say."""
    data = event.data
    return {
        "case.no_further_action": False,
        "case.suspect_arrested": True,
        "case.suspect_released": data.get("outcome") == "bail",
        "case.bail_changed": data.get("change") != "cancelled",
        "case.charge_altered": False if data.get("change") == "stopped" else None,
        "court.bail_decided": True,
        "court.verdict": False if data.get("outcome") == "not_guilty" else None,
        "court.sentenced": data.get("outcome") == "custody",
        "custody.released": False,
        "custody.recalled": True,
    }.get(event.type)


def subject(event: Event) -> tuple[str, str, str] | None:
    """Return the hearing or the bail that the event is about."""
    name = _SUBJECTS.get(event.type)
    return (event.case_id, name, event.data[name]) if name else None
