"""Which provider has which attempt, and how the providers stand: in the database, for every process alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier import escalation
from notifier.providers.chain import Leave
from notifier.records import Ask, StaffRequest
from notifier.room_links import NOWHERE, RoomLinks
from notifier.rules.policy import Policies
from notifier.store import providers, staff
from notifier.store.database import Store, Tx
from notifier.together import Together

REASON = "provider_outage"


@dataclass(frozen=True, slots=True)
class Limits:
    """A provider is out after ``failures`` in a row, and one trial is made after each ``pause``."""

    failures: int
    pause: timedelta


class StoredLedger:
    """A ledger of transactions of its own. ``now`` is the service's clock. Safe to use from many threads.

    Staff hear of an outage once, and it ends by itself when the provider answers again.
    """

    def __init__(
        self,
        store: Store,
        policies: Policies,
        limits: Limits,
        now: Callable[[], datetime],
        links: RoomLinks = NOWHERE,
    ) -> None:
        self._store = store
        self._policies = policies
        self._links = links
        self._limits = limits
        self._now = now
        # A commit for each call would be most of what a sending costs.
        self._hand_over_together = Together(self._hand_over_all)

    def hand_over(self, attempt_refs: Sequence[str], provider: str) -> Mapping[str, Leave]:
        """Note that ``provider`` is about to be called, unless it is out; raises ``Unreachable``."""
        return self._hand_over_together((attempt_refs, provider))

    def _hand_over_all(self, asked: Sequence[tuple[Sequence[str], str]]) -> list[Mapping[str, Leave]]:
        refs: dict[str, list[str]] = {}
        for some, provider in asked:
            refs.setdefault(provider, []).extend(some)
        with self._store.begin() as tx:
            # In one order everywhere: two processes never wait for each other's provider.
            leaves = {name: self._leaves(tx, name, refs[name]) for name in sorted(refs)}
        return [leaves[provider] for _, provider in asked]

    def _leaves(self, tx: Tx, provider: str, refs: Sequence[str]) -> dict[str, Leave]:
        """Say of each attempt whether the provider may be called with it."""
        now = self._now()
        row = providers.load(tx, provider)
        leaves = dict.fromkeys(refs, Leave.OUT)
        given = Leave.IN_DOUBT if row.failures else Leave.GIVEN
        if row.out_since is not None:
            if not providers.begin_trial(tx, provider, now, now + self._limits.pause):
                return leaves
            refs, given = refs[:1], Leave.ON_TRIAL
        mine = providers.hand_over(tx, refs, provider)
        return leaves | {ref: given if ref in mine else Leave.LOST for ref in refs}

    def note(self, provider: str, *, failed: bool) -> bool:
        """Count a failure, or end what was counted; return whether the provider is out now."""
        now = self._now()
        with self._store.begin() as tx:
            if not failed:
                self._recover(tx, provider, now)
                return False
            row = providers.add_failure(tx, provider)
            if row.failures < self._limits.failures:
                return False
            self._put_out(tx, provider, row.out_since, now)
            return True

    def _recover(self, tx: Tx, provider: str, now: datetime) -> None:
        providers.change(tx, provider, failures=0, out_since=None, trial_at=None)
        for row in staff.open_about_source(tx, REASON, provider):
            escalation.resolve_if_open(tx, row.pk, "notifier", "the provider answers again", now)

    def _put_out(self, tx: Tx, provider: str, out_since: datetime | None, now: datetime) -> None:
        providers.change(tx, provider, out_since=out_since or now, trial_at=now + self._limits.pause)
        if out_since is None:
            request = StaffRequest.about_source(REASON, provider)
            escalation.ask(tx, [Ask(None, None, request)], self._policies, self._links, now)

    def is_anothers(self, attempt_ref: str, provider_id: str) -> bool:
        """Tell whether a provider's id is on record as that of another attempt; raises ``Unreachable``."""
        with self._store.begin() as tx:
            return providers.is_anothers(tx, attempt_ref, provider_id)

    def holder(self, attempt_ref: str) -> str | None:
        """Return the provider that the attempt was last handed to; raises ``Unreachable``."""
        with self._store.begin() as tx:
            return providers.holder_of(tx, attempt_ref)
