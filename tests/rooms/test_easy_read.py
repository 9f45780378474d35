"""The easy read words: short sentences, one to a line, hard words explained, and what to do."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

import notifier
from notifier.event_data import Common
from notifier.event_types import EVENT_TYPES
from notifier.records import CaseEvent, CourtesyContent, Form, Needs, PersonName, Rendered, Role, Victim
from notifier.rendering import Renderer
from tests.rooms.test_rendering import LONDON, TOLD, VICTIM, event, request

TEMPLATES = Path(notifier.__file__).with_name("templates")
LANGUAGES = ("en", "cy")
EASY = replace(VICTIM, needs=Needs(format="easy_read"))
REPRESENTED = replace(EASY, role=Role.REPRESENTATIVE, recipient=PersonName(family="Sam Carter"))
READERS = (EASY, REPRESENTED)
MOST_WORDS = 15
CALL_999 = "If you are in danger, call 999."
BONES = re.compile(r"\{%.*?%\}|\d+")
ENDS_INSIDE = re.compile(r"[.!?] +[A-Z]")
JARGON = re.compile(
    r"\b(?:alleged|assist|breach|commence|conditions|custody|defendant|disclosure|disposal|enquir\w+|inform"
    r"|offence|ongoing|perpetrator|proceedings|prosecution|regarding|remand\w*|statutory|verdict|via)\b",
    re.IGNORECASE,
)
# A hard word, and how the line begins that says what it means.
EXPLAINED = {
    r"arrest(?:ed)?": "Arrest means ",
    r"suspect": r"(?:Suspect means|The suspect is the person who) ",
    r"charged": "Charged means ",
    r"the charge": "A charge is ",
    r"bail": "Bail means ",
    r"guilty": "(?:Guilty|Not guilty) means ",
    r"hearing": "A hearing is ",
    r"witness": "A witness is ",
    r"trial": "A trial is ",
    r"prosecutor": "A prosecutor is ",
    r"investigate": "Investigate means ",
    r"suspended": "Suspended means ",
    r"sentence": "(?:A sentence is|The court will now decide what happens) ",
}

# Each value that an event's outcome may have, and the line that only this one says.
OUTCOMES: list[tuple[str, str, str, str]] = [
    ("case.suspect_released", "outcome", "bail", "The suspect is on bail."),
    ("case.suspect_released", "outcome", "no_charge", "The suspect was not charged."),
    (
        "case.suspect_released",
        "outcome",
        "under_investigation",
        "This is called release under investigation.",
    ),
    ("case.bail_changed", "change", "varied", "The bail rules for the suspect changed on 7 April."),
    ("case.bail_changed", "change", "cancelled", "The suspect is not on bail any more."),
    ("case.charge_altered", "change", "altered", "The charge in the case was changed on 7 April."),
    ("case.charge_altered", "change", "stopped", "The charge in the case was stopped."),
    ("court.verdict", "outcome", "guilty", "The court found the person guilty on 7 April."),
    ("court.verdict", "outcome", "not_guilty", "The court found the person not guilty on 7 April."),
    ("court.verdict", "outcome", "other", "This trial ended in a different way."),
    ("court.sentenced", "outcome", "custody", "The court sent the person to prison."),
    ("court.sentenced", "outcome", "suspended", "The person got a prison sentence that is suspended."),
    ("court.sentenced", "outcome", "community", "The person got a community sentence."),
    ("court.sentenced", "outcome", "fine", "The person has to pay a fine."),
    ("court.sentenced", "outcome", "other", "Please ask us what the sentence is."),
    ("court.sentenced", "outcome", "a curfew", "This is the sentence:"),
    ("court.appeal", "stage", "allowed", "It was allowed on 7 April."),
    ("court.appeal", "stage", "listed", "There is now a date for the appeal."),
    ("court.appeal", "stage", "decided", "The higher court made its decision on 7 April."),
]
REVIEW = "This is called the Victims' Right to Review."
NO_RULES = "There are no rules about where the suspect can go."
NO_RULES_ANY_MORE = "There are no rules any more about where the suspect can go."
BREAKS_A_RULE = "If the suspect breaks a rule, tell us straight away."
COMES_NEAR = "If the suspect comes near you or scares you, tell us straight away."
NOT_KNOWN = "Please ask us what the court decided."
ASK_WHY = "Please ask us why."
SAYS: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("victim.registered", {}, ("Please keep the reference of the case.", "The number is 0808 16 89 111.")),
    ("officer.assigned", {}, ("The new officer is PC Priya Shah.",)),
    ("case.progress", {}, ("- forensic results", "We think that we will have it by 20 April.")),
    ("case.progress", {"expected_by": None}, ("We do not know yet how long it will take.",)),
    ("case.suspect_released", {}, ("- must not contact you", "- must not enter Mill Lane", BREAKS_A_RULE)),
    ("case.suspect_released", {"conditions": []}, (NO_RULES, COMES_NEAR, "Call us, or call 101.")),
    ("case.bail_changed", {}, ("- must not contact you", BREAKS_A_RULE)),
    ("case.bail_changed", {"conditions": []}, (NO_RULES_ANY_MORE, COMES_NEAR)),
    ("case.bail_changed", {"change": "cancelled"}, (COMES_NEAR,)),
    ("case.charged", {"offences": ["burglary", "theft"]}, ("- burglary", "- theft")),
    ("case.no_further_action", {}, ("The officer wrote:", REVIEW, "The number is 0808 16 89 111.")),
    ("case.no_further_action", {"reasons": None}, (ASK_WHY,)),
    ("case.no_further_action", {"reasons_withheld": "an informant"}, ("We cannot tell you why.",)),
    ("case.closed", {"review_right": True}, (REVIEW,)),
    ("case.not_investigated", {"reasons": None}, (ASK_WHY,)),
    ("case.charge_altered", {"reasons": None}, (ASK_WHY, REVIEW)),
    ("case.out_of_court", {}, ("a caution.",)),
    ("court.hearing_listed", {}, ("- When: Monday 12 October at 10am", "- Where: Example Crown Court")),
    ("court.hearing_changed", {}, ("- When: Monday 19 October at 10am", "- What it is for: trial")),
    ("court.bail_decided", {}, ("bail.", "- must not contact you")),
    ("court.bail_decided", {"outcome": None}, (NOT_KNOWN,)),
    ("court.special_measures", {}, ("a screen in court.",)),
    ("court.special_measures", {"outcome": None}, (NOT_KNOWN,)),
    ("court.verdict", {}, ("The officer wrote:", "The court will now decide the sentence.")),
    ("court.appeal", {"outcome": "It is in June"}, ("The officer wrote:", "It is in June.")),
    ("custody.release_planned", {}, ("The plan is that they leave on 20 May.", "- must not contact you")),
    (
        "custody.released",
        {},
        ("- must not contact you", "If the person breaks a rule, tell us straight away."),
    ),
    ("custody.escaped", {}, ("If you see the person, call 999.", "Do not go near the person.")),
    ("contact_scheme.offered", {}, ("- Victim Contact Unit", "- Phone: 01632 960001")),
]
NOT_SAID: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("case.progress", {"waiting_for": None}, ("We are now waiting for this:",)),
    ("case.suspect_released", {}, (NO_RULES, COMES_NEAR)),
    ("case.suspect_released", {"conditions": []}, (BREAKS_A_RULE,)),
    ("case.bail_changed", {}, (NO_RULES_ANY_MORE, COMES_NEAR)),
    ("case.bail_changed", {"change": "cancelled"}, ("- must not contact you", BREAKS_A_RULE)),
    ("case.closed", {"review_right": False}, (REVIEW,)),
    ("case.no_further_action", {"reasons": "x", "reasons_withheld": "an informant"}, ("x.", "an informant.")),
    ("court.verdict", {"meaning": None}, ("The officer wrote:",)),
    ("court.bail_decided", {}, (NOT_KNOWN,)),
    ("custody.released", {"conditions": []}, ("The person must keep these rules:",)),
]
# Who may be near her, or free, or looked for.
DANGER = (
    *("case.suspect_released", "case.bail_changed", "court.bail_decided", "court.warrant_issued"),
    *("court.sentenced", "custody.release_planned", "custody.released", "custody.escaped"),
)

# What they say does not hang on a day.
UNDATED = ("victim.registered", "contact_scheme.offered")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(LONDON)


def minimal(name: str) -> dict[str, Any]:
    """What takes every optional field out of an event's sample."""
    fields = EVENT_TYPES[name].data.model_fields
    own = fields.keys() - Common.model_fields.keys()
    return {field: fields[field].default for field in own if not fields[field].is_required()}


def told_to(renderer: Renderer, victim: Victim, *events: CaseEvent, **changes: Any) -> Rendered:
    return renderer.render(request(Form.LETTER, *events, victim=victim, **changes))


def said(rendered: Rendered) -> list[str]:
    """Every line that the person reads."""
    return [line for paragraph in rendered.paragraphs for line in paragraph.splitlines()]


def about(renderer: Renderer, name: str, changes: dict[str, Any], **more: Any) -> list[str]:
    return said(told_to(renderer, EASY, event(name, changes), **more))


def own_lines(name: str, changes: dict[str, Any], lines: list[str]) -> list[str]:
    """The lines that we wrote: without those that a publisher did, and without a list's items."""
    free = {**EVENT_TYPES[name].sample, **changes}
    written = {f"{text.rstrip('.')}." for text in free.values() if isinstance(text, str)}
    return [line for line in lines if not line.startswith("- ") and line not in written]


ALL: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in TOLD),
    *((name, minimal(name)) for name in TOLD),
    *((name, {field: value}) for name, field, value, _ in OUTCOMES),
    *((name, {**minimal(name), field: value}) for name, field, value, _ in OUTCOMES),
    *((name, changes) for name, changes, _ in (*SAYS, *NOT_SAID)),
]


# Every event has its words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*TOLD, "_courtesy"])
def test_every_told_event_has_easy_words(name: str, language: str) -> None:
    assert (TEMPLATES / name / language / "easy.txt").is_file()


@pytest.mark.parametrize(("name", "changes"), ALL)
def test_every_told_event_renders(renderer: Renderer, name: str, changes: dict[str, Any]) -> None:
    for victim, form, language in product(READERS, (Form.MAIL, Form.LETTER), LANGUAGES):
        reader = replace(victim, needs=Needs(language, "easy_read"))
        plain = replace(victim, needs=Needs(language))
        asked = request(form, event(name, changes), victim=reader, offer_meeting=True)
        rendered = renderer.render(asked)
        assert rendered.language == language
        assert rendered.text != renderer.render(replace(asked, victim=plain)).text
        assert not re.search(r"None|\{|\.\.(?!\.)|\s[.,;)]|  ", rendered.text)


@pytest.mark.parametrize("name", [*TOLD, "_courtesy"])
def test_welsh_branches_and_gives_numbers_as_english_does(name: str) -> None:
    english, welsh = ((TEMPLATES / name / language / "easy.txt").read_text("utf-8") for language in LANGUAGES)
    assert BONES.findall(welsh.replace("/cy/", "/en/")) == BONES.findall(english)


# How it reads


@pytest.mark.parametrize(("name", "changes"), ALL)
def test_english_lines_are_short_plain_sentences(
    renderer: Renderer, name: str, changes: dict[str, Any]
) -> None:
    told = (told_to(renderer, victim, event(name, changes), offer_meeting=True) for victim in READERS)
    for line in (line for rendered in told for line in own_lines(name, changes, said(rendered))):
        assert len(line.split()) <= MOST_WORDS, line
        assert line[0].isupper() or line[0].isdigit(), line
        assert line.endswith((".", "?", ":")), line
        assert not ENDS_INSIDE.search(line), line
        assert not re.search(r"[();]", line), line
        assert not JARGON.search(line), line


@pytest.mark.parametrize(("name", "changes"), ALL)
def test_hard_words_are_explained(renderer: Renderer, name: str, changes: dict[str, Any]) -> None:
    lines = own_lines(name, changes, about(renderer, name, changes))
    words = "\n".join(lines)
    for word, explanation in EXPLAINED.items():
        if re.search(rf"\b{word}\b", words, re.IGNORECASE):
            assert re.search(rf"^{explanation}", words, re.MULTILINE), word


# What it says


@pytest.mark.parametrize(("name", "field", "value", "line"), OUTCOMES)
def test_each_outcome_says_its_own_line_and_no_other(
    renderer: Renderer, name: str, field: str, value: str, line: str
) -> None:
    of_this_event = {other for event_type, _, _, other in OUTCOMES if event_type == name}
    assert of_this_event & set(about(renderer, name, {field: value})) == {line}


def test_every_outcome_of_the_table_of_events_is_tried() -> None:
    listed = {
        (name, field, value)
        for name in TOLD
        for field, info in EVENT_TYPES[name].data.model_fields.items()
        if get_origin(info.annotation) is Literal
        for value in get_args(info.annotation)
    }
    assert listed <= {(name, field, value) for name, field, value, _ in OUTCOMES}


@pytest.mark.parametrize(("name", "changes", "facts"), SAYS)
def test_it_says_the_facts(
    renderer: Renderer, name: str, changes: dict[str, Any], facts: tuple[str, ...]
) -> None:
    lines = about(renderer, name, changes)
    for fact in facts:
        assert fact in lines


@pytest.mark.parametrize(("name", "changes", "facts"), NOT_SAID)
def test_it_says_nothing_that_is_not_so(
    renderer: Renderer, name: str, changes: dict[str, Any], facts: tuple[str, ...]
) -> None:
    lines = about(renderer, name, changes)
    for fact in facts:
        assert fact not in lines


@pytest.mark.parametrize("name", [name for name in TOLD if name not in UNDATED])
def test_it_says_when(renderer: Renderer, name: str) -> None:
    words = "\n".join(about(renderer, name, {}, next_update=None))
    assert re.search(r"\b\d{1,2} (?:April|May|October)\b", words)


@pytest.mark.parametrize("name", DANGER)
def test_a_matter_of_safety_says_to_call_999(renderer: Renderer, name: str) -> None:
    for changes in ({}, minimal(name)):
        assert CALL_999 in about(renderer, name, changes)


def test_every_event_that_can_be_a_matter_of_safety_is_among_them() -> None:
    at_risk = {row.name for row in EVENT_TYPES.values() if row.told and row.tone in ("safety", "at_risk")}
    assert at_risk <= set(DANGER)


@pytest.mark.parametrize("name", [name for name in TOLD if EVENT_TYPES[name].offers_meeting])
def test_a_meeting_is_offered_only_where_there_is_one(renderer: Renderer, name: str) -> None:
    offer = "We would like to meet you."
    assert offer in about(renderer, name, {}, offer_meeting=True)
    assert offer not in about(renderer, name, {}, offer_meeting=False)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("victim.registered", "The person you represent can say what the crime did to them."),
        ("case.closed", "The person you represent has the right to ask us to look again."),
        ("court.hearing_listed", "The person you represent may be asked to be a witness."),
        ("court.witness_required", "The court needs the person you represent as a witness."),
        ("court.special_measures", "The court decided about help for the person you represent."),
        ("contact_scheme.offered", "The person you represent can choose to get news."),
    ],
)
def test_a_representative_reads_whose_right_it_is(renderer: Renderer, name: str, line: str) -> None:
    assert line in said(told_to(renderer, REPRESENTED, event(name)))
    assert line not in about(renderer, name, {})


def test_a_text_by_an_officer_stands_as_it_is_after_a_plain_line(renderer: Renderer) -> None:
    lines = about(renderer, "case.closed", {"reasons": "The CCTV (poor quality) was inconclusive; no ID."})
    assert lines[lines.index("The officer wrote:") + 1] == "The CCTV (poor quality) was inconclusive; no ID."


def test_a_courtesy_update_from_end_to_end(renderer: Renderer) -> None:
    last = event("case.suspect_arrested", occurred_at=datetime(2026, 3, 6, 11, tzinfo=LONDON))
    content = CourtesyContent(last, "forensic results", date(2026, 3, 7), date(2026, 4, 20))
    assert said(told_to(renderer, EASY, courtesy=content))[3:16] == [
        "We said that we would keep in touch with you.",
        "There is nothing new in the case since you last heard from us.",
        "This is the last thing that happened:",
        "- a suspect was arrested on 6 March",
        "If you do not understand this, please ask us.",
        "We are waiting for this:",
        "- forensic results",
        "We have been waiting since 7 March.",
        "We think that we will have it by 20 April.",
        "When we know more, we will tell you what it means.",
        "Waiting can be hard.",
        "You can talk to Victim Support.",
        "Victim Support is a charity that listens and helps.",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("expected_by", [None, date(2026, 4, 1), date(2026, 4, 20)])
@pytest.mark.parametrize("waiting_for", [None, "forensic results"])
@pytest.mark.parametrize("told", [True, False])
def test_every_courtesy_update_renders(
    renderer: Renderer, told: bool, waiting_for: str | None, expected_by: date | None, language: str
) -> None:
    last = event("case.suspect_arrested") if told else None
    content = CourtesyContent(last, waiting_for, date(2026, 3, 7) if waiting_for else None, expected_by)
    reader = replace(EASY, needs=replace(EASY.needs, language=language))
    lines = said(told_to(renderer, reader, courtesy=content))
    assert ("- forensic results" in lines) is (waiting_for is not None)
    assert ("- a suspect was arrested on 7 April" in lines) is (told and language == "en")
    assert not ENDS_INSIDE.search("\n".join(lines))


def test_late_news_is_owned_up_to(renderer: Renderer) -> None:
    late = CourtesyContent(None, "forensic results", date(2026, 3, 7), date(2026, 4, 1))
    lines = said(told_to(renderer, EASY, courtesy=late))
    assert "We thought that we would have it by 1 April." in lines
    assert "It is late." in lines
    assert "There is nothing new that we can tell you about." in lines
