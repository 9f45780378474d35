"""The check over all words: it looks at everything, and finds each fault that a force's folder is given.

That ours pass stands in tests/cli/test_templates.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from notifier.event_types import EVENT_TYPES, ToneRule
from notifier.records import Form, Wording
from notifier.rendering_dates import LANGUAGES
from notifier.rules.policy import Policy
from notifier.template_folders import SHIPPED
from notifier.wording.allowed import COURTESY
from notifier.wording.check import Check, Finding
from notifier.wording.specimens import FORMATS, Specimen, specimens
from tests.builders import a_policy

POLICY = a_policy()
ALL = tuple(specimens(POLICY))
CHARGED = "case.charged"
EN, CY = f"{CHARGED}/en", f"{CHARGED}/cy"
LONG = "We have now looked at all that we could find. " * 12
HARD = (
    "Notwithstanding considerable organisational difficulties, representatives communicated comprehensive "
    "information regarding administrative responsibilities, investigative possibilities and consequences."
)


def laid(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)


def found(folder: Path, *abouts: str, policy: Policy = POLICY) -> Iterator[Finding]:
    """Check the messages about these folders of templates, with a force's folder over ours."""
    check = Check((folder, SHIPPED), policy)
    for one in ALL:
        if one.about in abouts:
            yield from check.message(one)


# Everything is looked at


def looked_at(specimen: Specimen) -> tuple[str, Form, str, str, Wording]:
    needs = specimen.request.victim.needs
    form, wording = specimen.request.form, specimen.request.wording
    return specimen.about, form, needs.language, needs.format, wording


def test_every_row_is_looked_at_in_every_form_language_format_and_wording() -> None:
    seen = {looked_at(specimen) for specimen in ALL}
    told = [row.name for row in EVENT_TYPES.values() if row.told]
    for about in (*told, COURTESY):
        for language in LANGUAGES:
            for wording in Wording:
                assert (about, Form.SHORT, language, "standard", wording) in seen
            for wording in (Wording.FULL, Wording.NEUTRAL):
                assert (about, Form.SPOKEN, language, "standard", wording) in seen
                for form in (Form.MAIL, Form.LETTER):
                    for format_ in FORMATS:
                        assert (about, form, language, format_, wording) in seen


def test_every_choice_of_the_data_is_looked_at() -> None:
    outcomes = {
        specimen.request.events[0].data.outcome
        for specimen in ALL
        if specimen.about in ("case.suspect_released", "court.sentenced")
    }
    assert outcomes >= {"no_charge", "bail", "under_investigation", "custody", "suspended", "fine", "other"}


def test_each_routine_event_joins_another() -> None:
    joined = {
        event.type
        for specimen in ALL
        for event in specimen.request.events
        if specimen.about.startswith("several")
    }
    assert joined == {row.name for row in EVENT_TYPES.values() if row.told and row.tone is ToneRule.ROUTINE}


# Each fault is found


@pytest.mark.parametrize(
    ("path", "text", "form", "said"),
    [
        (f"{EN}/short.txt", LONG, Form.SHORT, "5 segments of an SMS and 3 are allowed"),
        (f"{EN}/full.txt", HARD, Form.LETTER, "its reading grade is"),
        (f"{EN}/short.txt", HARD, Form.SHORT, "its reading grade is"),
        (f"{EN}/easy.txt", HARD, Form.LETTER, "its reading grade is"),
        (f"{EN}/full.txt", "We ask the CPS.", Form.MAIL, '"cps" is jargon: write "Crown Pros'),
        (f"{EN}/subject.txt", "Prior to court", Form.MAIL, '"prior to" is jargon'),
        (f"{EN}/short.txt", "It is a burglary.", Form.SHORT, "an SMS shows an offence word (burglar)"),
        (f"{CY}/short.txt", "Byrgleriaeth yw hyn.", Form.SHORT, "an SMS shows an offence word (byrgler)"),
        (f"{EN}/short.txt", "Call PC Shah.", Form.SHORT, "an SMS shows a person's name"),
        (f"{CY}/short.txt", "{{ victim }}", Form.SHORT, "an SMS shows a person's name"),
        (f"{EN}/short.txt", "See police.example.org/x", Form.SHORT, "an SMS shows a link"),
        (f"{EN}/subject.txt", "For {{ recipient }}", Form.MAIL, "the subject shows a person's name"),
        (f"{EN}/subject.txt", "The theft", Form.MAIL, "the subject shows an offence word (theft)"),
        (f"{EN}/full.txt", "{{ event.offences | first }}..", Form.MAIL, "a sentence is not whole"),
    ],
)  # fmt: skip
def test_a_fault_in_a_message_is_found(tmp_path: Path, path: str, text: str, form: Form, said: str) -> None:
    laid(tmp_path, path, text)
    language = path.split("/")[1]
    lines = [str(one) for one in found(tmp_path, CHARGED) if (one.form, one.language) == (form, language)]
    (line,) = [line for line in lines if said in line]
    assert line.startswith(f"{CHARGED}, {form}, {language}: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Call the police on {{ contact.phone }}.", "a word of police or case (police)"),
        ("Call {{ contact.name }} on {{ contact.phone }}.", "a person's name"),
        ("{{ case.reference }}: call {{ contact.phone }}.", "the case's reference or force"),
        ("About the burglary: call {{ contact.phone }}.", "an offence word (burglar)"),
        ("Please call us.", "no number to call"),
    ],
)
def test_a_discreet_message_that_tells_too_much_is_found(tmp_path: Path, text: str, said: str) -> None:
    ours = (SHIPPED / "_neutral/en/words.txt").read_text()
    laid(tmp_path, "_neutral/en/words.txt", f"{ours}\n{{% macro short(news) %}}{text}{{% endmacro %}}")
    lines = [str(one) for one in found(tmp_path, CHARGED)]
    assert any(said in line and line.startswith(f"{CHARGED}, short, en: ") for line in lines)


def test_a_missing_field_is_found_with_its_file(tmp_path: Path) -> None:
    laid(tmp_path, "case.progress/en/short.txt", "{{ event.text }} by {{ event.expected_by }}")
    lines = [str(one) for one in found(tmp_path, "case.progress")]
    assert any("case.progress/en/short.txt cannot be filled" in line for line in lines)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (f"{EN}/full.txt", f"there is no template {EN}/full.txt: write it"),
        (f"{EN}/easy.txt", f"there is no template {EN}/easy.txt: write it"),
        (f"{CY}/short.txt", f"{CHARGED}, short, cy: a file is missing in cy, so it went out in en"),
    ],
)
def test_a_missing_template_is_found(tmp_path: Path, missing: str, said: str) -> None:
    alone = shutil.copytree(SHIPPED, tmp_path / "templates")
    (alone / missing).unlink()
    check = Check((alone,), POLICY)
    lines = [str(wrong) for one in ALL if one.about == CHARGED for wrong in check.message(one)]
    assert any(said in line for line in lines)


def test_a_leaflet_is_read_too(tmp_path: Path) -> None:
    laid(tmp_path, "_leaflets/help-after-crime/en.txt", f"Help for you\n\n{HARD} Ask the OIC.")
    lines = [str(one) for one in found(tmp_path, "victim.registered") if one.where.startswith("_leaflets")]
    assert len(lines) == 2
    assert all(line.startswith("_leaflets/help-after-crime/en.txt: ") for line in lines)
    assert '"oic" is jargon' in " ".join(lines)
    assert "reading grade" in " ".join(lines)


def test_the_policy_may_allow_links_and_decides_what_is_too_long_and_too_hard(tmp_path: Path) -> None:
    laid(tmp_path, f"{EN}/short.txt", "It is on www.example.org now.")
    allowed = replace(POLICY, words=replace(POLICY.words, links_in_sms=True))
    assert not [one for one in found(tmp_path, CHARGED, policy=allowed) if "link" in one.wrong]
    strict = replace(
        POLICY, words=replace(POLICY.words, max_segments=1, reading_grade=0.5, jargon={"now": "today"})
    )
    lines = " ".join(str(one) for one in found(tmp_path, CHARGED, policy=strict))
    assert "1 are allowed" in lines
    assert "0.5 is allowed" in lines
    assert '"now" is jargon: write "today"' in lines


def test_the_same_fault_of_one_message_is_said_once(tmp_path: Path) -> None:
    laid(tmp_path, f"{EN}/short.txt", "It is a burglary.")
    lines = [str(one) for one in found(tmp_path, CHARGED)]
    assert len(lines) == len(set(lines)) == 1
