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

COMMAND_LINE = "command line"
"""Who changes accounts with the command ``notifier``: the operating system knows who that is."""
NOBODY = "unknown"
"""Who was not let in and has no account."""


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


def note_refused(tx: Tx, name: str, action: str, now: datetime, *, force: str | None = None) -> None:
    """Add a line about somebody who was not let in; ``name`` is an account's, or :data:`NOBODY`."""
    tx.run(access_log.insert().values(at=now, account=name, force=force, action=action))


def note_command(tx: Tx, action: str, now: datetime, *, about: str, force: str | None) -> None:
    """Add a line about an account that was changed by a command; ``force`` is that account's."""
    tx.run(access_log.insert().values(at=now, account=COMMAND_LINE, force=force, action=action, about=about))


def key_of(tx: Tx, reader: Account, case_id: str) -> int | None:
    """Return the key of a case that ``reader`` may see."""
    row = tx.first(select(cases.c.pk).where(cases.c.case_id == case_id, reader.its_cases))
    return row.pk if row else None


def newest(
    tx: Tx,
    reader: Account,
    until: datetime,
    *,
    account: str | None = None,
    case_pk: int | None = None,
    limit: int,
    offset: int = 0,
) -> Sequence[Row[Any]]:
    """Return lines up to ``until`` that ``reader`` may see: those of accounts of her force; newest first.

    Each has ``case_id`` and ``victim_id`` where these still exist and the case is one of hers. ``account``
    and ``case_pk`` limit the lines further.
    """
    of_case = (cases.c.pk == access_log.c.case_pk) & reader.its_cases
    of_victim = victims.c.pk == access_log.c.victim_pk
    if reader.force is not None:
        of_victim &= cases.c.pk.is_not(None)
    joined = access_log.outerjoin(cases, of_case).outerjoin(victims, of_victim)
    query = select(access_log, cases.c.case_id, victims.c.victim_id).select_from(joined)
    query = query.where(access_log.c.at <= until)
    for column, value in (
        (access_log.c.force, reader.force),
        (access_log.c.account, account),
        (access_log.c.case_pk, case_pk),
    ):
        if value is not None:
            query = query.where(column == value)
    order = (access_log.c.at.desc(), access_log.c.pk.desc())
    return tx.all(query.order_by(*order).limit(limit).offset(offset))
