"""Planning in company where it can be, and alone where it must be: one bad event stops no other.

An event that breaks the program is set aside at once. One that kills it leaves only a note of what was in
hand: the next process counts it, plans such events alone, after the others, and sets them aside in the end.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from notifier import escalation, planning
from notifier.errors import NotifierError, Unreachable
from notifier.in_hand import InHand
from notifier.room_links import RoomLinks
from notifier.rules.policy import Policies
from notifier.store import cases, events
from notifier.store.database import Store, Tx

_log = logging.getLogger(__name__)
# Once among others, who were not to blame, and twice alone: another cause may have hit it once.
_MOST_PLANNERS_LOST = 3
_DEADLY = f"it ended the program that planned it, {_MOST_PLANNERS_LOST} times: report it"


class Planner:
    """Plans the events of one store; safe to use from several threads."""

    def __init__(self, store: Store, policies: Policies, links: RoomLinks, in_hand: InHand) -> None:
        self._store = store
        self._policies = policies
        self._links = links
        self._in_hand = in_hand
        self._deaths_are_counted = False

    def plan(self, case_ids: Sequence[str], now: datetime, *, wait: bool) -> list[str]:
        """Plan the cases' new events; one that cannot be planned is set aside, and the others go on.

        Without ``wait`` cases that somebody else has in hand, or that killed who had, are left for later, and
        returned.
        """
        self._count_deaths()
        try:
            left = self._plan(case_ids, now, wait=wait)
            if not wait:
                return left
        except Unreachable:
            raise
        except Exception:
            left = self._waiting(case_ids)
        for case_id in left:
            while self._plan_next(case_id, now):
                pass
        return []

    def _count_deaths(self) -> None:
        """Charge what was in hand when processes died; after a later death another process starts."""
        if not self._deaths_are_counted:
            for pks in self._in_hand.left_behind():
                self._store.run(partial(_charge, pks=pks))
            self._deaths_are_counted = True

    def _plan(self, case_ids: Sequence[str], now: datetime, *, wait: bool) -> list[str]:
        """Plan these cases together; return those that were left, the ones that may be deadly last."""
        with self._in_hand.noting() as note:

            def plan(tx: Tx) -> list[str]:
                waiting = events.unplanned(tx, case_ids)
                suspects = [name for name in _suspects_last(waiting) if _deaths(waiting[name])]
                trusted = [name for name in waiting if name not in suspects]
                note([pk for name in trusted for pk in waiting[name]])
                left = self.plan_in(tx, trusted, now, wait=wait) if trusted else []
                return left + suspects

            return self._store.run(plan)

    def _plan_next(self, case_id: str, now: datetime) -> bool:
        """Plan the event of a case that waits longest, or set it aside; ``False`` where none waits."""
        first: int | None = None

        def plan(tx: Tx) -> None:
            nonlocal first
            cases.keys(tx, (case_id,))
            first = min(events.unplanned(tx, (case_id,)).get(case_id, ()), default=None)
            if first is not None:
                note((first,))
                self.plan_in(tx, (case_id,), now, limit=1)

        try:
            with self._in_hand.noting() as note:
                self._store.run(plan)
        except Unreachable:
            raise
        except Exception as problem:
            if first is None:
                raise
            self._set_aside(first, problem)
        return first is not None

    def plan_in(
        self,
        tx: Tx,
        case_ids: Sequence[str],
        now: datetime,
        *,
        limit: int | None = None,
        wait: bool = True,
    ) -> list[str]:
        """Plan the cases' new events in this transaction; return those that were left.

        Raises what :func:`planning.plan` raises; it sets nothing aside.
        """
        planned = planning.plan(tx, case_ids, self._policies, now, limit=limit, wait=wait)
        escalation.settle(tx, planned.settled, now)
        escalation.ask(tx, planned.asks, self._policies, self._links, now)
        escalation.answer(tx, planned.answered, self._policies, now)
        return planned.left

    def _waiting(self, case_ids: Sequence[str]) -> list[str]:
        with self._store.begin() as tx:
            return _suspects_last(events.unplanned(tx, case_ids))

    def _set_aside(self, event_pk: int, problem: Exception) -> None:
        # Only our own errors are known to hold no personal data.
        reason = str(problem) if isinstance(problem, NotifierError) else type(problem).__name__
        _log.error("an event cannot be planned", extra={"event": event_pk}, exc_info=problem)
        with self._store.begin() as tx:
            events.mark_problem(tx, event_pk, reason)


def _suspects_last(waiting: Mapping[str, Mapping[int, int]]) -> list[str]:
    return sorted(waiting, key=lambda name: _deaths(waiting[name]))


def _deaths(waiting: Mapping[int, int]) -> int:
    """Return how many processes the worst of a case's waiting events has killed."""
    return max(waiting.values())


def _charge(tx: Tx, pks: Sequence[int]) -> None:
    # Once the cases are locked nobody plans these events: whoever did is through, or dead as well.
    cases.keys(tx, events.still_unplanned(tx, pks))
    for event_pk, lost in events.count_lost_planner(tx, pks).items():
        if lost >= _MOST_PLANNERS_LOST:
            _log.error("an event kills its planners", extra={"event": event_pk})
            events.mark_problem(tx, event_pk, _DEADLY)
