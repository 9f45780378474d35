"""What a mail brings that came to one of our addresses: a receipt, a reply, or nothing."""

from __future__ import annotations

import hashlib
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr

from notifier.mail.automatic import is_automatic, is_from_server
from notifier.mail.bounce import Bounce, read_bounce
from notifier.mail.errors import NotUnderstood
from notifier.mail.headers import header
from notifier.mail.paths import Addressed, find_path, find_quoted
from notifier.mail.quoting import own_words
from notifier.mail.status import reason_of
from notifier.mail.words import own_parts, plain_text
from notifier.records import AttemptState, ChannelName, FailureReason, Receipt, Reply

_MOST_WORDS = 20_000


def read_mail(raw: bytes, domain: str) -> Receipt | Reply | None:
    """Read a mail that came to ``bounces+...`` or ``replies+...`` at ``domain``.

    A bounce that gave up is a receipt, what a person wrote is a reply; a delay, an automatic answer and a
    mailing list bring nothing. Raises :class:`NotUnderstood`.
    """
    try:
        return _read(message_from_bytes(raw), raw, domain)
    except NotUnderstood:
        raise
    except Exception:  # the mail package trips over some damages, each with an error of its own
        raise NotUnderstood("the mail is damaged") from None


def _read(message: Message, raw: bytes, domain: str) -> Receipt | Reply | None:
    addressed = find_path(message, domain)
    machine = is_from_server(message) or message.get_content_type() == "multipart/report"
    if machine or (addressed is not None and addressed.for_bounces):
        bounce = read_bounce(message)
        if bounce is not None:
            return _receipt(bounce, addressed, raw, domain)
    if is_automatic(message):
        return None
    if machine:
        raise NotUnderstood("a mail server wrote the mail, and it is no bounce that is known")
    if addressed is None:
        raise NotUnderstood("the mail names no message of ours")
    return _reply(message, addressed.attempt_ref)


def _receipt(bounce: Bounce, addressed: Addressed | None, raw: bytes, domain: str) -> Receipt | None:
    if not bounce.failed:
        return None
    ref = addressed.attempt_ref if addressed else find_quoted(raw, domain)
    if ref is None:
        raise NotUnderstood("the bounce names no message of ours")
    reason = FailureReason.UNKNOWN if bounce.code is None else reason_of(bounce.code)
    return Receipt(AttemptState.FAILED, ref, code=bounce.code, reason=reason)


def _reply(message: Message, attempt_ref: str) -> Reply:
    address = parseaddr(header(message, "From"))[1]
    if "@" not in address:
        raise NotUnderstood("the mail does not say who sent it")
    text = own_words(plain_text(message), header(message, "Subject"))[:_MOST_WORDS] + _attached(message)
    return Reply(ChannelName.EMAIL, address, text, _identity(message, attempt_ref, text), attempt_ref)


def _attached(message: Message) -> str:
    """Tell staff what they cannot see in the text."""
    count = sum(part.get_content_disposition() == "attachment" for part in own_parts(message))
    return f"\n[attached, and not shown here: {count}]" if count else ""


def _identity(message: Message, attempt_ref: str, text: str) -> str:
    """Return what is the same whenever this mail comes again, and for no other mail.

    The Message-ID alone would not do: some programs give none, or always the same.
    """
    parts = (attempt_ref, header(message, "Message-ID"), header(message, "Date"), text)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
