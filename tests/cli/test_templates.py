"""`notifier templates`: all words are checked, and one message is shown as a victim would see it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from notifier.cli.templates import Format, Language
from notifier.errors import SettingsError
from notifier.rendering_dates import LANGUAGES
from notifier.settings import load_settings
from notifier.wire import NeedsShape
from notifier.wiring import services
from tests.cli.conftest import CommandLine

SHORT = "case.charged/en/short.txt"


def laid(folder: Path, path: str, text: str) -> str:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)
    return str(folder)


# Check


def test_the_shipped_words_are_right(notifier: CommandLine) -> None:
    result = notifier("templates", "check")
    assert result.output.endswith(" messages rendered, nothing wrong\n"), result.output
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1


def test_a_fault_is_a_line_and_status_1(notifier: CommandLine) -> None:
    folder = laid(notifier.home / "force", "_frame/en/words.txt", "{{ case.offence }}")
    result = notifier("templates", "check", "--folder", folder)
    assert result.exit_code == 1
    fault, summary = result.stdout.splitlines()
    assert fault.startswith("_frame/en/words.txt, line 1: case.offence is no field here; there are force")
    assert summary == "0 messages rendered, 1 wrong"


def test_for_programs_a_fault_is_an_object_and_so_is_the_summary(notifier: CommandLine) -> None:
    folder = laid(notifier.home / "force", SHORT, "{{ event.secret }}")
    result = notifier("templates", "check", "--json", "--folder", folder)
    assert result.exit_code == 1
    fault, summary = (json.loads(line) for line in result.stdout.splitlines())
    assert fault == {
        "where": f"{SHORT}, line 1",
        "wrong": "event.secret is no field here; there are offences, on",
        "form": None,
        "language": None,
        "sample": None,
    }
    assert summary == {"summary": {"messages": 0, "findings": 1}}


# The setting


def test_the_setting_lays_a_folder_over_ours(notifier: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = laid(notifier.home / "force", SHORT, "Someone faces a charge.")
    monkeypatch.setenv("NOTIFIER_TEMPLATES_DIR", folder)
    result = notifier("templates", "preview", "case.charged", "--channel", "sms")
    assert "Someone faces a charge." in result.stdout


def test_a_bad_folder_stops_the_start_with_one_line(
    notifier: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_TEMPLATES_DIR", laid(notifier.home / "force", SHORT, "{{ event.secret }}"))
    with pytest.raises(SettingsError, match=rf"{SHORT}, line 1: event\.secret is no field here"):
        services(load_settings()).__enter__()
    result = notifier("failures")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"notifier: {SHORT}, line 1: event.secret is no field here")
    assert result.stderr.count("\n") == 1


def test_a_folder_that_is_not_there_is_named(notifier: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFIER_TEMPLATES_DIR", str(notifier.home / "nowhere"))
    result = notifier("templates", "check")
    assert result.exit_code == 1
    assert result.stderr.startswith("notifier: NOTIFIER_TEMPLATES_DIR: ")


# Preview


def preview(notifier: CommandLine, event: str, channel: str, *more: str) -> str:
    result = notifier("templates", "preview", event, "--channel", channel, *more)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_sms_is_shown_with_what_it_takes(notifier: CommandLine) -> None:
    shown = preview(notifier, "case.suspect_arrested", "sms")
    assert shown.startswith(
        "This is Example Police, about your case, EX/1234/26. A suspect was arrested on 1 April."
    )
    assert "(2 segments, GSM-7, " in shown


def test_a_call_is_what_is_said(notifier: CommandLine) -> None:
    assert "Before you speak: ask for Ms Bloggs." in preview(notifier, "case.charged", "call")


def test_an_email_is_shown_with_its_head_and_becomes_a_page(notifier: CommandLine) -> None:
    shown = preview(notifier, "case.charged", "email")
    assert shown.startswith("From: ")
    assert "Subject: Case EX/1234/26: someone was charged\n\nDear Ms Bloggs," in shown
    page = notifier.home / "page.html"
    preview(notifier, "case.charged", "email", "--out", str(page))
    written = page.read_text()
    assert written.startswith("<!DOCTYPE html>")
    assert written.count("<body") == 1
    assert written.index("<b>Subject:</b>") < written.index("Dear Ms Bloggs,")


def test_the_first_email_names_its_leaflets(notifier: CommandLine) -> None:
    assert "Attached: leaflet-1.pdf" in preview(notifier, "victim.registered", "email")


@pytest.mark.parametrize("format_", Format)
def test_a_letter_is_the_pdf_that_is_printed(notifier: CommandLine, format_: Format) -> None:
    file = notifier.home / "letter.pdf"
    options = ("--language", "cy", "--format", format_.value, "--out", str(file))
    assert preview(notifier, "case.charged", "letter", *options) == ""
    assert file.read_bytes().startswith(b"%PDF-")
    assert "Annwyl Ms Bloggs," in preview(notifier, "case.charged", "letter", *options[:4])


def test_the_update_without_progress_and_a_discreet_message_can_be_shown(notifier: CommandLine) -> None:
    assert "We have been waiting for forensic results" in preview(notifier, "courtesy", "sms")
    discreet = preview(notifier, "case.charged", "sms", "--discreet")
    assert "Please call us on 01632 960001" in discreet
    assert "Police" not in discreet


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("case.opened", "--channel", "sms"), "case.opened is told to nobody; give courtesy or one of vict"),
        (("case.charged",), "Missing option '--channel'."),
        (("case.charged", "--channel", "sms", "--language", "fr"), "'fr' is not one of 'en', 'cy'"),
        (("case.charged", "--channel", "letter", "--out", "x.txt"), "does not end with .pdf; name it x.pdf"),
        (("case.charged", "--channel", "email", "--out", "x"), "does not end with .html; name it x.html"),
        (("case.charged", "--channel", "sms", "--out", "x.pdf"), "does not end with .txt; name it x.txt"),
        (("case.charged", "--channel", "sms", "--folder", "nowhere"), "'nowhere' does not exist"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line(notifier: CommandLine, typed: tuple[str, ...], said: str) -> None:
    result = notifier("templates", "preview", *typed)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_choices_are_those_of_the_service() -> None:
    assert tuple(Language) == LANGUAGES
    assert tuple(Format) == get_args(NeedsShape.model_fields["format"].annotation)


def test_a_letter_that_cannot_be_printed_is_one_line(notifier: CommandLine) -> None:
    folder = laid(notifier.home / "force", "case.charged/en/full.txt", "\u4e2d {{ event.on }}")
    options = ("--channel", "letter", "--folder", folder, "--out", str(notifier.home / "letter.pdf"))
    result = notifier("templates", "preview", "case.charged", *options)
    assert result.exit_code == 1
    assert result.stderr == (
        "notifier: the letter cannot be printed: take out characters that Open Sans does not have\n"
    )
