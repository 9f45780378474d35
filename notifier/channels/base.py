"""The port every channel implements, and how channels are found.

A channel is one module in this package that exposes ``CHANNEL``, a subclass of :class:`Channel`.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import ClassVar

import notifier.channels
from notifier.records import (
    AttemptState,
    ChannelFacts,
    ChannelName,
    Message,
    Receipt,
    ReceiptRequest,
    Reply,
    SendResult,
)


class Channel(ABC):
    """One way to reach a person.

    A channel is made without arguments and reads its own settings (prefix ``NOTIFIER_``); it opens
    connections on first use. ``send`` may be called from many threads at once.
    """

    facts: ClassVar[ChannelFacts]
    look_up_after: ClassVar[timedelta] = timedelta(0)
    """How long the provider needs before it can be asked about an unknown outcome."""

    @abstractmethod
    def send(self, message: Message) -> SendResult:
        """Hand ``message`` to the provider and say what it answered; never raises for a provider's answer.

        A definite refusal is ``failed`` or ``deferred``; anything that leaves open whether the message
        went out (a time-out, a dropped connection, a 5xx after the request) is ``unknown``.
        """

    def look_up(self, message: Message) -> SendResult:
        """Ask the provider what became of a message whose sending ended ``unknown``.

        The default knows nothing, and says ``unknown``. ``deferred`` means that it certainly never went
        out, so that it may be sent again.
        """
        return SendResult(AttemptState.UNKNOWN)

    def verify_receipt(self, request: ReceiptRequest) -> bool:
        """Tell whether the request was signed by the provider. The default trusts nobody."""
        return False

    def parse_receipt(self, request: ReceiptRequest) -> list[Receipt]:
        """Read a verified request. Unknown statuses give none; malformed input raises ``ValueError``."""
        return []

    def parse_reply(self, request: ReceiptRequest) -> list[Reply]:
        """Read what a person sent back, from a verified request; malformed input raises ``ValueError``."""
        return []

    def check(self) -> str | None:
        """Say in one line what is wrong with the settings or provider, and the mend; ``None`` is fine."""
        return None

    def close(self) -> None:
        """Give connections back. The channel is not used afterwards."""


def find_channels() -> dict[ChannelName, type[Channel]]:
    """Return every channel of the package by name; raises ``RuntimeError`` when two claim one name."""
    found: dict[ChannelName, type[Channel]] = {}
    for entry in pkgutil.iter_modules(notifier.channels.__path__):
        module = importlib.import_module(f"notifier.channels.{entry.name}")
        channel: type[Channel] | None = getattr(module, "CHANNEL", None)
        if channel is None:
            continue
        if channel.facts.name in found:
            raise RuntimeError(f"two channels are named {channel.facts.name}: see notifier/channels/")
        found[channel.facts.name] = channel
    return found
