"""A person's own words in a reply: what her mail program added of our message is cut.

Only what is surely ours is cut. She may paste what somebody else wrote to her, and that must be read: so a
quoted mail counts as ours only where its subject is that of the reply.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ATTRIBUTION = re.compile(r"(on|ar|am) .*(wrote|ysgrifennodd.*):", re.IGNORECASE)
_MOST_ATTRIBUTION_LINES = 3
_MARKER = re.compile(r"[-_ ]*(original message|neges wreiddiol)?[-_ ]*", re.IGNORECASE)
_FIELD = re.compile(r"\*?(from|sent|date|to|cc|subject|oddi wrth|anfonwyd|dyddiad|at|pwnc)\s*:\*?(.*)", re.I)
_SENDER, _SUBJECT = frozenset({"from", "oddi wrth"}), frozenset({"subject", "pwnc"})
_MOST_FIELDS = 8
_PREFIX = re.compile(r"\s*(re|fw|fwd|ateb|ymateb|aw|sv|antw)\s*:\s*", re.IGNORECASE)
_SIGNED = re.compile(
    r"(sent from my \w[\w ]*|get outlook for \w+.*|anfonwyd o fy \w[\w ]*)\.?", re.IGNORECASE
)


def own_words(text: str, subject: str) -> str:
    """Return a reply's text without what it quotes of our message; ``subject`` is the reply's own.

    Where nothing is left the whole text is returned: some write between the quoted lines.
    """
    lines = [line.rstrip() for line in text.splitlines()]
    lines = _before_our_mail(lines, _bare(subject))
    lines = [line for line in _without_quotes(lines) if not _SIGNED.fullmatch(line.strip())]
    return _joined(lines) or _joined(text.splitlines())


def _bare(subject: str) -> str:
    """Return a subject without the prefixes of replies, for comparison."""
    while prefix := _PREFIX.match(subject):
        subject = subject[prefix.end() :]
    return " ".join(subject.split()).casefold()


def _before_our_mail(lines: list[str], subject: str) -> list[str]:
    """Cut at the head of a mail (From, Sent, To, Subject) that is ours by its subject."""
    for start, line in enumerate(lines):
        if _field(line)[0] in _SENDER and subject and _quotes(lines[start:], subject):
            before = lines[:start]
            while before and _MARKER.fullmatch(before[-1].strip()):
                before.pop()
            return before
    return lines


def _quotes(lines: Sequence[str], subject: str) -> bool:
    fields = (_field(line) for line in lines[:_MOST_FIELDS])
    return any(name in _SUBJECT and _bare(value) == subject for name, value in fields)


def _field(line: str) -> tuple[str, str]:
    found = _FIELD.fullmatch(line.strip())
    return (found[1].lower(), found[2].strip("* ")) if found else ("", "")


def _without_quotes(lines: Sequence[str]) -> list[str]:
    """Leave out lines that begin with ">", and the line before them that says who wrote them."""
    kept: list[str] = []
    for line in lines:
        if not line.startswith(">"):
            kept.append(line)
        else:
            _drop_attribution(kept)
    return kept


def _drop_attribution(kept: list[str]) -> None:
    """Take "On ... wrote:" away from the end, however many lines it takes."""
    end = len(kept)
    while end and not kept[end - 1]:
        end -= 1
    for count in range(1, min(_MOST_ATTRIBUTION_LINES, end) + 1):
        if _ATTRIBUTION.fullmatch(" ".join(kept[end - count : end]).strip()):
            del kept[end - count :]
            return


def _joined(lines: Sequence[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
