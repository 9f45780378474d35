"""What must hold for every history, one check a rule: each yields its complaints in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from tests.properties.clock import in_windows, instant, next_opening
from tests.properties.duties import (
    NOT_KEY_EVENTS,
    enhanced,
    moment_passed,
    subject,
    tone,
)
from tests.properties.event_data import NAMES, REPRESENTATIVE
from tests.properties.known import Event, today, usable
from tests.properties.profiles import same
from tests.properties.run import Line, Run

Complaints = Iterator[str]
_OFFENCES_WITHOUT_LETTERS = ("domestic_abuse", "stalking")
_NAMES = {*REPRESENTATIVE.values(), *(word for name in NAMES.values() for word in name.values())} - {
    "Ms",
    "Mr",
}
_NAMES |= {"Priya", "Shah", "Tom", "Reid", "Ann", "Field"}  # of staff
_NEVER_IN_AN_SMS = re.compile(
    r"\b(Priya|Shah|Tom|Reid|Ann|Field|Ada|Thorne)\b|\bburglar|https?:", re.IGNORECASE
)
_NEVER_IF_DISCREET = re.compile(
    rf"\b({'|'.join(sorted(_NAMES))}|police|officer|crime|offence|court|case|victim|suspect|EX/|heddlu|achos|llys)",
    re.IGNORECASE,
)
_POINTS_TO_THE_FULL_TEXT = ("full message", "neges lawn")
_GAP = timedelta(minutes=30)


def _contract(run: Run, line: Line) -> dict[str, Any]:
    return run.known_to(line).profile(line["person_id"]).get("contract") or {}


def _needs(run: Run, line: Line) -> dict[str, Any]:
    return run.known_to(line).profile(line["person_id"]).get("needs") or {}


def _named(line: Line) -> str:
    events = ", ".join(line["event_ids"]) or "courtesy"
    return f"the {line.get('channel')} of {line['at']} to {line['person_id']} in {line['case_id']} ({events})"


def messages_keep_to_her_windows(run: Run) -> Complaints:
    """Strict windows always; ordinary ones but for safety, a near moment or a deadline (section 2)."""
    for message in run.messages:
        contract, at = _contract(run, message), instant(message["at"])
        windows = contract.get("windows") or []
        if in_windows(at, windows):
            continue
        if contract.get("windows_strict"):
            yield f"{_named(message)} is outside her strict windows"
        events = run.told_by(message)
        if not events or not all(_may_leave_windows(run, message, event, windows) for event in events):
            yield f"{_named(message)} is outside her windows, and nothing allows it"


def _may_leave_windows(run: Run, message: Line, event: Event, windows: list[dict[str, Any]]) -> bool:
    at = instant(message["at"])
    if tone(event, run.known(at), message["person_id"]) == "safety":
        return True
    pressing = moment_passed(event) or next_opening(at, windows) > run.deadline(event, message)
    return pressing and in_windows(at, [])


def wishes_are_kept(run: Run) -> Complaints:
    """Nothing after a withdrawal, nothing for who wants none, key events only where agreed (section 3)."""
    for message in run.messages:
        wants = _contract(run, message).get("wants", "all")
        if run.known_to(message).withdrew(message["case_id"], message["person_id"]):
            yield f"{_named(message)} is after she withdrew"
        if wants == "none":
            yield f"{_named(message)} although she wants none"
        types = {event.type for event in run.told_by(message)} or {"courtesy"}
        if wants == "key_events" and types & NOT_KEY_EVENTS:
            yield f"{_named(message)} although she wants key events only"


def nothing_goes_to_a_party(run: Run) -> Complaints:
    """Never to an address on file for another party of any case, however it is written (section 3)."""
    for message in run.messages:
        if same(message["address"]) in run.known_to(message).parties(apart_from=message["person_id"]):
            yield f"{_named(message)} goes to an address of a party"


def only_agreed_ways_are_used(run: Run) -> Complaints:
    """Only channels of the contract, only contact points on file that are safe and valid (section 3)."""
    for message in run.messages:
        channels = _contract(run, message).get("channels") or ["sms", "email"]
        if message["channel"] not in channels:
            yield f"{_named(message)} uses a channel that was not agreed: {channels}"
        points = [
            point
            for point in run.contacts(message)
            if (point["channel"], same(point["address"])) == (message["channel"], same(message["address"]))
        ]
        if not any(usable(point, today(message["at"])) for point in points):
            yield f"{_named(message)} goes where nothing safe and valid is on file: {points}"
        if _letter_needs_a_word(run, message) and not any(point.get("safe") is True for point in points):
            yield f"{_named(message)} is a letter, and nobody wrote that post is safe"


def _letter_needs_a_word(run: Run, message: Line) -> bool:
    case = run.known_to(message).case(message["case_id"])
    risky = case is not None and case["offence"] in _OFFENCES_WITHOUT_LETTERS
    return message["channel"] == "letter" and (risky or _needs(run, message).get("discreet", False))


def a_failed_address_is_left_alone(run: Run) -> Complaints:
    """What failed for good is not used again until it is confirmed or replaced (section 3)."""
    for failure in run.lines:
        if failure["what"] != "failed" or failure["reason"] != "bad_address":
            continue
        for message in run.messages:
            same_way = all(message[name] == failure[name] for name in ("person_id", "channel", "address"))
            if same_way and run.is_before(failure, message) and not _written_again(run, failure, message):
                yield f"{_named(message)} goes to an address that failed for good at {failure['at']}"


def _written_again(run: Run, failure: Line, message: Line) -> bool:
    """Tell whether an address was published between the two; at the same instant it may have been before."""
    after, before = instant(failure["at"]), instant(message["at"])
    updates = (
        e for e in run.events if after <= e.at <= before and e.data.get("victim_id") == message["person_id"]
    )
    return any('"address"' in str(e.data).replace("'", '"') for e in updates)


def a_representative_hears_instead(run: Run) -> Complaints:
    """With a representative nothing goes to the victim, and without one nothing to a representative."""
    for message in run.messages:
        represented = bool(_needs(run, message).get("representative"))
        if (message["role"] == "representative") != represented:
            yield f"{_named(message)} goes to the {message['role']}; represented is {represented}"


def words_are_safe(run: Run) -> Complaints:
    """Discreet means neutral; an SMS has no name, offence or link, and no bad news in full (section 3)."""
    for message in run.messages:
        if _needs(run, message).get("discreet") and (found := _NEVER_IF_DISCREET.search(message["text"])):
            yield f"{_named(message)} should be discreet and says {found[0]!r}"
        if message["channel"] == "sms" and (found := _NEVER_IN_AN_SMS.search(message["text"])):
            yield f"{_named(message)} is an SMS and says {found[0]!r}"
        if message["channel"] == "sms" and (named := _victims_on_file(run, message) & _words(message)):
            yield f"{_named(message)} is an SMS and names {named}"
        for event in run.told_by(message):
            reasons = event.data.get("reasons")
            bad = tone(event, run.known_to(message), message["person_id"]) == "bad_news"
            if message["channel"] == "sms" and bad and reasons and reasons[:30] in message["text"]:
                yield f"{_named(message)} tells bad news in full by SMS"


def _victims_on_file(run: Run, message: Line) -> set[str]:
    registered = (e for e in run.known_to(message).events if e.type == "victim.registered")
    hers = (e.data["victim_id"] for e in registered if e.case_id == message["case_id"])
    return {word for victim_id in hers for word in NAMES[victim_id].values()} - {"Ms", "Mr"}


def _words(message: Line) -> set[str]:
    return set(re.findall(r"\w+", message["text"]))


def a_person_tells_bad_news_first(run: Run) -> Complaints:
    """With enhanced rights nothing is written before a person spoke with her about it (section 3)."""
    for message in run.messages:
        known = run.known_to(message)
        for event in run.told_by(message):
            bad = tone(event, known, message["person_id"]) == "bad_news"
            if not bad or not enhanced(known, event.case_id, message["person_id"]):
                continue
            if not known.talks(message["person_id"], event):
                yield f"{_named(message)} tells bad news before a person did"


def nothing_retracted_is_told(run: Run) -> Complaints:
    """Taken back by its own source, an event is not told; told before, a person corrects it (section 4)."""
    for message in run.messages:
        for event_id in set(message["event_ids"]) & run.known_to(message).retracted:
            yield f"{_named(message)} tells {event_id}, which had been retracted"
    whole = run.known(run.until - timedelta(seconds=1))
    for message in run.messages:
        for event in run.told_by(message):
            told = (run.outcome_of(message) or {"what": "sent"})["what"] in ("sent", "delivered")
            corrected = any(line.get("kind") == "correction" for line in run.lines_of_staff_about(event))
            if event.id in whole.retracted and told and not corrected:
                yield f"{_named(message)} told {event.id}, which was retracted later, and nobody corrects it"


def no_news_is_told_twice(run: Run) -> Complaints:
    """Again only after the first failed, or as the full text of what an SMS pointed to (sections 3, 4)."""
    for place, message in enumerate(run.messages):
        for earlier in run.messages[:place]:
            shared = set(message["event_ids"]) & set(earlier["event_ids"])
            hers = earlier["person_id"] == message["person_id"]
            if shared and hers and not _may_follow(run, earlier, message):
                yield f"{_named(message)} repeats {_named(earlier)}"


def _may_follow(run: Run, earlier: Line, message: Line) -> bool:
    if run.ended_badly(earlier, message):
        return True
    pointed = any(words in earlier["text"] for words in _POINTS_TO_THE_FULL_TEXT)
    if earlier["channel"] == "sms" and message["channel"] != "sms" and pointed:
        return True
    events = run.told_by(message)
    safety = all(tone(e, run.known_to(message), message["person_id"]) == "safety" for e in events)
    return safety and run.provider_says(earlier) == "unknown"


def what_a_person_told_is_not_repeated(run: Run) -> Complaints:
    """A routine or safety notice is cancelled once a person told it (section 1)."""
    for message in run.messages:
        known = run.known_to(message)
        for event in run.told_by(message):
            written = tone(event, known, message["person_id"]) != "bad_news"
            if written and known.talks(message["person_id"], event):
                yield f"{_named(message)} tells {event.id}, which a person had told her"


def an_older_word_never_follows_a_newer(run: Run) -> Complaints:
    """Of one hearing or one bail nothing older is told after what is newer (section 4)."""
    for place, message in enumerate(run.messages):
        for earlier in run.messages[:place]:
            if earlier["person_id"] != message["person_id"] or run.ended_badly(earlier, message):
                continue
            for older in run.told_by(message):
                for newer in run.told_by(earlier):
                    about = subject(older)
                    live = newer.id not in run.known_to(message).retracted
                    if live and about and about == subject(newer) and older.order < newer.order:
                        yield f"{_named(message)} tells {older.id} after the newer {newer.id}"


def only_routine_news_is_joined(run: Run) -> Complaints:
    """Safety and bad news go alone; the oldest comes first, with the earliest deadline (section 4)."""
    for message in run.messages:
        events = run.told_by(message)
        tones = {tone(event, run.known_to(message), message["person_id"]) for event in events}
        if len(events) > 1 and tones != {"routine"}:
            yield f"{_named(message)} joins {sorted(tones)}"
        if [e.order for e in events] != sorted(e.order for e in events):
            yield f"{_named(message)} does not begin with the oldest event"
        due = min((run.deadline(event, message) for event in events), default=None)
        printed = instant(message["deadline"]) if "deadline" in message else None
        if due != printed:
            yield f"{_named(message)} is due by {due}, and its line says {printed}"


def a_backlog_is_one_message(run: Run) -> Complaints:
    """Routine news waits half an hour after her last message, unless a deadline is nearer (section 2)."""
    for place, message in enumerate(run.messages):
        at, seen = instant(message["at"]), run.messages[:place]
        hers = [m for m in seen if m["person_id"] == message["person_id"]]
        events, windows = run.told_by(message), _contract(run, message).get("windows") or []
        first = not any(set(m["event_ids"]) & set(message["event_ids"]) for m in run.tries_before(message))
        routine = all(tone(e, run.known(at), message["person_id"]) == "routine" for e in events)
        if not hers or not events or not first or not routine:
            continue
        later = next_opening(instant(hers[-1]["at"]) + _GAP, windows)
        near = any(moment_passed(e) or later > run.deadline(e, message) for e in events)
        if at < instant(hers[-1]["at"]) + _GAP and not near:
            yield f"{_named(message)} follows {_named(hers[-1])} within half an hour"


def a_courtesy_update_names_only_what_she_knows(run: Run) -> Complaints:
    """It quotes what is awaited only from news that she was told and that still stands (section 5)."""
    for message in run.messages:
        known = run.known_to(message)
        if message["event_ids"]:
            continue
        for event in known.events:
            quoted = event.data.get("waiting_for")
            if not quoted or quoted not in message["text"]:
                continue
            sent = any(run.is_before(m, message) for m in run.messages_about(event, message["person_id"]))
            if event.id in known.retracted or not (sent or known.talks(message["person_id"], event)):
                yield f"{_named(message)} quotes {event.id}, which she was not told"


CHECKS: tuple[Callable[[Run], Complaints], ...] = (
    messages_keep_to_her_windows,
    wishes_are_kept,
    nothing_goes_to_a_party,
    only_agreed_ways_are_used,
    a_failed_address_is_left_alone,
    a_representative_hears_instead,
    words_are_safe,
    a_person_tells_bad_news_first,
    nothing_retracted_is_told,
    no_news_is_told_twice,
    what_a_person_told_is_not_repeated,
    an_older_word_never_follows_a_newer,
    only_routine_news_is_joined,
    a_backlog_is_one_message,
    a_courtesy_update_names_only_what_she_knows,
)
