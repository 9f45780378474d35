"""Figures that many pages of one moment share: counted once, and kept for some seconds."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from time import monotonic
from typing import Any, TypeVar

from fastapi import Request

R = TypeVar("R")


class Kept:
    """What was counted, and when. Two threads may count the same at once: the last one's stays."""

    def __init__(self) -> None:
        self._values: dict[Hashable, tuple[float, Any]] = {}

    def get(self, key: Hashable, seconds: float, make: Callable[[], R]) -> R:
        """Return what was made under ``key`` in the last ``seconds``, else make it."""
        made_at, value = self._values.get(key, (float("-inf"), None))
        if monotonic() - made_at >= seconds:
            made_at, value = monotonic(), make()
            self._values[key] = made_at, value
        kept: R = value
        return kept


def kept(request: Request) -> Kept:
    """Return what this process of the web keeps."""
    state = request.app.state
    if not hasattr(state, "kept"):
        state.kept = Kept()
    found: Kept = state.kept
    return found
