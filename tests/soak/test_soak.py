"""A soak of seconds: every part of the long one, small."""

from __future__ import annotations

from pathlib import Path

from tests.servers import Postgres
from tests.soak.faults import Planned
from tests.soak.run import Wanted, soak
from tests.soak.table import as_markdown

FAULTS = (
    Planned(4, "SMS: connection cut", seconds=8, role=""),
    Planned(14, "SIGKILL of a role", seconds=0, role="worker-routine"),
)
SHORT = Wanted(6, minutes=0.3, rate=20, faults=FAULTS, drain_minutes=5, sample_seconds=1)


def test_a_short_soak_loses_and_doubles_nothing(tmp_path: Path, postgres: Postgres) -> None:
    outcome = soak(SHORT, postgres, tmp_path, lambda line: None)
    found = outcome.found
    assert found.lost.first == []
    assert found.doubled.first == []
    assert outcome.drained_after is not None
    assert outcome.faults.total() == 2
    assert found.events > 100
    assert found.refused > 0
    assert found.messages > 0
    assert "verdict" in as_markdown(outcome)
