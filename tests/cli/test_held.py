"""What is held for a person's word: release and cancel."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import SMS, CommandLine, event, opened, registered

EVENING = {"windows": [{"days": ["wed"], "from": "18:00", "until": "20:00"}]}
NOON = "2026-03-31T12:00:00+01:00"


@pytest.fixture
def held(notifier: CommandLine) -> CommandLine:
    """The acknowledgement (N1) waits for Wednesday evening when her record is merged: held, escalation E1."""
    merged = event("e2", "victim.merged", NOON, victim_id="v1", other_id="v2")
    notifier.happen("2026-03-31T09:01:00+01:00", [opened(), registered(SMS, **EVENING)])
    notifier.happen(NOON, [merged])
    return notifier


def states(notifier: CommandLine) -> set[tuple[str, str | None]]:
    return {
        (one["state"], one["reason"]) for one in notifier.records("due", "--days", "30") if "state" in one
    }


def test_what_is_held_is_listed_with_what_can_be_done(held: CommandLine) -> None:
    (failure,) = held.records("failures")
    assert (failure["id"], failure["state"], failure["reason"]) == ("N1", "held", "identity")
    assert "notifier release N1" in failure["mend"]
    assert "notifier cancel N1" in failure["mend"]
    (escalation,) = held.records("escalations")
    assert (escalation["id"], escalation["reason"]) == ("E1", "identity")


@pytest.mark.parametrize("identity", ["N1", "E1"])
def test_what_is_released_goes_as_the_rules_are(held: CommandLine, identity: str) -> None:
    (record,) = held.records("release", identity, "--by", "Sgt Reid")
    assert record == {"id": identity, "outcome": "released", "notices": ["N1"], "by": "Sgt Reid"}
    assert states(held) == {("planned", None)}
    assert "Sgt Reid released it" in held("trace", "e-reg").stdout


@pytest.mark.parametrize("identity", ["N1", "E1"])
def test_what_is_cancelled_never_goes(held: CommandLine, identity: str) -> None:
    said = held("cancel", identity, "--by", "Sgt Reid")
    assert said.exit_code == 0
    assert "discarded" in said.stdout
    assert states(held) == set()
    assert held.records("failures") == []
    # Whom the record is about is still to be found out, unless all of it was settled.
    assert [one["id"] for one in held.records("escalations")] == ([] if identity == "E1" else ["E1"])
    assert "Sgt Reid decided that it is not told" in held("trace", "e-reg").stdout
    held.happen("2026-04-01T18:30:00+01:00")
    lines = [json.loads(line) for line in held("trace", "e-reg", "--json").stdout.splitlines()]
    assert not any(line.get("what") == "message" for line in lines)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("release", "N7"), "N7 is not held for a person's word"),
        (("release", "E7"), "E7 is no open escalation that holds a notice"),
        (("cancel", "N7"), "N7 does not wait to be told"),
        (("retry", "N1"), "N1 is not a notice that can be tried again"),
    ],
)
def test_what_cannot_be_released_is_said(held: CommandLine, command: tuple[str, ...], said: str) -> None:
    result = held(*command)
    assert result.exit_code == 1
    assert said in result.stderr


def test_news_that_a_person_must_tell_first_is_not_released_by_a_command(notifier: CommandLine) -> None:
    news: dict[str, Any] = {"reasons": "We found too little."}
    ended = event("e1", "case.no_further_action", "2026-04-01T09:30:00+01:00", **news)
    notifier.happen("2026-04-01T09:30:00+01:00", [opened(offence="stalking"), registered(SMS), ended])
    assert notifier("release", "N2").exit_code == 1
