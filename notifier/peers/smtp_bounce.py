"""The bounces of the local SMTP peer: delivery status notifications, in Postfix's words (RFC 3464)."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from uuid import uuid4

_BOUNCE = """\
Return-Path: <>
Received: by {host} (Postfix) id {id}; {date}
Date: {date}
From: MAILER-DAEMON@{host} (Mail Delivery System)
Subject: {subject}
To: {sender}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{id}"
Message-Id: <{id}@{host}>

This is a MIME-encapsulated message.

--{id}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host {host}. The report below says what became of your message.

--{id}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}
Arrival-Date: {date}

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {code}
Remote-MTA: dns; {host}
Diagnostic-Code: smtp; {basic} {code} <{recipient}>: refused

--{id}
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

{headers}

--{id}--
"""
_SUBJECTS = {"failed": "Undelivered Mail Returned to Sender", "delayed": "Delayed Mail (still being retried)"}
_HOST = "mail.peer.test"


def delivery_status(
    raw: bytes, *, sender: str, recipient: str, action: str, code: str, at: datetime
) -> bytes:
    """Return the bounce of the message ``raw``, to its envelope ``sender``; ``at`` is when it is written."""
    text = _BOUNCE.format(
        host=_HOST,
        id=uuid4().hex,
        date=format_datetime(at),
        subject=_SUBJECTS[action],
        sender=sender,
        recipient=recipient,
        action=action,
        code=code,
        basic=550 if code.startswith("5") else 450,
        headers=raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").replace("\r\n", "\n"),
    )
    return text.replace("\n", "\r\n").encode()
