"""The path of a case event: which room follows which, and what is committed together.

Workers, the web and the simulation call these functions; the rooms know nothing of each other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from time import monotonic

from notifier import (
    asking_providers,
    delivery,
    digest,
    escalation,
    intake,
    receipts,
    referral,
    replies,
    source_watch,
    sweeping,
)
from notifier.by_hand import ByHand
from notifier.channels.base import Channels
from notifier.composing import Render
from notifier.delivery import Answer, Desk, Dispatch
from notifier.errors import Unreachable
from notifier.in_hand import InHand
from notifier.intake import Taken
from notifier.planner import Planner
from notifier.records import Ask, ChannelName, Receipt, Reply
from notifier.room_links import NOWHERE, RoomLinks
from notifier.rules.policy import Policies
from notifier.store import awaited, events, notices
from notifier.store.agenda import next_due
from notifier.store.database import Store, Tx

_log = logging.getLogger(__name__)
_BATCH = 500
_LOCKED_AT_ONCE = 100  # by one transaction of a sweep: whoever needs one of these cases waits until its end
_SIDE_BY_SIDE = 16
LEASE_SECONDS = 180
Timing = Callable[[str], AbstractContextManager[None]]
"""Takes the time of a part of a sweep, by its name."""


def _untimed(_part: str) -> AbstractContextManager[None]:
    return nullcontext()


class Path:
    """The rooms over one store, policy and set of channels. Every ``now`` carries an offset.

    ``until`` is when a lease ends, on the same clock as ``now``: ``lease_seconds`` (real ones) from now,
    longer than any provider's time-outs together. ``in_hand`` notes what is planned; without it nobody sees
    that an event kills its planner. ``links`` are what mails to staff lead to. ``digests`` sends supervisors
    each morning what waits in their cases. ``by_hand`` is what staff do. Safe to use from several threads.
    """

    def __init__(
        self,
        store: Store,
        policies: Policies,
        render: Render,
        channels: Channels,
        *,
        side_by_side: int = _SIDE_BY_SIDE,
        lease_seconds: int = LEASE_SECONDS,
        in_hand: InHand | None = None,
        links: RoomLinks = NOWHERE,
        digests: bool = True,
    ) -> None:
        self.store = store
        self.policies = policies
        self.channels = channels
        self.lease_seconds = lease_seconds
        self._render = render
        self._links = links
        self._digests = digests
        self._planner = Planner(store, policies, links, in_hand or InHand())
        self._pool = ThreadPoolExecutor(side_by_side, thread_name_prefix="send")
        self.by_hand = ByHand(
            store, policies, self._planner, self._desk, self._ask, self._send, lease_seconds
        )

    def close(self) -> None:
        """Wait for sendings under way."""
        self._pool.shutdown()

    def take_in(
        self, documents: Sequence[str], now: datetime, *, door: str, source: str | None = None
    ) -> list[Taken]:
        """Store events; ``source`` is the only one that the publisher may use, where it is known."""
        return self.store.run(
            lambda tx: intake.take_in(tx, documents, door=door, now=now, allowed_source=source)
        )

    def unplanned_cases(self) -> list[str]:
        """Return cases with events that wait for planning."""
        with self.store.begin() as tx:
            return events.unplanned_cases(tx, _BATCH)

    def plan(self, case_ids: Sequence[str], now: datetime, *, wait: bool = True) -> list[str]:
        """Plan the cases' new events; one that cannot be planned is set aside, and the others go on.

        Without ``wait`` cases that somebody else has in hand, or that killed who had, are left for later, and
        returned.
        """
        return self._planner.plan(case_ids, now, wait=wait)

    def due(self, now: datetime, *, queue: str | None = None, limit: int = _BATCH) -> list[int]:
        """Return victims with notices due on ``queue`` (``None``: any), who waited longest first."""
        with self.store.begin() as tx:
            return notices.due_victims(tx, queue, now, limit)

    def deliver(self, victim_pks: Sequence[int], now: datetime, until: datetime) -> int:
        """Send what is due to these victims; return how many notices were in hand.

        What a worker had in hand when it died goes alone, after the others: it may be what killed it.
        """
        lease_ends = monotonic() + self.lease_seconds
        desk = self._desk(now, until)
        with self.store.begin() as tx:
            alone = notices.broken_off(tx, victim_pks, now)
        together = [pk for pk in victim_pks if pk not in alone]
        groups = [together, *([pk] for pk in alone)]
        return sum(self._deliver(group, desk, lease_ends) for group in groups if group)

    def _desk(self, now: datetime, until: datetime) -> Desk:
        return Desk(self.policies, self._render, self.channels, now, until)

    def _deliver(self, victim_pks: Sequence[int], desk: Desk, lease_ends: float) -> int:
        pks = self.store.run(lambda tx: delivery.take_in_hand(tx, victim_pks, desk.now, desk.until))
        if not pks:
            return 0
        try:
            dispatches = self._prepare(pks, desk)
        except Unreachable:
            raise
        except Exception:
            dispatches = self._prepare_one_by_one(pks, desk)
        self._send(dispatches, desk.now, lease_ends)
        return len(pks)

    def _prepare(self, pks: Sequence[int], desk: Desk) -> list[Dispatch]:
        def prepare(tx: Tx) -> list[Dispatch]:
            prepared = delivery.prepare(tx, pks, desk)
            self._ask(tx, prepared.asks, desk.now)
            return prepared.dispatches

        return self.store.run(prepare)

    def _prepare_one_by_one(self, pks: Sequence[int], desk: Desk) -> list[Dispatch]:
        """One victim's notices broke the batch: the others go; hers are tried again, and held in the end."""
        with self.store.begin() as tx:
            together = notices.by_victim(tx, pks)
        dispatches: list[Dispatch] = []
        for hers in together:
            try:
                dispatches += self._prepare(hers, desk)
            except Unreachable:
                raise
            except Exception as problem:
                _log.error("notices cannot be prepared", extra={"notices": hers}, exc_info=problem)
        return dispatches

    def tell_staff(self, now: datetime, until: datetime, *, limit: int = 16) -> int:
        """Send waiting messages to staff; return how many."""
        lease_ends = monotonic() + self.lease_seconds
        with self.store.begin() as tx:
            dispatches = delivery.prepare_staff(tx, now, until, limit)
        self._send(dispatches, now, lease_ends)
        return len(dispatches)

    def _send(self, dispatches: Sequence[Dispatch], now: datetime, lease_ends: float) -> None:
        # Answers are stored as soon as they are there: a crash then leaves few outcomes unknown.
        for answers in delivery.send(dispatches, self.channels, self._pool, lease_ends):
            self._record(answers, now)

    def _record(self, answers: Sequence[Answer], now: datetime) -> None:
        def record(tx: Tx) -> None:
            asks = delivery.record(tx, answers, self.channels, self.policies, now)
            self._ask(tx, asks, now)

        self.store.run(record)

    def staff_waiting(self, now: datetime) -> bool:
        """Tell whether messages to staff wait to be sent."""
        with self.store.begin() as tx:
            return awaited.staff_waiting(tx, now)

    def questions_waiting(self, now: datetime) -> bool:
        """Tell whether providers are to be asked about attempts."""
        with self.store.begin() as tx:
            silent = awaited.silent(tx, asking_providers.giving_receipts(self.channels), now, 1)
            return bool(silent or awaited.unknown(tx, now, 1))

    def reconcile(self, now: datetime, until: datetime, *, limit: int = 16) -> int:
        """Ask providers about attempts of unknown outcome or without a receipt; return how many."""
        with self.store.begin() as tx:
            questions = asking_providers.questions(tx, self.channels, now, until, limit)
        for question in questions:
            result = asking_providers.ask(question, self.channels)
            with self.store.begin() as tx:
                asks = asking_providers.settle(tx, question, result, self.policies, now)
                self._ask(tx, asks, now)
        return len(questions)

    def receive(self, channel: ChannelName, received: Iterable[Receipt], now: datetime) -> None:
        """Apply verified receipts of one channel."""
        brought = list(received)
        if not brought:
            return

        def receive(tx: Tx) -> None:
            asks = receipts.receive(tx, channel, brought, self.policies, now)
            self._ask(tx, asks, now)

        self.store.run(receive)

    def hear(self, heard: Iterable[Reply], now: datetime) -> None:
        """Keep verified replies, each once; show them to staff, and answer what may be answered."""
        for reply in heard:
            until = now + timedelta(seconds=self.lease_seconds)
            lease_ends = monotonic() + self.lease_seconds
            with self.store.begin() as tx:
                taken = replies.hear(tx, reply, self.policies, self._render, now, until)
                self._ask(tx, taken.asks, now)
            if taken.answer is not None:
                self._send([Dispatch(*taken.answer)], now, lease_ends)

    def sweep(self, now: datetime, timing: Timing = _untimed) -> None:
        """Repair what is stuck, and do what is due by the clock alone; one part that fails stops no other."""
        for part in (
            self._sweep_attempts,
            self._sweep_staff,
            self._sweep_courtesy,
            self._sweep_referrals,
            self._sweep_sources,
            self._sweep_digests,
        ):
            try:
                with timing(part.__name__.removeprefix("_sweep_")):
                    part(now)
            except Unreachable:
                raise
            except Exception as problem:
                _log.error("a part of a sweep failed", extra={"part": part.__name__}, exc_info=problem)

    def _sweep_attempts(self, now: datetime) -> None:
        with self.store.begin() as tx:
            asks = sweeping.repair(tx, self.policies, now)
            silent = set(self.channels) - set(asking_providers.giving_receipts(self.channels))
            asks += sweeping.read_silence(tx, silent, self.policies, now, _LOCKED_AT_ONCE)
            asks += sweeping.find_at_risk(tx, now)
            self._ask(tx, asks, now)

    def _sweep_staff(self, now: datetime) -> None:
        with self.store.begin() as tx:
            escalation.escalate_overdue(tx, self.policies, self._links, now)
            escalation.climb(tx, self.policies, self._links, now)

    def _sweep_courtesy(self, now: datetime) -> None:
        with self.store.begin() as tx:
            asks = sweeping.start_courtesy(tx, self.policies, now, _BATCH)
            self._ask(tx, asks, now)
            sweeping.prompt_officers(tx, self.policies, now)

    def _sweep_referrals(self, now: datetime) -> None:
        with self.store.begin() as tx:
            referral.prompt(tx, self.policies, now)
            self._ask(tx, referral.escalate(tx, now), now)

    def _sweep_sources(self, now: datetime) -> None:
        with self.store.begin() as tx:
            for source in source_watch.find_speaking(tx, now):
                escalation.end_about_source(tx, source_watch.REASON, source, now)
            self._ask(tx, source_watch.find_silent(tx, self.policies, now), now)

    def _sweep_digests(self, now: datetime) -> None:
        if self._digests:
            digest.send_due(self.store, self.policies, self._links, now)

    def _ask(self, tx: Tx, asks: Iterable[Ask], now: datetime) -> None:
        escalation.ask(tx, asks, self.policies, self._links, now)

    def next_due(self, after: datetime) -> datetime | None:
        """Return when something is next due by the clock."""
        with self.store.begin() as tx:
            return next_due(tx, after)
