from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifier.clock import Clock
from notifier.settings import Settings

START = datetime(2026, 4, 1, 8, tzinfo=UTC)


def test_without_settings_it_is_the_system_clock() -> None:
    before = datetime.now(UTC)
    assert before <= Clock.from_settings(Settings()).now() <= datetime.now(UTC)


def test_a_fast_clock_starts_at_its_own_instant_and_runs_at_its_speed() -> None:
    real = datetime.now(UTC) - timedelta(seconds=10)
    clock = Clock(real, START, speed=60)
    first = clock.now()
    assert first >= START + timedelta(minutes=10)
    assert first <= clock.now() <= START + (datetime.now(UTC) - real) * 60


def test_it_answers_in_utc_whatever_offset_the_epoch_was_given_in(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    monkeypatch.setenv("NOTIFIER_CLOCK_EPOCH_REAL", now.isoformat())
    monkeypatch.setenv("NOTIFIER_CLOCK_EPOCH_VIRTUAL", "2026-04-01T09:00:00+01:00")
    clock = Clock.from_settings(Settings())
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.now() >= START


def test_ahead_counts_real_seconds() -> None:
    clock = Clock(datetime.now(UTC), START, speed=100)
    assert clock.ahead(30) >= START + timedelta(seconds=3000)
    assert clock.ahead(30) - clock.now() <= timedelta(seconds=3000)
