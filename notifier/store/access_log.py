"""Who looked at or changed what, and when: as law enforcement processing requires. Only ever added to.

A line holds keys and our own short words, nothing about a victim: what is erased elsewhere is not kept here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from notifier.store.accounts import Account
from notifier.store.database import Tx
from notifier.store.ops_tables import access_log
from notifier.store.tables import cases, victims


def note(
    tx: Tx,
    account: Account,
    action: str,
    now: datetime,
    *,
    about: str | None = None,
    case_pk: int | None = None,
    victim_pk: int | None = None,
) -> None:
    """Add a line: ``action`` is a few of our own words; ``about`` an id such as N12, where it has one."""
    line = {"at": now, "account": account.name, "role": account.role.value, "force": account.force}
    tx.run(
        access_log.insert().values(action=action, about=about, case_pk=case_pk, victim_pk=victim_pk, **line)
    )


def note_refused(tx: Tx, name: str, action: str, now: datetime) -> None:
    """Add a line about somebody who was not let in; ``name`` is an account's, or a constant."""
    tx.run(access_log.insert().values(at=now, account=name, action=action))


def newest(
    tx: Tx, *, force: str | None = None, before: int | None = None, limit: int = 100
) -> Sequence[Row[Any]]:
    """Return lines with ``case_id`` and ``victim_id`` where these still exist, the newest first.

    ``force`` limits them to accounts of that force; ``before`` is the key to go on from.
    """
    joined = access_log.outerjoin(cases, cases.c.pk == access_log.c.case_pk).outerjoin(
        victims, victims.c.pk == access_log.c.victim_pk
    )
    query = select(access_log, cases.c.case_id, victims.c.victim_id).select_from(joined)
    if force is not None:
        query = query.where(access_log.c.force == force)
    if before is not None:
        query = query.where(access_log.c.pk < before)
    return tx.all(query.order_by(access_log.c.pk.desc()).limit(limit))
