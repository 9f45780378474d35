"""Where the pages of the operations room are, for what is written to staff."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class RoomLinks:
    """Addresses below ``public_url`` (without a slash at its end); where it is not known there are none."""

    public_url: str | None = None

    def row(self, ref: str) -> str | None:
        """Return the page of one task (T3) or escalation (E7), with what can be done about it."""
        return self._page(f"work/{ref}")

    def work(self) -> str | None:
        """Return the list of what a team has to do."""
        return self._page("work?whose=team")

    def case(self, case_id: str) -> str | None:
        """Return the page of a case; its id is the publisher's, and may hold anything."""
        return self._page(f"case?id={quote(case_id, safe='')}")

    def failure(self, ref: str) -> str | None:
        """Return where one failure, such as a notice (N12), stands in the list of failures."""
        return self._page(f"failures#{ref}")

    def _page(self, path: str) -> str | None:
        return None if self.public_url is None else f"{self.public_url}/ops/{path}"


NOWHERE = RoomLinks()
"""What leads nowhere, because nobody said where the pages are."""
