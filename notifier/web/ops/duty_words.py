"""The words and numbers of the report on duties, on pages and on paper, in the language of the reader."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_date, format_datetime
from fastapi import Request

from notifier import plain_words
from notifier.duties import Month, limit_in_words, share_in_time
from notifier.store.duties import Tally
from notifier.web.ops.languages import labels_in, language_of
from notifier.wiring import Services


class Words:
    """Says them in the language that was chosen for ``request``."""

    def __init__(self, request: Request, services: Services) -> None:
        self.language = language_of(request)
        self.say = labels_in(self.language).gettext
        self._policies = services.policies

    def month(self, month: Month) -> str:
        """Return a month's name and year."""
        return str(format_date(month.first, "LLLL y", locale=self.language))

    def news(self, event_type: str) -> str:
        """Return what is to be told."""
        words = self.say(plain_words.news(event_type))
        return words[:1].upper() + words[1:]

    def limit(self, tally: Tally, month: Month) -> str:
        """Return by when it is to be told, as it was at the month's end."""
        return limit_in_words(tally.group, self._policies, month.last, self.say)

    def name(self, written: str | None) -> str:
        """Return a team or a force."""
        return written or self.say("none on file")

    def share(self, tally: Tally) -> str:
        """Return how many in a hundred were in time."""
        share = share_in_time(tally)
        return "" if share is None else f"{share:.1f} %"

    def moment(self, at: datetime) -> str:
        """Return an instant in local time."""
        zone = self._policies.timezone
        return str(format_datetime(at, "EEE d MMM y, HH:mm", tzinfo=zone, locale=self.language))
