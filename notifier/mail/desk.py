"""Where mail that came in is handed on; both doors, SMTP and IMAP, end here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from notifier.errors import Unreachable
from notifier.mail.errors import NotUnderstood
from notifier.mail.incoming import read_mail
from notifier.records import Receipt, Reply

_log = logging.getLogger(__name__)


class Taken(StrEnum):
    """What became of a mail; whichever it is, what it brought is committed."""

    RECEIPT = "receipt"
    REPLY = "reply"
    NOTHING = "nothing"  # a delay, an automatic answer, a mailing list
    SET_ASIDE = "set_aside"  # kept whole, with the reason, for a person


@dataclass(frozen=True, slots=True)
class MailDesk:
    """Hands on what a mail brings. Each callable commits before it returns, and takes a repeat as one.

    ``set_aside`` is given the whole mail and why nobody could use it. ``domain`` is that of our addresses.
    """

    domain: str
    receive: Callable[[Sequence[Receipt]], None]
    hear: Callable[[Sequence[Reply]], None]
    set_aside: Callable[[bytes, str], None]

    def take(self, raw: bytes) -> Taken:
        """Read a mail and commit what it brings; what cannot be used is set aside.

        Raises :class:`~notifier.errors.Unreachable`: nothing is committed then, and it must come again.
        """
        taken = self._take(raw)
        _log.info("a mail came in", extra={"taken": taken.value})
        return taken

    def _take(self, raw: bytes) -> Taken:
        try:
            return self._hand_on(read_mail(raw, self.domain))
        except Unreachable:
            raise
        except NotUnderstood as reason:
            self.set_aside(raw, str(reason))
        except Exception as problem:  # our own fault: this mail must not block the others, nor be lost
            _log.error("a mail cannot be taken in", exc_info=problem)
            self.set_aside(raw, f"the mail could not be taken in ({type(problem).__name__})")
        return Taken.SET_ASIDE

    def _hand_on(self, brought: Receipt | Reply | None) -> Taken:
        match brought:
            case Receipt():
                self.receive([brought])
                return Taken.RECEIPT
            case Reply():
                self.hear([brought])
                return Taken.REPLY
        return Taken.NOTHING
