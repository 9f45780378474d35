"""Finds cases by what staff have in hand: an id, a victim's id, the reference that the victim was given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from notifier.store import cases as case_store
from notifier.store.accounts import Account
from notifier.store.among import among
from notifier.store.database import Tx
from notifier.store.tables import cases, notices, registrations, victims

MOST = 50
"""So many cases are found at most: one victim's, or those with one reference."""

_REF = re.compile(r"([A-Z])\s*([0-9]{1,18})", re.IGNORECASE)


def ref_of(words: str) -> tuple[str, int] | None:
    """Return the letter and the key of what is written like E7, T3 or N12, ``None`` for anything else."""
    found = _REF.fullmatch(words.strip())
    return (found[1].upper(), int(found[2])) if found else None


def with_words(tx: Tx, account: Account, words: str) -> Sequence[Row[Any]]:
    """Return ``pk`` and ``case_id`` of the cases that ``words`` name, of those that the account may see.

    ``words`` are the id of a case or of a victim, or a reference, however it is spaced.
    """
    hers = select(registrations.c.case_pk).join(victims).where(victims.c.victim_id == words)
    # One after another: with OR between them a database may read all cases.
    named = [row.pk for row in tx.all(select(cases.c.pk).where(cases.c.case_id == words))]
    named += [row.case_pk for row in tx.all(hers.limit(MOST))]
    named += case_store.with_reference(tx, words)
    mine = select(cases.c.pk, cases.c.case_id).where(among(cases.c.pk, "pks"), account.its_cases)
    return tx.all(mine.order_by(cases.c.case_id).limit(MOST), {"pks": sorted(set(named))}) if named else ()


def of_notice(tx: Tx, account: Account, notice_pk: int) -> Row[Any] | None:
    """Return ``pk`` and ``case_id`` of a notice's case, unless the account may not see it."""
    joined = cases.join(notices, notices.c.case_pk == cases.c.pk)
    query = select(cases.c.pk, cases.c.case_id).select_from(joined)
    return tx.first(query.where(notices.c.pk == notice_pk, account.its_cases))
