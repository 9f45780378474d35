"""The letter channel: what it writes is read back as the print room and the reader would."""

from __future__ import annotations

import hashlib
import json
import logging
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, mult

from notifier.channels.base import find_channels
from notifier.channels.letter_print import LetterPrint, read_returns
from notifier.errors import SettingsError
from notifier.receipt_signature import sign_receipt
from notifier.records import (
    AttemptState,
    ChannelName,
    FailureReason,
    Form,
    LeafletText,
    LetterContent,
    Message,
    Receipt,
    ReceiptRequest,
    Rendered,
)

SECRET = "a-secret-key-of-more-than-32-characters"
REF = "0f9b2c4d5e6f708192a3b4c5d6e7f801"
NOW = datetime(2026, 4, 1, 9, 0, 0, 250_000, tzinfo=UTC)
ACCEPTED, DEFERRED, FAILED = AttemptState.ACCEPTED, AttemptState.DEFERRED, AttemptState.FAILED

CONTENT = LetterContent(
    sender=("Avon Police", "Victim Care Unit", "PO Box 37", "Bristol", "BS20 8QJ"),
    address=("Ms Siân Llŷr-Whitfield", "27 Orchard Terrace", "Totnes", "TQ9 5QZ"),
    date="1 April 2026",
    salutation="Dear Ms Llŷr-Whitfield",
    reference_line="Our reference: AP/2026/004512",
    closing="Yours sincerely",
    officer=("PC Jordan Price", "Telephone: 01632 960145", "Next on duty: 2 April, 14:00 to 22:00"),
)
PARAGRAPHS = (
    "He has been released on bail. He must not contact you, directly or through anybody else.",
    "We will write to you again by 29 April 2026, even if there is nothing new to tell you.",
)
SUBJECT = "He has been released on bail"


def message(
    *,
    paragraphs: tuple[str, ...] = PARAGRAPHS,
    subject: str | None = SUBJECT,
    language: str = "en",
    format: str = "standard",
    leaflets: tuple[LeafletText, ...] = (),
    attempt_ref: str = REF,
    **changes: Any,
) -> Message:
    letter = replace(CONTENT, **changes)
    rendered = Rendered(
        Form.LETTER, language, "\n".join(paragraphs), subject, None, paragraphs, letter, format, leaflets
    )
    address = "\n".join(letter.address)
    return Message(attempt_ref, ChannelName.LETTER, address, "Ms Siân Llŷr-Whitfield", rendered, NOW)


@dataclass(frozen=True)
class Line:
    """A run of text as it stands on the paper; ``across`` and ``down`` in mm from the top left corner."""

    page: int
    text: str
    across: float
    down: float
    points: float
    font: str


def read_lines(path: Path) -> list[Line]:
    lines: list[Line] = []
    for number, page in enumerate(PdfReader(path).pages, start=1):
        height = float(page.mediabox.height)

        def keep(
            text: str,
            user: Any,
            run: Any,
            font: Any,
            points: float,
            page: int = number,
            height: float = height,
        ) -> None:
            if text.strip():
                *_, x, y = mult(run, user)
                name = str(font["/BaseFont"])
                lines.append(Line(page, text.strip(), x * 25.4 / 72, (height - y) * 25.4 / 72, points, name))

        page.extract_text(visitor_text=keep)
    return lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "post" / "letters"


Setup = Callable[..., LetterPrint]


@pytest.fixture
def set_up(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Setup:
    """Make a channel with good settings and the changes given; ``None`` takes a setting away."""
    monkeypatch.chdir(tmp_path)  # no .env

    def with_settings(**changes: str | None) -> LetterPrint:
        settings: dict[str, str | None] = {"LETTER_DIR": str(folder), "SECRET_KEY": SECRET, **changes}
        for name, value in settings.items():
            monkeypatch.delenv(f"NOTIFIER_{name}", raising=False)
            if value is not None:
                monkeypatch.setenv(f"NOTIFIER_{name}", value)
        return LetterPrint()

    return with_settings


@pytest.fixture
def channel(set_up: Setup) -> LetterPrint:
    return set_up()


Print = Callable[[Message], Path]


@pytest.fixture
def printed(channel: LetterPrint, folder: Path) -> Print:
    """Send a letter and return its PDF."""

    def send(letter: Message) -> Path:
        assert channel.send(letter).state is ACCEPTED
        return folder / f"{letter.attempt_ref}.pdf"

    return send


def test_it_is_the_channel_for_letters() -> None:
    assert find_channels()[ChannelName.LETTER] is LetterPrint


def test_accepted(channel: LetterPrint, folder: Path) -> None:
    result = channel.send(message())
    assert (result.state, result.provider_id, result.code, result.reason) == (ACCEPTED, REF, None, None)
    assert sorted(path.name for path in folder.iterdir()) == [f"{REF}.json", f"{REF}.pdf"]


def test_the_manifest_is_what_the_print_room_needs(printed: Print) -> None:
    pdf = printed(message())
    assert json.loads(pdf.with_suffix(".json").read_text()) == {
        "id": REF,
        "pages": 1,
        "postage": "second",
        "sha256": hashlib.sha256(pdf.read_bytes()).hexdigest(),
        "created_at": "2026-04-01T09:00:00+00:00",
    }


def test_only_this_user_may_read_it(printed: Print) -> None:
    pdf = printed(message())
    modes = [path.stat().st_mode & 0o777 for path in (pdf.parent, pdf, pdf.with_suffix(".json"))]
    assert modes == [0o700, 0o600, 0o600]


def test_it_says_everything_in_the_order_of_reading(printed: Print) -> None:
    text = " ".join(PdfReader(printed(message())).pages[0].extract_text().split())
    parts = [
        *CONTENT.sender,
        *CONTENT.address,
        CONTENT.date,
        CONTENT.reference_line,
        CONTENT.salutation,
        SUBJECT,
        *PARAGRAPHS,
        CONTENT.closing,
        *CONTENT.officer,
    ]
    assert text == " ".join(parts)


def test_what_is_not_known_is_left_out(printed: Print) -> None:
    letter = message(sender=(), officer=(), reference_line="", subject=None)
    text = " ".join(PdfReader(printed(letter)).pages[0].extract_text().split())
    assert text == " ".join(
        [*CONTENT.address, CONTENT.date, CONTENT.salutation, *PARAGRAPHS, CONTENT.closing]
    )


def test_words_are_words_whatever_they_look_like(printed: Print) -> None:
    tricky = '#panic() *bold* $x$ <label> @ref [a] \\ // "quoted" `code` http://a.example/_b_'
    text = PdfReader(printed(message(paragraphs=(tricky,)))).pages[0].extract_text()
    assert tricky in " ".join(text.split())


def test_it_is_a4(printed: Print) -> None:
    box = PdfReader(printed(message())).pages[0].mediabox
    assert [round(float(side) * 25.4 / 72) for side in (box.width, box.height)] == [210, 297]


@pytest.mark.parametrize(
    ("language", "subject", "title"),
    [
        ("en", SUBJECT, SUBJECT),
        ("cy", "Newyddion – tŷ", "Newyddion – tŷ"),
        ("en", None, "Letter"),
        ("cy", None, "Llythyr"),
    ],
)
def test_it_can_be_read_aloud(printed: Print, language: str, subject: str | None, title: str) -> None:
    reader = PdfReader(printed(message(language=language, subject=subject)))
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == f"{language}-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == title
    assert reader.xmp_metadata is not None
    assert b"<pdfuaid:part>1<" in reader.xmp_metadata.stream.get_data()


def tags(element: Any) -> list[str]:
    element = element.get_object()
    if isinstance(element, list):
        return [tag for kid in element for tag in tags(kid)]
    if not isinstance(element, dict):
        return []
    own = [str(element["/S"])] if "/S" in element else []
    return own + (tags(element["/K"]) if "/K" in element else [])


def test_its_subject_is_a_heading_and_its_text_paragraphs(printed: Print) -> None:
    root: Any = PdfReader(printed(message())).trailer["/Root"]
    found = tags(root["/StructTreeRoot"])
    assert found.count("/H1") == 1
    assert found.count("/P") >= len(PARAGRAPHS)


def test_its_typefaces_are_inside_regular_and_bold(printed: Print) -> None:
    page: Any = PdfReader(printed(message())).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    assert sorted(font["/BaseFont"].partition("+")[2] for font in fonts) == [
        "OpenSans-Bold",
        "OpenSans-Regular",
    ]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert all("/FontFile2" in descriptor for descriptor in descriptors)


@pytest.mark.parametrize(("format_", "points"), [("standard", 12), ("easy_read", 16), ("large_print", 18)])
def test_how_large_it_is(printed: Print, format_: str, points: int) -> None:
    lines = read_lines(printed(message(format=format_)))
    body = [line for line in lines if line.text.startswith(("Dear", "He has", "We will", "Yours", "PC"))]
    assert len(body) >= 6
    assert {line.points for line in body} == {points}
    assert [line.text for line in body if line.font.endswith("-Bold")] == [SUBJECT, "PC Jordan Price"]


def test_large_print_is_large_but_for_the_address(printed: Print) -> None:
    lines = read_lines(printed(message(format="large_print", paragraphs=PARAGRAPHS * 4)))
    assert {line.text for line in lines if line.points < 16} == set(CONTENT.address)


LONG_ADDRESS = (
    "Mr B Featherstonehaugh-Cholmondeley",
    "c/o The Old School House",
    "Flat 12b, Featherstone Buildings",
    "1234 Great Western Approach Road North",
    "Upper Village-under-Lyme",
    "Llanfairpwllgwyngyll",
    "LL61 5UJ",
)
SHORT_ADDRESS = ("Jo Bloggs", "1 High Street", "TQ9 5QZ")

# DL, 110 mm x 220 mm: the window is 18 to 53 mm from the bottom, 20 to 110 mm from the left. The folded
# sheet, 99 mm x 210 mm, lies at the bottom of the envelope, or slides up by 11 mm; and right by 10 mm.
SETTLED = (46.0, 81.0)
SLID_UP = (57.0, 92.0)
ACROSS_ANYWHERE = (20.0, 100.0)
CAPITALS_MM = 2.8  # how high a capital of 11 points stands above its line


def address_lines(path: Path, address: tuple[str, ...]) -> list[Line]:
    lines = [line for line in read_lines(path) if line.text in address and line.down < 92]
    assert [line.text for line in lines] == list(address)
    return lines


@pytest.mark.parametrize("format_", ["standard", "large_print"])
@pytest.mark.parametrize("address", [SHORT_ADDRESS, CONTENT.address, LONG_ADDRESS], ids=["3", "4", "7"])
def test_the_window_shows_the_address(printed: Print, address: tuple[str, ...], format_: str) -> None:
    for line in address_lines(printed(message(address=address, format=format_)), address):
        assert SETTLED[0] <= line.down - CAPITALS_MM
        assert line.down <= SETTLED[1] - 1
        assert ACROSS_ANYWHERE[0] + 1 <= line.across
        assert line.points >= 8


@pytest.mark.parametrize("address", [SHORT_ADDRESS, CONTENT.address, LONG_ADDRESS[2:]], ids=["3", "4", "5"])
def test_a_usual_address_shows_wherever_the_sheet_slides(printed: Print, address: tuple[str, ...]) -> None:
    first, *_ = address_lines(printed(message(address=address)), address)
    assert SLID_UP[0] <= first.down - CAPITALS_MM


@pytest.mark.parametrize("format_", ["standard", "large_print"])
def test_the_window_shows_nothing_else(printed: Print, format_: str) -> None:
    lines = read_lines(printed(message(address=LONG_ADDRESS, format=format_, paragraphs=PARAGRAPHS * 12)))
    shown = {
        line.text
        for line in lines
        if line.page == 1 and line.across < 110 and line.down > SETTLED[0] and line.down - 6 < SLID_UP[1]
    }
    assert shown == set(LONG_ADDRESS)


WIDE = "Flat 12b, The Old Featherstone Buildings West"
WIDER = "Mr Bartholomew Featherstonehaugh and Mrs Philippa Cholmondeley"


def test_a_wide_line_makes_the_address_smaller(printed: Print) -> None:
    usual = address_lines(printed(message()), CONTENT.address)
    wide = (*SHORT_ADDRESS[:1], WIDE, *SHORT_ADDRESS[1:])
    smaller = address_lines(printed(replace(message(address=wide), attempt_ref="wide")), wide)
    assert {line.points for line in usual} == {11}
    assert {line.points for line in smaller} <= {9, 10}


def test_a_wider_one_is_broken(printed: Print) -> None:
    pdf = printed(message(address=(WIDER, *LONG_ADDRESS[1:])))
    shown = [line for line in read_lines(pdf) if line.across < 100 and line.down < SLID_UP[1]]
    assert " ".join(line.text for line in shown) == " ".join((WIDER, *LONG_ADDRESS[1:]))
    assert len(shown) == 8
    assert SETTLED[0] <= shown[0].down - CAPITALS_MM
    assert {line.points for line in shown} <= {9, 10}


def test_a_long_letter_has_numbered_pages(printed: Print) -> None:
    pdf = printed(message(paragraphs=PARAGRAPHS * 20))
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(pdf).pages]
    assert json.loads(pdf.with_suffix(".json").read_text())["pages"] == len(pages) >= 2
    assert all(f"Page {n} of {len(pages)}" in page for n, page in enumerate(pages, start=1))
    assert "Yours sincerely PC Jordan Price" in pages[-1], "they stay together"


def test_pages_are_numbered_in_welsh(printed: Print) -> None:
    pages = PdfReader(printed(message(paragraphs=PARAGRAPHS * 12, language="cy"))).pages
    assert "Tudalen 1 o 2" in pages[0].extract_text()


def test_one_page_has_no_number(printed: Print) -> None:
    assert "Page" not in PdfReader(printed(message())).pages[0].extract_text()


def test_marks_set_apart_are_printed_as_one_letter(printed: Print) -> None:
    apart = unicodedata.normalize("NFD", "Tŷ Siân, Ŵy Élan")
    text = PdfReader(printed(message(paragraphs=(apart,)))).pages[0].extract_text()
    assert unicodedata.normalize("NFC", apart) in text


@pytest.mark.parametrize(
    ("given", "put"),
    [
        ("well\u2011known", "well-known"),
        ("2\u202f000", "2\u00a0000"),
        ("\ufeffNews", "News"),
    ],
)
def test_characters_that_the_typeface_lacks_but_nobody_misses(printed: Print, given: str, put: str) -> None:
    text = PdfReader(printed(message(paragraphs=(given,)))).pages[0].extract_text()
    assert put.replace("\u00a0", " ") in text.replace("\u00a0", " ")


UNPRINTABLE = [
    (message(paragraphs=("She wrote 漢字.",)), "characters that the typeface lacks"),
    (message(paragraphs=("Hello 😀",)), "a picture"),
    (message(salutation="Dear \x00"), "a control character"),
    (message(paragraphs=("\ud800",)), "half a character"),
    (message(address=("x" * 90, "1 High Street", "TQ9 5QZ")), "an address line wider than the window"),
    (message(address=("Line",) * 13), "an address higher than the window"),
    (message(language="fr"), "a language without words of its own"),
    (message(format="braille"), "a format that there is not"),
    (replace(message(), rendered=Rendered(Form.SHORT, "en", "Hello")), "no letter at all"),
]


@pytest.mark.parametrize(("letter", "reason"), UNPRINTABLE, ids=[reason for _, reason in UNPRINTABLE])
def test_unprintable(channel: LetterPrint, folder: Path, letter: Message, reason: str) -> None:
    result = channel.send(letter)
    assert (result.state, result.code, result.reason) == (
        FAILED,
        "unprintable",
        FailureReason.UNPRINTABLE,
    ), reason
    assert not folder.exists() or list(folder.iterdir()) == []
    assert channel.send(message()).state is ACCEPTED, "the next one is not harmed"


def test_a_repeat_is_harmless(channel: LetterPrint, folder: Path) -> None:
    first = channel.send(message())
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    assert channel.send(message()) == first
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before


def test_a_letter_cut_off_half_way_is_finished(channel: LetterPrint, folder: Path) -> None:
    channel.send(message())
    whole = (folder / f"{REF}.pdf").read_bytes()
    (folder / f"{REF}.json").unlink()
    (folder / f"{REF}.pdf").write_bytes(whole[:100])
    assert channel.look_up(message()).state is DEFERRED
    assert channel.send(message()).state is ACCEPTED
    assert (folder / f"{REF}.pdf").read_bytes() == whole, "the same letter is the same file"
    assert channel.look_up(message()).state is ACCEPTED


def test_look_up(channel: LetterPrint) -> None:
    never = channel.look_up(message())
    assert (never.state, never.code) == (DEFERRED, "not_found"), "it certainly never went out"
    sent = channel.send(message())
    assert channel.look_up(message()) == sent


@pytest.mark.parametrize("ref", ["../../escaped", "a/b", "..", "&b c"])
def test_a_reference_cannot_leave_the_folder(
    channel: LetterPrint, folder: Path, tmp_path: Path, ref: str
) -> None:
    assert channel.send(replace(message(), attempt_ref=ref)).state is ACCEPTED
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 2
    assert {path.parent for path in written} == {folder}
    assert channel.look_up(replace(message(), attempt_ref=ref)).state is ACCEPTED


def test_a_folder_that_cannot_be_written_is_tried_again_later(set_up: Setup, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    channel = set_up(LETTER_DIR=str(tmp_path / "file" / "letters"))
    result = channel.send(message())
    assert (result.state, result.code, result.reason) == (DEFERRED, "folder", FailureReason.NOT_OURS)
    said = channel.check()
    assert said is not None
    assert "NOTIFIER_LETTER_DIR" in said
    assert "\n" not in said


def test_a_full_disk_leaves_nothing_half_written(channel: LetterPrint, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / f"{REF}.json").mkdir()  # the manifest cannot take its place
    result = channel.send(message())
    assert (result.state, result.reason) == (DEFERRED, FailureReason.NOT_OURS)
    assert sorted(path.name for path in folder.iterdir()) == [f"{REF}.json", f"{REF}.pdf"], "no drafts stay"


def test_check_is_silent_when_all_is_well(channel: LetterPrint, folder: Path) -> None:
    assert channel.check() is None
    assert list(folder.iterdir()) == []


def test_the_folder_is_at_home_by_default(set_up: Setup, tmp_path: Path) -> None:
    assert set_up(LETTER_DIR=None, HOME=str(tmp_path / "home")).send(message()).state is ACCEPTED
    assert (tmp_path / "home" / "letters" / f"{REF}.pdf").exists()


def test_a_wrong_setting_is_named(set_up: Setup) -> None:
    channel = set_up(LETTER_DIR=None, HTTP_PORT="0")
    assert "NOTIFIER_HTTP_PORT" in str(channel.check())
    with pytest.raises(SettingsError, match="HTTP_PORT"):
        channel.send(message())


def test_many_threads_print_at_once(channel: LetterPrint, folder: Path) -> None:
    letters = [
        replace(
            message(salutation=f"Dear reader {n}", paragraphs=PARAGRAPHS * (1 + n % 2 * 20)),
            attempt_ref=f"r{n}",
        )
        for n in range(24)
    ]
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(channel.send, letters))
    assert [result.provider_id for result in results] == [letter.attempt_ref for letter in letters]
    for n in range(24):
        pages = PdfReader(folder / f"r{n}.pdf").pages
        assert f"Dear reader {n}" in pages[0].extract_text()
        assert json.loads((folder / f"r{n}.json").read_text())["pages"] == len(pages)


def test_nothing_personal_is_logged_or_raised(channel: LetterPrint, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("notifier.test").debug("the log is open")
    result = channel.send(message(paragraphs=("Orchard 漢字",)))
    channel.send(message())
    assert "the log is open" in caplog.text
    for seen in (caplog.text, repr(result)):
        assert "Orchard" not in seen
        assert "漢" not in seen


def receipt(body: str | bytes, secret: str = SECRET) -> ReceiptRequest:
    raw = body if isinstance(body, bytes) else body.encode()
    headers = {"X-Notifier-Signature": sign_receipt(raw, secret)}
    return ReceiptRequest("https://n.example/receipts/letter", headers, raw)


def test_the_print_room_reports(channel: LetterPrint) -> None:
    despatched = receipt(json.dumps({"id": REF, "state": "despatched"}))
    returned = receipt(json.dumps({"id": REF, "state": "returned", "reason": "Mr Bloggs has moved"}))
    assert channel.verify_receipt(despatched)
    assert channel.parse_receipt(despatched) == [Receipt(ACCEPTED, REF)], "despatched is not delivered"
    assert channel.parse_receipt(returned) == [
        Receipt(FAILED, REF, code="returned", reason=FailureReason.BAD_ADDRESS)
    ]
    assert channel.parse_receipt(receipt(json.dumps({"id": REF, "state": "franked"}))) == []


FORGED = [
    ("another key", receipt("{}", "another")),
    ("no signature", replace(receipt("{}"), headers={})),
    ("another body", replace(receipt("{}"), body=b"{ }")),
]


@pytest.mark.parametrize(("what", "request_"), FORGED, ids=[what for what, _ in FORGED])
def test_a_forged_report_is_not_trusted(channel: LetterPrint, what: str, request_: ReceiptRequest) -> None:
    assert not channel.verify_receipt(request_), what


def test_without_good_settings_nobody_is_trusted(set_up: Setup) -> None:
    assert not set_up(SECRET_KEY="short").verify_receipt(receipt("{}", "short"))


MALFORMED: list[str | bytes] = [
    "",
    "not json",
    b"\xff\xfe",
    "null",
    "[]",
    "{}",
    '"id"',
    '{"id": "r"}',
    '{"state": "returned"}',
    '{"id": 7, "state": "returned"}',
    '{"id": "", "state": "returned"}',
    '{"id": "r", "state": ["returned"]}',
]


@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_report(channel: LetterPrint, body: str | bytes) -> None:
    with pytest.raises(ValueError, match="id and state"):
        channel.parse_receipt(receipt(body))


RETURNED = Receipt(FAILED, REF, code="returned", reason=FailureReason.BAD_ADDRESS)
DESPATCHED = Receipt(ACCEPTED, REF)
FILES = [
    (f"id,state\n{REF},returned\n", "CSV with headings"),
    (f"{REF},returned\n", "CSV without"),
    (f"\ufeffState;x,ID,State\r\n1,{REF},Returned\r\n", "a spreadsheet's own"),
    (f'"id","state","why"\n"{REF}", "returned","Moved, he says"\n', "quotes and a further column"),
    (f'\n{{"id": "{REF}", "state": "returned", "why": "moved"}}\n\n', "JSON lines, and empty ones"),
]


@pytest.mark.parametrize(("text", "reason"), FILES, ids=[reason for _, reason in FILES])
def test_a_return_file_is_read(text: str, reason: str) -> None:
    assert [line.receipt for line in read_returns(text.split("\n"))] == [RETURNED], reason


WRONG = [
    (f"{REF},lost", "none of despatched, returned"),
    (f"{REF}", "an id and a state"),
    (",returned", "an id and a state"),
    ('{"id": 7, "state": "returned"}', "id and state"),
    ("{" * 100_000, "id and state"),
    ("a\rb,returned", "no line of a CSV file"),
    ("x" * 200_000 + ",returned", "no line of a CSV file"),
]


@pytest.mark.parametrize(("text", "words"), WRONG, ids=[words for _, words in WRONG])
def test_a_wrong_line_is_named_and_stops_no_other(text: str, words: str) -> None:
    lines = list(read_returns([f"{REF},despatched", text, f"{REF},returned"]))
    assert [line.number for line in lines] == [1, 2, 3]
    assert [line.receipt for line in lines] == [DESPATCHED, None, RETURNED]
    assert words in str(lines[1].wrong)
    assert REF not in str(lines[1].wrong)
    [first, second] = read_returns([text, f"{REF},returned"])
    assert (first.receipt, second.receipt) == (None, RETURNED), "nor where it comes first"


# Leaflets

LEAFLETS = (
    LeafletText(
        "leaflet-1.pdf",
        "Help after a crime",
        ("You can call.", "- at home\n- at work", "## Rights", "Yours."),
    ),
    LeafletText("leaflet-2.pdf", "More help", ("Call 0808 2000 247 at any time. " * 4,)),
)


def test_leaflets_follow_the_letter_each_on_pages_of_its_own(printed: Print) -> None:
    pdf = printed(message(leaflets=LEAFLETS))
    lines = read_lines(pdf)
    first_lines = [next(line.text for line in lines if line.page == page) for page in (2, 3)]
    assert first_lines == [leaflet.title for leaflet in LEAFLETS]
    assert [line.text for line in lines if line.text.startswith("Page")] == [
        "Page 1 of 3", "Page 2 of 3", "Page 3 of 3",
    ]  # fmt: skip
    assert json.loads(pdf.with_suffix(".json").read_text())["pages"] == 3


def test_a_leaflet_can_be_read_aloud(printed: Print) -> None:
    root: Any = PdfReader(printed(message(leaflets=LEAFLETS))).trailer["/Root"]
    found = tags(root["/StructTreeRoot"])
    assert (found.count("/H1"), found.count("/H2")) == (3, 1)
    assert (found.count("/L"), found.count("/LI")) == (1, 2)


@pytest.mark.parametrize(("format_", "points"), [("standard", 12), ("easy_read", 16), ("large_print", 18)])
def test_a_leaflet_is_as_large_as_the_letter(printed: Print, format_: str, points: int) -> None:
    lines = read_lines(printed(message(format=format_, leaflets=LEAFLETS)))
    words = [line for line in lines if line.page > 1 and not line.text.startswith("Page")]
    assert min(line.points for line in words) == points
    assert {line.text for line in words if line.points > points} == {leaflet.title for leaflet in LEAFLETS}


def test_a_telephone_number_stays_on_one_line(printed: Print) -> None:
    lines = read_lines(
        printed(message(paragraphs=tuple(f"{'and so ' * n}call 0808 2000 247" for n in range(5, 20))))
    )
    assert sum("0808 2000 247" in line.text for line in lines) == 15


# Easy read


def test_a_line_of_easy_read_stands_apart(printed: Print) -> None:
    lines = read_lines(printed(message(format="easy_read", paragraphs=("Call us.\nWe can help.", "Soon."))))
    downs = {line.text: line.down for line in lines}
    within, between = downs["We can help."] - downs["Call us."], downs["Soon."] - downs["We can help."]
    assert 16 * 1.5 * 25.4 / 72 < within < between


def test_the_closing_never_stands_alone_on_a_page(printed: Print) -> None:
    for number in range(8, 20):
        lines = read_lines(printed(message(attempt_ref=f"{REF}{number}", paragraphs=("Word.",) * number)))
        [closing] = [line for line in lines if line.text == CONTENT.closing]
        assert [line for line in lines if line.page == closing.page and line.text == "Word."], number
