"""What stands behind the doors in these tests: rooms that keep what they are given, and can be away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from notifier.errors import Unreachable
from notifier.mail.desk import MailDesk
from notifier.records import Receipt, Reply

DOMAIN = "bounces.police.test"
REF = "0f9b2c4d5e6f708192a3b4c5d6e7f801"


class Rooms:
    """Keeps every receipt, reply and mail that was set aside; ``failing`` is raised in place of the next.

    ``before`` is called as each thing is about to be committed.
    """

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        self.replies: list[Reply] = []
        self.aside: list[tuple[bytes, str]] = []
        self.failing: list[Exception] = []
        self.before: Callable[[], object] = lambda: None
        self.desk = MailDesk(DOMAIN, self._receive, self._hear, self._set_aside)

    @property
    def count(self) -> int:
        """How many things came."""
        return len(self.receipts) + len(self.replies) + len(self.aside)

    def be_away(self, times: int = 1) -> None:
        """Let the database be away for the next ``times`` things."""
        self.failing += [Unreachable("the database does not answer")] * times

    def _receive(self, receipts: Sequence[Receipt]) -> None:
        self._commit()
        self.receipts += receipts

    def _hear(self, replies: Sequence[Reply]) -> None:
        self._commit()
        self.replies += replies

    def _set_aside(self, raw: bytes, reason: str) -> None:
        self._commit()
        self.aside.append((raw, reason))

    def _commit(self) -> None:
        self.before()
        if self.failing:
            raise self.failing.pop(0)
