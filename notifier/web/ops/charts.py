"""Pictures of numbers, drawn by the server: where each bar stands and how long it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 256  # as wide as the smallest screen has room for, so that its words are never made smaller
_MOST_BARS = 8
_BAR_STEP = 36


@dataclass(frozen=True, slots=True)
class Share:
    """So many of one kind; ``kind`` is what a template makes words of, ``None`` is all that is left over."""

    kind: tuple[str, ...] | None
    number: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar below its words, in units of the picture."""

    share: Share
    top: int
    length: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from top to bottom."""

    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        """Of the whole picture."""
        return _BAR_STEP * len(self.bars)

    @property
    def total(self) -> int:
        """All together."""
        return sum(bar.share.number for bar in self.bars)


def chart(shares: Sequence[Share]) -> Chart:
    """Return the picture of these numbers, the largest first; many small ones are put together."""
    ordered = sorted(shares, key=lambda share: -share.number)
    if len(ordered) > _MOST_BARS:
        left = sum(share.number for share in ordered[_MOST_BARS - 1 :])
        ordered = [*ordered[: _MOST_BARS - 1], Share(None, left)]
    longest = max((share.number for share in ordered), default=1)
    return Chart(
        tuple(
            Bar(share, place * _BAR_STEP, round(WIDTH * share.number / longest, 1))
            for place, share in enumerate(ordered)
        )
    )
