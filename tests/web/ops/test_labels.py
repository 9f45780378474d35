"""Every label of the operations room is there in Welsh, says what the English one says, and is shown."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from notifier.web.ops import languages
from tests.web.ops.conftest import Room
from tests.web.ops.labels import labels

PO = Path(languages.__file__).with_name("labels") / "cy.po"
_PLACEHOLDER = re.compile(r"%\(\w+\)s")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The Welsh labels as they are written down."""
    with PO.open("rb") as file:
        return read_po(file, locale="cy", abort_invalid=True)


@pytest.fixture(scope="module")
def welsh(catalog: Catalog) -> dict[str, str]:
    """The Welsh of each label."""
    return {str(entry.id): str(entry.string) for entry in catalog if entry.id}


def test_the_labels_are_found() -> None:
    """Of each place one, so that no kind of them is passed over."""
    found = labels()
    of_a_page, with_a_value, of_a_code = "Work list", "Task %(name)s", "the arrest of a suspect"
    after_a_form, of_a_problem = "The note is kept.", "there is nothing here that you may see"
    put_together, of_one_of_two = "released a held notice", "looked at an escalation"
    of_a_mistake, of_an_address = "Choose a channel.", "it is a premium-rate number"
    of_the_log, of_a_mark, of_what_comes = "made an account", "Set aside", "is a task that waits"
    assert {of_a_page, with_a_value, of_a_code, after_a_form, of_a_problem, put_together} <= found
    assert {of_one_of_two, of_a_mistake, of_an_address, of_the_log, of_a_mark, of_what_comes} <= found


def test_every_label_has_words() -> None:
    assert [words for words in labels() if words != words.strip() or not words] == []


def test_every_label_is_there_in_welsh(welsh: dict[str, str]) -> None:
    assert sorted(words for words in labels() if not welsh.get(words, "").strip()) == []


def test_no_welsh_is_left_of_a_label_that_is_gone(welsh: dict[str, str], catalog: Catalog) -> None:
    assert sorted(set(welsh) - labels()) == []
    assert list(catalog.obsolete) == []


def test_nothing_waits_to_be_compared_with_english_that_changed(catalog: Catalog) -> None:
    assert [entry.id for entry in catalog if entry.id and entry.fuzzy] == []


def test_both_have_the_same_values_put_into_them(welsh: dict[str, str]) -> None:
    def values(words: str) -> Counter[str]:
        return Counter(_PLACEHOLDER.findall(words))

    assert [words for words in welsh if values(words) != values(welsh[words])] == []
    # A sign of a value that is none would break the page that shows it.
    assert [words for words, said in welsh.items() if "%" in _PLACEHOLDER.sub("", said)] == []


def test_a_sentence_stays_one_and_a_part_of_one_stays_so(welsh: dict[str, str]) -> None:
    """Labels stand before others and after them: whether one begins large or ends with a stop shows."""

    def ends(words: str) -> str:
        return words[-1] if words[-1] in ".:?…" else ""

    assert [words for words, said in welsh.items() if ends(words) != ends(said)] == []
    begins = ((words, said) for words, said in welsh.items() if words[0].isalpha() and said[0].isalpha())
    assert [words for words, said in begins if words[0].isupper() != said[0].isupper()] == []


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/ops/", ("Heddiw", "Beth sy'n goch", "Y gwasanaeth")),
        ("/ops/work?whose=all", ("Rhestr waith", "Beth sydd i'w wneud", "Rhaid i berson ddweud")),
        ("/ops/failures", ("Methiannau", "Dogfennau a wrthodwyd")),
        ("/ops/templates", ("Templedi", "Arestio person dan amheuaeth")),
        ("/ops/work/T999", ("Ni weithiodd hyn", "nid oes dim yma y cewch ei weld")),
    ],
)
def test_who_chose_welsh_reads_welsh(light_room: Room, path: str, shown: tuple[str, ...]) -> None:
    with light_room.enter("supervisor", None) as browser:
        browser.get("/ops/")
        browser.post("/ops/language", language="cy", back="/ops/")
        page = browser.get(path).text
        assert '<html lang="cy">' in page
        for words in shown:
            assert words.replace("'", "&#39;") in page


def test_what_a_form_did_is_said_in_welsh(light_room: Room) -> None:
    with light_room.enter("viewer") as browser:
        browser.get("/ops/")
        browser.post("/ops/language", language="cy", back="/ops/")
        assert "Rydych wedi allgofnodi." in browser.post("/ops/sign-out").text


def test_what_has_no_welsh_is_marked_as_english(light_room: Room) -> None:
    with light_room.enter("viewer") as browser:
        browser.get("/ops/")
        browser.post("/ops/language", language="cy", back="/ops/")
        of_a_program = browser.get("/ops/due?page=0")
        assert of_a_program.status_code == 400
        assert '<p class="problem"><span lang="en">page: ' in of_a_program.text
        of_ours = browser.get("/ops/work/T999")
        assert '<p class="problem">nid oes dim yma y cewch ei weld</p>' in of_ours.text
