"""`notifier trace` answers why, when, to whom and by what, from what really happened."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import EMAIL, MAILBOX, NUMBER, SMS, SOURCE, CommandLine, event, opened, registered

ARREST = event("e1", "case.suspect_arrested", "2026-04-01T09:30:00+01:00")
EVENING = [{"from": "18:00", "until": "20:00"}]


@pytest.fixture
def told(notifier: CommandLine) -> CommandLine:
    """The arrest was told in the evening, by email, because the number was dead."""
    notifier.happen("2026-03-31T09:01:00+01:00", [opened(), registered(SMS, EMAIL, windows=EVENING)])
    notifier.happen("2026-03-31T18:00:00+01:00")
    notifier.happen("2026-04-01T09:30:00+01:00", [ARREST, ARREST])
    notifier.happen("2026-04-01T18:00:00+01:00", failing=[NUMBER])
    return notifier


def lines(records: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(one.get(name) for name in names) for one in records if one["record"] == "line"]


def test_why_when_to_whom_and_by_what(told: CommandLine) -> None:
    records = told.records("trace", "e1")
    evening = "2026-04-01T18:00:00+01:00"
    assert lines(records, "at", "what", "person_id", "channel", "reason") == [
        ("2026-04-01T09:30:00+01:00", "decided", "v1", None, None),
        (evening, "message", "v1", "sms", None),
        (evening, "failed", "v1", "sms", "bad_address"),
        (evening, "decided", "v1", None, None),
        (evening, "message", "v1", "email", None),
        (evening, "delivered", "v1", "email", None),
    ]
    decided = next(one for one in records if one.get("what") == "decided")
    assert any("5 working days" in why for why in decided["why"])
    assert "the first time in the agreed windows" in decided["why"]


def test_how_it_came_in_and_where_it_stands(told: CommandLine) -> None:
    arrived, *_ = records = told.records("trace", "e1")
    assert (arrived["record"], arrived["source"], arrived["repeats"]) == ("event", SOURCE, 1)
    standing = [one for one in records if one["record"] in ("notice", "attempt")]
    assert [(one["record"], one["state"]) for one in standing] == [
        ("notice", "told"),
        ("attempt", "failed"),
        ("attempt", "delivered"),
    ]
    assert standing[0]["deadline"] == "2026-04-10T23:59:59+01:00"
    message = next(one for one in records if one.get("what") == "message")
    assert message["attempt"] == standing[1]["id"]


def test_a_person_reads_it_as_a_story(told: CommandLine) -> None:
    story = told("trace", "e1").stdout
    for said in (
        f"Wed 1 Apr 2026, 09:30:00  e1 came in: case.suspect_arrested of case c1, from {SOURCE}",
        "    because: it was published again (1), which changed nothing",
        "    because: to be sent at 2026-04-01T18:00:00+01:00",
        "Wed 1 Apr 2026, 18:00:00  sms to victim v1 about e1  [A",
        "the sms to victim v1 failed: the address does not exist",
        "    because: email is next in the agreed order",
        "e1 for v1 was told (due by Fri 10 Apr 2026, 23:59:59)",
    ):
        assert said in story
    assert story.count("the first time in the agreed windows") == 1


def test_a_case_is_told_from_its_beginning(told: CommandLine) -> None:
    records = told.records("trace", "c1")
    came = [one["event_id"] for one in records if one["record"] == "event"]
    assert came == ["e-open", "e-reg", "e1"]
    moments = [one["at"] for one in records if one["record"] in ("event", "line")]
    assert moments == sorted(moments)
    assert [one["event_id"] for one in records if one["record"] == "notice"] == ["e-reg", "e1"]


@pytest.mark.parametrize("wanted", ["e1", "c1"])
def test_personal_data_is_shown_only_on_request(told: CommandLine, wanted: str) -> None:
    hidden = told("trace", wanted).stdout + told("trace", wanted, "--json").stdout
    assert "--show-personal shows them" in hidden
    for personal in (NUMBER, MAILBOX, "Bloggs", "A suspect was arrested"):
        assert personal not in hidden
    shown = told("trace", wanted, "--show-personal").stdout
    for personal in (NUMBER, MAILBOX, "Bloggs", "A suspect was arrested"):
        assert personal in shown
    messages = [
        one for one in told.records("trace", wanted, "--show-personal") if one.get("what") == "message"
    ]
    assert {one["address"] for one in messages} == {NUMBER, MAILBOX}


def test_what_was_refused_or_waits_is_told_too(notifier: CommandLine) -> None:
    wrong = event("e9", "case.suspect_arested", "2026-04-01T09:30:00+01:00")
    early = event("e8", "case.suspect_arrested", "2026-04-01T09:30:00+01:00", backfill=True)
    notifier.happen("2026-04-01T09:31:00+01:00", [wrong, "no json", early])
    (refused,) = notifier.records("trace", "e9")
    assert refused["record"] == "rejection"
    assert "did you mean case.suspect_arrested?" in refused["said"]
    (history,) = notifier.records("trace", "e8")
    assert history["why"] == ["it is history (backfill): recorded, never notified"]
    assert [one["record"] for one in notifier.records("trace", "c1")] == ["event", "rejection"]


def test_what_is_open_for_staff_stands_at_the_end(notifier: CommandLine) -> None:
    notifier.happen("2026-03-31T09:01:00+01:00", [opened(), registered(SMS)], failing=[NUMBER])
    records = notifier.records("trace", "e-reg")
    assert [one["id"] for one in records if one["record"] in ("escalation", "task")] == ["E1", "T1"]
    assert "E1  level 1, since Tue 31 Mar 2026, 09:01:00" in notifier("trace", "c1").stdout
