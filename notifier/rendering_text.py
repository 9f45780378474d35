"""Plain text of a message: its lines, its paragraphs, and the sentences of easy read."""

from __future__ import annotations

import re

BULLET = "- "

_LINE_END = re.compile(rf"\n(?!{BULLET})")
# A full stop ends no sentence after a title or an initial: "Dr. Lee", "St. Mary's", "J. Hughes".
_SENTENCE_END = re.compile(
    r"(?<!\b[A-Z]\.)(?<!\b(?:Mr|Ms|Dr|St|No)\.)(?<!\bMrs\.)(?<=[.!?])\s+(?=[A-Z0-9“\"'])"
)


def flat(text: str) -> str:
    """Return ``text`` on one line."""
    return " ".join(text.split())


def lines(text: str) -> tuple[str, ...]:
    """Return the lines of ``text`` that are not empty."""
    return tuple(line for line in map(str.strip, text.splitlines()) if line)


def paragraphs(text: str) -> tuple[str, ...]:
    """Split at empty lines. A template's own line ends mean nothing, but lines with "- " are a list."""
    blocks = re.split(r"\n\s*\n", text.strip())
    return tuple(_LINE_END.sub(" ", "\n".join(lines(block))) for block in blocks if block)


def one_sentence_a_line(paragraph: str) -> str:
    """Break a paragraph after every sentence; a list stays as it is."""
    return paragraph if paragraph.startswith(BULLET) else _SENTENCE_END.sub("\n", paragraph)


def joined(*parts: str) -> str:
    """Put an empty line between the parts; empty parts are left out."""
    return "\n\n".join(part for part in parts if part)
