"""What somebody means who writes back: told by words of the policy alone (rules, sections 3 and 6)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from notifier.rules.policy import RepliesPolicy


class Meaning(StrEnum):
    """What a reply asks of us; an escalation about it has the same name."""

    HELP = "asks_for_help"
    STOP = "consent_withdrawn"
    START = "wants_messages_again"
    WRONG_PERSON = "wrong_person"
    MESSAGE = "message"  # anything else: a person reads it


def meaning_of(text: str, words: RepliesPolicy) -> Meaning:
    """Return what a reply means; a cry for help counts before all else in it.

    Letters' case, marks and punctuation do not matter. Stop and start are only taken for that where they
    stand alone on the first line: in a sentence they mean something else.
    """
    own = _own_lines(text)
    first = _folded(own[0]) if own else ""
    whole = f" {_folded(' '.join(own))} "

    def alone(phrases: Iterable[str]) -> bool:
        return first in map(_folded, phrases)

    def anywhere(phrases: Iterable[str]) -> bool:
        return any(f" {_folded(phrase)} " in whole for phrase in phrases)

    if alone(words.help) or anywhere(words.danger):
        return Meaning.HELP
    if alone(words.stop):
        return Meaning.STOP
    if alone(words.start):
        return Meaning.START
    return Meaning.WRONG_PERSON if anywhere(words.wrong_person) else Meaning.MESSAGE


def _own_lines(text: str) -> list[str]:
    """Return the lines that are not quoted from our own message, which may hold any of the words."""
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(">")]


def _folded(text: str) -> str:
    """Return the bare words, as every keyboard would write them."""
    letters = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", letters))
