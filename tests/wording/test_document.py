"""docs/wording.md shows what the templates say now."""

from __future__ import annotations

import pytest

from tests.wording.document import DOCUMENT, Shown, printed, shown

TEXT = DOCUMENT.read_text(encoding="utf-8")
MESSAGES = list(shown(TEXT))
_LARGEST = 60_000


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: " ".join(message.command[2:]))
def test_the_words_are_those_of_now(message: Shown) -> None:
    stale = "docs/wording.md is stale: run `python -m tests.wording.document` and read what changed"
    assert printed(*message.command) == message.words, stale


def test_there_are_ten_messages_and_each_command_is_shown_with_its_words() -> None:
    assert TEXT.count("\n## ") == 11  # ten, and how easy they are to read
    assert len(MESSAGES) == TEXT.count("```sh\n") == TEXT.count("```text\n")


def test_each_picture_is_there_and_small() -> None:
    pictures = {DOCUMENT.parent / message.picture for message in MESSAGES if message.picture}
    assert pictures == set((DOCUMENT.parent / "pictures").iterdir())
    assert TEXT.count("](pictures/") == len(pictures)
    assert all(picture.stat().st_size < _LARGEST for picture in pictures)
