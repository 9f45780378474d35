"""What staff do by hand: each deed is one transaction, together with what must hold for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar

from notifier import composing, deciding, delivery, escalation, intake, interventions
from notifier.composing import Draft
from notifier.delivery import Desk, Dispatch
from notifier.errors import EventRefused, RenderingError
from notifier.intake import OPERATIONS_DOOR
from notifier.planner import Planner
from notifier.records import Ask, ChannelName, Notice, Rendered
from notifier.rules.decision import Decision, Send
from notifier.rules.policy import Policies
from notifier.store import cases, events, held, notices
from notifier.store.database import Store, Tx
from notifier.store.situations import CaseFile, load_file

R = TypeVar("R")
First = Callable[[Tx], None]
"""Done before a deed, in its transaction: what must hold for it, or it raises, and the note of who did it."""


def nothing(_tx: Tx) -> None:
    """Let a deed be done whatever holds."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What would become of a notice that is held, were it let go now, and the words that she would get.

    There are no messages where it would not be sent, or where its words cannot be made.
    """

    decision: Decision
    messages: tuple[tuple[ChannelName, Rendered], ...]


class _Undo(Exception):
    """What was tried out is taken back."""


class ByHand:
    """The deeds of staff over one store. Every ``now`` carries an offset.

    ``desk_at`` gives what preparing needs at a moment, until a lease ends. ``ask`` opens what staff are
    asked, and ``send`` calls the providers.
    """

    def __init__(
        self,
        store: Store,
        policies: Policies,
        planner: Planner,
        desk_at: Callable[[datetime, datetime], Desk],
        ask: Callable[[Tx, Iterable[Ask], datetime], None],
        send: Callable[[Sequence[Dispatch], datetime, float], None],
        lease_seconds: int,
    ) -> None:
        self._store = store
        self._policies = policies
        self._planner = planner
        self._desk_at = desk_at
        self._ask = ask
        self._send = send
        self._lease_seconds = lease_seconds

    def take_in(self, document: str, case_id: str, now: datetime, first: First = nothing) -> None:
        """Store an event that staff made in the operations room and plan it, or neither.

        Raises :class:`EventRefused` with what is wrong.
        """
        self._planner.plan([case_id], now, wait=True)  # so that nothing else is refused with it
        self._store.run(lambda tx: self._take_in(tx, document, case_id, now, first))

    def _take_in(self, tx: Tx, document: str, case_id: str, now: datetime, first: First) -> None:
        cases.key(tx, case_id)  # from here nobody else decides about it
        first(tx)
        (taken,) = intake.take_in(tx, [document], door=OPERATIONS_DOOR, now=now)
        if taken.reason is not None:
            raise EventRefused(taken.reason)
        self._planner.plan_in(tx, (case_id,), now)

    def try_out(
        self, document: str, case_id: str, now: datetime, look: Callable[[Tx], R], first: First = nothing
    ) -> tuple[R, R]:
        """Return what ``look`` sees without and with an event of staff, of which nothing is kept.

        Raises :class:`EventRefused` as :meth:`take_in` would.
        """
        self._planner.plan([case_id], now, wait=True)
        seen: list[R] = []

        def both(tx: Tx) -> None:
            seen[:] = [look(tx)]
            self._take_in(tx, document, case_id, now, first)
            seen.append(look(tx))
            raise _Undo

        with suppress(_Undo):
            self._store.run(both)
        before, after = seen
        return before, after

    def retry(self, notice_pk: int, now: datetime, first: First = nothing) -> None:
        """Try a failed or uncertain notice again; raises ``NotFound``."""

        def retry(tx: Tx) -> None:
            first(tx)
            self._ask(tx, interventions.try_again(tx, notice_pk, self._policies, now), now)

        self._store.run(retry)

    def send_by(self, notice_pk: int, channel: ChannelName, now: datetime, first: First = nothing) -> None:
        """Send a failed or uncertain notice by one channel of the contract, at once.

        Where that fails too, the other channels follow as ever. Raises ``NotFound`` where it cannot go by
        this channel now; then nothing was changed.
        """
        until, lease_ends = now + timedelta(seconds=self._lease_seconds), monotonic() + self._lease_seconds
        desk = replace(self._desk_at(now, until), only=channel)

        def prepare(tx: Tx) -> list[Dispatch]:
            first(tx)
            interventions.take_in_hand_again(tx, notice_pk, until, now)
            prepared = delivery.prepare(tx, [notice_pk], desk)
            interventions.require_on_its_way(tx, notice_pk, channel, self._policies.timezone)
            self._ask(tx, prepared.asks, now)
            return prepared.dispatches

        self._send(self._store.run(prepare), now, lease_ends)

    def release(self, notice_pk: int, by: str, now: datetime, first: First = nothing) -> None:
        """Let a held notice go; raises ``NotFound``."""

        def release(tx: Tx) -> None:
            first(tx)
            self._ask(tx, interventions.release(tx, notice_pk, by, self._policies, now), now)

        self._store.run(release)

    def discard(
        self, notice_pk: int, by: str, now: datetime, words: str | None = None, first: First = nothing
    ) -> None:
        """Give a notice up, for the reason in ``words``; raises ``NotFound``."""

        def discard(tx: Tx) -> None:
            first(tx)
            over = interventions.discard(tx, notice_pk, by, self._policies, now, words)
            escalation.settle(tx, over, now)

        self._store.run(discard)

    def end_holds(self, escalation_pks: Sequence[int], by: str, outcome: str, now: datetime) -> None:
        """Resolve those of the open escalations of whose notices none is held any more."""

        def end(tx: Tx) -> None:
            for escalation_pk in held.asked_in_vain(tx, escalation_pks):
                escalation.resolve_if_open(tx, escalation_pk, by, outcome, now)

        self._store.run(end)

    def plan_again(self, event_pk: int, now: datetime, first: First = nothing) -> str | None:
        """Plan an event that was set aside; return why that still cannot be, or ``None``.

        Raises ``NotFound`` where it does not wait for a person.
        """

        def take_back(tx: Tx) -> str:
            first(tx)
            return interventions.plan_again(tx, event_pk)

        self._planner.plan([self._store.run(take_back)], now, wait=True)
        with self._store.read() as tx:
            still = events.set_aside(tx, event_pk)
        return None if still is None else str(still.problem)

    def sample(self, notice_pk: int, now: datetime) -> Sample:
        """Return what would become of a held notice, were it let go now; nothing is sent or kept."""
        desk = self._desk_at(now, now)
        with self._store.begin() as tx:
            notice = replace(notices.load(tx, notice_pk), hold=None)
            file = load_file(tx, notice.case_pk)
            decision = deciding.foresee(tx, notice, file, self._policies, now)
            return Sample(decision, _messages(tx, notice, decision, file, desk))


def _messages(
    tx: Tx, notice: Notice, decision: Decision, file: CaseFile, desk: Desk
) -> tuple[tuple[ChannelName, Rendered], ...]:
    if not isinstance(decision.outcome, Send):
        return ()
    made = []
    for part in decision.outcome.parts:
        draft = Draft((notice,), part, decision.tone, decision.why)
        form = desk.channels[part.point.channel].facts.form
        try:
            words = composing.words(tx, draft, form, file, desk.render, desk.policy_for(file), desk.now)
        except RenderingError:
            return ()
        made.append((part.point.channel, words))
    return tuple(made)
