"""What must hold for every message: its time, its address, its words. Complaints are in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.properties.clock import in_windows, instant, next_opening
from tests.properties.duties import NOT_KEY_EVENTS, moment_passed
from tests.properties.event_data import NAMES, REPRESENTATIVE
from tests.properties.known import Event, today, usable
from tests.properties.profiles import same
from tests.properties.run import Complaints, Line, Run, named

_OFFENCES_WITHOUT_LETTERS = ("domestic_abuse", "stalking")
_OF_STAFF = ("Priya", "Shah", "Tom", "Reid", "Ann", "Field")
_OF_VICTIMS = {word for name in NAMES.values() for word in name.values()} - {"Ms", "Mr"}
_NAMES = "|".join(sorted({*_OF_STAFF, *_OF_VICTIMS, REPRESENTATIVE["given"], REPRESENTATIVE["family"]}))
_NEVER_IN_AN_SMS = re.compile(
    r"\b(Priya|Shah|Tom|Reid|Ann|Field|Ada|Thorne)\b|\bburglar|https?:", re.IGNORECASE
)
_NEVER_IF_DISCREET = re.compile(
    rf"\b({_NAMES}|police|officer|crime|offence|court|case|victim|suspect|EX/|heddlu|achos|llys)",
    re.IGNORECASE,
)


def messages_keep_to_her_windows(run: Run) -> Complaints:
    """Strict windows always; ordinary ones but for safety, a near moment or a deadline (section 2)."""
    for message in run.messages:
        contract, at = run.contract(message), instant(message["at"])
        windows = contract.get("windows") or []
        if in_windows(at, windows):
            continue
        if contract.get("windows_strict"):
            yield f"{named(message)} is outside her strict windows"
        events = run.told_by(message)
        if not events or not all(_may_leave_windows(run, message, event, windows) for event in events):
            yield f"{named(message)} is outside her windows, and nothing allows it"


def _may_leave_windows(run: Run, message: Line, event: Event, windows: list[dict[str, Any]]) -> bool:
    at = instant(message["at"])
    if run.tone(event, message) == "safety":
        return True
    pressing = moment_passed(event) or next_opening(at, windows) > run.deadline(event, message)
    return pressing and in_windows(at, [])


def wishes_are_kept(run: Run) -> Complaints:
    """Nothing after a withdrawal, nothing for who wants none, key events only where agreed (section 3)."""
    for message in run.messages:
        wants = run.contract(message).get("wants", "all")
        if run.known_to(message).withdrew(message["case_id"], message["person_id"]):
            yield f"{named(message)} is after she withdrew"
        if wants == "none":
            yield f"{named(message)} although she wants none"
        types = {event.type for event in run.told_by(message)} or {"courtesy"}
        if wants == "key_events" and types & NOT_KEY_EVENTS:
            yield f"{named(message)} although the victim wants key events only"


def nothing_goes_to_a_party(run: Run) -> Complaints:
    """Never to an address on file for another party of any case, however it is written (section 3)."""
    for message in run.messages:
        if same(message["address"]) in run.known_to(message).parties(apart_from=message["person_id"]):
            yield f"{named(message)} goes to an address of a party"


def only_agreed_ways_are_used(run: Run) -> Complaints:
    """Only channels of the contract, only contact points on file that are safe and valid (section 3)."""
    for message in run.messages:
        channels = run.contract(message).get("channels") or ["sms", "email"]
        if message["channel"] not in channels:
            yield f"{named(message)} uses a channel that was not agreed: {channels}"
        points = [
            point
            for point in run.contacts(message)
            if (point["channel"], same(point["address"])) == (message["channel"], same(message["address"]))
        ]
        if not any(usable(point, today(message["at"])) for point in points):
            yield f"{named(message)} goes where nothing safe and valid is on file: {points}"
        if _letter_needs_a_word(run, message) and not any(point.get("safe") is True for point in points):
            yield f"{named(message)} is a letter, and nobody wrote that post is safe"


def _letter_needs_a_word(run: Run, message: Line) -> bool:
    case = run.known_to(message).case(message["case_id"])
    risky = case is not None and case["offence"] in _OFFENCES_WITHOUT_LETTERS
    return message["channel"] == "letter" and (risky or run.needs(message).get("discreet", False))


def a_failed_address_is_left_alone(run: Run) -> Complaints:
    """What failed for good is not used again until it is confirmed or replaced (section 3)."""
    for failure in run.lines:
        if failure["what"] != "failed" or failure["reason"] != "bad_address":
            continue
        for message in run.messages:
            same_way = all(message[name] == failure[name] for name in ("person_id", "channel", "address"))
            # What goes at one instant is handed over together, before any answer comes.
            later = instant(message["at"]) > instant(failure["at"])
            if same_way and later and not _written_again(run, failure, message):
                yield f"{named(message)} goes to an address that failed for good at {failure['at']}"


def _written_again(run: Run, failure: Line, message: Line) -> bool:
    """Tell whether an address was published between the two; at the same instant it may have been before."""
    after, before = instant(failure["at"]), instant(message["at"])
    updates = (
        e for e in run.events if after <= e.at <= before and e.data.get("victim_id") == message["person_id"]
    )
    return any("'address'" in str(e.data) for e in updates)


def a_representative_hears_instead(run: Run) -> Complaints:
    """With a representative nothing goes to the victim, and without one nothing to a representative."""
    for message in run.messages:
        represented = bool(run.needs(message).get("representative"))
        if (message["role"] == "representative") != represented:
            yield f"{named(message)} goes to the {message['role']}; represented is {represented}"


def words_are_safe(run: Run) -> Complaints:
    """Discreet means neutral; an SMS has no name, offence or link, and no bad news in full (section 3)."""
    for message in run.messages:
        if run.needs(message).get("discreet") and (found := _NEVER_IF_DISCREET.search(message["text"])):
            yield f"{named(message)} should be discreet and says {found[0]!r}"
        if message["channel"] == "sms" and (found := _NEVER_IN_AN_SMS.search(message["text"])):
            yield f"{named(message)} is an SMS and says {found[0]!r}"
        if message["channel"] == "sms" and (names := _victims_on_file(run, message) & _words(message)):
            yield f"{named(message)} is an SMS and names {names}"
        for event in run.told_by(message):
            reasons = event.data.get("reasons")
            bad = run.tone(event, message) == "bad_news"
            if message["channel"] == "sms" and bad and reasons and reasons[:30] in message["text"]:
                yield f"{named(message)} tells bad news in full by SMS"


def _victims_on_file(run: Run, message: Line) -> set[str]:
    known = run.known_to(message).events
    registered = [e for e in known if e.type == "victim.registered" and e.case_id == message["case_id"]]
    hers = {e.data["victim_id"] for e in registered}
    named_on_file = {
        e.data["victim_id"] for e in known if e.type.startswith("victim.") and e.data.get("name")
    }
    return {word for victim_id in hers & named_on_file for word in NAMES[victim_id].values()} - {"Ms", "Mr"}


def _words(message: Line) -> set[str]:
    return set(re.findall(r"\w+", message["text"]))


CHECKS: tuple[Callable[[Run], Complaints], ...] = (
    messages_keep_to_her_windows,
    wishes_are_kept,
    nothing_goes_to_a_party,
    only_agreed_ways_are_used,
    a_failed_address_is_left_alone,
    a_representative_hears_instead,
    words_are_safe,
)
