"""The command line as a user types it, over a real store in a folder of the test's own."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path as FilePath
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from notifier.channels.base import find_channels
from notifier.cli import app
from notifier.path import Path
from notifier.policy_file import load_policies
from notifier.records import ChannelName
from notifier.rendering import Renderer
from notifier.settings import load_settings
from notifier.simulation import Outcome, SimulatedChannel
from notifier.store.database import Store
from notifier.wiring import cipher_of

SOURCE = "urn:example:records"
OFFICER = {
    "id": "off1",
    "name": "PC Priya Shah",
    "email": "priya.shah@police.example",
    "phone": "01632 960001",
}
SUPERVISOR = {"id": "sup1", "name": "Sgt Tom Reid", "email": "tom.reid@police.example"}
UNIT = {"id": "unit1", "name": "Victim Care Unit", "email": "vcu@police.example"}
SMS = {"id": "p1", "channel": "sms", "address": "07700 900123"}
EMAIL = {"id": "p2", "channel": "email", "address": "jo.bloggs@mail.example"}
NUMBER, MAILBOX = "+447700900123", "jo.bloggs@mail.example"


def event(event_id: str, kind: str, time: str, **data: Any) -> dict[str, Any]:
    """Return one CloudEvent of case c1."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": kind,
        "time": time,
        "data": {"case_id": "c1", **data},
    }


def opened(time: str = "2026-03-31T09:00:00+01:00", offence: str = "burglary") -> dict[str, Any]:
    staff = {"officer": OFFICER, "supervisor": SUPERVISOR, "unit": UNIT}
    return event(
        "e-open", "case.opened", time, offence=offence, force="Example", reference="EX/1234/26", **staff
    )


def registered(*points: dict[str, Any], **contract: Any) -> dict[str, Any]:
    return event(
        "e-reg",
        "victim.registered",
        "2026-03-31T09:01:00+01:00",
        victim_id="v1",
        name={"title": "Ms", "given": "Jo", "family": "Bloggs"},
        contact_points=list(points),
        contract={"channels": [point["channel"] for point in points], **contract},
    )


class CommandLine:
    """Types commands, and lets things happen in the store that the commands see."""

    def __init__(self, home: FilePath, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("NOTIFIER_HOME", str(home))
        monkeypatch.chdir(home)  # no .env of the developer's

    def __call__(self, *arguments: str, given: str | bytes | None = None) -> Result:
        """Run a command; what it prints and its status are in the result."""
        return CliRunner().invoke(app, arguments, input=given)

    def records(self, *arguments: str, given: str | bytes | None = None) -> list[dict[str, Any]]:
        """Run a command that must succeed, with ``--json``; return what it prints."""
        result = self(*arguments, "--json", given=given)
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    def set_clock(self, now: str) -> None:
        """Have every later command start at this instant."""
        self._monkeypatch.setenv("NOTIFIER_CLOCK_EPOCH_REAL", datetime.now(UTC).isoformat())
        self._monkeypatch.setenv("NOTIFIER_CLOCK_EPOCH_VIRTUAL", now)

    def write(self, name: str, records: Sequence[dict[str, Any]]) -> str:
        """Write JSONL into the folder; return its path."""
        file = self.home / name
        file.write_text("".join(json.dumps(record) + "\n" for record in records))
        return str(file)

    def happen(
        self,
        at: str,
        events: Sequence[dict[str, Any] | str] = (),
        *,
        failing: Sequence[str] = (),
        unknown: Sequence[str] = (),
    ) -> None:
        """Take ``events`` in at an instant and do all that is due then.

        ``failing`` addresses refuse; of ``unknown`` ones nobody can say whether a message arrived.
        """
        now = datetime.fromisoformat(at)
        self.set_clock(at)
        outcomes = [Outcome(address=address, result="failed") for address in failing]
        outcomes += [Outcome(address=address, result="unknown") for address in unknown]
        store = Store(f"sqlite:///{self.home / 'notifier.db'}", cipher_of(load_settings()))
        store.upgrade()
        channels = {name: SimulatedChannel(kind.facts, outcomes) for name, kind in find_channels().items()}
        policies = load_policies()
        path = Path(store, policies, Renderer(policies.timezone).render, channels)
        documents = [one if isinstance(one, str) else json.dumps(one) for one in events]
        path.take_in(documents, now, door="test")
        _settle(path, channels, now)
        path.close()
        store.close()


def _settle(path: Path, channels: dict[ChannelName, SimulatedChannel], now: datetime) -> None:
    until = now + timedelta(minutes=5)
    for case_id in path.unplanned_cases():
        path.plan([case_id], now)
    for _ in range(5):
        path.deliver(path.due(now), now, until)
        for name, channel in channels.items():
            path.receive(name, channel.take_receipts(), now)
        path.reconcile(now, until)
        path.sweep(now)
        path.tell_staff(now, until)


@pytest.fixture
def notifier(tmp_path: FilePath, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch)


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Commands set up logging for their process; here it is also that of the other tests."""
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    levels, handlers = [(logger, logger.level) for logger in loggers], logging.root.handlers[:]
    yield
    logging.root.handlers[:] = handlers
    for logger, level in levels:
        logger.setLevel(level)
