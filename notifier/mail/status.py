"""What a mail server's status code means, in the answer to a sending and in a bounce alike.

Source: RFC 3463 and the registry of enhanced status codes (RFC 5248); for bare codes RFC 5321, 4.2.3.
"""

from __future__ import annotations

import re

from notifier.records import FailureReason

_ENHANCED = re.compile(r"([245])\.(\d{1,3}\.\d{1,3})")

_LOGIN = frozenset({"535", "5.7.8", "5.7.9", "5.7.11"})

# An enhanced code without its first digit, which says for how long, not why.
_REASONS: dict[str, FailureReason] = {
    "1.0": FailureReason.BAD_ADDRESS,
    "1.1": FailureReason.BAD_ADDRESS,  # no such mailbox
    "1.2": FailureReason.BAD_ADDRESS,  # no such domain
    "1.3": FailureReason.BAD_ADDRESS,  # not well formed
    "1.4": FailureReason.BAD_ADDRESS,  # ambiguous
    "1.6": FailureReason.BAD_ADDRESS,  # moved, no new address known
    "1.7": FailureReason.NOT_OURS,  # our sender's address is not well formed
    "1.8": FailureReason.NOT_OURS,  # our sender's domain does not exist
    "1.10": FailureReason.BAD_ADDRESS,  # the domain takes no mail (null MX)
    "2.0": FailureReason.UNREACHABLE,
    "2.1": FailureReason.BAD_ADDRESS,  # mailbox closed
    "2.2": FailureReason.UNREACHABLE,  # mailbox full
    "2.3": FailureReason.REJECTED_CONTENT,  # longer than the mailbox allows
    "3.0": FailureReason.PROVIDER,
    "3.1": FailureReason.PROVIDER,  # the server's disk is full
    "3.2": FailureReason.PROVIDER,  # the server takes nothing now
    "3.4": FailureReason.REJECTED_CONTENT,  # longer than the server allows
    "3.5": FailureReason.PROVIDER,  # the server is set up wrongly
    "4.0": FailureReason.UNREACHABLE,
    "4.1": FailureReason.UNREACHABLE,  # the host does not answer
    "4.2": FailureReason.UNREACHABLE,  # the connection broke
    "4.3": FailureReason.PROVIDER,  # a directory does not answer
    "4.4": FailureReason.BAD_ADDRESS,  # no route to the domain
    "4.5": FailureReason.PROVIDER,  # congestion
    "4.6": FailureReason.PROVIDER,  # a mail loop
    "4.7": FailureReason.UNREACHABLE,  # tried for days in vain
    "6.0": FailureReason.REJECTED_CONTENT,
    "6.1": FailureReason.REJECTED_CONTENT,  # media not supported
    "6.7": FailureReason.BAD_ADDRESS,  # the server takes no address beyond ASCII
    # Policy: our domain or machine is not trusted, which says nothing about the victim's address. Except:
    "7.13": FailureReason.BAD_ADDRESS,  # account disabled
    "7.17": FailureReason.BAD_ADDRESS,  # the mailbox has another owner now
    "7.18": FailureReason.BAD_ADDRESS,  # the domain has another owner now
    # Bare codes, of servers that give nothing finer.
    "421": FailureReason.PROVIDER,
    "450": FailureReason.UNREACHABLE,  # mailbox busy
    "451": FailureReason.PROVIDER,
    "452": FailureReason.PROVIDER,  # out of space
    "454": FailureReason.PROVIDER,
    "535": FailureReason.NOT_OURS,  # wrong user name or password
    "550": FailureReason.BAD_ADDRESS,
    "551": FailureReason.BAD_ADDRESS,
    "552": FailureReason.UNREACHABLE,  # mailbox full
    "553": FailureReason.BAD_ADDRESS,
}


def code_of(basic: int, text: str) -> str:
    """Return the enhanced code that the answer's ``text`` begins with, else its three digits."""
    enhanced = _ENHANCED.match(text)
    return enhanced[0] if enhanced else str(basic)


def reason_of(code: str) -> FailureReason:
    """Return why, for a code as ``code_of`` gives it; a code that the table does not have is ``unknown``.

    A policy (x.7.x) that refuses for good is our trouble; one that asks to come again, as greylisting does,
    is no more than that.
    """
    enhanced = _ENHANCED.fullmatch(code)
    if enhanced is None:
        return _REASONS.get(code, FailureReason.UNKNOWN)
    otherwise = FailureReason.UNKNOWN
    if enhanced[2].startswith("7."):
        otherwise = FailureReason.NOT_OURS if enhanced[1] == "5" else FailureReason.UNREACHABLE
    return _REASONS.get(enhanced[2], otherwise)


def refuses_login(code: str) -> bool:
    """Tell whether a code says that the user name or password is wrong, or the login too weak."""
    return code in _LOGIN
