"""The leaflets of the first contact: with what they go, what they say, and to whom they never go."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import notifier
from notifier.errors import RenderingError
from notifier.records import Form, FullTextBy, LeafletOffer, Needs, RenderRequest, Victim, Wording
from notifier.rendering import Renderer
from notifier.rendering_dates import LANGUAGES
from notifier.sms_text import measure
from tests.builders import MOST_SEGMENTS, SHIPPED
from tests.rooms.test_rendering import LONDON, OFFENCE_WORD, REPRESENTED, VICTIM, all_words, event, request

POLICY = SHIPPED
TEXTS = Path(notifier.__file__).with_name("templates") / "_leaflets"
PLACE = LeafletOffer("help-after-crime", {"en": "from the library", "cy": "o'r llyfrgell"})
SENSITIVE = ("domestic_abuse", "stalking")
TITLES = {
    "en": ["Help after a crime", "Help when someone frightens or hurts you"],
    "cy": ["Help ar ôl trosedd", "Help pan fydd rhywun yn codi ofn arnoch neu'n eich brifo"],
}


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(LONDON)


def offers(offence: str) -> tuple[LeafletOffer, ...]:
    return tuple(LeafletOffer(leaflet.name, leaflet.where) for leaflet in POLICY.leaflets_for(offence))


def first_contact(
    form: Form,
    *leaflets: LeafletOffer,
    victim: Victim = VICTIM,
    wording: Wording = Wording.FULL,
    full_text_by: FullTextBy | None = None,
) -> RenderRequest:
    asked = request(form, event("victim.registered"), victim=victim, wording=wording)
    return replace(asked, leaflets=leaflets, full_text_by=full_text_by)


def speaking(language: str) -> Victim:
    return replace(VICTIM, needs=Needs(language=language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", [Form.MAIL, Form.LETTER])
def test_a_letter_or_mail_names_the_leaflets_that_come_with_it(
    renderer: Renderer, form: Form, language: str
) -> None:
    asked = first_contact(form, *offers("stalking"), victim=speaking(language))
    rendered = renderer.render(asked)
    assert rendered.language == language
    assert [leaflet.title for leaflet in rendered.leaflets] == TITLES[language]
    for leaflet in rendered.leaflets:
        assert leaflet.title in rendered.text
        assert (leaflet.file_name in rendered.text) is (form is Form.MAIL)
        assert not any("None" in paragraph or "{" in paragraph for paragraph in leaflet.paragraphs)


@pytest.mark.parametrize(("language", "files"), [("en", "leaflet-{}.pdf"), ("cy", "taflen-{}.pdf")])
def test_files_are_numbered_and_say_nothing(renderer: Renderer, language: str, files: str) -> None:
    mail = renderer.render(first_contact(Form.MAIL, *offers("stalking"), victim=speaking(language)))
    assert [leaflet.file_name for leaflet in mail.leaflets] == [files.format(1), files.format(2)]
    assert mail.subject is not None
    assert not OFFENCE_WORD.search(mail.subject)


@pytest.mark.parametrize("form", Form)
def test_without_leaflets_nothing_speaks_of_them(renderer: Renderer, form: Form) -> None:
    rendered = renderer.render(first_contact(form))
    assert rendered.leaflets == ()
    assert not re.search("leaflet|attached|pages after", rendered.text, re.IGNORECASE)


@pytest.mark.parametrize("form", [Form.SHORT, Form.SPOKEN])
def test_only_what_is_written_carries_a_leaflet(renderer: Renderer, form: Form) -> None:
    assert renderer.render(first_contact(form, PLACE)).leaflets == ()


# Discreet: none, in no form and no wording


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("wording", Wording)
def test_a_discreet_victim_gets_none(renderer: Renderer, form: Form, wording: Wording) -> None:
    discreet = replace(VICTIM, needs=Needs(discreet=True))
    rendered = renderer.render(first_contact(form, *offers("stalking"), victim=discreet, wording=wording))
    assert rendered.leaflets == ()
    assert not re.search("leaflet|library", all_words(rendered), re.IGNORECASE)


@pytest.mark.parametrize("form", Form)
def test_a_neutral_message_has_none(renderer: Renderer, form: Form) -> None:
    rendered = renderer.render(first_contact(form, *offers("stalking"), wording=Wording.NEUTRAL))
    assert rendered.leaflets == ()
    assert not re.search("leaflet", all_words(rendered), re.IGNORECASE)


# An SMS


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Get our leaflet about help from the library."),
        ("cy", "Gallwch gael ein taflen am help o'r llyfrgell."),
    ],
)
def test_an_sms_says_where_to_get_it(renderer: Renderer, language: str, words: str) -> None:
    assert words in renderer.render(first_contact(Form.SHORT, PLACE, victim=speaking(language))).text


def test_a_place_is_named_once(renderer: Renderer) -> None:
    text = renderer.render(first_contact(Form.SHORT, PLACE, replace(PLACE, name="domestic-abuse"))).text
    assert "Get our leaflets about help from the library." in text


def test_an_sms_with_little_room_says_whom_to_ask(renderer: Renderer) -> None:
    far = replace(PLACE, where={"en": "from the library, " + "or from the market hall, " * 9})
    text = renderer.render(first_contact(Form.SHORT, far)).text
    assert "Ask us for our leaflet about help." in text
    assert measure(text).segments <= MOST_SEGMENTS


def test_an_sms_says_whom_to_ask_where_the_policy_names_no_place(renderer: Renderer) -> None:
    assert (
        "Ask us for our leaflet about help."
        in renderer.render(first_contact(Form.SHORT, replace(PLACE, where={}))).text
    )


@pytest.mark.parametrize("by", [FullTextBy.EMAIL, FullTextBy.LETTER])
def test_an_sms_is_silent_where_they_come_in_writing(renderer: Renderer, by: FullTextBy) -> None:
    asked = first_contact(Form.SHORT, PLACE, wording=Wording.POINTER, full_text_by=by)
    assert "leaflet" not in renderer.render(asked).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("offence", ["burglary", *SENSITIVE])
@pytest.mark.parametrize("victim", [VICTIM, REPRESENTED], ids=["victim", "representative"])
def test_the_shipped_leaflets_fit_an_sms_that_names_no_offence(
    renderer: Renderer, victim: Victim, offence: str, language: str
) -> None:
    asked = first_contact(
        Form.SHORT, *offers(offence), victim=replace(victim, needs=Needs(language=language))
    )
    text = renderer.render(asked).text
    assert re.search("leaflet|taflen", text)
    assert measure(text).segments <= MOST_SEGMENTS
    assert not OFFENCE_WORD.search(text)
    assert not re.search("abuse|cam-drin|stalk|stelc", text, re.IGNORECASE)


# The texts


@pytest.mark.parametrize("leaflet", [leaflet.name for leaflet in POLICY.leaflets])
def test_every_leaflet_of_the_policy_is_there_in_every_language(leaflet: str) -> None:
    assert sorted(path.stem for path in (TEXTS / leaflet).iterdir()) == sorted(LANGUAGES)


@pytest.mark.parametrize("leaflet", [leaflet.name for leaflet in POLICY.leaflets])
def test_the_languages_say_the_same(leaflet: str) -> None:
    english, welsh = ((TEXTS / leaflet / f"{language}.txt").read_text() for language in ("en", "cy"))
    numbers = re.compile(r"\b(?:0[\d ]{8,}\d|\d{2,3})\b")
    assert sorted(numbers.findall(english)) == sorted(numbers.findall(welsh))
    assert shape(english) == shape(welsh)


def shape(text: str) -> list[str]:
    """What stands at the beginning of each block: a heading, or a list with so many items, or words."""
    blocks = [block.splitlines() for block in text.strip().split("\n\n")]
    return [f"{lines[0][:2]}{sum(line.startswith('- ') for line in lines)}"
            if lines[0].startswith(("- ", "##")) else "words" for lines in blocks]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_and_a_heading_of_a_leaflet_stay_what_they_are(renderer: Renderer, language: str) -> None:
    _, sensitive = renderer.render(
        first_contact(Form.LETTER, *offers("stalking"), victim=speaking(language))
    ).leaflets
    headings = [paragraph for paragraph in sensitive.paragraphs if paragraph.startswith("## ")]
    lists = [paragraph for paragraph in sensitive.paragraphs if paragraph.startswith("- ")]
    assert (len(headings), len(lists)) == (4, 4)
    assert all(line.startswith("- ") for paragraph in lists for line in paragraph.split("\n"))


def test_an_easy_read_leaflet_has_one_sentence_a_line(renderer: Renderer) -> None:
    easy = replace(VICTIM, needs=Needs(format="easy_read"))
    [leaflet] = renderer.render(first_contact(Form.LETTER, PLACE, victim=easy)).leaflets
    assert leaflet.paragraphs[0].startswith("What happened was not your fault.\nPeople feel many things")


def test_a_missing_leaflet_is_named(renderer: Renderer) -> None:
    with pytest.raises(RenderingError, match=r"no template _leaflets/nothing/en\.txt: write it"):
        renderer.render(first_contact(Form.MAIL, replace(PLACE, name="nothing")))
