"""What an SMS of a given text costs, and the text as it is sent (contract, `notifier check`).

Pure. The alphabets and the sizes of parts are those of 3GPP TS 23.038 (6.2.1) and TS 23.040 (9.2.3.24).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil
from typing import Literal

_GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENSION = "\f^{}\\[~]|€"
_GSM7 = _GSM7_BASIC.union(_GSM7_EXTENSION)

# The characters that take two units.
_GSM7_PAIR = re.compile(f"[{re.escape(_GSM7_EXTENSION)}]")
_UCS2_PAIR = re.compile("[\U00010000-\U0010ffff]")

_GSM7_SINGLE, _GSM7_PART = 160, 153  # septets
_UCS2_SINGLE, _UCS2_PART = 70, 67  # 16-bit units

_PLAIN: dict[str, str] = {
    "'": "\u2018\u2019\u201a\u201b",
    '"': "\u201c\u201d\u201e\u201f",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d",
    "...": "\u2026",
    " ": "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "\n": "\v\u0085\u2028\u2029",
    # Zero width: soft hyphen, joiners, direction marks, invisible operators and controls, byte order mark.
    "": "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069"
    "\u206a\u206b\u206c\u206d\u206e\u206f\ufeff",
}
_REPLACEMENTS = str.maketrans({odd: plain for plain, odds in _PLAIN.items() for odd in odds})


@dataclass(frozen=True, slots=True)
class SmsText:
    """A text as it goes out: its encoding, how many parts a phone network bills, and the very characters."""

    encoding: Literal["gsm7", "ucs2"]
    segments: int
    sent_as: str


def measure(text: str) -> SmsText:
    """Return ``text`` as it is sent, with its encoding and its number of segments (an empty one has 1).

    Typographic quotes, dashes, ellipses and spaces become plain ones and zero-width characters go, so
    that they do not make a text cost more; every other character is kept, where need be in UCS-2.
    """
    sent_as = text.translate(_REPLACEMENTS)
    if _GSM7.issuperset(sent_as):
        return SmsText("gsm7", _parts(sent_as, _GSM7_PAIR, _GSM7_SINGLE, _GSM7_PART), sent_as)
    return SmsText("ucs2", _parts(sent_as, _UCS2_PAIR, _UCS2_SINGLE, _UCS2_PART), sent_as)


def _parts(text: str, pair: re.Pattern[str], single: int, part: int) -> int:
    """Count the parts; a character that takes a pair of units, and does not fit, moves whole to the next."""
    units = len(text) + len(pair.findall(text))
    if units <= single:
        return 1
    if units == len(text):
        return ceil(units / part)
    parts, used = 1, 0
    for character in text:
        size = 2 if pair.match(character) else 1
        if used + size > part:
            parts, used = parts + 1, 0
        used += size
    return parts
