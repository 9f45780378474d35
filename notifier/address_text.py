"""What the checks of all kinds of addresses share."""

from __future__ import annotations

import unicodedata

# What a Japanese or Chinese keyboard writes for plain characters.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


class AddressRefused(ValueError):
    """An address that cannot be used; ``reason`` says why in plain words and never quotes it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def visible(text: str) -> str:
    """Return ``text`` without what nobody sees and comes along when an address is copied, and plain."""
    seen = (character for character in text if unicodedata.category(character) != "Cf")
    return "".join(seen).translate(_FULL_WIDTH)
