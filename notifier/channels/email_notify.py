"""Email through GOV.UK Notify: plain words in its own frame, from the service's name."""

from __future__ import annotations

from typing import Any

from notifier.providers.notify import Notify, NotifySettings
from notifier.records import ChannelFacts, ChannelName, Form, Message

__all__ = ["CHANNEL", "EmailNotify", "NotifySettings"]


class EmailNotify(Notify):
    """Email through GOV.UK Notify."""

    facts = ChannelFacts(
        name=ChannelName.EMAIL,
        form=Form.MAIL,
        lock_screen=False,
        gives_receipts=False,  # of the channel: another provider behind it gives none
    )

    def _unable(self, message: Message) -> str | None:
        if message.neutral_sender and not self._settings.notify_neutral_service:
            return "no_neutral_sender"
        return "leaflets" if message.rendered.leaflets else None

    def _post(self, message: Message, template: str) -> Any:
        rendered = message.rendered
        return self._client().send_email_notification(
            message.address,
            template,
            personalisation={"subject": rendered.subject or "", "body": rendered.text},
            reference=message.attempt_ref,
        )


CHANNEL = EmailNotify
