"""Receipts: what providers say became of a message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from notifier import outcomes
from notifier.records import Ask, AttemptState, ChannelName, Receipt, SendResult
from notifier.rules.policy import Policies
from notifier.rules.transitions import may_move
from notifier.store import attempts
from notifier.store import receipts as store
from notifier.store.database import Tx


def receive(
    tx: Tx, channel: ChannelName, receipts: Iterable[Receipt], policies: Policies, now: datetime
) -> list[Ask]:
    """Apply verified receipts of one channel; return what staff are asked.

    A repeat changes nothing, a receipt about an attempt that we do not know is passed over, and one that
    would move an attempt back is only kept.
    """
    brought = list(receipts)
    found = zip(store.attempts_of(tx, channel, brought), brought, strict=True)
    known = [(pk, receipt) for pk, receipt in found if pk is not None]
    pks = [pk for pk, _ in known]
    outcomes.bring(tx, pks)
    store.bring(tx, pks)
    asks: list[Ask] = []
    for pk, receipt in known:
        asks += _apply(tx, pk, receipt, policies, now)
    return asks


def _apply(tx: Tx, pk: int, receipt: Receipt, policies: Policies, now: datetime) -> list[Ask]:
    current = attempts.load_locked(tx, pk).state
    moved = may_move(current, receipt.state)
    first = store.keep(tx, pk, receipt.state, receipt.code, now, moved=moved)
    if not first or not moved or _still_sending(current, receipt.state):
        return []
    result = SendResult(receipt.state, receipt.provider_id, receipt.code, receipt.reason)
    return outcomes.move(tx, pk, result, policies, now)


def _still_sending(current: AttemptState, new: AttemptState) -> bool:
    """Tell whether the answer to the sending itself is about to say the same."""
    return current is AttemptState.DISPATCHING and new is AttemptState.ACCEPTED
