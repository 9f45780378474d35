"""Two spellings of one place: a party's address is known again however the victim's was written."""

from __future__ import annotations

import pytest

from notifier.addresses import normalise
from notifier.records import ChannelName
from notifier.same_place import place_of

SMS, CALL, EMAIL, LETTER = ChannelName.SMS, ChannelName.CALL, ChannelName.EMAIL, ChannelName.LETTER


def place(channel: ChannelName, *written: str) -> str:
    return place_of(channel, normalise(channel, list(written) if channel is LETTER else written[0]))


@pytest.mark.parametrize(
    ("reason", "one", "other"),
    [
        ("a number with and without the country", (SMS, "07700 900123"), (SMS, "+44 7700 900123")),
        ("a text and a call to one number", (SMS, "07700 900123"), (CALL, "0044 7700 900123")),
        ("capitals in an email", (EMAIL, "Jo@Example.org"), (EMAIL, "jo@example.org")),
        ("an email's tag is the same mailbox", (EMAIL, "jo+court@example.org"), (EMAIL, "jo@example.org")),
        (
            "commas and capitals in a street",
            (LETTER, "1, Mill Lane", "Exampletown", "EX1 1AA"),
            (LETTER, "1 MILL LANE", "Exampletown", "ex11aa"),
        ),
        (
            "the flat before or after the house",
            (LETTER, "Flat 2", "14 Mill Lane", "EX1 1AA"),
            (LETTER, "14 Mill Lane, Flat 2", "Exampletown", "EX1 1AA"),
        ),
        (
            "a house with a name",
            (LETTER, "The Old Mill", "Mill Lane", "EX1 1AA"),
            (LETTER, "the old mill,", "Mill Lane", "EX1 1AA"),
        ),
    ],
)
def test_one_place_in_two_spellings(
    reason: str, one: tuple[ChannelName, str], other: tuple[ChannelName, str]
) -> None:
    assert place(*one) == place(*other), reason


@pytest.mark.parametrize(
    ("reason", "one", "other"),
    [
        ("another number", (SMS, "07700 900123"), (SMS, "07700 900124")),
        ("another mailbox", (EMAIL, "jo@example.org"), (EMAIL, "jo@example.com")),
        (
            "the house next door",
            (LETTER, "1 Mill Lane", "Exampletown", "EX1 1AA"),
            (LETTER, "3 Mill Lane", "Exampletown", "EX1 1AA"),
        ),
        (
            "the same number in another street",
            (LETTER, "1 Mill Lane", "Exampletown", "EX1 1AA"),
            (LETTER, "1 High Street", "Exampletown", "EX1 1AB"),
        ),
    ],
)
def test_two_places(reason: str, one: tuple[ChannelName, str], other: tuple[ChannelName, str]) -> None:
    assert place(*one) != place(*other), reason
