"""The same rooms on a virtual clock: nothing is sent, and every line that would follow is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path as FilePath
from typing import Any, Literal

from cryptography.fernet import Fernet
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from notifier.addresses import AddressRefused, normalise
from notifier.channels.base import Channel, find_channels
from notifier.composing import Render
from notifier.errors import NotifierError
from notifier.journal_lines import PRINTED, line_of
from notifier.path import Path
from notifier.records import (
    AttemptState,
    ChannelFacts,
    ChannelName,
    FailureReason,
    Message,
    Receipt,
    SendResult,
)
from notifier.rules.policy import Policies
from notifier.store import journal
from notifier.store.cipher import Cipher
from notifier.store.database import Store
from notifier.store.engines import IN_MEMORY

_LEASE = timedelta(minutes=5)
_MOST_ROUNDS = 1_000


class Outcome(BaseModel):
    """What becomes of messages to one address, between two instants where they are given."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    address: str | dict[str, list[str]]
    result: Literal["delivered", "failed", "temporary", "no_receipt", "unknown"] = "delivered"
    start: AwareDatetime | None = Field(None, alias="from")
    until: AwareDatetime | None = None

    def holds(self, at: datetime) -> bool:
        """Tell whether this is the outcome of a sending at ``at``; ``until`` is exclusive."""
        return (self.start is None or self.start <= at) and (self.until is None or at < self.until)


def read_outcomes(lines: Sequence[str]) -> list[Outcome]:
    """Read JSONL of outcomes; raises :class:`NotifierError` that names the line and what is wrong."""
    outcomes = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            outcomes.append(Outcome.model_validate_json(line))
        except ValidationError as problem:
            first = problem.errors()[0]
            entry = ".".join(str(part) for part in first["loc"]) or "the line"
            raise NotifierError(f"outcomes, line {number}: {entry}: {first['msg']}") from None
    return outcomes


_ANSWERS = {
    "delivered": SendResult(AttemptState.ACCEPTED),
    "no_receipt": SendResult(AttemptState.ACCEPTED),
    "failed": SendResult(AttemptState.FAILED, reason=FailureReason.BAD_ADDRESS),
    "temporary": SendResult(AttemptState.DEFERRED, reason=FailureReason.UNREACHABLE),
    "unknown": SendResult(AttemptState.UNKNOWN),
}


class SimulatedChannel(Channel):
    """A channel that answers as the outcomes say, with the facts of the real one."""

    def __init__(self, facts: ChannelFacts, outcomes: Sequence[Outcome]) -> None:
        self.facts = facts  # type: ignore[misc]  # each simulated channel has the facts of another real one
        self._outcomes: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            address = _normalised(facts.name, outcome.address)
            if address is not None:
                self._outcomes.setdefault(address, []).append(outcome)
        self._receipts: list[Receipt] = []

    def send(self, message: Message) -> SendResult:
        """Answer by the outcome that is in force for this address."""
        ruling = [o for o in self._outcomes.get(message.address, ()) if o.holds(message.created_at)]
        result = ruling[-1].result if ruling else "delivered"
        if result == "delivered":
            self._receipts.append(Receipt(AttemptState.DELIVERED, attempt_ref=message.attempt_ref))
        return _ANSWERS[result]

    def take_receipts(self) -> list[Receipt]:
        """Return the receipts that came since the last call."""
        taken, self._receipts = self._receipts, []
        return taken


def _normalised(channel: ChannelName, address: str | dict[str, list[str]]) -> str | None:
    """Return the address as this channel's messages carry it, or ``None`` where it is another channel's."""
    try:
        written = address if isinstance(address, str) else address["lines"]
        return normalise(channel, written, allow_international=True, allow_foreign_post=True)
    except (AddressRefused, KeyError):
        return None


class Simulation:
    """One run; use as a context manager."""

    def __init__(self, policies: Policies, render: Render, outcomes: Sequence[Outcome] = ()) -> None:
        self._cipher = Cipher([Fernet.generate_key().decode()], "only for this run")
        self._store = Store(IN_MEMORY, self._cipher)
        self._store.create_tables()
        self._channels = {
            name: SimulatedChannel(each.facts, outcomes) for name, each in find_channels().items()
        }
        # One after the other: the same input gives the same lines in the same order. A digest gives none.
        self._path = Path(self._store, policies, render, self._channels, side_by_side=1, digests=False)
        self._timezone = policies.timezone
        self._printed = 0

    def __enter__(self) -> Simulation:
        return self

    def __exit__(self, *_: object) -> None:
        self._path.close()
        self._store.close()

    def run(self, documents: Sequence[str], until: datetime) -> Iterator[dict[str, Any]]:
        """Yield the lines up to ``until`` (exclusive), ordered by time.

        ``documents`` are events as JSON in any order. The first time starts the clock. Raises
        :class:`NotifierError` for an event that would be refused.
        """
        arriving = _by_time(documents)
        place, now = 0, arriving[0][0] if arriving else until
        while now < until:
            here = place
            while place < len(arriving) and arriving[place][0] <= now:
                place += 1
            self._take_in([document for _, document in arriving[here:place]], now)
            self._settle(now)
            yield from self._new_lines()
            times = [arriving[place][0]] if place < len(arriving) else []
            due = self._path.next_due(now)
            now = min([*times, *([due] if due is not None else [])], default=until)

    def _take_in(self, documents: list[str], now: datetime) -> None:
        for taken in self._path.take_in(documents, now, door="simulation"):
            if taken.outcome == "refused":
                raise NotifierError(f"event {taken.id or '(without an id)'}: {taken.reason}")
        for case_id in self._path.unplanned_cases():
            self._path.plan([case_id], now)

    def _settle(self, now: datetime) -> None:
        """Let everything happen that is due at this instant."""
        until = now + _LEASE
        for _ in range(_MOST_ROUNDS):
            before = self._last_line()
            while (victims := self._path.due(now)) and self._path.deliver(victims, now, until):
                self._hand_over_receipts(now)
            self._path.reconcile(now, until)
            self._path.tell_staff(now, until)
            self._path.sweep(now)
            self._hand_over_receipts(now)
            if self._last_line() == before:
                return
        raise NotifierError("the simulation does not come to rest; please report the events that cause it")

    def _hand_over_receipts(self, now: datetime) -> None:
        for name, channel in self._channels.items():
            self._path.receive(name, channel.take_receipts(), now)

    def _last_line(self) -> int:
        with self._store.begin() as tx:
            return journal.last_key(tx)

    def _new_lines(self) -> Iterator[dict[str, Any]]:
        with self._store.begin() as tx:
            rows = journal.after(tx, self._printed)
        for row in rows:
            self._printed = row.pk
            if row.what in PRINTED:
                yield line_of(row, self._cipher, self._timezone)


def _by_time(documents: Sequence[str]) -> list[tuple[datetime, str]]:
    """Return the events by the time at which each is published."""
    timed = []
    for number, document in enumerate(documents, start=1):
        try:
            at = datetime.fromisoformat(json.loads(document)["time"])
        except (ValueError, KeyError, TypeError):
            raise NotifierError(f"line {number} is no event with a time; see `notifier schema`") from None
        if at.utcoffset() is None:
            raise NotifierError(f"line {number}: time has no offset; give 2026-04-01T09:30:00+01:00")
        timed.append((at, document))
    return sorted(timed, key=lambda pair: pair[0])


def read_lines(file: FilePath) -> list[str]:
    """Return the lines of a JSONL file that are not empty; raises :class:`NotifierError`."""
    try:
        return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as problem:
        raise NotifierError(
            f"{file} cannot be read ({type(problem).__name__}); give a file of events"
        ) from None
