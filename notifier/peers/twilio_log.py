"""What the local Twilio peer remembers of the messages that it accepted, and how they are looked up."""

from __future__ import annotations

import operator
import threading
from collections.abc import Mapping
from datetime import UTC

from notifier.peers.twilio_http import PeerMessage

_DATE_FILTERS = {"DateSent": operator.eq, "DateSent<": operator.le, "DateSent>": operator.ge}


class MessageLog:
    """Accepted messages, all of them or the newest ``most``. Safe to use from several threads."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._by_sid: dict[str, PeerMessage] = {}
        # A list of the account would be searched at each question: too long once there are many thousands.
        self._by_number: dict[str, dict[str, PeerMessage]] = {}

    def add(self, message: PeerMessage) -> None:
        """Keep a message; the oldest one goes where there are too many."""
        with self._lock:
            self._by_sid[message.sid] = message
            self._by_number.setdefault(message.to, {})[message.sid] = message
            if self._most is not None and len(self._by_sid) > self._most:
                self._forget(next(iter(self._by_sid)))

    def _forget(self, sid: str) -> None:
        number = self._by_sid.pop(sid).to
        del self._by_number[number][sid]
        if not self._by_number[number]:
            del self._by_number[number]

    def all(self) -> list[PeerMessage]:
        """Return the messages, oldest first."""
        with self._lock:
            return list(self._by_sid.values())

    def find(self, sid: str) -> PeerMessage | None:
        """Return the message with ``sid``."""
        with self._lock:
            return self._by_sid.get(sid)

    def listed(self, query: Mapping[str, str]) -> list[PeerMessage]:
        """Return the messages that the query's To and DateSent filters leave, newest first."""
        with self._lock:
            known = self._by_number.get(query["To"], {}) if "To" in query else self._by_sid
            messages = list(known.values())
        return [one for one in reversed(messages) if _is_of_date(one, query)]


def _is_of_date(message: PeerMessage, query: Mapping[str, str]) -> bool:
    """Filter as Twilio does; a message that was not sent yet has no date and is on no day."""
    wanted = [(compare, query[name]) for name, compare in _DATE_FILTERS.items() if name in query]
    if message.sent_at is None:
        return not wanted
    stamp = message.sent_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return all(compare(stamp[: len(value)], value) for compare, value in wanted)
