"""What a reply means, as a caseworker would read it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.rules.meaning import Meaning, meaning_of
from tests.builders import SHIPPED

HELP, STOP, START = Meaning.HELP, Meaning.STOP, Meaning.START
WRONG, MESSAGE = Meaning.WRONG_PERSON, Meaning.MESSAGE
WORDS = SHIPPED.replies
EVERY_LIST = [(Meaning.HELP, WORDS.help), (HELP, WORDS.danger), (STOP, WORDS.stop), (START, WORDS.start),
              (WRONG, WORDS.wrong_person)]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("HELP", HELP),
        ("Help!", HELP),
        ("cymorth", HELP),
        ("HELPWCH.", HELP),
        ("please can you help me he's got a key", HELP),
        ("I am in  DANGER", HELP),
        ("Dw i mewn perygl", HELP),
        ("He\N{RIGHT SINGLE QUOTATION MARK}s here", HELP),
        ("I don't feel safe. I'm not safe here", HELP),
        ("STOP he is here", HELP),  # a cry for help counts before all else
        ("Who is this? I am in danger", HELP),
        ("Thanks for your help with the window", MESSAGE),
        ("STOP", STOP),
        (" stop. ", STOP),
        ("\uff33\uff34\uff2f\uff30", STOP),  # the wide letters of some keyboards
        ("Stopio", STOP),
        ("ATAL", STOP),
        ("Unsubscribe", STOP),
        ("STOP\nJo", STOP),
        ("STOP\nBYEBYE", STOP),  # Twilio's word, then the account's own
        ("Please do not stop", MESSAGE),
        ("When does it stop?", MESSAGE),
        ("START", START),
        ("dechrau", START),
        ("When does the trial start", MESSAGE),
        ("Wrong number", WRONG),
        ("sorry you have the wrong number mate", WRONG),
        ("Rhif anghywir", WRONG),
        ("who's this??", WRONG),
        ("Is this the wrong numbering of the letter?", MESSAGE),
        ("Thank you", MESSAGE),
        ("", MESSAGE),
        ("\N{THUMBS UP SIGN}", MESSAGE),
        ("> If you are in danger, call 999.\nThanks", MESSAGE),  # our own words, quoted
        ("\n\nSTOP\n> Please call us", STOP),
    ],
)
def test_what_is_meant(text: str, meaning: Meaning) -> None:
    assert meaning_of(text, WORDS) is meaning


@pytest.mark.parametrize(
    ("meaning", "phrase"), [(one, phrase) for one, list_ in EVERY_LIST for phrase in list_]
)
def test_every_phrase_of_the_policy_is_understood(meaning: Meaning, phrase: str) -> None:
    assert meaning_of(f"  {phrase.upper()} ...", WORDS) is meaning


@given(st.text(st.characters(), max_size=200))
@example("\x00" * 10_000)
@example("\ufdfa" * 10_000)
def test_any_text_has_a_meaning(text: str) -> None:
    assert meaning_of(text, WORDS) in Meaning
