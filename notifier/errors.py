"""What can go wrong, by what the caller should do about it. No message ever holds personal data."""

from __future__ import annotations


class NotifierError(Exception):
    """Something a person can mend; the message is one line in plain words and names the mend."""


class SettingsError(NotifierError):
    """A setting is missing, half-given or wrong; nothing was started."""


class EventRefused(NotifierError):
    """An event cannot be taken as it is; it is kept with this reason and shown to staff."""


class DifferentContent(EventRefused):
    """The same ``source`` and ``id`` came before with other content; the first one stands."""


class RenderingError(NotifierError):
    """A message's words cannot be made; the notice is handed to a person."""


class BeyondCalendar(NotifierError):
    """A date lies beyond the years whose bank holidays are known; add them to the policy."""


class Unreachable(NotifierError):
    """The database or Redis does not answer; nothing was lost, try again."""


class GaveWay(Unreachable):
    """The transaction was ended for another one that it had met; nothing was lost, try again."""


class NotFound(NotifierError):
    """What was named does not exist, or is not open any more."""
