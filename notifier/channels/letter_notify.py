"""Letters through GOV.UK Notify: standard print only, without leaflets."""

from __future__ import annotations

from typing import Any

from notifier.providers.notify import Notify, NotifySettings
from notifier.records import ChannelFacts, ChannelName, Form, Message

__all__ = ["CHANNEL", "LetterNotify", "NotifySettings"]

_STANDARD = "standard"
_MOST_LINES = 7  # of an address, the name among them


class LetterNotify(Notify):
    """Letters through GOV.UK Notify."""

    facts = ChannelFacts(
        name=ChannelName.LETTER,
        form=Form.LETTER,
        lock_screen=False,
        gives_receipts=False,
    )

    def _unable(self, message: Message) -> str | None:
        if message.neutral_sender and not self._settings.notify_neutral_service:
            return "no_neutral_sender"
        rendered = message.rendered
        if rendered.letter is None or len(rendered.letter.address) > _MOST_LINES:
            return "unprintable"
        if rendered.format != _STANDARD:
            return "format"
        return "leaflets" if rendered.leaflets else None

    def _post(self, message: Message, template: str) -> Any:
        letter, paragraphs = message.rendered.letter, message.rendered.paragraphs
        assert letter is not None
        lines = {f"address_line_{number}": line for number, line in enumerate(letter.address, start=1)}
        body = "\n\n".join((letter.salutation, *paragraphs, letter.closing, "\n".join(letter.officer)))
        words = {"subject": message.rendered.subject or letter.reference_line, "body": body}
        return self._client().send_letter_notification(
            template, personalisation={**lines, **words}, reference=message.attempt_ref
        )


CHANNEL = LetterNotify
