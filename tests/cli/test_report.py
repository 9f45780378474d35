"""`notifier report compliance`: right to the minute, for people, programs and spreadsheets."""

from __future__ import annotations

import csv
import json

import pytest

from tests.cli.conftest import EMAIL, MAILBOX, CommandLine, event, opened, registered

MARCH_AND_APRIL = ("--from", "2026-03-01", "--until", "2026-04-30")
ARREST = event("e-arrest", "case.suspect_arrested", "2026-03-24T09:30:00+00:00")  # due on 31 March


@pytest.fixture
def told(notifier: CommandLine) -> CommandLine:
    """A case whose acknowledgement is due on 9 April, and an arrest of the week before on 31 March."""
    notifier.happen("2026-03-31T09:01:00+01:00", [opened(), registered(EMAIL), ARREST])
    notifier.set_clock("2026-04-10T09:00:00+01:00")
    return notifier


def test_each_month_and_limit_has_its_numbers(told: CommandLine) -> None:
    march, april = told.records("report", "compliance", *MARCH_AND_APRIL)
    assert march == {
        "month": "2026-03", "force": "Example", "unit_id": "unit1", "event_type": "case.suspect_arrested",
        "limit": "5 working days, with enhanced rights 1",
        "met": 1, "late": 0, "missed": 0, "percent_in_time": 100.0,
    }  # fmt: skip
    assert (april["month"], april["event_type"], april["met"]) == ("2026-04", "victim.registered", 1)


def test_it_is_counted_anew_each_time(told: CommandLine) -> None:
    def numbers() -> list[tuple[int, int, int]]:
        found = told.records("report", "compliance", *MARCH_AND_APRIL)
        return [(one["met"], one["late"], one["missed"]) for one in found]

    told.set_clock("2026-03-31T12:00:00+01:00")
    assert numbers() == [], "no deadline is over yet"
    told.set_clock("2026-04-01T00:00:00+01:00")
    assert numbers() == [(1, 0, 0)]
    told.set_clock("2026-04-10T00:00:00+01:00")
    assert numbers() == [(1, 0, 0), (1, 0, 0)]


def test_what_could_not_be_told_is_missed(notifier: CommandLine) -> None:
    events = [opened(), registered(EMAIL), ARREST]
    notifier.happen("2026-03-31T09:01:00+01:00", events, failing=[MAILBOX])
    notifier.set_clock("2026-04-10T09:00:00+01:00")
    said = notifier("report", "compliance", *MARCH_AND_APRIL)
    assert said.exit_code == 0
    assert said.stdout.splitlines() == [
        "2026-03, force: Example, team: unit1",
        "  case.suspect_arrested (5 working days, with enhanced rights 1): 0 met, 0 late, 1 missed; "
        "0.0 % in time",
        "2026-04, force: Example, team: unit1",
        "  victim.registered (5 working days, with enhanced rights 1): 0 met, 0 late, 1 missed; "
        "0.0 % in time",
    ]


def test_days_without_a_duty_are_said_to_be_so(told: CommandLine) -> None:
    said = told("report", "compliance", "--from", "2026-02-01", "--until", "2026-02-28")
    assert (said.exit_code, said.stdout) == (0, "No duty was due on these days.\n")


def test_a_spreadsheet_reads_what_programs_read(told: CommandLine) -> None:
    said = told("report", "compliance", *MARCH_AND_APRIL, "--csv", "duties.csv", "--json")
    assert said.exit_code == 0
    records = [json.loads(line) for line in said.stdout.splitlines()]
    with (told.home / "duties.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{name: str(value) for name, value in one.items()} for one in records]
    assert told("report", "compliance", *MARCH_AND_APRIL, "--csv", "duties.csv").stdout == ""


def test_a_team_named_like_a_formula_is_none_in_a_spreadsheet(notifier: CommandLine) -> None:
    case = opened()
    case["data"]["unit"]["id"] = "=1+1"
    notifier.happen("2026-03-31T09:01:00+01:00", [case, registered(EMAIL), ARREST])
    notifier.set_clock("2026-04-10T09:00:00+01:00")
    notifier("report", "compliance", *MARCH_AND_APRIL, "--csv", "duties.csv")
    assert ",'=1+1," in (notifier.home / "duties.csv").read_text()


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-03-31", "2026-03-01", "--until 2026-03-01 is before --from 2026-03-31"),
        ("March", "2026-03-31", "March is no day; give one such as 2026-03-31"),
        ("2026-02-29", "2026-03-31", "2026-02-29 is no day"),
    ],
)
def test_wrong_days_are_wrong_usage(notifier: CommandLine, first: str, last: str, said: str) -> None:
    result = notifier("report", "compliance", "--from", first, "--until", last)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_file_that_cannot_be_written_is_said_in_one_line(told: CommandLine) -> None:
    result = told("report", "compliance", *MARCH_AND_APRIL, "--csv", "nowhere/duties.csv")
    assert result.exit_code == 1
    assert result.stderr == "notifier: nowhere/duties.csv: No such file or directory\n"
