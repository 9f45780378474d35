"""Bounces: what a mail server sends to the return path of a message that it could not deliver.

Source: RFC 3464 (delivery status notifications); older dialects by ``flufl.bounce``.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from urllib.parse import quote, unquote

from flufl.bounce import all_failures

from notifier.mail.status import code_of

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # its tracebacks may quote the mail

_SMTP_ANSWER = re.compile(r"\b([45]\d\d)[ -]+(\S*)")


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a bounce says: whose it is, and whether the server gave up; ``code`` where it names one."""

    attempt_ref: str
    failed: bool
    code: str | None = None


def return_path(attempt_ref: str, domain: str) -> str:
    """Return the address that a message's bounces go to."""
    return f"bounces+{quote(attempt_ref, safe='')}@{domain}"


def message_id(attempt_ref: str, domain: str) -> str:
    """Return the Message-ID, which a repeated sending has too."""
    return f"<notice+{quote(attempt_ref, safe='')}@{domain}>"


def read_bounce(raw: bytes, domain: str) -> Bounce:
    """Read a message that came to one of our return paths.

    An automatic answer or a delay has not ``failed``. Raises ``ValueError`` where it names no attempt of
    ours or its report is not whole.
    """
    ref = _attempt_ref(raw, domain)
    message = message_from_bytes(raw)
    reports = list(_recipient_reports(message))
    if not reports:
        return Bounce(ref, failed=_looks_failed(message))
    failed = next((report for report in reports if _says_failed(report)), None)
    return Bounce(ref, failed=False) if failed is None else Bounce(ref, True, _code(failed))


def _attempt_ref(raw: bytes, domain: str) -> str:
    """Find the return path or Message-ID wherever this dialect of bounce quotes it."""
    ours = rf"(?:bounces|<notice)\+([\w.~%-]+)@{re.escape(domain)}\b"
    found = re.search(ours.encode(), raw, re.IGNORECASE)
    if found is None:
        raise ValueError("the bounce names no attempt of ours")
    return unquote(found[1].decode())


def _recipient_reports(message: Message) -> Iterator[Message]:
    """Yield the report's part about each recipient; the part about the message itself has no recipient."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = [block for block in part.get_payload() if isinstance(block, Message)]
        reports = [block for block in blocks if block["Final-Recipient"]]
        if not reports or not all(report["Action"] for report in reports):
            raise ValueError("the bounce's delivery status names no recipient or no action")
        yield from reports


def _looks_failed(message: Message) -> bool:
    """Ask the collected heuristics about mail without a report; they trip over some."""
    try:
        _, failed = all_failures(message)
    except Exception:
        raise ValueError("the bounce is no whole mail") from None
    return bool(failed)


def _says_failed(report: Message) -> bool:
    return str(report["Action"]).strip().lower().startswith(("fail", "error"))  # OpenSMTPD writes "error"


def _code(report: Message) -> str | None:
    """Return the most telling code: some servers give a vague status and quote the other side's answer."""
    status = str(report.get("Status", "")).strip().partition(" ")[0]
    answer = _SMTP_ANSWER.search(str(report.get("Diagnostic-Code", "")))
    if answer and (not status or status.endswith(".0.0")):
        return code_of(int(answer[1]), answer[2])
    return status or None
