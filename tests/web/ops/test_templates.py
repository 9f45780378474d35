"""*Templates*: every message as the victim sees it, in each form, language and format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from itertools import product
from pathlib import Path as File

import pytest
from pypdf import PdfReader

from notifier.event_types import EVENT_TYPES
from notifier.records import ChannelName, Wording
from notifier.rendering_dates import LANGUAGES
from notifier.web.ops.templates import ABOUT, overview, wordings_of
from notifier.wording.specimens import FORMATS
from tests.builders import a_store
from tests.fakes import fake_channels
from tests.web.ops.conftest import Browser, running_room
from tests.web.ops.test_today import words

PAGE = "/ops/templates"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Somebody who may only look; there is no case at all."""
    home = tmp_path_factory.mktemp("templates")
    with (
        a_store(f"sqlite:///{home / 'room.db'}") as store,
        running_room(store, home, fake_channels()) as room,
        room.enter("viewer") as browser,
    ):
        yield browser


def message(page: str) -> str:
    """Return the words that are shown."""
    found = re.search(r'<div class="message"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert found, page
    return unescape(found[1])


@pytest.mark.parametrize("channel", ChannelName)
def test_every_message_is_shown(browser: Browser, channel: ChannelName) -> None:
    for about, language, format_ in product(ABOUT, LANGUAGES, FORMATS):
        choice = {"about": about, "channel": channel, "language": language, "format": format_}
        answer = browser.get(PAGE, **choice)
        assert answer.status_code == 200, choice
        assert 'class="problem"' not in answer.text, choice
        assert len(message(answer.text)) > 40, choice
        assert f'<div class="message" lang="{language}">' in answer.text, choice


def test_what_it_says_differs_by_the_wording(browser: Browser) -> None:
    shown = {
        wording: message(browser.get(PAGE, about="case.charged", channel="sms", wording=wording).text)
        for wording in Wording
    }
    assert "Someone was charged" in shown[Wording.FULL]
    assert "There is an update." in shown[Wording.POINTER]
    assert "needs more care than a text message allows" in shown[Wording.NEWS]
    assert not re.search("police|case|charge", shown[Wording.NEUTRAL], re.IGNORECASE)


@pytest.mark.parametrize("about", ["case.charged", "courtesy", "automatic_answer"])
@pytest.mark.parametrize("channel", ChannelName)
def test_every_wording_that_there_is(browser: Browser, about: str, channel: ChannelName) -> None:
    for wording in Wording:
        answer = browser.get(PAGE, about=about, channel=channel, wording=wording)
        assert answer.status_code == 200
        is_there = wording in wordings_of(about, channel)
        assert ("There is no such message" in answer.text) is not is_there
        assert f'<option value="{wording}" selected>' in answer.text or not is_there


def test_a_text_message_says_what_it_takes(browser: Browser) -> None:
    page = browser.get(PAGE, about="case.charged", channel="sms", wording="neutral").text
    assert "<dt>Segments</dt><dd>1</dd>" in page
    assert f"<dt>Characters</dt><dd>{len(message(page))}</dd>" in page
    assert "<dt>Encoding</dt><dd>GSM-7</dd>" in page


def test_an_email_is_shown_in_a_frame_that_can_do_nothing(browser: Browser) -> None:
    page = browser.get(PAGE, about="court.verdict", channel="email", language="cy", format="large_print").text
    frame = re.search(r'<iframe title="[^"]+" src="([^"]+)" sandbox', page)
    assert frame
    mail = browser.get(unescape(frame[1]))
    assert mail.status_code == 200
    assert mail.headers["content-security-policy"] == (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    assert mail.headers["content-type"].startswith("text/html")
    assert '<html lang="cy">' in mail.text
    assert "font-size: 18pt" in mail.text
    subject = re.search(r"<dt>Subject</dt><dd[^>]*>(.*?)</dd>", page)
    assert subject
    assert subject[1] in mail.text
    greeting = message(page).split("\n")[0]
    assert greeting in words(mail.text)


def test_an_email_is_there_in_every_format(browser: Browser) -> None:
    for about, language, format_ in product(ABOUT, LANGUAGES, FORMATS):
        answer = browser.get(f"{PAGE}/mail.html", about=about, language=language, format=format_)
        assert answer.status_code == 200
        assert f'<html lang="{language}">' in answer.text


def test_a_letter_is_the_one_that_is_printed(browser: Browser) -> None:
    page = browser.get(PAGE, about="case.charged", channel="letter", format="easy_read").text
    link = re.search(r'href="(/ops/templates/letter\.pdf[^"]+)"', page)
    assert link
    letter = browser.get(unescape(link[1]))
    assert letter.headers["content-type"] == "application/pdf"
    printed = read(letter.content)
    for line in message(page).split("\n")[:6]:
        assert "".join(line.split()) in printed, line


def test_every_letter_can_be_printed(browser: Browser) -> None:
    for about, language in product(ABOUT, LANGUAGES):
        letter = browser.get(f"{PAGE}/letter.pdf", about=about, language=language)
        assert letter.status_code == 200
        assert "01632960001" in read(letter.content), "whom to call"


@pytest.mark.parametrize("format_", FORMATS)
def test_a_letter_in_each_format(browser: Browser, format_: str) -> None:
    letter = browser.get(f"{PAGE}/letter.pdf", about="victim.registered", format=format_)
    assert "MsBloggs" in read(letter.content)


def read(pdf: bytes) -> str:
    """Return the letters of a document, without spaces: lines break where they will on paper."""
    assert pdf.startswith(b"%PDF")
    return "".join("".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages)


def test_the_first_contact_comes_with_its_leaflets(browser: Browser) -> None:
    page = browser.get(PAGE, about="victim.registered", channel="letter").text
    title = re.search(r"<summary>Leaflet that goes with it: (.*?)</summary>", page)
    assert title
    letter = browser.get(f"{PAGE}/letter.pdf", about="victim.registered")
    assert "".join(unescape(title[1]).split()) in read(letter.content)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"about": "case.opened"}, 404),  # recorded, and told to nobody
        ({"about": "../../etc/passwd"}, 404),
        ({"language": "fr"}, 404),
        ({"format": "braille"}, 404),
        ({"channel": "fax"}, 400),
        ({"wording": "rude"}, 400),
    ],
)
def test_what_there_is_not(browser: Browser, query: dict[str, str], status: int) -> None:
    for path in (PAGE, f"{PAGE}/mail.html", f"{PAGE}/letter.pdf"):
        assert browser.get(path, **query).status_code == status


def test_all_that_is_told_is_listed(browser: Browser) -> None:
    listed = browser.get(PAGE).text.partition("What there is")[2]
    for row in EVENT_TYPES.values():
        assert (f">{row.name}</td>" in listed) is row.told
    assert "is missing" not in listed


def test_what_is_missing_is_named(tmp_path: File) -> None:
    (tmp_path / "case.charged/en").mkdir(parents=True)
    (tmp_path / "case.charged/en/short.txt").write_text("x")
    missing = {row.about: row.missing for row in overview((tmp_path,))}
    assert missing["case.charged"]["en"] == ("subject", "full text", "easy read", "as the last step")
    assert missing["courtesy"]["cy"] == ("subject", "full text", "easy read", "text message")
    assert missing["automatic_answer"]["cy"] == ("all words",)


def test_a_forces_own_words_are_shown(tmp_path: File) -> None:
    own = tmp_path / "own"
    (own / "case.charged/en").mkdir(parents=True)
    (own / "case.charged/en/short.txt").write_text("We charged him at last.")
    with (
        a_store(f"sqlite:///{tmp_path / 'room.db'}") as store,
        running_room(store, tmp_path, fake_channels(), templates_dir=own) as room,
        room.enter("viewer") as browser,
    ):
        assert "We charged him at last." in message(browser.get(PAGE, about="case.charged").text)
        (own / "case.charged/en/full.txt").write_text("{{ event.nothing_such }}")
        problem = browser.get(PAGE, about="case.charged", channel="letter")
        assert problem.status_code == 200
        assert "case.charged/en/full.txt cannot be filled" in unescape(problem.text)
        assert browser.get(f"{PAGE}/letter.pdf", about="case.charged").status_code == 400
