"""The audit of a soak: that of `make chaos`, some cases at a time, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import select

from notifier.store.cipher import Cipher
from notifier.store.database import Store
from notifier.store.tables import attempts, rejections
from tests.chaos.audit import WITH_PERSON, doubled, events_lost, notices_lost, read_records, told_again
from tests.soak.ledger import Ledger

_CASES = 1_000
_ROWS = 10_000
_SHOWN = 20


@dataclass(slots=True)
class Complaints:
    """How many there are, and the first of them."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, lines: Iterable[str]) -> None:
        """Count them all, and keep some to show."""
        coming = iter(lines)
        kept = list(islice(coming, _SHOWN - len(self.first)))
        self.first += kept
        self.count += len(kept) + sum(1 for _ in coming)


@dataclass(slots=True)
class Found:
    """What the audit of a soak found."""

    events: int = 0
    refused: int = 0
    notices: int = 0
    messages: int = 0
    with_person: int = 0
    known_doubles: int = 0
    lost: Complaints = field(default_factory=Complaints)
    doubled: Complaints = field(default_factory=Complaints)

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, and nothing doubled without being known."""
        return not self.lost.count and not self.doubled.count


def audit(store: Store, cipher: Cipher, ledger: Ledger) -> Found:
    """Compare what was published and what providers received with the database."""
    found = Found(ledger.number("published"), ledger.number("refused"), messages=ledger.number("received"))
    for case_ids in ledger.case_ids(_CASES):
        _audit_cases(store, ledger, case_ids, found)
    found.lost.add(_not_refused(store, cipher, ledger))
    for refs in _every_ref(store):
        ledger.know(refs)
    found.doubled.add("a peer has a message without an attempt" for _ in ledger.unknown())
    return found


def _audit_cases(store: Store, ledger: Ledger, case_ids: list[str], found: Found) -> None:
    records = read_records(store, case_ids)
    received = ledger.received(records.attempts)
    found.lost.add(events_lost(ledger.documents(case_ids), records))
    found.lost.add(notices_lost(records, received))
    found.doubled.add(doubled(records, received))
    found.known_doubles += sum(known for _, _, known in told_again(records, received))
    found.notices += len(records.notices)
    found.with_person += sum(notice.state in WITH_PERSON for notice in records.notices.values())


def _not_refused(store: Store, cipher: Cipher, ledger: Ledger) -> Iterator[str]:
    """Yield each document that intake had to refuse and did not keep."""
    with store.begin() as tx:
        kept = {row.body_hash for row in tx.all(select(rejections.c.body_hash))}
    for body in ledger.refused():
        if cipher.lookup("rejection", body) not in kept:
            yield "a document that cannot be taken is not kept"


def _every_ref(store: Store) -> Iterator[list[str]]:
    """Yield the refs of every attempt, so many at once."""
    after = 0
    while True:
        query = select(attempts.c.pk, attempts.c.ref).where(attempts.c.pk > after)
        with store.begin() as tx:
            rows = tx.all(query.order_by(attempts.c.pk).limit(_ROWS))
        if not rows:
            return
        yield [row.ref for row in rows]
        after = rows[-1].pk
