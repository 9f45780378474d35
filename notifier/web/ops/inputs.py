"""What people type into forms and addresses: trimmed, and such that every database can hold it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from notifier import documents


def _plain(value: object) -> object:
    # A browser sends each line break as two characters, and counts it as one.
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _can_be_kept(value: str) -> str:
    if not documents.is_text(value):
        raise ValueError("holds a character that cannot be kept; type it anew")
    return value


_PLAIN, _KEPT = BeforeValidator(_plain), AfterValidator(_can_be_kept)

Line = Annotated[str, _PLAIN, StringConstraints(max_length=200), _KEPT]
"""A short field, which may be empty."""
Outcome = Annotated[str, _PLAIN, StringConstraints(min_length=1, max_length=500), _KEPT]
"""How something was dealt with."""
Words = Annotated[str, _PLAIN, StringConstraints(max_length=2000), _KEPT]
"""A few sentences, which may be empty."""
Note = Annotated[str, _PLAIN, StringConstraints(min_length=1, max_length=2000), _KEPT]
"""What somebody leaves for others to read."""
