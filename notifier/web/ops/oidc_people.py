"""What the claims of an identity provider mean here, and the account that follows them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifier.records import AccountRole
from notifier.store import access_log, accounts
from notifier.store.access_log import COMMAND_LINE, NOBODY
from notifier.store.accounts import LONGEST_NAME, Account
from notifier.store.database import Tx
from notifier.web.ops.oidc_settings import OidcSettings

EVERY_FORCE = "*"
"""The value of the force claim for somebody who sees every force, whatever her role."""

_NAMES = ("preferred_username", "name", "sub")
_MARK_CHARACTERS = 8
_MOST_CHARACTERS, _LONGEST_SUBJECT = 200, 255  # as long as a force's name is in a case; as the standard says


class NoPart(Exception):
    """The provider knows her, and gives her no part in this service: the claim named here is at fault."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in, as the provider says; ``force`` of ``None`` is every force."""

    subject: str
    name: str
    role: AccountRole
    force: str | None
    staff_id: str | None


def person_of(claims: Mapping[str, Any], settings: OidcSettings) -> Person:
    """Return what the claims say; raises :class:`NoPart` where one is missing or not known."""
    role, force = (
        _one(claims.get(name), name) for name in (settings.oidc_role_claim, settings.oidc_force_claim)
    )
    if role not in list(AccountRole):
        raise NoPart(settings.oidc_role_claim)
    staff = claims.get(settings.oidc_staff_claim)
    return Person(
        subject=_one(claims.get("sub"), "sub", _LONGEST_SUBJECT),
        name=_name(claims),
        role=AccountRole(role),
        force=None if force == EVERY_FORCE else force,
        staff_id=None if staff is None else _one(staff, settings.oidc_staff_claim),
    )


def _one(value: object, claim: str, most: int = _MOST_CHARACTERS) -> str:
    """Return the text of a claim: several values would leave open which one holds."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise NoPart(claim)
    return value


def _name(claims: Mapping[str, Any]) -> str:
    given = next(
        claims[name] for name in _NAMES if isinstance(claims.get(name), str) and claims[name].strip()
    )
    return " ".join("".join(char if char.isprintable() else " " for char in given).split())[:LONGEST_NAME]


def account_of(tx: Tx, issuer: str, person: Person, now: datetime) -> Account | None:
    """Return her account, made or changed to what the provider says; ``None`` where it was ended here.

    It is hers by ``issuer`` and subject alone, and its name stays what it was first: the log has it.
    """
    says = {"role": person.role.value, "force": person.force, "staff_id": person.staff_id}
    row = accounts.of_subject(tx, issuer, person.subject)
    if row is not None and row.ended_at is not None:
        return None
    if row is None:
        account = _made(tx, issuer, person, now)
        access_log.note(tx, account, "made an account", now, about=account.name)
        return account
    account = Account(row.pk, row.name, person.role, person.force, person.staff_id)
    if any(getattr(row, column) != value for column, value in says.items()):
        accounts.change(tx, row.pk, **says)
        access_log.note(tx, account, "changed an account", now, about=account.name)
    return account


def _made(tx: Tx, issuer: str, person: Person, now: datetime) -> Account:
    name = next(name for name in _free_names(issuer, person) if accounts.named(tx, name) is None)
    pk = accounts.add(
        tx, name, person.role, now,
        force=person.force, staff_id=person.staff_id, issuer=issuer, subject=person.subject,
    )  # fmt: skip
    return Account(pk, name, person.role, person.force, person.staff_id)


def _free_names(issuer: str, person: Person) -> Iterator[str]:
    """Yield names for her: her own, and where somebody has it, or the log, the same with a mark of hers."""
    if person.name not in (COMMAND_LINE, NOBODY):
        yield person.name
    mark = hashlib.sha256(f"{issuer} {person.subject}".encode()).hexdigest()[:_MARK_CHARACTERS]
    yield f"{person.name[: LONGEST_NAME - _MARK_CHARACTERS - 1]} {mark}"
