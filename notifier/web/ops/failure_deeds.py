"""What staff do about failures: each deed checks that it is theirs and is noted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from notifier import interventions
from notifier.errors import NotFound, NotifierError
from notifier.store import access_log, failures
from notifier.store.accounts import Account, AccountRole
from notifier.store.database import Tx
from notifier.store.failures import Asked
from notifier.web.ops.posted import Fields
from notifier.web.ops.problems import Changed, NotThere
from notifier.web.ops.signed_in import only
from notifier.wiring import Services

KINDS = {"notices": "N", "events": "S", "documents": "R", "messages": "A"}
"""The kinds of failures, and the letter with which staff name each."""
MOST_AT_ONCE = 50
_MOST_WORDS = 100
_MOST_DIGITS = 17
_GONE = "Somebody dealt with this in the meantime. Look at it again, then decide."


def asked_by(account: Account, channel: str = "", reason: str = "") -> Asked:
    """Return what an account may look for among failures."""
    return Asked(account.its_cases, account.force is None, channel or None, reason or None)


def key_of(written: str) -> int:
    """Return the key at the beginning of what a form or an address carries; raises :class:`NotThere`."""
    number = written.partition(".")[0]
    if not (number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS):
        raise NotThere
    return int(number)


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody wants done, about which (with its stamp, for notices), and why."""

    kind: str
    what: str
    chosen: tuple[str, ...]
    words: str

    @property
    def refs(self) -> list[str]:
        """As what staff know each of them."""
        return [f"{KINDS[self.kind]}{key_of(one)}" for one in self.chosen]


def deed_of(account: Account, fields: Fields) -> Deed:
    """Return what a form asks for; raises where it makes no sense, or the account may not do that."""
    kind = fields.get("kind", "")
    what, _, one = fields.get("deed", "").partition(" ")
    chosen = (one,) if one else tuple(dict.fromkeys(fields.getlist("chosen")))[:MOST_AT_ONCE]
    if (kind, what) not in _DEEDS or (kind == "documents" and account.force is not None):
        raise NotThere
    if not one or what == "give_up":
        only(AccountRole.SUPERVISOR)(account)
    for each in chosen:
        key_of(each)
    words = " ".join(fields.get("words", "").split())
    if what == "give_up" and not 0 < len(words) <= _MOST_WORDS:
        raise NotFound(
            f"Say in at most {_MOST_WORDS} characters why it is given up, without names or addresses."
        )
    return Deed(kind, what, chosen, words)


def do_all(services: Services, account: Account, deed: Deed, now: datetime) -> tuple[list[str], list[str]]:
    """Do a deed about each that was chosen; return the references of what was done, and of what was not.

    Raises :class:`Changed` where only one was chosen, and somebody dealt with it in the meantime.
    """
    _require_own(services, account, deed)
    done: list[str] = []
    left: list[str] = []
    for ref, one in zip(deed.refs, deed.chosen, strict=True):
        try:
            _DEEDS[deed.kind, deed.what](services, account, one, deed.words, now)
        except NotifierError as problem:
            if isinstance(problem, Changed) and len(deed.chosen) == 1:
                raise
            left.append(ref)
        else:
            done.append(ref)
    return done, left


def _require_own(services: Services, account: Account, deed: Deed) -> None:
    """Raise where any is not the account's to see: then nothing is done about the others either."""
    asked = asked_by(account)
    with services.store.read() as tx:
        for one in deed.chosen:
            pk = key_of(one)
            if deed.kind == "notices" and failures.notice(tx, pk, account.its_cases) is None:
                raise NotThere
            if deed.kind == "events" and account.force is not None and failures.event(tx, pk, asked) is None:
                raise NotThere


def first_of_notice(
    account: Account, one: str, action: str, now: datetime
) -> tuple[int, Callable[[Tx], None]]:
    """Return a notice's key, and what is checked and noted before a deed about it."""
    pk = key_of(one)

    def first(tx: Tx) -> None:
        row = failures.notice(tx, pk, account.its_cases, lock=True)
        if row is None:
            raise NotThere
        if failures.stamp(row) != one or not failures.is_failure(row):
            raise Changed(_GONE)
        access_log.note(
            tx, account, action, now, about=f"N{pk}", case_pk=row.case_pk, victim_pk=row.victim_pk
        )

    return pk, first


def _retry_notice(services: Services, account: Account, one: str, _words: str, now: datetime) -> None:
    pk, first = first_of_notice(account, one, "tried a notice again", now)
    services.path.by_hand.retry(pk, now, first)
    with services.store.read() as tx:
        row = failures.notice(tx, pk, account.its_cases)
    if row is None or failures.is_failure(row):
        raise NotFound(f"N{pk} still cannot be told")


def _give_up_notice(services: Services, account: Account, one: str, words: str, now: datetime) -> None:
    pk, first = first_of_notice(account, one, "gave up a notice", now)
    services.path.by_hand.discard(pk, account.name, now, words, first)


def _first_of_event(account: Account, pk: int, action: str, now: datetime) -> Callable[[Tx], None]:
    def first(tx: Tx) -> None:
        row = failures.event(tx, pk, asked_by(account))
        if row is None:
            raise Changed(_GONE)
        access_log.note(tx, account, action, now, about=f"S{pk}", case_pk=row.case_pk)

    return first


def _retry_event(services: Services, account: Account, one: str, _words: str, now: datetime) -> None:
    pk = key_of(one)
    first = _first_of_event(account, pk, "planned an event again", now)
    if services.path.by_hand.plan_again(pk, now, first) is not None:
        raise NotFound(f"S{pk} still cannot be planned")


def _give_up_event(services: Services, account: Account, one: str, words: str, now: datetime) -> None:
    with services.store.begin() as tx:
        _first_of_event(account, key_of(one), "gave up an event", now)(tx)
        interventions.give_up(tx, key_of(one), account.name, words, now)


def _give_up_document(services: Services, account: Account, one: str, words: str, now: datetime) -> None:
    with services.store.begin() as tx:
        interventions.discard_rejected(tx, key_of(one), account.name, words, now)
        access_log.note(tx, account, "discarded a refused document", now, about=f"R{one}")


_DEEDS: dict[tuple[str, str], Callable[[Services, Account, str, str, datetime], None]] = {
    ("notices", "retry"): _retry_notice,
    ("notices", "give_up"): _give_up_notice,
    ("events", "retry"): _retry_event,
    ("events", "give_up"): _give_up_event,
    ("documents", "give_up"): _give_up_document,
}
