"""What staff change comes in by a door of its own, and nobody else may use its name."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from notifier.errors import EventRefused
from notifier.intake import OPERATIONS, Outcome
from notifier.path import Path
from notifier.rendering import Renderer
from notifier.store import rejections, sources
from notifier.store.tables import sources as known_sources
from tests.builders import POLICIES, a_document, a_store, at
from tests.fakes import fake_channels

NOW = at("Wed 1 Apr 2026 09:30")


@pytest.fixture
def path(database_url: str) -> Iterator[Path]:
    with a_store(database_url) as store:
        path = Path(store, POLICIES, Renderer(POLICIES.timezone).render, fake_channels())
        yield path
        path.close()


def written(**changes: object) -> str:
    document = a_document("case.progress", "Wed 1 Apr 2026 09:30", text="We looked at the camera.")
    return json.dumps({**document, "source": OPERATIONS, **changes})


@pytest.mark.parametrize("door", ["queue", "http"])
def test_no_publisher_may_use_the_name(path: Path, door: str) -> None:
    (taken,) = path.take_in([written()], NOW, door=door)
    assert taken.outcome is Outcome.REFUSED
    assert "the operations room's own" in (taken.reason or "")


def test_staff_may_and_are_not_watched_for_silence(path: Path) -> None:
    path.by_hand.take_in(written(), "c1", NOW)
    with path.store.begin() as tx:
        assert sources.first_at(tx, OPERATIONS) is None
        assert tx.all(known_sources.select()) == []


def test_what_is_refused_leaves_nothing(path: Path) -> None:
    with pytest.raises(EventRefused, match=r"data\.text: is missing"):
        path.by_hand.take_in(written(data={"case_id": "c1"}), "c1", NOW)
    with path.store.begin() as tx:
        assert list(rejections.waiting(tx)) == []
