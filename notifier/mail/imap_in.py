"""The IMAP door: a mailbox of our own is emptied, mail by mail.

A mail is moved away once what it brought is committed. Killed in between, it is read again, which changes
nothing. Whether somebody has looked at a mail does not matter: whatever is in the folder is to be taken in.
Source: RFC 3501, RFC 6851 (MOVE), RFC 4315 (UID EXPUNGE).
"""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import Any

from notifier.errors import Unreachable
from notifier.mail.desk import Taken

_log = logging.getLogger(__name__)
Take = Callable[[bytes], Taken]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where the mailbox is, and how it is emptied.

    ``tls`` is tls, starttls or none; ``timeout`` is in seconds, for each step. Of a mail larger than
    ``most_bytes`` the first so many are read. ``inbox`` is the folder that mail comes to; what was used is
    moved to ``done``, what a person must look at to ``staff``.
    """

    host: str
    port: int
    username: str
    password: str
    tls: str
    timeout: float
    most_bytes: int
    inbox: str
    done: str
    staff: str


def watch_mailbox(mailbox: Mailbox, take: Take, every: float, stop: Event) -> None:
    """Empty the mailbox ``every`` so many seconds until ``stop`` is set; while it is away, try again."""
    while not stop.is_set():
        try:
            empty_mailbox(mailbox, take, stop)
        except (OSError, imaplib.IMAP4.error, Unreachable) as problem:
            # The type only: a server's words may quote an address.
            _log.warning("the mailbox waits for a server", extra={"error": type(problem).__name__})
        stop.wait(every)


def empty_mailbox(mailbox: Mailbox, take: Take, stop: Event) -> int:
    """Take in every mail of the folder and move it, or as many as come before ``stop``; return how many.

    Raises ``OSError``, ``imaplib.IMAP4.error`` and :class:`~notifier.errors.Unreachable`; what was not moved
    then stays where it is.
    """
    count = 0
    with _logged_in(mailbox) as imap:
        for folder in (mailbox.done, mailbox.staff):
            imap.create(_quoted(folder))  # "NO" says that it is there
        _checked(imap.select(_quoted(mailbox.inbox)))
        # Not all is offered before the login, and imaplib does not ask again.
        offered = frozenset(b" ".join(_checked(imap.capability())).decode().upper().split())
        for uid in _waiting(imap):
            if stop.is_set():
                break
            taken = _take_one(imap, uid, mailbox.most_bytes, take)
            if taken is not None:
                move(imap, uid, mailbox.staff if taken is Taken.SET_ASIDE else mailbox.done, offered)
                count += 1
    return count


def check_mailbox(mailbox: Mailbox) -> str | None:
    """Return what keeps the mailbox from being emptied, with the mend; ``None`` where nothing does."""
    try:
        with _logged_in(mailbox) as imap:
            status, _ = imap.select(_quoted(mailbox.inbox), readonly=True)
    except imaplib.IMAP4.error:
        return "the mailbox refuses the login: check NOTIFIER_IMAP_USERNAME, IMAP_PASSWORD and IMAP_TLS"
    except OSError as problem:
        name = type(problem).__name__
        return f"the mailbox does not answer ({name}): check NOTIFIER_IMAP_HOST, IMAP_PORT and IMAP_TLS"
    return None if status == "OK" else f"the mailbox has no {mailbox.inbox!r}: correct NOTIFIER_IMAP_FOLDER"


def _take_one(imap: imaplib.IMAP4, uid: str, most_bytes: int, take: Take) -> Taken | None:
    """Take one mail in; one that breaks something stays and blocks no other."""
    raw = _fetched(imap, uid, most_bytes)
    try:
        return None if raw is None else take(raw)
    except Unreachable:
        raise
    except Exception as problem:
        _log.error("a mail stays in the mailbox", extra={"uid": uid, "error": type(problem).__name__})
        return None


@contextmanager
def _logged_in(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    imap = _connected(mailbox)
    try:
        imap.login(mailbox.username, mailbox.password)
        yield imap
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            imap.logout()


def _connected(mailbox: Mailbox) -> imaplib.IMAP4:
    if mailbox.tls == "tls":
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=context, timeout=mailbox.timeout)
    imap = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=mailbox.timeout)
    if mailbox.tls == "starttls":
        imap.starttls(ssl.create_default_context())
    return imap


def _quoted(folder: str) -> str:
    return f'"{folder}"'


def _checked(answer: tuple[str, list[Any]]) -> list[Any]:
    """Return what the server answered; raises where it said no."""
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error("the server refused a command")
    return data


def _waiting(imap: imaplib.IMAP4) -> list[str]:
    found = _checked(imap.uid("SEARCH", "UNDELETED"))
    return [uid.decode() for uid in (found[0] or b"").split()]


def _fetched(imap: imaplib.IMAP4, uid: str, most_bytes: int) -> bytes | None:
    """Return a mail, or ``None`` where another one took it away or the server cannot give it."""
    status, data = imap.uid("FETCH", uid, f"(BODY.PEEK[]<0.{most_bytes}>)")
    whole = next((part[1] for part in data or () if isinstance(part, tuple)), None)
    if status != "OK" or not isinstance(whole, bytes):
        _log.error("a mail of the mailbox cannot be read", extra={"uid": uid})
        return None
    return whole


def move(imap: imaplib.IMAP4, uid: str, folder: str, offered: Collection[str]) -> None:
    """Move a mail to ``folder`` as well as the server can; ``offered`` is what it can.

    Raises ``imaplib.IMAP4.error``. Killed in between, the mail is there twice, never not at all.
    """
    _checked(imap.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
    if "MOVE" in offered:
        _checked(imap.uid("MOVE", uid, _quoted(folder)))
        return
    _checked(imap.uid("COPY", uid, _quoted(folder)))
    _checked(imap.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"))
    _checked(imap.uid("EXPUNGE", uid) if "UIDPLUS" in offered else imap.expunge())
