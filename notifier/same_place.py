"""When two addresses are one place, however they were written: nothing goes to a party's (rules, section 3).

Rather too many are held for the same than too few: a wrong match costs a task, a missed one a life.
"""

from __future__ import annotations

import re

from notifier.records import ChannelName

_NUMBERS = re.compile(r"\d+[a-z]?\b")
_NO_LETTERS = re.compile(r"[\W_]+")


def place_of(channel: ChannelName, address: str) -> str:
    """Return what every spelling of a normalised address has in common; what is unusable is taken as written.

    Of a number it is the number, for calls and texts alike; of an email the mailbox without a tag; of a
    postal address the postcode and the numbers before it, or every letter where there is no number.
    """
    folded = address.casefold()
    if channel is ChannelName.LETTER:
        return _home(folded)
    mailbox, at, domain = folded.rpartition("@")
    return f"{mailbox.partition('+')[0]}{at}{domain}" if at else folded


def _home(folded: str) -> str:
    *lines, postcode = folded.split("\n")
    numbers = sorted(set(_NUMBERS.findall(" ".join(lines))))
    street = " ".join(numbers) or _NO_LETTERS.sub("", " ".join(lines))
    return f"{street} {_NO_LETTERS.sub('', postcode)}"
