"""What can go wrong with a mail that came in."""

from __future__ import annotations


class NotUnderstood(ValueError):
    """A person must look at the mail; the message says why, without a word of the mail."""
