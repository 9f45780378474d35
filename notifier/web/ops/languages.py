"""The labels of the pages: the English words are the keys; the Welsh ones stand in ``labels/cy.po``."""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from pathlib import Path

from babel.messages.pofile import read_po
from fastapi import Request

LANGUAGES = {"en": "English", "cy": "Cymraeg"}
COOKIE = "notifier-language"
_LABELS = Path(__file__).with_name("labels")


class Labels(NullTranslations):
    """The labels of one language; what it lacks is shown in English."""

    def __init__(self, words: dict[str, str]) -> None:
        super().__init__()
        self._words = words

    def gettext(self, message: str) -> str:
        """Return the label."""
        return self._words.get(message) or message

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Return the label for a number; Welsh nouns after a number are singular."""
        return self.gettext(singular if n == 1 else plural)


@cache
def labels_in(language: str) -> Labels:
    """Return the labels of a language."""
    if language == "en":
        return Labels({})
    with (_LABELS / f"{language}.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    return Labels({str(entry.id): str(entry.string) for entry in catalog if entry.id and entry.string})


def language_of(request: Request) -> str:
    """Return the language that the reader chose, else English."""
    chosen = request.cookies.get(COOKIE, "en")
    return chosen if chosen in LANGUAGES else "en"
