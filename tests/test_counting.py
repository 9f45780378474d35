"""The scheduler counts duties beside its sweeps, and whatever is wrong with that, it goes on."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path as File
from threading import Event

import pytest
from sqlalchemy import select

from notifier.clock import Clock
from notifier.path import Path
from notifier.rendering import Renderer
from notifier.settings import Settings
from notifier.store.database import Store
from notifier.store.ops_tables import counted_days, duty_days
from notifier.wiring import Services
from tests.builders import LONDON, POLICIES, a_cipher, a_store, at
from workers.counting import counting, run_counting

NOW = at("Fri 10 Apr 2026 08:00")


@dataclass
class AtTheFirstRest(Event):
    """The wish to stop, which comes when there is nothing more to count."""

    rested: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        super().__init__()

    def wait(self, timeout: float | None = None) -> bool:
        """Stop."""
        self.rested.set()
        self.set()
        return True


def services_over(store: Store, home: File, path: Path) -> Services:
    clock = Clock(datetime.now(UTC), NOW, 0)
    return Services(Settings(_env_file=None, home=home), clock, a_cipher(), store, POLICIES, {}, path)


def test_it_counts_until_nothing_is_left_and_then_rests(tmp_path: File) -> None:
    with (
        a_store(f"sqlite:///{tmp_path / 'n.db'}") as store,
        closing(Path(store, POLICIES, Renderer(LONDON).render, {})) as path,
    ):
        stop = AtTheFirstRest()
        with counting(services_over(store, tmp_path, path), stop):
            assert stop.rested.wait(60)
        with store.read() as tx:
            assert len(tx.all(select(counted_days))) == 36


def test_what_cannot_be_counted_is_logged_and_tried_again_later(
    tmp_path: File, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        a_store(f"sqlite:///{tmp_path / 'n.db'}") as store,
        closing(Path(store, POLICIES, Renderer(LONDON).render, {})) as path,
    ):
        with store.begin() as tx:
            duty_days.drop(tx.connection)
        run_counting(services_over(store, tmp_path, path), AtTheFirstRest())
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "duties are not counted yet, and will be"
    ]
