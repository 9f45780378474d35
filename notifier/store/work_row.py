"""What the page of one task or escalation needs beside the row itself (see ``work_list``)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select

from notifier.records import What
from notifier.store import cases as case_store
from notifier.store import staff, work_list
from notifier.store.accounts import Account, AccountRole
from notifier.store.database import Tx
from notifier.store.journal import is_no_repeat
from notifier.store.ops_tables import access_log, accounts
from notifier.store.tables import cases, journal

HANDED_OVER = "handed over work"
"""What the log of changes calls it."""
_MOST_STEPS = 15
_MOST_NAMES = 200


def locked(tx: Tx, account: Account, ref: str) -> Row[Any] | None:
    """Return the row as :func:`work_list.one` does, its case and itself locked until the transaction ends."""
    found = work_list.one(tx, account, ref)
    if found is None:
        return None
    # The case before what belongs to it, as everywhere: no two wait for each other.
    if found.case_pk is not None:
        case_store.lock(tx, (found.case_pk,))
    (staff.load_task if found.letter == "T" else staff.load_escalation)(tx, found.pk)
    return work_list.one(tx, account, ref)


def put_in_hand(tx: Tx, row: Row[Any], of: str | None) -> None:
    """Note which account has it in hand, ``None`` for nobody."""
    (staff.change_task if row.letter == "T" else staff.change_escalation)(tx, row.pk, in_hand_of=of)


def steps(tx: Tx, row: Row[Any]) -> Sequence[Row[Any]]:
    """Return the newest journal lines about the row and about its victim in this case, newest first."""
    about = [journal.c.ref == f"{row.letter}{row.pk}"]
    if row.victim_pk is not None:
        about.append(journal.c.victim_pk == row.victim_pk)
    query = select(journal, cases.c.case_id).select_from(journal.outerjoin(cases))
    # Without a case `==` asks for NULL.
    mine = (journal.c.case_pk == row.case_pk) & or_(*about) & is_no_repeat(row.case_pk)
    return tx.all(query.where(mine).order_by(journal.c.pk.desc()).limit(_MOST_STEPS))


def ended_by(tx: Tx, row: Row[Any]) -> str | None:
    """Return who dealt with a row that is not open any more."""
    by: str | None = row.ended_by
    if row.letter == "E":
        mine = (journal.c.case_pk == row.case_pk) & (journal.c.ref == f"E{row.pk}")
        line = tx.first(select(journal.c.person_id).where(mine, journal.c.what == What.RESOLVED))
        by = line.person_id if line else None
    return by


def handed_over(tx: Tx, row: Row[Any], since: datetime) -> Row[Any] | None:
    """Return ``account`` and ``at`` of the last time that the row was handed over, if after ``since``."""
    mine = (access_log.c.about == f"{row.letter}{row.pk}") & (access_log.c.action == HANDED_OVER)
    query = select(access_log.c.account, access_log.c.at).where(mine, access_log.c.at > since)
    return tx.first(query.order_by(access_log.c.pk.desc()).limit(1))


def may_take(tx: Tx, force: str | None, name: str | None = None) -> list[str]:
    """Return the names of the accounts that may act on what belongs to ``force``, in their order.

    ``None`` is what belongs to no case. ``name`` asks about that account alone.
    """
    acts = accounts.c.ended_at.is_(None) & (accounts.c.role != AccountRole.VIEWER.value)
    acts &= accounts.c.force.is_(None) | (accounts.c.force == force)
    if name is not None:
        acts &= accounts.c.name == name
    query = select(accounts.c.name).where(acts).order_by(accounts.c.name).limit(_MOST_NAMES)
    return [row.name for row in tx.all(query)]
