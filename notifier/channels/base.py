"""The port every channel implements, and how channels are found.

A channel is one module in this package that exposes ``CHANNEL``, a subclass of :class:`Channel`.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
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

NO_CONNECTION = "no_connection"
"""The code of a sending for which nobody was there: nothing went out."""

SendOne = Callable[[Message], SendResult]
Claimed = Callable[[str], bool]
"""Tells whether an id that a provider gave is on record as another attempt's."""


def unclaimed(provider_id: str) -> bool:
    """Say that it is no other attempt's, where none is on record."""
    return False


class Channel(ABC):
    """One way to reach a person, by one provider.

    A channel is made without arguments and reads its own settings (prefix ``NOTIFIER_``); it opens
    connections on first use. ``send`` may be called from many threads at once.
    """

    facts: ClassVar[ChannelFacts]
    spare: ClassVar[bool] = False
    """It sends only where the settings name it: another provider of the same channel is the default one."""
    look_up_after: ClassVar[timedelta] = timedelta(0)
    """How long the provider needs before it can be asked about an unknown outcome."""

    @abstractmethod
    def send(self, message: Message) -> SendResult:
        """Hand ``message`` to the provider and say what it answered; never raises for a provider's answer.

        A definite refusal is ``failed`` or ``deferred``; anything that leaves open whether the message
        went out (a time-out, a dropped connection, a 5xx after the request) is ``unknown``.
        """

    def sender_of(self, messages: Sequence[Message]) -> SendOne:
        """Return what sends each of these messages, soon and from many threads, as ``send`` does.

        Override it where something can be done for all of them at once that each would wait for.
        """
        return self.send

    def look_up(self, message: Message, claimed: Claimed = unclaimed) -> SendResult:
        """Ask the provider what became of a message whose sending ended ``unknown``.

        The default knows nothing, and says ``unknown``. ``deferred`` means that it certainly never went
        out, so that it may be sent again. Where the provider does not know our names for attempts, what is
        ``claimed`` is another one's: the same words went to the same address more than once.
        """
        return SendResult(AttemptState.UNKNOWN)

    def verify_receipt(self, request: ReceiptRequest) -> bool:
        """Tell whether the request was signed by the provider, without waiting for anything.

        The default trusts nobody.
        """
        return False

    def parse_receipt(self, request: ReceiptRequest) -> list[Receipt]:
        """Read a verified request, without waiting for anything.

        Unknown statuses give none; malformed input raises ``ValueError``.
        """
        return []

    def parse_reply(self, request: ReceiptRequest) -> list[Reply]:
        """Read what a person sent back, from a verified request; malformed input raises ``ValueError``."""
        return []

    def check(self) -> str | None:
        """Say in one line what is wrong with the settings or provider, and the mend; ``None`` is fine."""
        return None

    def close(self) -> None:
        """Give connections back. The channel is not used afterwards."""


Channels = Mapping[ChannelName, Channel]


def find_channels() -> dict[ChannelName, type[Channel]]:
    """Return every channel by name, by its default provider; raises as :func:`find_providers` does."""
    return {name: next(iter(providers.values())) for name, providers in find_providers().items()}


def find_providers() -> dict[ChannelName, dict[str, type[Channel]]]:
    """Return the providers of every channel by their names, the default one first.

    A module is named by channel and provider, ``sms_twilio``. Raises ``RuntimeError`` where a channel has
    not exactly one default provider.
    """
    found: dict[ChannelName, dict[str, type[Channel]]] = {}
    for entry in pkgutil.iter_modules(notifier.channels.__path__):
        module = importlib.import_module(f"notifier.channels.{entry.name}")
        channel: type[Channel] | None = getattr(module, "CHANNEL", None)
        if channel is not None:
            name = entry.name.removeprefix(f"{channel.facts.name}_")
            found.setdefault(channel.facts.name, {})[name] = channel
    return {name: _default_first(name, providers) for name, providers in found.items()}


def _default_first(channel: ChannelName, found: dict[str, type[Channel]]) -> dict[str, type[Channel]]:
    if sum(not provider.spare for provider in found.values()) != 1:
        raise RuntimeError(f"{channel} needs one provider that is not spare: see notifier/channels/")
    return dict(sorted(found.items(), key=lambda entry: entry[1].spare))
