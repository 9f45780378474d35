"""Notes that staff leave each other about a task or an escalation: sealed, for they may be personal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from notifier.store.database import Tx
from notifier.store.ops_tables import notes


@dataclass(frozen=True, slots=True)
class Note:
    """What one account wrote, and when, about a task (``T3``) or an escalation (``E7``)."""

    at: datetime
    account: str
    ref: str
    text: str


def add(tx: Tx, account_name: str, ref: str, case_pk: int | None, text: str, now: datetime) -> None:
    """Keep a note about a task or an escalation, which may belong to no case."""
    row = {"at": now, "account": account_name, "ref": ref, "case_pk": case_pk}
    tx.run(notes.insert().values(text_sealed=tx.cipher.seal(text), **row))


def of_ref(tx: Tx, ref: str) -> list[Note]:
    """Return the notes about a task or an escalation, oldest first: only for who may see its case."""
    return _found(tx, notes.c.ref == ref)


def of_case(tx: Tx, case_pk: int) -> list[Note]:
    """Return the notes about everything in a case, oldest first."""
    return _found(tx, notes.c.case_pk == case_pk)


def _found(tx: Tx, condition: ColumnElement[bool]) -> list[Note]:
    rows = tx.all(select(notes).where(condition).order_by(notes.c.pk))
    return [Note(row.at, row.account, row.ref, tx.cipher.open(row.text_sealed)) for row in rows]
