"""Calls: made by a person. Sending one opens a task, and the task's outcome says what became of it."""

from __future__ import annotations

from notifier.channels.base import Channel, Claimed, unclaimed
from notifier.records import AttemptState, ChannelFacts, ChannelName, Form, Message, SendResult


class Call(Channel):
    """A call that an officer makes."""

    facts = ChannelFacts(
        name=ChannelName.CALL,
        form=Form.SPOKEN,
        lock_screen=False,
        gives_receipts=False,
        for_a_person=True,
    )

    def send(self, message: Message) -> SendResult:
        """Say that the call was taken on: the task that goes with it is the room's to open."""
        return SendResult(AttemptState.ACCEPTED)

    def look_up(self, message: Message, claimed: Claimed = unclaimed) -> SendResult:
        """Say the same again: no provider can have lost it."""
        return SendResult(AttemptState.ACCEPTED)


CHANNEL = Call
