"""Headers as text, however damaged they are."""

from __future__ import annotations

from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message


def header(message: Message, name: str) -> str:
    """Return a header on one line with its encoded words read, or ``""``; never raises for what came."""
    written = " ".join(str(message.get(name, "")).split())
    try:
        pieces = decode_header(written)
    except (HeaderParseError, ValueError):
        return written
    return "".join(decode(piece, charset) if isinstance(piece, bytes) else piece for piece, charset in pieces)


def decode(octets: bytes, charset: str | None) -> str:
    """Return text in ``charset``; where that is missing, unheard of or wrong, in the likeliest other one."""
    for name in (charset, "utf-8"):
        try:
            return octets.decode(name or "utf-8")
        except (LookupError, ValueError):
            continue
    return octets.decode("cp1252", "replace")
