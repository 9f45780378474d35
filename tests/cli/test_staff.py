"""What staff look at and answer: failures, escalations, due, retry, acknowledge, resolve."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import NUMBER, SMS, CommandLine, event, opened, registered

NO_FURTHER_ACTION = event(
    "e2", "case.no_further_action", "2026-04-01T09:30:00+01:00", reasons="We found too little."
)


@pytest.fixture
def unreached(notifier: CommandLine) -> CommandLine:
    """The acknowledgement's only number is dead: notice N1, escalation E1, task T1."""
    notifier.happen("2026-03-31T09:01:00+01:00", [opened(), registered(SMS)], failing=[NUMBER])
    return notifier


def only(records: list[dict[str, Any]]) -> dict[str, Any]:
    (record,) = records
    return record


def test_a_notice_that_failed_is_listed_with_its_mend(unreached: CommandLine) -> None:
    failure = only(unreached.records("failures"))
    assert (failure["id"], failure["state"], failure["reason"]) == ("N1", "failed", "no_contact")
    assert (failure["case_id"], failure["victim_id"], failure["event_id"]) == ("c1", "v1", "e-reg")
    said = unreached("failures").stdout
    assert "N1  victim.registered, case c1, victim v1, event e-reg, could not be told: no agreed way" in said
    assert "try it again: notifier retry N1" in said


def test_documents_that_were_refused_and_messages_to_staff_that_failed_are_listed(
    notifier: CommandLine,
) -> None:
    notifier.happen("2026-03-31T09:01:00+01:00", [opened(), registered(SMS), "no event"])
    dead = [NUMBER, "priya.shah@police.example"]
    arrest = event("e1", "case.suspect_arrested", "2026-04-01T09:30:00+01:00")
    notifier.happen("2026-04-01T09:30:00+01:00", [arrest], failing=dead)
    found = {record["what"]: record for record in notifier.records("failures")}
    assert found["rejection"]["reason"].startswith("this is not JSON")
    assert (found["staff_message"]["person_id"], found["staff_message"]["channel"]) == ("off1", "email")
    assert "priya.shah" not in notifier("failures").stdout


def test_news_that_waits_for_a_person_is_no_failure_but_is_due(notifier: CommandLine) -> None:
    opening = opened(offence="domestic_abuse")
    notifier.happen("2026-03-31T09:01:00+01:00", [opening, registered(SMS), NO_FURTHER_ACTION])
    assert notifier.records("failures") == []
    assert notifier("failures").stdout == "Nothing failed.\n"
    pressing = notifier.records("due")
    assert {(one["what"], one.get("kind"), one["overdue"]) for one in pressing} == {
        ("task", "tell_in_person", False),
        ("notice", None, False),
    }


def test_what_is_overdue_comes_first_and_far_duties_are_left_out(notifier: CommandLine) -> None:
    notifier.happen("2026-03-31T21:00:00+01:00", [opened(), registered(SMS)])
    assert notifier.records("due", "--days", "1") == []
    assert "no duty ends within 1 days" in notifier("due", "--days", "1").stdout
    assert only(notifier.records("due", "--days", "30"))["id"] == "N1"
    notifier.set_clock("2026-05-01T09:00:00+01:00")
    assert only(notifier.records("due"))["overdue"] is True
    assert "N1  OVERDUE, victim.registered" in notifier("due").stdout


def test_what_to_say_on_the_telephone_is_shown_on_request(notifier: CommandLine) -> None:
    call = {"id": "p1", "channel": "call", "address": "01632 960123"}
    notifier.happen("2026-03-31T09:01:00+01:00", [opened(), registered(call)])
    task = only([one for one in notifier.records("due") if one["what"] == "task"])
    assert "text" not in task
    assert "EX/1234/26" not in notifier("due").stdout
    assert "    say: " in notifier("due", "--show-personal").stdout


def test_an_escalation_is_acknowledged_and_resolved(unreached: CommandLine) -> None:
    found = only(unreached.records("escalations"))
    assert (found["id"], found["level"], found["acknowledged_by"]) == ("E1", 1, None)
    assert "Nobody looks after it yet." in unreached("escalations").stdout
    assert unreached("acknowledge", "e1", "--by", "Sgt Reid").stdout == "E1 is looked after by Sgt Reid\n"
    assert only(unreached.records("escalations"))["acknowledged_by"] == "Sgt Reid"
    resolved = unreached.records("resolve", "E1", "--outcome", "wrote to her", "--by", "Sgt Reid")
    assert resolved == [{"id": "E1", "resolved_by": "Sgt Reid"}]
    assert unreached("escalations").stdout == "No escalation is open.\n"
    assert unreached("resolve", "E1", "--outcome", "again").exit_code == 1


def test_a_task_is_resolved(unreached: CommandLine) -> None:
    assert "T1" in unreached("due").stdout
    assert unreached("resolve", "T1", "--outcome", "found her", "--by", "PC Shah").exit_code == 0
    assert "T1" not in unreached("due").stdout
    assert "a task was done" in unreached("trace", "c1").stdout


def test_who_acknowledges_is_the_login_name_where_nothing_is_said(
    unreached: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "treid")
    unreached("acknowledge", "E1")
    assert only(unreached.records("escalations"))["acknowledged_by"] == "treid"


def test_a_notice_is_tried_again_once_there_is_a_way(unreached: CommandLine) -> None:
    refused = unreached("retry", "N1")
    assert refused.exit_code == 1
    assert "N1 still cannot be sent: no agreed way to reach the victim is left" in refused.stderr


def test_an_uncertain_notice_is_tried_again_at_its_time(notifier: CommandLine) -> None:
    bad_gateway = event("e1", "case.suspect_arrested", "2026-04-01T09:30:00+01:00")
    notifier.happen("2026-03-31T09:01:00+01:00", [opened(), registered(SMS)])
    notifier.happen("2026-04-01T09:30:00+01:00", [bad_gateway], unknown=[NUMBER])
    failure = only(notifier.records("failures"))
    assert failure["state"] == "uncertain"
    again = only(notifier.records("retry", failure["id"]))
    assert again["send_at"].startswith("2026-04-01T")
    assert notifier.records("failures") == []
