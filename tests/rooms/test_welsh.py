"""The Welsh words: whole, in Welsh throughout, and fit for an SMS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, meta, nodes

import notifier
from notifier.event_types import EVENT_TYPES
from notifier.records import (
    CourtesyContent,
    Form,
    FullTextBy,
    Needs,
    PersonName,
    Rendered,
    RenderRequest,
    Role,
    Wording,
)
from notifier.rendering import Renderer
from notifier.rendering_fields import phrase, sentence
from notifier.sms_text import measure
from tests.builders import MOST_SEGMENTS
from tests.rooms.test_rendering import (
    CASE,
    LINK,
    LONDON,
    NAMES,
    NOW,
    OFFICER,
    SAMPLES,
    VICTIM,
    event,
    mentions,
)
from tests.rooms.test_rendering import request as english_request

TEMPLATES = Path(notifier.__file__).with_name("templates")
ENGLISH = sorted(path.relative_to(TEMPLATES) for path in TEMPLATES.glob("*/en/*"))
WELSH = replace(VICTIM, needs=Needs(language="cy"))
EASY = replace(WELSH, needs=Needs(language="cy", format="easy_read"))
REPRESENTED = replace(WELSH, role=Role.REPRESENTATIVE, recipient=PersonName(family="Sam Carter"))
TOLD: list[tuple[str, dict[str, Any]]] = [
    *SAMPLES,
    ("case.bail_changed", {"change": "cancelled", "conditions": []}),
    ("case.bail_changed", {"conditions": []}),
    ("case.charge_altered", {"change": "altered"}),
    ("case.reopened", {"reasons": None}),
    ("court.verdict", {"outcome": "not_guilty", "meaning": None}),
    ("court.verdict", {"outcome": "other"}),
    *(("court.sentenced", {"outcome": outcome}) for outcome in ("custody", "suspended", "fine", "other")),
    ("court.sentenced", {"outcome": "dirwy o 200 punt", "meaning": None}),
    ("court.appeal", {"stage": "allowed"}),
    ("court.appeal", {"stage": "decided", "outcome": "Mae'r canlyniad yn sefyll."}),
    ("custody.released", {"on": None, "conditions": []}),
]
ENGLISH_WORDS = re.compile(
    r"\b(?:the|and|of|you|your|we|our|are|was|were|will|with|this|that|have|been|they|them|their|please|call"
    r"|case|court|officer|about|police|bail|not|from|hearing"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august"
    r"|september|october|november|december|\d+(?:am|pm))\b",
    re.IGNORECASE,
)
OFFENCE_STEMS = ("trais", "treisi", "trosedd", "byrgler", "lladr", "dwyn", "ymosod", "stelc", "cam-drin")
FORBIDDEN_WHEN_DISCREET = (
    *("heddlu", "swyddog", "achos", "trosedd", "drosedd", "dioddef", "ddioddef", "llys", "gwrandawiad"),
    *("arest", "amheuaeth", "cyhudd", "mechn", "fechn", "carchar", "EX/1234/26", "Example", *NAMES),
)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(LONDON)


def welsh(path: Path) -> Path:
    return TEMPLATES / path.parent.parent / "cy" / path.name


def request(form: Form, *events: Any, **changes: Any) -> RenderRequest:
    return english_request(form, *events, **{"victim": WELSH, **changes})


def own_words(rendered: Rendered, data: Any) -> str:
    """What the service itself says: without what the publisher wrote, and what officers get in English."""
    words = f"{rendered.subject or ''} {rendered.text}"
    if rendered.form is Form.SPOKEN:
        words = re.split("Cyn siarad|Pwy bynnag", words, maxsplit=1)[1]
    if rendered.letter is not None:
        words += " ".join((*rendered.letter.sender, *rendered.letter.officer))
    for text in (*_texts(data), CASE.force, OFFICER.name, OFFICER.email or "", "(Victim Support)"):
        words = words.replace(text.rstrip(". "), "")
    return words


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list() | tuple():
            for item in value:
                yield from _texts(item)


def _fields(path: Path) -> set[str]:
    """Every field that a template names: "event.on" as well as "represented"."""
    environment = Environment(autoescape=True)
    environment.filters |= {"sentence": sentence, "phrase": phrase}
    tree = environment.parse((TEMPLATES / path).read_text(encoding="utf-8"))
    dotted = {
        f"{field.node.name}.{field.attr}"
        for field in tree.find_all(nodes.Getattr)
        if isinstance(field.node, nodes.Name)
    }
    return meta.find_undeclared_variables(tree) | dotted


# Beside the English


def test_every_english_file_has_a_welsh_one_and_no_other_is_there() -> None:
    written = {path.relative_to(TEMPLATES) for path in TEMPLATES.glob("*/cy/*")}
    assert written == {welsh(path).relative_to(TEMPLATES) for path in ENGLISH}


@pytest.mark.parametrize("path", ENGLISH, ids=str)
def test_a_welsh_file_uses_the_fields_of_the_english_one(path: Path) -> None:
    assert _fields(welsh(path)) == _fields(path)


# Every event


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("wording", Wording)
@pytest.mark.parametrize("victim", [WELSH, REPRESENTED], ids=["victim", "representative"])
@pytest.mark.parametrize(("name", "changes"), TOLD)
def test_every_told_event_is_told_in_welsh(
    renderer: Renderer, name: str, changes: dict[str, Any], victim: Any, wording: Wording, form: Form
) -> None:
    for by in FullTextBy:
        asked = request(form, event(name, changes), victim=victim, wording=wording, full_text_by=by)
        rendered = renderer.render(asked)
        assert rendered.language == "cy"
        assert not ENGLISH_WORDS.findall(own_words(rendered, {**EVENT_TYPES[name].sample, **changes}))
        assert not re.search(r"None|\{|\.\.(?!\.)|\s[.,;)]|  ", rendered.text)
        if wording is Wording.NEUTRAL:
            said = own_words(rendered, ())
            assert not mentions(said, FORBIDDEN_WHEN_DISCREET)
            assert "01632 960001" in said


@pytest.mark.parametrize(("name", "changes"), TOLD)
def test_easy_read_is_in_welsh_with_a_sentence_on_each_line(
    renderer: Renderer, name: str, changes: dict[str, Any]
) -> None:
    free = {**EVENT_TYPES[name].sample, **changes}
    for role, form in product((Role.VICTIM, Role.REPRESENTATIVE), (Form.MAIL, Form.LETTER)):
        asked = request(form, event(name, changes), victim=replace(EASY, role=role), offer_meeting=True)
        rendered = renderer.render(asked)
        said = own_words(replace(rendered, subject=None), free)
        assert rendered.language == "cy"
        assert not ENGLISH_WORDS.findall(said)
        assert not re.search(r"[();]|[.?!] +[A-Z]", said)


@pytest.mark.parametrize("wording", Wording)
@pytest.mark.parametrize("victim", [WELSH, REPRESENTED], ids=["victim", "representative"])
@pytest.mark.parametrize(("name", "changes"), TOLD)
def test_an_sms_fits_and_names_no_offence_no_person_and_no_link(
    renderer: Renderer, name: str, changes: dict[str, Any], victim: Any, wording: Wording
) -> None:
    for by in FullTextBy:
        asked = request(Form.SHORT, event(name, changes), victim=victim, wording=wording, full_text_by=by)
        text = renderer.render(asked).text
        assert measure(text).encoding == "gsm7"
        assert measure(text).segments <= MOST_SEGMENTS
        assert not mentions(text, (*OFFENCE_STEMS, *NAMES))
        assert not LINK.search(text)


@pytest.mark.parametrize(("name", "changes"), TOLD)
def test_a_subject_names_the_case_and_no_person(
    renderer: Renderer, name: str, changes: dict[str, Any]
) -> None:
    subject = renderer.render(request(Form.MAIL, event(name, changes))).subject
    assert subject is not None
    assert subject.startswith("Achos EX/1234/26: ")
    assert not mentions(subject, (*OFFENCE_STEMS, *NAMES))
    assert len(subject) < 90


@pytest.mark.parametrize("form", [Form.SHORT, Form.MAIL])
@pytest.mark.parametrize(("name", "changes"), TOLD)
def test_every_told_event_can_be_named_in_a_clause(
    renderer: Renderer, name: str, changes: dict[str, Any], form: Form
) -> None:
    data = {**EVENT_TYPES[name].sample, **changes}
    last = event(name, changes, occurred_at=datetime(2026, 3, 6, 11, tzinfo=LONDON))
    rendered = renderer.render(request(form, courtesy=CourtesyContent(last_event=last)))
    assert rendered.language == "cy"
    assert not ENGLISH_WORDS.findall(own_words(rendered, data))
    if form is Form.SHORT:
        assert measure(rendered.text).segments <= MOST_SEGMENTS
        assert measure(rendered.text).encoding == "gsm7"


def test_many_events_become_clauses_in_one_sms(renderer: Renderer) -> None:
    names = ("case.suspect_arrested", "case.suspect_interviewed", "case.charged", "court.hearing_listed")
    text = renderer.render(request(Form.SHORT, *(event(name, pk=pk) for pk, name in enumerate(names)))).text
    assert "Mae hyn wedi digwydd: cafodd person dan amheuaeth ei arestio ar 7 Ebrill; " in text
    assert measure(text).segments <= MOST_SEGMENTS


# Dates, names and details


def test_an_sms_in_welsh_from_end_to_end(renderer: Renderer) -> None:
    assert renderer.render(request(Form.SHORT, event("court.hearing_changed"))).text == (
        "Neges gan Heddlu Example am eich achos, EX/1234/26. Mae gwrandawiad llys wedi newid. "
        "Nawr: dydd Llun 19 Hydref am 10yb, Example Crown Court. Pwrpas: trial. "
        "Nid yw dyddiadau eraill a gawsoch yn gywir mwyach. "
        "Nid oes rhaid i chi fynd oni bai bod cais i fod yn dyst. Byddwn yn cysylltu eto erbyn 5 Mai. "
        "I siarad, ffoniwch 01632 960001 (dydd Llun 7yb i 3yp)."
    )


@pytest.mark.parametrize(
    ("force", "name"),
    [
        ("Example", "Heddlu Example"),
        ("South Wales", "Heddlu De Cymru"),
        ("South Wales Police", "Heddlu De Cymru"),
        ("Dyfed-Powys", "Heddlu Dyfed-Powys"),
        ("Heddlu Gwent", "Heddlu Gwent"),
        ("West Mercia Police", "West Mercia Police"),
    ],
)
def test_a_force_has_its_welsh_name(renderer: Renderer, force: str, name: str) -> None:
    asked = request(Form.LETTER, event("case.charged"), case=replace(CASE, force=force))
    letter = renderer.render(asked).letter
    assert letter is not None
    assert letter.sender == (name,)


def test_a_letter_has_all_its_parts_in_welsh(renderer: Renderer) -> None:
    rendered = renderer.render(request(Form.LETTER, event("case.suspect_released")))
    letter = rendered.letter
    assert letter is not None
    assert (rendered.language, letter.date) == ("cy", "7 Ebrill 2026")
    assert (letter.salutation, letter.reference_line, letter.closing) == (
        "Annwyl Ms Bloggs,", "Cyfeirnod: EX/1234/26", "Yn gywir,",
    )  # fmt: skip
    assert letter.officer == (
        "PC Priya Shah",
        "Ffôn: 01632 960001",
        "E-bost: priya.shah@police.example",
        "Ar ddyletswydd: dydd Llun 7yb i 3yp",
    )


def test_a_mail_says_that_it_is_in_welsh(renderer: Renderer) -> None:
    html = renderer.render(request(Form.MAIL, event("case.charged"))).html
    assert html is not None
    assert '<html lang="cy">' in html


@pytest.mark.parametrize(
    ("voicemail", "words"),
    [
        (False, ("Leave no voicemail.", "Peidiwch â gadael neges")),
        (True, ('"please call 01632 960001"', '"ffoniwch 01632 960001, os gwelwch yn dda"')),
    ],
)
def test_how_to_call_safely_stands_in_both_languages(
    renderer: Renderer, voicemail: bool, words: tuple[str, str]
) -> None:
    victim = replace(WELSH, needs=Needs(language="cy", voicemail=voicemail))
    text = renderer.render(request(Form.SPOKEN, event("case.charged"), victim=victim)).text
    assert text.index(words[0]) < text.index(words[1]) < text.index("Cyhuddwyd rhywun")


# Nothing has happened


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("expected_by", [None, date(2026, 4, 1), date(2026, 4, 20)])
@pytest.mark.parametrize("wording", [Wording.FULL, Wording.POINTER, Wording.NEUTRAL])
def test_a_courtesy_update_is_in_welsh(
    renderer: Renderer, wording: Wording, expected_by: date | None, form: Form
) -> None:
    last = event("case.suspect_arrested", occurred_at=datetime(2026, 3, 6, 11, tzinfo=LONDON))
    waiting = CourtesyContent(last, "canlyniadau fforensig", date(2026, 3, 7), expected_by)
    for content in (waiting, CourtesyContent()):
        rendered = renderer.render(request(form, courtesy=content, wording=wording))
        assert rendered.language == "cy"
        assert not ENGLISH_WORDS.findall(own_words(rendered, ()))
        if form is Form.SHORT:
            assert measure(rendered.text).segments <= MOST_SEGMENTS


def test_where_a_welsh_file_is_missing_the_whole_message_is_english(tmp_path: Path) -> None:
    for path in ("case.charged/en/short.txt", "_frame/en/words.txt", "_frame/cy/words.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes((TEMPLATES / path).read_bytes())
    rendered = Renderer(LONDON, tmp_path).render(request(Form.SHORT, event("case.charged"), now=NOW))
    assert rendered.language == "en"
    assert "Someone was charged on 7 April" in rendered.text
    assert not mentions(rendered.text, ("achos", "ffoniwch"))
