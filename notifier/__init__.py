"""Notifier tells victims of crime what happens in their case. Python publishers use :func:`publish`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notifier.publishing import publish

__all__ = ["publish"]


def __getattr__(name: str) -> Any:
    """Load the publisher when it is asked for: most programs of this package need no Redis client."""
    if name == "publish":
        from notifier.publishing import publish

        return publish
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
