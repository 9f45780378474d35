from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from notifier.channels.base import find_channels
from notifier.errors import BeyondCalendar, SettingsError
from notifier.event_types import EVENT_TYPES
from notifier.policy_file import SHIPPED, bank_holidays, load_policies
from notifier.records import ChannelName, StaffMember
from notifier.rules.policy import Policy
from notifier.rules.working_days import add_working_days, is_working_day
from notifier.toml_lines import entry_lines
from tests.builders import a_window, at, day

DOCUMENT = Path(__file__).parents[1] / "docs/policy.md"
NOON = "Wed 1 Apr 2026 12:00"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An operator's own file, still to be written."""
    return tmp_path / "own.toml"


def policy_of(path: Path | None = None, force: str | None = None, when: str = NOON) -> Policy:
    return load_policies(path).of(force, at(when))


def refusal(path: Path) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(SettingsError) as refused:
        load_policies(path)
    line = str(refused.value)
    assert "\n" not in line
    return line


def test_the_shipped_numbers_are_those_of_the_rules() -> None:
    policy = policy_of()
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


def test_the_shipped_numbers_of_protection_and_support_are_those_of_the_rules() -> None:
    policy = policy_of()
    assert policy.breaker
    assert (policy.breaker.hourly_notices, policy.breaker.times_mean) == (50, 5)
    assert policy.breaker.mean == policy.silence.mean == timedelta(days=7)
    assert policy.silence.usual_gaps == 3
    support = policy.support
    assert (support.referral_duty, support.working_days, support.prompt_working_days) == (False, 2, 1)
    assert (policy.words.max_segments, policy.words.links_in_sms) == (3, False)
    assert policy.words.jargon["perpetrator"] == "suspect"
    assert policy.operations is None


@pytest.mark.parametrize("word", ["cps", "marac", "in due course"])
def test_jargon_is_in_small_letters(word: str) -> None:
    assert word in policy_of().words.jargon


def test_the_facts_are_those_that_the_channels_state() -> None:
    assert policy_of().facts == {name: channel.facts for name, channel in find_channels().items()}


_SOURCE = re.compile(
    r"our policy|Code( of Practice for Victims of Crime)? 20\d\d|20\d\d Code|Citizen Focus \d|"
    r"London Assembly, 20\d\d|Citizens Advice|US notification service"
)


def test_every_entry_of_the_shipped_policy_names_its_source() -> None:
    text = SHIPPED.read_text()
    lines, numbers = text.split("\n"), entry_lines(text)
    for path, number in numbers.items():
        over = [lines[numbers[path[:length]] - 1] for length in range(1, len(path))]
        entry = lines[number - 1]
        if entry.startswith("["):
            continue
        named = [line for line in (entry, *over) if _SOURCE.search(line.partition("#")[2])]
        assert named, f"policy.toml, line {number}: {path} names no source"


def test_every_limit_of_an_event_type_names_its_source() -> None:
    for row in EVENT_TYPES.values():
        assert row.limit is None or _SOURCE.search(row.limit.source), row.name


def test_the_document_tells_every_entry() -> None:
    shipped = {path[:2] for path in entry_lines(SHIPPED.read_text())}
    whole = {"words.jargon", "leaflets", "limits"}
    entries = {".".join(str(key) for key in path if isinstance(key, str)) for path in shipped}
    parts = {entry.split(".")[0] for entry in entries if "." in entry}
    told = set(re.findall(r"^\| `([a-z_.]+)` \|", DOCUMENT.read_text(), re.MULTILINE))
    assert told == (entries - parts) | whole | {"operations"}


def test_the_document_s_examples_are_policies(own: Path) -> None:
    examples = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert len(examples) > 2
    for example in examples:
        own.write_text(example)
        assert load_policies(own)


@pytest.mark.parametrize(
    ("offence", "names"),
    [
        ("burglary", ("help-after-crime",)),
        ("stalking", ("help-after-crime", "domestic-abuse")),
        (None, ("help-after-crime",)),
    ],
)
def test_the_leaflets_of_an_offence(offence: str | None, names: tuple[str, ...]) -> None:
    leaflets = policy_of().leaflets_for(offence)
    assert tuple(leaflet.name for leaflet in leaflets) == names
    for leaflet in leaflets:
        assert leaflet.where.keys() == {"en", "cy"}


def test_an_own_file_lies_over_the_shipped_one(own: Path) -> None:
    own.write_text(
        'name = "Example"\n'
        "[courtesy]\nlater_days = 21\n"
        '[timing]\ndefault_window = { from = "09:00", until = "24:00" }\n'
        '[limits]\n"case.charged" = [3, 1]\n'
        '[operations]\nname = "Control room"\nemail = "control@police.example"\n'
    )
    policy = policy_of(own)
    assert (policy.name, policy.courtesy.later_days, policy.courtesy.first_days) == ("Example", 21, 7)
    assert policy.default_windows == (a_window("09:00", "24:00"),)
    assert policy.gap == timedelta(minutes=30), "what it does not name stays"
    assert policy.limits == {"case.charged": (3, 1)}
    assert policy.operations == StaffMember("operations", "Control room", "control@police.example")


def test_settings_override_every_version_of_the_file(own: Path) -> None:
    own.write_text("timing.gap_minutes = 15\n[forces.Example]\ntiming.gap_minutes = 20\n")
    assert policy_of(own).gap == timedelta(minutes=15)
    changed = load_policies(own, gap_minutes=0, timezone="Europe/Dublin", breaker=False)
    assert changed.timezone.key == "Europe/Dublin"
    for force in (None, "Example"):
        policy = changed.of(force, at(NOON))
        assert (policy.gap, policy.timezone.key) == (timedelta(0), "Europe/Dublin")
        assert policy.breaker is None


VERSIONS = """\
courtesy.later_days = 27

[[versions]]
from = 2026-07-01
courtesy.later_days = 24

[[versions]]
from = 2026-05-01
courtesy.later_days = 25
courtesy.first_days = 6

[forces.Northmoor]
courtesy.later_days = 22

[[forces.Northmoor.versions]]
from = 2026-06-01
courtesy.later_days = 21
"""


@pytest.mark.parametrize(
    ("force", "when", "later", "first", "reason"),
    [
        (None, "Thu 30 Apr 2026 23:59", 27, 7, "no version has come"),
        (None, "Fri 1 May 2026 00:00", 25, 6, "a version holds from the first moment of its local day"),
        (None, "Wed 1 Jul 2026 00:00", 24, 6, "the later day wins, whatever the order in the file"),
        ("Southmoor", "Wed 1 Jul 2026 00:00", 24, 6, "a force that is not named"),
        ("Northmoor", "Thu 30 Apr 2026 12:00", 22, 7, "a force's own number"),
        ("Northmoor", "Fri 1 May 2026 12:00", 22, 6, "over the version, which gives it the rest"),
        ("Northmoor", "Sun 31 May 2026 23:59", 22, 6, "its version has not come"),
        ("Northmoor", "Mon 1 Jun 2026 00:00", 21, 6, "its version has come"),
        ("Northmoor", "Wed 1 Jul 2026 12:00", 21, 6, "and lies over the general one, also over a later one"),
    ],
)  # fmt: skip
def test_the_version_of_a_force_on_a_day(
    own: Path, force: str | None, when: str, later: int, first: int, reason: str
) -> None:
    own.write_text(VERSIONS)
    courtesy = policy_of(own, force, when).courtesy
    assert (courtesy.later_days, courtesy.first_days) == (later, first), reason


def test_the_version_in_force_is_made_once(own: Path) -> None:
    own.write_text(VERSIONS)
    policies = load_policies(own)
    assert policies.of("Northmoor", at(NOON)) is policies.of("Northmoor", at("Thu 2 Apr 2026 09:00"))


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="with an offset"):
        load_policies().of(None, datetime(2026, 4, 1, 12))  # noqa: DTZ001  # what is refused


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (
            "[courtesy]\nlatter_days = 21\n",
            2,
            "courtesy.latter_days: is no entry of the policy; did you mean 'later_days'?",
        ),
        ("\n[curtesy]\nlater_days = 21\n", 2, "curtesy: is no entry of the policy; did you mean 'courtesy'?"),
        ("[courtesy]\nxyz = 21\n", 2, "courtesy.xyz: is no entry of the policy; docs/policy.md lists them"),
        ("[courtesy]\n\nlater_days = 0\n", 3, "courtesy.later_days: must be at least 1"),
        ("courtesy.later_days = 0\n", 1, "courtesy.later_days: must be at least 1"),
        ("courtesy = { later_days = 0 }\n", 1, "courtesy.later_days: must be at least 1"),
        ("[courtesy]\nlater_days = '7'\n", 2, "courtesy.later_days: must be a whole number, without quotes"),
        ("[courtesy]\nlater_days = true\n", 2, "courtesy.later_days: must be a whole number"),
        ("[courtesy]\nlater_days = 7.5\n", 2, "courtesy.later_days: must be a whole number"),
        ("[courtesy]\nprompt_share = 1.0\n", 2, "courtesy.prompt_share: must be less than 1"),
        ("[courtesy]\nprompt_share = nan\n", 2, "courtesy.prompt_share: must be"),
        ("[breaker]\ntimes_mean = inf\n", 2, "breaker.times_mean: must be an ordinary number"),
        ("[breaker]\ntimes_mean = 0\n", 2, "breaker.times_mean: must be more than 0"),
        ("[timing]\ngap_minutes = -1\n", 2, "timing.gap_minutes: must be at least 0"),
        (
            '[limits]\n"case.charge" = [3, 1]\n',
            2,
            "limits.case.charge: 'case.charge' is not known; did you mean 'case.charged'?",
        ),
        ('[limits]\n"case.opened" = [3, 1]\n', 2, "limits.case.opened: 'case.opened' is not known"),
        ('[limits]\n"case.charged" = [3]\n', 2, "limits.case.charged: needs 2 or more of them, not 1"),
        (
            '[limits]\n"case.charged" = [3, 1, 1]\n',
            2,
            "limits.case.charged: must have no more than 2 of them, not 3",
        ),
        ('[limits]\n"case.charged" = [0, 0]\n', 2, "limits.case.charged: must be at least 1"),
        (
            '[limits]\n"case.closed" = [5, 1]\n"case.charged" = [1, 5]\n',
            3,
            "limits.case.charged: gives longer to those with enhanced rights; write [standard, enhanced]",
        ),
        ('[limits]\n"case.charged" = 3\n', 2, "limits.case.charged: must be a list, in [square brackets]"),
        (
            '[timing]\ndefault_window = {from = "20:00", until = "08:00"}\n',
            2,
            "timing.default_window: 'until' must be later",
        ),
        (
            '[timing]\ndefault_window = {from = "8"}\n',
            2,
            "timing.default_window.from: must be a time of day in quotes",
        ),
        (
            '[timing.default_window]\ndays = ["mon"]\n',
            2,
            "timing.default_window.days: is not for the default window",
        ),
        (
            '[channels]\ndefault_order = [\n"fax"\n]\n',
            2,
            "channels.default_order: 'fax' is not known; give one of sms, email, letter, call",
        ),
        ("[channels]\ndefault_order = []\n", 2, "channels.default_order: needs 1 or more of them, not 0"),
        (
            '[channels]\nallow_foreign_post = "no"\n',
            2,
            "channels.allow_foreign_post: must be true or false, without quotes",
        ),
        (
            '[staff]\nat_risk_time = "noon"\n',
            2,
            'staff.at_risk_time: must be a time of day in quotes, such as "08:00"',
        ),
        ("[staff]\nat_risk_time = 12\n", 2, "staff.at_risk_time: must be a time of day in quotes"),
        ('[staff]\nat_risk_time = "12:00Z"\n', 2, "staff.at_risk_time: must be a time of day in quotes"),
        ('timezone = "Europe/Londn"\n', 1, 'timezone: must be a time zone, such as "Europe/London"'),
        ("timezone = 7\n", 1, 'timezone: must be a time zone, such as "Europe/London"'),
        (
            '[offences]\nserious = ["domestic_abus"]\n',
            2,
            "offences.serious: 'domestic_abus' is not known; did you mean 'domestic_abuse'?",
        ),
        ("timing = 5\n", 1, "timing: must be a part with entries of its own"),
        ("limits = 5\n", 1, "limits: must be a part with entries of its own"),
        ("name = 5\n", 1, "name: must be words in quotes"),
        ('name = ""\n', 1, "name: must not be empty"),
        (
            "[support]\nprompt_working_days = 3\n",
            2,
            "support.prompt_working_days: must not be more than support.working_days",
        ),
        (
            "[calendar]\nextra_holidays = ['2027-05-10']\n",
            2,
            "calendar.extra_holidays: must be a day without quotes, such as 2026-07-01",
        ),
        (
            "[calendar]\nnot_holidays = [2027-05-10]\n",
            2,
            "calendar.not_holidays: 2027-05-10 is no bank holiday; take it out",
        ),
        (
            '[[leaflets]]\nname = "a"\nwhere.en = "here"\n[[leaflets]]\nname = "b"\n',
            4,
            "leaflets.where: is missing; give it",
        ),
        (
            '[[leaflets]]\nname = "../a"\nwhere.en = "here"\n',
            2,
            "leaflets.name: must be small letters, digits and hyphens",
        ),
        ('[[leaflets]]\nname = "a"\nwhere = {}\n', 3, "leaflets.where: needs 1 or more of them, not 0"),
        (
            '[[leaflets]]\nname = "a"\nwhere.fr = "ici"\n',
            3,
            "leaflets.where.fr: 'fr' is not known; give one of en, cy",
        ),
        ('[operations]\nname = "Control room"\n', 1, "operations.email: is missing; give it"),
    ],
)
def test_a_wrong_entry_stops_the_start_with_its_line(own: Path, content: str, line: int, said: str) -> None:
    own.write_text(content)
    assert refusal(own).startswith(f"policy file {own}, line {line}: {said}")


VERSION = "[[versions]]\nfrom = 2026-07-01\n"
EARLIER = "[[versions]]\nfrom = 2026-05-01\n"
FORCE_VERSION = "[[forces.A.versions]]\nfrom = 2026-07-01\n"


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("[[versions]]\ncourtesy.later_days = 21\n", 1, "versions.from: is missing; give it"),
        (
            "[[versions]]\nfrom = '2026-07-01'\n",
            2,
            "versions.from: must be a day without quotes, such as 2026-07-01",
        ),
        ("[[versions]]\nfrom = 2026-07-01T08:00:00\n", 2, "versions.from: must be a day without quotes"),
        (
            "[versions]\nfrom = 2026-07-01\n",
            1,
            "versions: must be a list; write its header in [[double brackets]]",
        ),
        (VERSION + VERSION, 1, "versions: two versions begin on the same day; make them one"),
        (VERSION + EARLIER + "courtesy.later_days = 0\n", 5, "courtesy.later_days: must be at least 1"),
        (
            VERSION + "timezone = 'Europe/Paris'\n",
            3,
            "timezone: never changes by a version; give it at the top of the file",
        ),
        ("[forces.A]\ncourtesy.later_days = 0\n", 2, "courtesy.later_days: must be at least 1"),
        (
            "[forces.A]\ntimezone = 'Europe/Paris'\n",
            2,
            "timezone: holds for all forces; give it at the top of the file",
        ),
        ("[forces.A]\n[forces.A.breaker]\nmean_days = 5\n", 2, "breaker: holds for all forces"),
        (FORCE_VERSION + "silence.mean_days = 5\n", 3, "silence: holds for all forces"),
        (
            FORCE_VERSION + "limits.'case.charge' = [5, 1]\n",
            3,
            "limits.case.charge: 'case.charge' is not known",
        ),
        ("[forces.A]\n[forces.A.forces.B]\n", 2, "forces: is no entry of the policy"),
        ("forces = 5\n", 1, "forces: must be a part with entries of its own"),
    ],
)
def test_a_wrong_version_or_force_stops_the_start_with_its_line(
    own: Path, content: str, line: int, said: str
) -> None:
    own.write_text(content)
    assert refusal(own).startswith(f"policy file {own}, line {line}: {said}")


def test_the_line_is_that_of_the_layer_which_decides(own: Path) -> None:
    own.write_text('[limits]\n"case.charged" = [4, 4]\n[forces.A.limits]\n"case.charged" = [1, 4]\n')
    assert f"{own}, line 4: limits.case.charged: gives longer" in refusal(own)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[courtesy\n", "is not valid TOML: Expected ']'"),
        (b'name = "\xff"\n', "is not UTF-8; save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_policy_is_refused_with_one_line(own: Path, content: bytes, said: str) -> None:
    own.write_bytes(content)
    assert f"policy file {own} {said}" in refusal(own)


def test_a_missing_file_is_named(own: Path) -> None:
    assert "own.toml cannot be read" in refusal(own)


def test_a_negative_gap_from_the_settings_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"the settings: timing\.gap_minutes: must be at least 0"):
        load_policies(gap_minutes=-1)


def test_the_bank_holidays_are_those_of_england() -> None:
    holidays = bank_holidays().holidays
    assert {day("Fri 3 Apr 2026"), day("Mon 6 Apr 2026"), day("Mon 28 Dec 2026")} <= holidays
    assert day("Mon 30 Nov 2026") not in holidays


def test_one_off_days_lie_over_the_bank_holidays(own: Path) -> None:
    own.write_text(
        "[calendar]\nextra_holidays = [2027-05-10] # a made-up jubilee\nnot_holidays = [2027-05-03]\n"
        "[forces.A.calendar]\nextra_holidays = []\n"
    )
    general, force_a = policy_of(own).calendar, policy_of(own, "A").calendar
    assert add_working_days(general, day("Fri 7 May 2027"), 1) == day("Tue 11 May 2027")
    assert is_working_day(general, day("Mon 3 May 2027")), "moved away from its day"
    assert is_working_day(force_a, day("Mon 10 May 2027")), "a force may have no such day"
    assert not is_working_day(policy_of().calendar, day("Mon 3 May 2027"))


def test_beyond_the_known_years_a_one_off_day_is_still_an_error(own: Path) -> None:
    last = bank_holidays().last_year
    own.write_text(f"[calendar]\nextra_holidays = [{last + 1}-05-10]\n")
    with pytest.raises(BeyondCalendar, match=f"bank holidays of {last + 1}"):
        is_working_day(policy_of(own).calendar, date(last + 1, 5, 10))
