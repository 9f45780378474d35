"""The addresses that mail about an attempt comes back to: each names the attempt (VERP)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from urllib.parse import quote, unquote

_REF = r"([\w.~%-]+)"
# Where a mail server notes the address that it delivered to, then where a sender writes it.
_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_THREAD = ("In-Reply-To", "References")


@dataclass(frozen=True, slots=True)
class Addressed:
    """What one of our addresses says: the attempt, and whether it is the one for bounces."""

    attempt_ref: str
    for_bounces: bool


def return_path(attempt_ref: str, domain: str) -> str:
    """Return the address that a message's bounces go to."""
    return f"bounces+{quote(attempt_ref, safe='')}@{domain}"


def reply_path(attempt_ref: str, domain: str) -> str:
    """Return the address that a person's reply goes to."""
    return f"replies+{quote(attempt_ref, safe='')}@{domain}"


def message_id(attempt_ref: str, domain: str) -> str:
    """Return the Message-ID, which a repeated sending has too."""
    return f"<notice+{quote(attempt_ref, safe='')}@{domain}>"


def read_path(address: str, domain: str) -> Addressed | None:
    """Return what an address says, or ``None`` where it is none of ours; case does not matter."""
    found = re.fullmatch(rf"(bounces|replies)\+{_REF}@{re.escape(domain)}", address, re.IGNORECASE)
    return _addressed(found) if found else None


def find_path(message: Message, domain: str) -> Addressed | None:
    """Return whom a mail was for, by the headers; a reply's thread names the attempt too."""
    ours = re.compile(rf"\b(bounces|replies)\+{_REF}@{re.escape(domain)}\b", re.IGNORECASE)
    for text in _texts(message, _HEADERS):
        if found := ours.search(text):
            return _addressed(found)
    notice = re.compile(rf"<(notice)\+{_REF}@{re.escape(domain)}>", re.IGNORECASE)
    for text in _texts(message, _THREAD):
        if found := notice.search(text):
            return _addressed(found)
    return None


def find_quoted(raw: bytes, domain: str) -> str | None:
    """Return the attempt whose return path or Message-ID a bounce quotes anywhere."""
    ours = rf"(?:bounces|<notice)\+{_REF}@{re.escape(domain)}\b"
    found = re.search(ours.encode(), raw, re.IGNORECASE)
    return unquote(found[1].decode()) if found else None


def _texts(message: Message, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        yield from (str(value) for value in message.get_all(name, ()))


def _addressed(found: re.Match[str]) -> Addressed:
    return Addressed(unquote(found[2]), found[1].lower() == "bounces")
