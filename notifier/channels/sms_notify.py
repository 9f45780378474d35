"""Text messages through GOV.UK Notify.

It cannot be told until when a message is good: it tries for up to 72 hours. The service's setting "start text
messages with service name" must be off.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from notifier.providers.notify import Notify, NotifySettings, read_body
from notifier.records import ChannelFacts, ChannelName, Form, Message, ReceiptRequest, Reply
from notifier.sms_text import measure

__all__ = ["CHANNEL", "NotifySettings", "SmsNotify"]


class SmsNotify(Notify):
    """Text messages through GOV.UK Notify."""

    facts = ChannelFacts(
        name=ChannelName.SMS,
        form=Form.SHORT,
        lock_screen=True,
        gives_receipts=True,
    )

    def parse_reply(self, request: ReceiptRequest) -> list[Reply]:
        """Read a received text message."""
        told = read_body(request)
        parts = [told.get(name) for name in ("source_number", "message", "id")]
        number, text, name = (part if isinstance(part, str) else "" for part in parts)
        if not number or not name:
            raise ValueError("a received text message has id, source_number and message")
        return [Reply(self.facts.name, f"+{number.lstrip('+')}", text, name)]

    def _unable(self, message: Message) -> str | None:
        return "no_neutral_sender" if message.neutral_sender and self._sender(neutral=True) is None else None

    def _sender(self, *, neutral: bool) -> UUID | None:
        settings = self._settings
        return settings.notify_sms_neutral_sender if neutral else settings.notify_sms_sender

    def _post(self, message: Message, template: str) -> Any:
        sender = self._sender(neutral=message.neutral_sender)
        return self._client().send_sms_notification(
            message.address,
            template,
            personalisation={"body": measure(message.rendered.text).sent_as},
            reference=message.attempt_ref,
            sms_sender_id=str(sender) if sender else None,
        )


CHANNEL = SmsNotify
