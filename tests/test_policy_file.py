from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from notifier.channels.base import find_channels
from notifier.errors import SettingsError
from notifier.policy_file import bank_holidays, load_policy
from notifier.records import ChannelName
from tests.builders import a_window, day


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A force's own file, still to be written."""
    return tmp_path / "own.toml"


def test_the_shipped_numbers_are_those_of_the_rules() -> None:
    policy = load_policy()
    assert policy.timezone.key == "Europe/London"
    assert policy.default_windows == (a_window("08:00", "20:00"),)
    assert policy.gap == timedelta(minutes=30)
    assert policy.moment_cutoff == time(20)
    courtesy, staff, channels = policy.courtesy, policy.staff, policy.channels
    assert (courtesy.first_days, courtesy.later_days, courtesy.serious_days) == (7, 28, 14)
    assert (courtesy.prompt_share, courtesy.prompt_time) == (0.25, time(8))
    assert (staff.climb_working_days, staff.task_working_days) == (1, 1)
    assert (staff.safety_pace, staff.at_risk_time) == (timedelta(minutes=30), time(12))
    assert channels.default_order == (ChannelName.SMS, ChannelName.EMAIL)
    assert (channels.sms_silence, channels.email_silence) == (timedelta(hours=4), timedelta(hours=24))
    assert channels.safety_step == timedelta(minutes=10)
    assert policy.serious_offences == {
        *("domestic_abuse", "stalking", "sexual_offence", "trafficking"),
        *("child_abuse", "hate_crime", "homicide"),
    }
    assert policy.at_risk_offences == {"violence", "robbery"}
    assert policy.no_letter_offences == {"domestic_abuse", "stalking"}
    assert policy.meeting_offences == {"child_abuse", "sexual_offence", "hate_crime"}


def test_the_facts_are_those_that_the_channels_state() -> None:
    assert load_policy().facts == {name: channel.facts for name, channel in find_channels().items()}


def test_a_forces_own_file_lies_over_the_shipped_one(own: Path) -> None:
    own.write_text(
        'name = "Example"\n'
        "[courtesy]\nlater_days = 21\n"
        '[timing]\ndefault_window = { from = "09:00", until = "24:00" }\n'
        '[limits]\n"case.charged" = [3, 1]\n'
    )
    policy = load_policy(own)
    assert (policy.name, policy.courtesy.later_days, policy.courtesy.first_days) == ("Example", 21, 7)
    assert policy.default_windows == (a_window("09:00", "24:00"),)
    assert policy.gap == timedelta(minutes=30), "what it does not name stays"
    assert policy.limits == {"case.charged": (3, 1)}


def test_settings_override_the_file(own: Path) -> None:
    own.write_text("[timing]\ngap_minutes = 15\n")
    assert load_policy(own).gap == timedelta(minutes=15)
    assert load_policy(own, gap_minutes=0).gap == timedelta(0)
    assert load_policy(own, timezone="Europe/Dublin").timezone.key == "Europe/Dublin"


@pytest.mark.parametrize(
    ("content", "named", "reason"),
    [
        ("[courtesy]\nlatter_days = 21\n", "courtesy.latter_days", "a misspelt entry"),
        ("[curtesy]\nlater_days = 21\n", "curtesy", "a misspelt part"),
        ("[courtesy]\nlater_days = 0\n", "courtesy.later_days", "an interval of no days"),
        ("[timing]\ngap_minutes = -1\n", "timing.gap_minutes", "less than nothing"),
        ('[limits]\n"case.charge" = [3, 1]\n', "limits.case.charge", "an event type that does not exist"),
        ('[limits]\n"case.charged" = [3]\n', "limits.case.charged", "two numbers are needed"),
        ('[limits]\n"case.charged" = [0, 0]\n', "limits.case.charged", "a limit of no days"),
        ('[timing]\ndefault_window = {from = "20:00", until = "08:00"}\n', "timing.default_window", "night"),
        ('[channels]\ndefault_order = ["fax"]\n', "channels.default_order", "a channel that does not exist"),
        ('[staff]\nat_risk_time = "noon"\n', "staff.at_risk_time", "no time of day"),
        ('timezone = "Europe/Londn"\n', "timezone", "a zone that does not exist"),
        ('[offences]\nserious = ["domestic_abus"]\n', "offences.serious", "an offence that does not exist"),
        ("timing = 5\n", "timing", "a number instead of a part"),
        ("[courtesy\n", "not valid TOML", "no TOML"),
    ],
)  # fmt: skip
def test_a_wrong_file_stops_the_start_with_one_line(own: Path, content: str, named: str, reason: str) -> None:
    own.write_text(content)
    with pytest.raises(SettingsError) as refused:
        load_policy(own)
    line = str(refused.value)
    assert named in line, reason
    assert str(own) in line
    assert "\n" not in line


def test_a_missing_file_is_named(own: Path) -> None:
    with pytest.raises(SettingsError, match=r"own\.toml cannot be read"):
        load_policy(own)


def test_a_negative_gap_from_the_settings_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"timing\.gap_minutes"):
        load_policy(gap_minutes=-1)


def test_the_bank_holidays_are_those_of_england() -> None:
    holidays = bank_holidays().holidays
    assert {day("Fri 3 Apr 2026"), day("Mon 6 Apr 2026"), day("Mon 28 Dec 2026")} <= holidays
    assert day("Mon 30 Nov 2026") not in holidays
