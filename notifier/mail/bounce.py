"""Bounces: what a mail server sends to the return path of a message that it could not deliver.

Source: RFC 3464 (delivery status notifications); older dialects by ``flufl.bounce``.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from flufl.bounce import all_failures

from notifier.mail.errors import NotUnderstood
from notifier.mail.status import code_of
from notifier.mail.words import own_parts, plain_text

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # its tracebacks may quote the mail

_SMTP_ANSWER = re.compile(r"\b([45]\d\d)[ -]+(\S*)")
# In running text any number might look like an answer: only one after a colon or at a line's begin counts.
_ANSWER_IN_TEXT = re.compile(r"(?:^|:)[ \t]*(5\d\d)[ -]+(\S*)", re.MULTILINE)
_CODE_IN_TEXT = re.compile(r"#(5\.\d{1,3}\.\d{1,3})\b")
_COPY_BEGINS = re.compile(r"(?im)^-+ ?(?:this is a copy|below this line|original message|the following is)")
_FAILED = ("fail", "error")  # OpenSMTPD writes "error"

# What Exim says of its own accord, beside 5.0.0 or no code at all, and the code that others give for it.
_EXIM_SAYS = {
    "Unrouteable address": "5.1.2",
    "mailbox is full": "5.2.2",
    "retry timeout exceeded": "4.4.7",
    "have been failing for a long time": "4.4.1",
    "after a long failure period": "4.4.1",
}


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a bounce says: whether the server gave up; ``code`` where it names one."""

    failed: bool
    code: str | None = None


def read_bounce(message: Message) -> Bounce | None:
    """Read a mail as a bounce; ``None`` where it is none.

    A delay has not ``failed``. Raises :class:`NotUnderstood` where the report is not whole.
    """
    reports = list(_recipient_reports(message))
    if not reports:
        return _read_without_report(message)
    failed = next((report for report in reports if _says_failed(report)), None)
    return Bounce(failed=False) if failed is None else Bounce(True, _code(failed, plain_text(message)))


def _recipient_reports(message: Message) -> Iterator[Message]:
    """Yield the report's part about each recipient; the part about the message itself has no recipient."""
    for part in own_parts(message):
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = [block for block in part.get_payload() if isinstance(block, Message)]
        reports = [block for block in blocks if block["Final-Recipient"]]
        if not reports or not all(report["Action"] for report in reports):
            raise NotUnderstood("the bounce's delivery status names no recipient or no action")
        yield from reports


def _says_failed(report: Message) -> bool:
    return str(report["Action"]).strip().lower().startswith(_FAILED)


def _code(report: Message, text: str) -> str | None:
    """Return the most telling code: beside a vague status, the other side's answer or the words tell more."""
    status = str(report.get("Status", "")).strip().partition(" ")[0]
    if status and not status.endswith(".0.0"):
        return status
    answer = _SMTP_ANSWER.search(str(report.get("Diagnostic-Code", "")))
    told = code_of(int(answer[1]), answer[2]) if answer else _code_in(text)
    return told or status or None


def _read_without_report(message: Message) -> Bounce | None:
    bounce = _read_text(message)
    if bounce is None and str(message.get_param("report-type", "")).lower() == "delivery-status":
        raise NotUnderstood("the bounce's delivery status is missing")
    return bounce


def _read_text(message: Message) -> Bounce | None:
    """Ask the collected heuristics about mail without a report; they trip over some."""
    try:
        temporary, failed = all_failures(message)
    except Exception:
        raise NotUnderstood("the bounce is no whole mail") from None
    if failed:
        return Bounce(True, _code_in(plain_text(message)))
    return Bounce(failed=False) if temporary else None


def _code_in(text: str) -> str | None:
    """Return the code that the words before the copy of our message tell."""
    words = _COPY_BEGINS.split(text, maxsplit=1)[0]
    if answer := _ANSWER_IN_TEXT.search(words):
        return code_of(int(answer[1]), answer[2])
    if enhanced := _CODE_IN_TEXT.search(words):
        return enhanced[1]
    return next((code for said, code in _EXIM_SAYS.items() if said in words), None)
