"""`notifier policy diff`: what two policies would do differently with the same events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notifier.policy_diff import Difference, differences
from tests.cli.conftest import EMAIL, SMS, CommandLine, event, opened, registered

ARREST = event("e1", "case.suspect_arrested", "2026-04-01T09:30:00+01:00")
CHARGE = event("e2", "case.charged", "2026-04-01T09:30:00+01:00", offences=["burglary"])
CASE = [opened(), registered(SMS, EMAIL), ARREST]
UNTIL = ("--until", "2026-04-03T00:00:00+01:00")


class Desk:
    """Tries policies on the same events."""

    def __init__(self, notifier: CommandLine) -> None:
        self.notifier = notifier
        self.events = notifier.write("events.jsonl", CASE)

    def policy(self, content: str) -> str:
        file = self.notifier.home / "policy.toml"
        file.write_text(content)
        return str(file)

    def diff(self, content: str, *options: str) -> list[dict[str, Any]]:
        """The differences of a policy from the shipped one, as JSON."""
        return self.notifier.records(*self._typed("shipped", self.policy(content)), *(options or UNTIL))

    def says(self, content: str, *options: str, turned: bool = False) -> list[str]:
        """The same in plain words; ``turned`` asks for those of the shipped one from the policy."""
        pair = ("shipped", self.policy(content))
        result = self.notifier(*self._typed(*(pair[::-1] if turned else pair)), *(options or UNTIL))
        assert result.exit_code == 0, result.output
        return result.stdout.splitlines()

    def _typed(self, before: str, after: str) -> tuple[str, ...]:
        return ("policy", "diff", before, after, self.events)


@pytest.fixture
def desk(notifier: CommandLine) -> Desk:
    return Desk(notifier)


def about(found: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(difference[name] for name in names) for difference in found]


def test_a_shorter_limit_is_another_deadline_of_that_notice_alone(desk: Desk) -> None:
    (found,) = desk.diff('[limits]\n"case.suspect_arrested" = [2, 1]\n')
    assert about([found], "what", "case_id", "person_id", "event_id", "differs") == [
        ("message", "c1", "v1", "e1", ["deadline"])
    ]
    assert found["before"]["deadline"] == "2026-04-10T23:59:59+01:00"
    assert found["after"]["deadline"] == "2026-04-07T23:59:59+01:00"


def test_it_says_so_in_plain_words(desk: Desk) -> None:
    said = desk.says('[limits]\n"case.suspect_arrested" = [2, 1]\n')
    assert said == [
        "case c1, v1, case.suspect_arrested (e1), message",
        "  due by: Fri 10 Apr 2026, 23:59:59 -> Tue 7 Apr 2026, 23:59:59",
        "1 line differs",
    ]


def test_other_hours_are_another_time_of_sending(desk: Desk) -> None:
    found = desk.diff('timing.default_window = { from = "18:00", until = "20:00" }\n')
    assert about(found, "what", "event_id", "differs") == [
        ("message", "e-reg", ["at"]),
        ("message", "e1", ["at"]),
    ]
    assert found[1]["after"]["at"] == "2026-04-01T18:00:00+01:00"


def test_a_version_differs_from_its_day_on(desk: Desk) -> None:
    desk.events = desk.notifier.write(
        "events.jsonl", [*CASE, {**CHARGE, "time": "2026-04-02T09:30:00+01:00"}]
    )
    limits = 'limits."case.suspect_arrested" = [2, 1]\nlimits."case.charged" = [2, 1]\n'
    found = desk.diff(f"[[versions]]\nfrom = 2026-04-02\n{limits}")
    assert about(found, "event_id", "differs") == [("e2", ["deadline"])]


@pytest.mark.parametrize(("force", "events"), [("Example", ["e1"]), ("Northmoor", [])])
def test_a_force_s_number_holds_for_its_own_cases(desk: Desk, force: str, events: list[str]) -> None:
    found = desk.diff(f'[forces.{force}]\nlimits."case.suspect_arrested" = [2, 1]\n')
    assert [each["event_id"] for each in found] == events


def test_without_an_end_it_looks_sixty_days_beyond_the_last_event(desk: Desk) -> None:
    policy = desk.policy("courtesy.later_days = 25\n")
    found = desk.notifier.records("policy", "diff", "shipped", policy, desk.events)
    updates = [each for each in found if each["event_type"] == "courtesy" and each["what"] == "message"]
    assert [(each["before"]["at"][:10], each["after"]["at"][:10]) for each in updates] == [
        ("2026-04-29", "2026-04-26"),
        ("2026-05-27", "2026-05-21"),
    ]


def test_what_only_one_policy_tells_is_said(desk: Desk) -> None:
    said = desk.says("courtesy.later_days = 14\n", "--until", "2026-04-16T00:00:00+01:00")
    assert "case c1, v1, courtesy, message" in said
    assert "  only under B: Wed 15 Apr 2026, 09:30:00, sms" in said
    assert "  in other words" in said, "the arrest's message names the day of the next update"
    turned = desk.says("courtesy.later_days = 14\n", "--until", "2026-04-16T00:00:00+01:00", turned=True)
    assert "  only under A: Wed 15 Apr 2026, 09:30:00, sms" in turned


def test_where_nothing_differs_it_says_so(desk: Desk) -> None:
    assert desk.says("courtesy.later_days = 28\n") == ["nothing differs"]
    assert desk.diff("courtesy.later_days = 28\n") == []


def test_events_come_from_standard_input_too_and_nothing_is_stored(desk: Desk) -> None:
    policy = desk.policy('[limits]\n"case.suspect_arrested" = [2, 1]\n')
    given = Path(desk.events).read_text()
    result = desk.notifier("policy", "diff", "shipped", policy, "-", *UNTIL, given=given)
    assert result.stdout.splitlines()[-1] == "1 line differs"
    assert {path.name for path in desk.notifier.home.iterdir()} == {"events.jsonl", "policy.toml"}


@pytest.mark.parametrize(
    ("policy", "given", "said"),
    [
        ("courtesy.later_days = 0\n", b"", "policy.toml, line 1: courtesy.later_days: must be at least 1"),
        ("", b"{}\n", "line 1 is no event with a time"),
        ("", b'{"time": "2026-04-01T09:30:00"}\n', "line 1: time has no offset"),
        ("", b"\xff\n", "the events are not UTF-8: save the file as UTF-8"),
    ],
)
def test_what_is_wrong_ends_it_with_one_line(desk: Desk, policy: str, given: bytes, said: str) -> None:
    result = desk.notifier("policy", "diff", "shipped", desk.policy(policy), "-", given=given)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert said in line


def a_line(what: str = "message", *event_ids: str, **changes: Any) -> dict[str, Any]:
    return {
        "what": what,
        "at": "2026-04-01T09:30:00+01:00",
        "case_id": "c1",
        "person_id": "v1",
        "event_ids": list(event_ids),
        "event_id": event_ids[0] if event_ids else None,
        "event_type": "case.charged" if event_ids else "courtesy",
        **changes,
    }


def shown(found: list[Difference]) -> list[tuple[str | None, bool, bool, tuple[str, ...]]]:
    return [(each.event_id, bool(each.before), bool(each.after), each.entries) for each in found]


@pytest.mark.parametrize(
    ("before", "after", "expected", "reason"),
    [
        ([a_line()], [a_line()], [], "the same"),
        ([a_line(why=["a"])], [a_line(why=["b"])], [], "reasons are not compared"),
        ([a_line("delivered", "e1")], [], [], "receipts are not compared"),
        ([], [a_line("message", "e1")], [("e1", False, True, ())], "told by the second alone"),
        ([a_line("message", "e1")], [], [("e1", True, False, ())], "told by the first alone"),
        (
            [a_line("message", "e1", "e2")],
            [a_line("message", "e1"), a_line("message", "e2")],
            [("e1", True, True, ("event_ids",)), ("e2", True, True, ("event_ids",))],
            "two notices as one message, or each alone",
        ),
        (
            [a_line("message", "e1", channel="sms"), a_line("message", "e1", channel="email")],
            [a_line("message", "e1", channel="sms"), a_line("message", "e1", channel="letter")],
            [("e1", True, True, ("channel",))],
            "the second channel differs",
        ),
        (
            [a_line("task", "e1", kind="call_back", person_id="off1")],
            [a_line("task", "e1", kind="call_back", person_id="sup1")],
            [("e1", True, True, ("person_id",))],
            "another person is asked",
        ),
        (
            [a_line("escalation", "e1", level=1)],
            [a_line("escalation", "e1", level=2)],
            [("e1", True, False, ()), ("e1", False, True, ())],
            "another level is another escalation",
        ),
        (
            [a_line("message", "e1", person_id="v1")],
            [a_line("message", "e1", person_id="v2")],
            [("e1", True, False, ()), ("e1", False, True, ())],
            "another victim's notice is another notice",
        ),
        (
            [
                a_line("message", "e2", at="2026-10-25T01:10:00+00:00"),
                a_line("message", "e1", at="2026-10-25T01:50:00+01:00"),
            ],
            [],
            [("e1", True, False, ()), ("e2", True, False, ())],
            "by the time at which it first shows, also in the hour that is repeated",
        ),
    ],
)
def test_lines_are_compared_notice_by_notice(
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    expected: list[tuple[str | None, bool, bool, tuple[str, ...]]],
    reason: str,
) -> None:
    assert shown(differences(before, after)) == expected, reason


def test_what_is_asked_of_staff_is_compared_too(desk: Desk) -> None:
    said = desk.says("courtesy.prompt_time = '09:00'\n", "--until", "2026-05-01T00:00:00+01:00")
    assert said == [
        "case c1, off1, courtesy, reminder to staff (update due)",
        "  when: Wed 22 Apr 2026, 08:00:00 -> Wed 22 Apr 2026, 09:00:00",
        "1 line differs",
    ]
