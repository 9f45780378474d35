"""Events that could not be planned, and documents that were refused: shown, tried again or given up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import SMS, CommandLine, event, opened, registered

NINE = "2026-03-31T09:01:00+01:00"
SECOND = {"id": "p2", "channel": "email", "address": "jo.bloggs@mail.example"}
MARKER = "Zenobia"
WITHOUT_A_TYPE = {name: value for name, value in opened().items() if name != "type"}


@pytest.fixture
def set_aside(notifier: CommandLine) -> CommandLine:
    """An update (S3) cannot be planned: it speaks of an address that nobody gave."""
    half = event(
        "e-half", "victim.updated", NINE, victim_id="v1", contact_points=[{"id": "p2", "safe": False}]
    )
    notifier.happen(NINE, [opened(), registered(SMS), half])
    return notifier


def failures(notifier: CommandLine) -> list[tuple[str, str]]:
    return [(record["what"], record["id"]) for record in notifier.records("failures")]


def test_it_is_listed_with_its_reason_and_what_can_be_done(set_aside: CommandLine) -> None:
    (failure,) = set_aside.records("failures")
    assert (failure["what"], failure["id"], failure["event_id"]) == ("event", "S3", "e-half")
    assert "contact_points.1.channel would not be whole" in failure["reason"]
    assert "notifier retry S3" in failure["mend"]
    assert "notifier cancel S3 --reason WORDS" in failure["mend"]


def test_it_is_planned_once_the_cause_is_mended(set_aside: CommandLine) -> None:
    still = set_aside("retry", "S3")
    assert still.exit_code == 1
    assert "S3 still cannot be planned: after this update contact_points.1.channel" in still.stderr
    assert failures(set_aside) == [("event", "S3")]
    whole = event("e-whole", "victim.updated", NINE, victim_id="v1", contact_points=[SECOND])
    set_aside.happen(NINE, [whole])
    assert set_aside.records("retry", "S3") == [{"id": "S3", "planned": True}]
    assert failures(set_aside) == []
    assert "set aside" not in set_aside("trace", "e-half").stdout


def test_it_is_given_up_with_a_reason_and_is_not_planned_ever(set_aside: CommandLine) -> None:
    said = set_aside("cancel", "S3", "--reason", "a slip", "--by", "Sgt Reid")
    assert (said.exit_code, said.stdout) == (0, "S3 was discarded\n")
    assert failures(set_aside) == []
    assert "given up by Sgt Reid: a slip" in set_aside("trace", "e-half").stdout
    set_aside.happen("2026-03-31T09:05:00+01:00")
    assert set_aside("retry", "S3").exit_code == 1


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (("cancel", "S3"), 2, "--reason belongs to an event that was set aside"),
        (("cancel", "R1"), 2, "--reason belongs to an event that was set aside"),
        (("cancel", "N1", "--reason", "no"), 2, "--reason belongs to an event that was set aside"),
        (("cancel", "S3", "--reason", " "), 2, "--reason needs between 1 and 100 characters"),
        (("cancel", "S3", "--reason", "x" * 101), 2, "--reason needs between 1 and 100 characters"),
        (("cancel", "S1", "--reason", "no"), 1, "S1 is no event that was set aside"),
        (("cancel", "R9", "--reason", "no"), 1, "R9 is no refused document that waits"),
        (("retry", "S99"), 1, "S99 is no event that was set aside"),
        (("failures", "--document", "R9"), 1, "there is no R9"),
        (("failures", "--document", "N1"), 2, "N1 is no id of this kind"),
    ],
)
def test_what_cannot_be_done_is_said(
    set_aside: CommandLine, command: tuple[str, ...], status: int, said: str
) -> None:
    result = set_aside(*command)
    assert result.exit_code == status
    assert said in result.stderr


def test_what_was_refused_or_set_aside_is_shown_whole_only_when_asked_for_by_its_id(
    set_aside: CommandLine,
) -> None:
    rubbish = f'{{"name": "{MARKER}"\x1b[2J'
    set_aside.happen(NINE, [rubbish, rubbish])
    assert failures(set_aside) == [("event", "S3"), ("rejection", "R1")], "a repeat is kept once"
    assert MARKER not in set_aside("failures").stdout
    assert set_aside.records("failures", "--document", "R1") == [{"id": "R1", "document": rubbish}]
    shown = set_aside("failures", "--document", "R1").stdout
    assert shown == f'{{"name": "{MARKER}"\\x1b[2J\n', "it gives the terminal no orders"
    (record,) = set_aside.records("failures", "--document", "S3")
    document: Any = record["document"]
    assert '"e-half"' in document


@pytest.fixture
def refused(notifier: CommandLine) -> CommandLine:
    """A document (R1) was refused that names the case c1, and has no type."""
    notifier.happen(NINE, [WITHOUT_A_TYPE])
    return notifier


def test_a_refused_document_is_listed_with_what_can_be_done(refused: CommandLine) -> None:
    (failure,) = refused.records("failures")
    assert (failure["what"], failure["id"]) == ("rejection", "R1")
    assert "have the publisher correct it" in failure["mend"]
    assert "notifier cancel R1 --reason WORDS" in failure["mend"]


def test_a_refused_document_is_discarded_by_a_person_and_kept(refused: CommandLine) -> None:
    (record,) = refused.records("cancel", "R1", "--reason", "sent again, corrected", "--by", "Sgt Reid")
    assert record == {"id": "R1", "outcome": "discarded", "by": "Sgt Reid"}
    assert failures(refused) == []
    assert "discarded by Sgt Reid: sent again, corrected\n" in refused("trace", "c1").stdout
    assert refused("failures", "--document", "R1").exit_code == 0
    assert refused("cancel", "R1", "--reason", "no").exit_code == 1, "what was decided stands"


def test_a_discarded_document_that_comes_again_is_shown_again(refused: CommandLine) -> None:
    refused("cancel", "R1", "--reason", "a test", "--by", "Sgt Reid")
    refused.happen(NINE, [WITHOUT_A_TYPE])
    assert failures(refused) == [("rejection", "R1")]
    assert "discarded by Sgt Reid: a test, and came in again" in refused("trace", "c1").stdout
