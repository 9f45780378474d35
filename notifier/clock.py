"""The one clock that actors, web and command line read; everything below them gets ``now`` as an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from notifier.settings import Settings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that may run faster than the real one, from an instant of its own.

    ``epoch_real`` and ``epoch_virtual`` are the same moment on both; ``speed`` is virtual seconds per real
    one. It follows the system clock, so all processes with the same settings agree. The default is the
    system clock itself.
    """

    epoch_real: datetime = _EPOCH
    epoch_virtual: datetime = _EPOCH
    speed: float = 1.0

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the clock that the settings describe."""
        return cls(
            settings.clock_epoch_real or _EPOCH,
            settings.clock_epoch_virtual or _EPOCH,
            settings.clock_speed,
        )

    def now(self) -> datetime:
        """Return the virtual instant, in UTC."""
        return self._virtual(datetime.now(UTC))

    def ahead(self, real_seconds: float) -> datetime:
        """Return the virtual instant, in UTC, that is so many real seconds from now: where a lease ends."""
        return self._virtual(datetime.now(UTC) + timedelta(seconds=real_seconds))

    def real_seconds_since(self, virtual: datetime) -> float:
        """Return how many real seconds ago this clock showed ``virtual``."""
        return (self.now() - virtual).total_seconds() / self.speed

    def _virtual(self, real: datetime) -> datetime:
        return self.epoch_virtual.astimezone(UTC) + (real - self.epoch_real) * self.speed
