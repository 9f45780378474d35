"""A person's own words, out of what mail programs make of a reply."""

from __future__ import annotations

from email import message_from_bytes, message_from_string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.mail.quoting import own_words
from notifier.mail.words import from_html, plain_text

SUBJECT = "RE: An update"
QUOTED = "> There is an update.\n>\n> Please call 101."
OUTLOOK = "From: Avon Police <updates@police.test>\nSent: 01 April 2026 09:30\nTo: Jo\nSubject: An update\n\n"

REPLIES = [
    ("Please call me.", "Please call me.", "nothing quoted"),
    (
        f"Please call me.\n\nOn Wed, 1 Apr 2026 at 09:30, Avon Police <a@p.test> wrote:\n\n{QUOTED}\n",
        "Please call me.",
        "Gmail, Apple Mail",
    ),
    (
        f"Ring me.\n\nOn Wed, 1 Apr 2026 at 09:30, Avon Police\n<updates@police.test> wrote:\n{QUOTED}",
        "Ring me.",
        "the line that says who wrote is broken",
    ),
    (
        f"Ffoniwch fi.\n\nAr 1 Ebr 2026, ysgrifennodd Heddlu <a@p.test>:\n{QUOTED}",
        "Ffoniwch fi.",
        "in Welsh",
    ),
    (f"{QUOTED}\n\nNo, I cannot.", "No, I cannot.", "below the quotation"),
    ("> Is it you?\nNo.\n> Are you safe?\nNo!", "No.\nNo!", "between the quoted lines"),
    (f"Call me.\n\n{OUTLOOK}There is an update.", "Call me.", "Outlook"),
    (
        f"Call me.\n\n-----Original Message-----\n{OUTLOOK}There is an update.",
        "Call me.",
        "Outlook of old",
    ),
    (f"Call me.\n________________________________\n{OUTLOOK}News.", "Call me.", "Outlook in a browser"),
    (
        "Ffoniwch fi.\n\nOddi wrth: Heddlu\nAnfonwyd: 1 Ebrill\nAt: Jo\nPwnc: An update\n\nMae newyddion.",
        "Ffoniwch fi.",
        "Outlook in Welsh",
    ),
    ("STOP\n\nSent from my iPhone", "STOP", "a line that the telephone adds"),
    ("Stop.\nGet Outlook for Android", "Stop.", "another one"),
]
KEPT = [
    (
        "He wrote this to me:\nFrom: Bob\nSent: today\nTo: me\nSubject: You\n\nI will find you.",
        "a mail that somebody else wrote to her",
    ),
    ("On Tuesday he wrote:\nI will find you.", "words that she quotes without a mark"),
    ("From: my house to the station he followed me.", "a word with a colon"),
    (QUOTED, "only a quotation: perhaps she wrote inside of it"),
    (f"{OUTLOOK}There is an update.\n\nMy answer is no.", "all of it stands below Outlook's head"),
]


@pytest.mark.parametrize(("text", "own", "reason"), REPLIES, ids=[row[2] for row in REPLIES])
def test_what_our_message_said_is_cut(text: str, own: str, reason: str) -> None:
    assert own_words(text, SUBJECT) == own, reason
    assert own_words(text.replace("\n", "\r\n"), SUBJECT) == own


@pytest.mark.parametrize(("text", "reason"), KEPT, ids=[row[1] for row in KEPT])
def test_what_may_be_hers_is_kept(text: str, reason: str) -> None:
    assert own_words(text, SUBJECT) == text, reason


def test_without_a_subject_no_mail_counts_as_ours() -> None:
    text = "Look:\nFrom: Bob\nSubject:\n\nI will find you."
    assert own_words(text, "") == text


@given(st.text(max_size=300), st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_a_text_never_gets_lost(text: str, subject: str) -> None:
    assert bool(own_words(text, subject)) == bool(text.strip())


def test_html_as_a_browser_shows_it() -> None:
    html = (
        "<html><head><title>t</title><style>p{}</style></head><body><div>Please&nbsp;call <b>me</b>,<br>"
        "at &quot;home&quot;.</div><script>x()</script><blockquote><p>There is an update.</p></blockquote>"
        "<p>Thank\nyou</p></body></html>"
    )
    lines = [line for line in from_html(html).splitlines() if line.strip("> ")]
    assert lines == ["Please call me,", 'at "home".', "> There is an update.", "Thank you"]


DAMAGED_HTML = [
    ("<head><title>never closed<body>Hello", "Hello", "a body shows, whatever is open"),
    ("</style></blockquote>Hello", "Hello", "ends without beginnings"),
    ("Hello <", "Hello <", "the beginning of nothing"),
]


@pytest.mark.parametrize(("html", "text", "reason"), DAMAGED_HTML, ids=[row[2] for row in DAMAGED_HTML])
def test_damaged_html_still_says_something(html: str, text: str, reason: str) -> None:
    assert from_html(html).strip() == text, reason


def test_a_quotation_a_thousand_times_deep_is_marked_once() -> None:
    assert from_html("<blockquote>" * 1000 + "Hello").strip() == "> Hello"


def both(plain: str, html: str) -> str:
    return plain_text(
        message_from_string(
            "Content-Type: multipart/alternative; boundary=b\n\n"
            f"--b\nContent-Type: text/plain\n\n{plain}\n--b\nContent-Type: text/html\n\n{html}\n--b--\n"
        )
    )


def test_the_plain_part_is_read_where_it_says_something() -> None:
    assert both("plain", "<p>html</p>").strip() == "plain"
    assert both("  ", "<p>html</p>").strip() == "html"


CHARSETS = [
    (b"text/plain; charset=utf-8", "tŷ".encode(), "tŷ", "right"),
    (b"text/plain; charset=iso-8859-14", "tŷ".encode("iso-8859-14"), "tŷ", "Welsh"),
    (b"text/plain; charset=us-ascii", "tŷ".encode(), "tŷ", "ASCII that is none"),
    (b"text/plain; charset=no-such-one", "tŷ".encode(), "tŷ", "unheard of"),
    (
        b"text/plain; charset=utf-8",
        "caf\xe9 \u201cok\u201d".encode("cp1252"),
        "café “ok”",
        "UTF-8 that is none",
    ),
    (b"text/plain", "caf\xe9".encode("cp1252"), "café", "not said"),
    (b"text/plain; charset=utf-8", b"a\0b\r\nc\rd", "ab\nc\nd", "what no text may hold"),
    (b"text/plain; charset=utf-16", b"abc", "abc", "half a character"),
]


@pytest.mark.parametrize(("kind", "body", "text", "reason"), CHARSETS, ids=[row[3] for row in CHARSETS])
def test_whatever_the_charset_it_is_read(kind: bytes, body: bytes, text: str, reason: str) -> None:
    raw = b"Content-Type: " + kind + b"\nContent-Transfer-Encoding: 8bit\n\n" + body
    assert plain_text(message_from_bytes(raw)) == text, reason


def test_broken_encodings_of_the_way_are_read_as_far_as_they_go() -> None:
    raw = b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nSGVsbG8=!!\n"
    assert plain_text(message_from_bytes(raw)).startswith("Hello")
