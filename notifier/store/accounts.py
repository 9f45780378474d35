"""Accounts for the operations room, and who is signed in. A password or a token is stored as a hash only."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select, true, update

from notifier.records import AccountRole as AccountRole  # here, because help is there without a database
from notifier.store.database import Tx
from notifier.store.ops_tables import accounts, sign_ins
from notifier.store.tables import cases

LONGEST_NAME = 50
"""How many characters an account's name has at most: a line of the log holds it whole."""

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff with an account. ``force`` limits what it sees; ``None`` is every force.

    ``staff_id`` is who she is in cases (the id of an officer, a supervisor or a unit), where it is known.
    """

    pk: int
    name: str
    role: AccountRole
    force: str | None
    staff_id: str | None = None

    def may(self, role: AccountRole) -> bool:
        """Whether it may what ``role`` may."""
        return self.role.rank >= role.rank

    @property
    def its_cases(self) -> ColumnElement[bool]:
        """The condition that a row of ``cases`` is one that it may see."""
        return true() if self.force is None else cases.c.force == self.force


def add(
    tx: Tx,
    name: str,
    role: AccountRole,
    now: datetime,
    *,
    force: str | None,
    staff_id: str | None = None,
    password_hash: str | None = None,
    issuer: str | None = None,
    subject: str | None = None,
) -> int:
    """Make an account and return its key; raises ``IntegrityError`` where the name is taken.

    It signs in with a password, or as the ``subject`` that an identity provider (``issuer``) knows.
    """
    values = {"name": name, "role": role.value, "force": force, "staff_id": staff_id, "made_at": now}
    known_by = {"password_hash": password_hash, "issuer": issuer, "subject": subject}
    return tx.insert(accounts.insert().values(**values, **known_by))


def listed(tx: Tx) -> Sequence[Row[Any]]:
    """Return every account ever made, oldest first."""
    return tx.all(select(accounts).order_by(accounts.c.pk))


def named(tx: Tx, name: str) -> Row[Any] | None:
    """Return an account by its name, ended or not; its row is locked."""
    return tx.first(select(accounts).where(accounts.c.name == name).with_for_update())


def of_subject(tx: Tx, issuer: str, subject: str) -> Row[Any] | None:
    """Return the account of somebody whom an identity provider knows, ended or not; its row is locked."""
    hers = (accounts.c.issuer == issuer) & (accounts.c.subject == subject)
    return tx.first(select(accounts).where(hers).with_for_update())


def change(tx: Tx, pk: int, **values: Any) -> None:
    """Change columns of one account."""
    tx.run(update(accounts).where(accounts.c.pk == pk).values(**values))


def end(tx: Tx, pk: int, now: datetime) -> None:
    """End an account: whoever is signed in with it is signed out."""
    change(tx, pk, ended_at=now)
    sign_out_everywhere(tx, pk)


def record(row: Row[Any]) -> Account:
    """Return the account of a row."""
    return Account(row.pk, row.name, AccountRole(row.role), row.force, row.staff_id)


def sign_in(tx: Tx, account_pk: int, now: datetime) -> str:
    """Sign an account in; return the token that its browser keeps."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row = {"account_pk": account_pk, "token_hash": _hash(tx, token), "made_at": now, "seen_at": now}
    tx.run(sign_ins.insert().values(**row))
    return token


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account that is signed in, and when it was last seen."""

    pk: int
    account: Account
    seen_at: datetime


def signed_in(tx: Tx, token: str, now: datetime, *, idle: timedelta, longest: timedelta) -> SignedIn | None:
    """Return who holds ``token``, unless she was idle for too long, or signed in too long ago."""
    fresh = (sign_ins.c.seen_at > now - idle) & (sign_ins.c.made_at > now - longest)
    mine = (sign_ins.c.token_hash == _hash(tx, token)) & accounts.c.ended_at.is_(None)
    columns = (accounts, sign_ins.c.pk.label("sign_in_pk"), sign_ins.c.seen_at)
    row = tx.first(select(*columns).select_from(sign_ins.join(accounts)).where(mine, fresh))
    return SignedIn(row.sign_in_pk, record(row), row.seen_at) if row else None


def saw(tx: Tx, sign_in_pk: int, now: datetime) -> None:
    """Note that somebody is still there."""
    tx.run(update(sign_ins).where(sign_ins.c.pk == sign_in_pk).values(seen_at=now))


def sign_out(tx: Tx, token: str) -> None:
    """End the use of a token."""
    tx.run(delete(sign_ins).where(sign_ins.c.token_hash == _hash(tx, token)))


def sign_out_everywhere(tx: Tx, account_pk: int) -> None:
    """End the use of every token of an account."""
    tx.run(delete(sign_ins).where(sign_ins.c.account_pk == account_pk))


def forget_old(tx: Tx, before: datetime) -> None:
    """Forget those who signed in before a time, and so are signed in no more."""
    tx.run(delete(sign_ins).where(sign_ins.c.made_at < before))


def _hash(tx: Tx, token: str) -> str:
    return tx.cipher.lookup("sign-in", token)
