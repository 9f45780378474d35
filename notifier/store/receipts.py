"""Receipts: which attempt each is about, and what was kept of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select

from notifier.records import AttemptState, ChannelName, Receipt
from notifier.store.among import among
from notifier.store.at_hand import Shelf
from notifier.store.database import Tx
from notifier.store.tables import attempts, receipts


def attempt_of(tx: Tx, channel: ChannelName, ref: str | None, provider_id: str | None) -> int | None:
    """Return the attempt that a receipt is about: by our own name for it, else by the provider's.

    Our own names no channel: a provider of several may bring the receipts of all at the door of one.
    """
    theirs = (attempts.c.provider_id == provider_id) & (attempts.c.channel == channel)
    row = tx.first(select(attempts.c.pk).where((attempts.c.ref == ref) if ref else theirs))
    return int(row.pk) if row else None


_BY_REF = select(attempts.c.ref, attempts.c.pk).where(among(attempts.c.ref, "refs"))


def attempts_of(tx: Tx, channel: ChannelName, found: Sequence[Receipt]) -> list[int | None]:
    """Return the attempt of each of the receipts, as :func:`attempt_of` does."""
    refs = [receipt.attempt_ref for receipt in found if receipt.attempt_ref]
    named = {row.ref: row.pk for row in tx.all(_BY_REF, {"refs": refs})} if refs else {}
    return [
        named.get(receipt.attempt_ref)
        if receipt.attempt_ref
        else attempt_of(tx, channel, None, receipt.provider_id)
        for receipt in found
    ]


_KEPT = select(receipts.c.attempt_pk, receipts.c.pk, receipts.c.state).where(
    among(receipts.c.attempt_pk, "attempts")
)


def _read_receipts(tx: Tx, attempt_pks: Sequence[int]) -> Iterator[tuple[int, int, str]]:
    for row in tx.all(_KEPT, {"attempts": attempt_pks}):
        yield row.attempt_pk, row.pk, row.state


_RECEIPTS = Shelf(_read_receipts, frozenset({receipts}))


def bring(tx: Tx, attempt_pks: Iterable[int]) -> None:
    """Have the receipts of these attempts at hand."""
    tx.bring(_RECEIPTS, attempt_pks)


def keep(
    tx: Tx, attempt_pk: int, state: AttemptState, code: str | None, at: datetime, *, moved: bool
) -> bool:
    """Keep a receipt of an attempt that is locked, once for each state; ``False`` where it is a repeat."""
    if state.value in tx.of(_RECEIPTS, attempt_pk):
        return False
    pk = tx.new_key(receipts)
    tx.add(receipts, pk=pk, attempt_pk=attempt_pk, state=state, code=code or "", at=at, moved=moved)
    tx.put(_RECEIPTS, attempt_pk, pk, state.value)
    return True
