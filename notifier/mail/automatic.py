"""Mail that no person wrote: holiday answers, mailing lists, servers.

Only sure signs count: to hear an automatic answer is a nuisance, not to hear a victim is not.
Source: RFC 3834 (Auto-Submitted), RFC 2919 (List-Id), RFC 8098 (read receipts), RFC 5321, 4.5.5 (the null
return path); the other headers are what mail programs are known to write.
"""

from __future__ import annotations

import re
from email.message import Message
from email.utils import parseaddr

from notifier.mail.headers import header

_MARKS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Auto-Reply",
    "List-Id",
    "X-FC-MachineGenerated",
)
_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_SUBJECT = re.compile(
    r"\s*(auto(matic|mated)?[ -]?(reply|response|answer)\b|auto:|out[ -]of[ -](the[ -])?office\b"
    r"|vacation (reply|response)\b|(ateb|ymateb) awtomatig\b|allan o.r swyddfa\b)",
    re.IGNORECASE,
)
_SERVERS = frozenset({"mailer-daemon", "postmaster", "mailerdaemon"})


def is_automatic(message: Message) -> bool:
    """Tell whether a program wrote the mail and nobody needs to read it."""
    return (
        header(message, "Auto-Submitted").partition(";")[0].strip().lower() not in ("", "no")
        or header(message, "Precedence").strip().lower() in _PRECEDENCE
        or any(name in message for name in _MARKS)
        or _SUBJECT.match(header(message, "Subject")) is not None
        or _is_read_receipt(message)
    )


def is_from_server(message: Message) -> bool:
    """Tell whether a mail server wrote the mail: the null return path, or a server's own address."""
    if "Return-Path" in message and header(message, "Return-Path").strip() in ("", "<>"):
        return True
    local_part = parseaddr(header(message, "From"))[1].partition("@")[0]
    return local_part.lower() in _SERVERS


def _is_read_receipt(message: Message) -> bool:
    return str(message.get_param("report-type", "")).lower() == "disposition-notification"
