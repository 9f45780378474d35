"""The sample day is what its README says: reproducible, valid but for named mishaps, about nobody real."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from notifier.addresses import AddressRefused, normalise
from notifier.event_data import CaseOpened
from notifier.event_types import EVENT_TYPES
from notifier.records import ChannelName
from notifier.wire import ContactPointShape, PostalAddress

EXAMPLES = Path(__file__).parent.parent / "examples"
FILES = ("day.jsonl", "outcomes.jsonl", "one-case.jsonl")

NAIVE_TIME, UNKNOWN_TYPE, MISSING_FIELD = "wrong-naive-time", "wrong-unknown-type", "wrong-missing-field"
OTHER_CONTENT = "c22-progress"
REPEATED = {"c24-suspect_arrested", "c21-hearing_listed"}
UNUSABLE_ADDRESSES = {("c28-v1", "sms-1"), ("c28-v2", "letter-1"), ("c28-v3", "letter-1")}

DAY_STARTS = datetime.fromisoformat("2026-04-21T06:30:00+01:00")
DAY_ENDS = datetime.fromisoformat("2026-04-23T18:00:00+01:00")


def rows(name: str) -> list[dict[str, Any]]:
    """Return the objects of a sample file, in its order."""
    return [json.loads(line) for line in (EXAMPLES / name).read_text(encoding="utf-8").splitlines()]


EVENTS = rows("day.jsonl")
OUTCOMES = {row["address"]: row["behaviour"] for row in rows("outcomes.jsonl")}
SOUND = [event for event in EVENTS if event["id"] not in {NAIVE_TIME, UNKNOWN_TYPE, MISSING_FIELD}]
LIVE = [event for event in SOUND if not event["data"].get("backfill")]
HISTORY = [event for event in SOUND if event["data"].get("backfill")]


def of_type(*names: str, among: list[dict[str, Any]] = SOUND) -> list[dict[str, Any]]:
    """Return the ``data`` of the events of these types."""
    return [event["data"] for event in among if event["type"] in names]


VICTIMS = {data["victim_id"]: data for data in of_type("victim.registered")}
CASES = {data["case_id"]: data for data in of_type("case.opened")}


def contract(name: str) -> list[Any]:
    """Return what the victims who wrote ``name`` into their contract wrote."""
    return [data["contract"][name] for data in VICTIMS.values() if name in data.get("contract", {})]


def needs(name: str) -> list[Any]:
    """Return what the victims who need ``name`` need."""
    return [data["needs"][name] for data in VICTIMS.values() if name in data.get("needs", {})]


def points() -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Yield every contact point that has an address, with its owner and id."""
    for event in chain(EVENTS, rows("one-case.jsonl")):
        data = event["data"]
        representative = data.get("needs", {}).get("representative", {})
        for point in chain(data.get("contact_points", ()), representative.get("contact_points", ())):
            yield (data.get("victim_id", "party"), point["id"]), point


def normalised(point: dict[str, Any]) -> str:
    """Return the address as the service stores it; a patch without a channel is of an sms here."""
    shape = ContactPointShape.model_validate({"channel": "sms", **point})
    written = shape.address.lines if isinstance(shape.address, PostalAddress) else shape.address
    return normalise(shape.channel, written)


def usable(point: dict[str, Any]) -> bool:
    """Tell whether the service would use the address."""
    try:
        normalised(point)
    except AddressRefused:
        return False
    return True


def time(event: dict[str, Any]) -> datetime:
    """Return when the event was published."""
    return datetime.fromisoformat(event["time"])


def occurred(event: dict[str, Any]) -> datetime:
    """Return when the event happened."""
    return datetime.fromisoformat(event["data"].get("occurred_at", event["time"]))


def test_making_the_day_again_gives_the_same_files(tmp_path: Path) -> None:
    subprocess.run([sys.executable, EXAMPLES / "make_day.py", tmp_path], check=True, timeout=60)

    assert {name: (tmp_path / name).read_bytes() for name in FILES} == {
        name: (EXAMPLES / name).read_bytes() for name in FILES
    }


def test_the_day_is_large_enough() -> None:
    assert len(EVENTS) >= 260
    assert len(VICTIMS) >= 45
    assert len(CASES) >= 26


def test_history_lies_before_the_day_and_most_of_the_day_is_tuesday() -> None:
    assert all(time(event) < DAY_STARTS for event in HISTORY)
    assert all(DAY_STARTS <= time(event) <= DAY_ENDS for event in LIVE)
    working_day = [
        event for event in LIVE if time(event).date() == DAY_STARTS.date() and 7 <= time(event).hour < 20
    ]
    assert len(working_day) > len(LIVE) / 2


def test_lines_are_ordered_by_time() -> None:
    times = [time(event) for event in SOUND]
    assert times == sorted(times)


@pytest.mark.parametrize("event", SOUND + rows("one-case.jsonl"), ids=lambda event: event["id"])
def test_a_sound_event_is_valid(event: dict[str, Any]) -> None:
    EVENT_TYPES[event["type"]].data.model_validate(event["data"])

    assert event["specversion"] == "1.0"
    assert occurred(event) <= time(event)


def test_one_event_has_a_naive_time() -> None:
    assert [event["id"] for event in EVENTS if time(event).utcoffset() is None] == [NAIVE_TIME]


def test_one_event_has_an_unknown_type() -> None:
    assert [event["id"] for event in EVENTS if event["type"] not in EVENT_TYPES] == [UNKNOWN_TYPE]


def test_one_event_lacks_a_required_field() -> None:
    (event,) = (event for event in EVENTS if event["id"] == MISSING_FIELD)

    with pytest.raises(ValidationError, match="starts_at"):
        EVENT_TYPES[event["type"]].data.model_validate(event["data"])


def test_two_events_are_repeated_and_one_comes_back_with_other_content() -> None:
    came: dict[str, list[dict[str, Any]]] = {}
    for event in EVENTS:
        came.setdefault(event["id"], []).append(event)
    again = {event_id: found for event_id, found in came.items() if len(found) > 1}

    assert again.keys() == REPEATED | {OTHER_CONTENT}
    assert all(again[event_id][0] == again[event_id][1] for event_id in REPEATED)
    assert again[OTHER_CONTENT][0]["data"] != again[OTHER_CONTENT][1]["data"]


def test_everything_named_is_on_file() -> None:
    ids = {event["id"] for event in SOUND}
    named = [data["victim_id"] for data in of_type("contact.recorded", "victim.updated")]
    named += [victim for event in SOUND for victim in event["data"].get("victim_ids", ())]

    assert {event["data"]["case_id"] for event in EVENTS} == CASES.keys()
    assert set(named) <= VICTIMS.keys()
    assert {event_id for data in of_type("contact.recorded") for event_id in data["about"]} <= ids


OF_THE_DAY = EVENT_TYPES.keys() - {
    name
    for name in EVENT_TYPES
    # What happens in court and in prison, and what staff answer, is not of this day.
    if name.startswith(("custody.", "escalation.", "task.", "support.", "event.", "contact_scheme."))
    or (name.startswith("court.") and "hearing" not in name)
    or name
    in (
        "victim.merged",
        "victim.split",
        "victim.withdrew",
        "officer.absent",
        "case.not_investigated",
        "case.reopened",
        "case.bail_changed",
        "case.out_of_court",
        "case.charge_altered",
    )
}


def test_all_types_and_all_offences_are_used() -> None:
    assert {event["type"] for event in SOUND} == OF_THE_DAY
    assert {data["offence"] for data in CASES.values()} == set(
        get_args(CaseOpened.model_fields["offence"].annotation)
    )


def test_addresses_are_usable_but_for_the_named_ones() -> None:
    assert {owner for owner, point in points() if not usable(point)} == UNUSABLE_ADDRESSES


def test_behaviours_are_of_addresses_on_file_and_every_kind_is_there() -> None:
    on_file = {normalised(point) for _, point in points() if usable(point)}
    counts = Counter(OUTCOMES.values())

    assert OUTCOMES.keys() <= on_file
    assert counts.pop("accept_then_drop") == 1
    assert counts.pop("bounce") >= 1
    assert counts.keys() == {
        *("twice", "late", "silent", "throttle", "refuse:21211", "undelivered:30003", "undelivered:30005"),
        *("defer", "refuse:5.1.1", "full"),
    }
    assert min(counts.values()) >= 2


def test_the_small_case_runs_from_the_report_to_the_hearing() -> None:
    assert [event["type"] for event in rows("one-case.jsonl")] == [
        "case.opened",
        "victim.registered",
        "case.suspect_arrested",
        "case.suspect_released",
        "case.charged",
        "court.hearing_listed",
    ]


class TestNobodyIsReal:
    text = "\n".join((EXAMPLES / name).read_text(encoding="utf-8") for name in FILES)

    def test_numbers_are_of_the_drama_ranges(self) -> None:
        undated = re.sub(r"\d{4}-\d\d-\d\d(T[\d:]+)?([+-]\d\d:\d\d)?", "", self.text)
        numbers = {re.sub(r"\D", "", found) for found in re.findall(r"(?:\+|\b0)[\d ()-]{8,}\d", undated)}
        incomplete = "077009001"

        assert incomplete in numbers
        others = numbers - {incomplete}
        assert [n for n in others if not re.fullmatch(r"(0|440?|00440?)(7700900|1632960)\d{3}", n)] == []

    def test_mailboxes_are_of_example_domains(self) -> None:
        domains = {found.lower() for found in re.findall(r'@([^"\s]+)', self.text)}

        assert domains == {"example.org", "example.com", "police.example"}

    def test_postcodes_are_of_districts_that_do_not_exist(self) -> None:
        letters = [point for _, point in points() if point.get("channel") == ChannelName.LETTER]

        assert {point["address"]["lines"][-1].split()[0] for point in letters} == {"SY98", "HR97", "LD92"}


class TestPeople:
    def test_contracts_differ(self) -> None:
        orders = contract("channels")
        assert set(contract("wants")) == {"key_events", "none"}  # the others want all
        assert ["email"] in orders
        assert ["email", "sms"] in orders
        assert ["letter"] in orders
        assert ["call"] in orders
        assert {1, 2} <= set(contract("every_days"))
        assert len(contract("windows_strict")) >= 2
        assert any(window["from"] >= "18:00" for windows in contract("windows") for window in windows)

    def test_needs_differ(self) -> None:
        assert needs("language").count("cy") >= 4
        assert set(needs("format")) == {"large_print", "easy_read"}
        assert len(needs("discreet")) >= 2
        assert len(needs("representative")) >= 3

    def test_letters_only_come_in_standard_and_large_print(self) -> None:
        formats = {
            data.get("needs", {}).get("format", "standard")
            for data in VICTIMS.values()
            if data.get("contract", {}).get("channels") == ["letter"]
        }
        assert formats == {"standard", "large_print"}

    def test_some_addresses_are_unsafe_or_dated(self) -> None:
        found = [point for _, point in points()]
        assert sum(point.get("safe") is False for point in found) >= 2
        assert any("valid_from" in point for point in found)
        assert any("valid_until" in point for point in found)

    def test_every_channel_of_somebody_fails(self) -> None:
        lost = {"refuse:21211", "refuse:5.1.1", "undelivered:30005"}
        behaviours = [
            [OUTCOMES.get(normalised(point)) for point in data["contact_points"] if usable(point)]
            for data in VICTIMS.values()
        ]
        assert any(set(found) <= lost for found in behaviours if found)

    def test_a_number_is_on_file_for_a_suspect_and_a_representatives_for_a_witness(self) -> None:
        of_others = {
            (data["role"], normalised(point))
            for data in of_type("case.party_recorded")
            if "victim_id" not in data
            for point in data["contact_points"]
        }
        hers = {normalised(point) for point in VICTIMS["c24-v1"]["contact_points"]}
        helper = VICTIMS["c19-v1"]["needs"]["representative"]["contact_points"]

        assert {address for role, address in of_others if role == "suspect"} & hers
        assert ("witness", normalised(helper[0])) in of_others


class TestStories:
    def test_a_suspect_of_domestic_abuse_is_released_on_bail_at_night(self) -> None:
        released = [event for event in LIVE if event["type"] == "case.suspect_released"]
        assert any(
            event["data"]["outcome"] == "bail"
            and CASES[event["data"]["case_id"]]["offence"] == "domestic_abuse"
            and time(event).hour < 6
            for event in released
        )

    @pytest.mark.parametrize(
        "decision", ["c06-no_further_action", "c16-no_further_action", "c20-no_further_action"]
    )
    def test_bad_news_is_told_by_a_person(self, decision: str) -> None:
        assert decision in spoken_about()

    def test_bad_news_is_told_by_nobody(self) -> None:
        assert "c08-closed" not in spoken_about()

    def test_an_older_hearing_arrives_after_the_newer(self) -> None:
        hearings = [e for e in LIVE if e["type"].startswith("court.") and e["data"]["case_id"] == "c10"]
        first = [e for e in hearings if e["data"]["hearing_id"] == "c10-h1"]
        assert len(first) == 3
        assert occurred(first[2]) < occurred(first[1])

    def test_a_night_of_events_waits_for_the_morning(self) -> None:
        waiting = [e for e in LIVE if e["data"]["case_id"] == "c29" and time(e).hour < 8]
        assert len(waiting) >= 3

    def test_a_duty_is_over_when_its_event_arrives(self) -> None:
        (arrest,) = (e for e in LIVE if e["id"] == "c17-suspect_arrested")
        assert time(arrest) - occurred(arrest) > timedelta(days=4)

    def test_events_come_before_their_case_and_their_victim(self) -> None:
        kinds = [e["type"] for e in LIVE if e["data"]["case_id"] == "c30"]
        assert kinds[:4] == ["case.suspect_arrested", "victim.updated", "victim.registered", "case.opened"]

    def test_a_case_changes_its_officer_twice(self) -> None:
        assigned = Counter(data["case_id"] for data in of_type("officer.assigned", among=LIVE))
        assert max(assigned.values()) >= 2


def spoken_about() -> set[str]:
    """Return the events that a person spoke about with a victim."""
    talks = (data for data in of_type("contact.recorded") if data["outcome"] == "spoke")
    return {event_id for data in talks for event_id in data["about"]}


def test_the_readme_names_every_case() -> None:
    told = set(re.findall(r"\bc\d\d\b", (EXAMPLES / "README.md").read_text(encoding="utf-8")))
    assert told == CASES.keys()
