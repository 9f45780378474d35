"""What a person decides about a notice, an event or a refused document: try again, let go, give up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from notifier import contact_clock, deciding
from notifier.errors import NotFound
from notifier.records import ABOUT_THE_NEWS, Ask, Notice, NoticeState, Settled, What
from notifier.rules.policy import Policies
from notifier.store import events, journal, notices, rejections
from notifier.store.database import Tx
from notifier.store.situations import load_file

_MAY_BE_TRIED_AGAIN = (NoticeState.FAILED, NoticeState.UNCERTAIN, NoticeState.HELD)
_WAITS_FOR_A_TALK = "person_first"


def try_again(tx: Tx, notice_pk: int, policies: Policies, now: datetime) -> list[Ask]:
    """Decide a notice anew as if nothing had been tried, because a person asks for it.

    A contact point that failed for good stays unused until it is confirmed or replaced. Raises
    :class:`NotFound` where there is nothing to try again.
    """
    notice = _waiting(tx, notice_pk)
    if notice is None or notice.hold is not None or notice.reason == _WAITS_FOR_A_TALK:
        raise NotFound(f"N{notice_pk} is not a notice that can be tried again; see `notifier failures`")
    again = {"state": NoticeState.PLANNED, "retried_at": now, "tries": 0, "full_only": False, "send_at": None}
    return _decide_anew(tx, notice, again, policies, now)


def release(tx: Tx, notice_pk: int, by: str, policies: Policies, now: datetime) -> list[Ask]:
    """Let a notice go that was held for a person's word; it is decided as the rules are.

    Raises :class:`NotFound` where it is not held so; news that a person must tell first is not released by
    a command, only by the record of that talk.
    """
    notice = _waiting(tx, notice_pk)
    if notice is None or notice.hold is None:
        raise NotFound(f"N{notice_pk} is not held for a person's word; `notifier failures` lists what is")
    file = load_file(tx, notice.case_pk)
    why = (f"{by} released it",)
    journal.write(tx, deciding.line_about(notice, file, What.DECIDED, "released", why), now)
    return _decide_anew(tx, notice, {"hold": None, "state": NoticeState.PLANNED}, policies, now)


def discard(tx: Tx, notice_pk: int, by: str, policies: Policies, now: datetime) -> list[Settled]:
    """Give a notice up that was not told yet, because a person says so; what was asked about it is over.

    Raises :class:`NotFound` where there is none that waits.
    """
    found = notices.load_all(tx, [notice_pk])
    if not found or found[0].state not in (*_MAY_BE_TRIED_AGAIN, NoticeState.PLANNED):
        raise NotFound(f"N{notice_pk} does not wait to be told; `notifier failures` and `notifier due` list")
    notice, file = found[0], load_file(tx, found[0].case_pk)
    over = {"state": NoticeState.CANCELLED, "reason": "discarded", "send_at": None, "at_risk_at": None}
    notices.change(tx, notice_pk, **over)
    why = (f"{by} decided that it is not told",)
    journal.write(tx, deciding.line_about(notice, file, What.CANCELLED, "discarded", why), now)
    if notice.event_pk is None:
        contact_clock.refresh(tx, file, notice.victim_pk, policies, now)
        return []
    return [Settled(notice.case_pk, notice.victim_pk, notice.event_pk, ABOUT_THE_NEWS, by, "discarded")]


def plan_again(tx: Tx, event_pk: int) -> str:
    """Have an event that was set aside planned again; return its case (publisher's reference).

    Raises :class:`NotFound` where it does not wait for a person.
    """
    case_id = str(_set_aside(tx, event_pk).case_id)
    events.take_back(tx, event_pk)
    return case_id


def give_up(tx: Tx, event_pk: int, by: str, words: str, now: datetime) -> None:
    """Give up an event that was set aside, because a person says so and why: nothing is told of it.

    Raises :class:`NotFound` where it does not wait for a person.
    """
    problem = _set_aside(tx, event_pk).problem
    events.give_up(tx, event_pk, f"given up by {by}: {words}; it could not be planned: {problem}", now)


def discard_rejected(tx: Tx, rejection_pk: int, by: str, words: str, now: datetime) -> None:
    """Discard a refused document, because a person says so and why: it is kept, and not listed any more.

    Raises :class:`NotFound` where it does not wait for a person.
    """
    if not rejections.discard(tx, rejection_pk, by, words, now):
        raise NotFound(f"R{rejection_pk} is no refused document that waits; `notifier failures` lists them")


def _set_aside(tx: Tx, event_pk: int) -> Row[Any]:
    found = events.set_aside(tx, event_pk)
    if found is None:
        raise NotFound(f"S{event_pk} is no event that was set aside; `notifier failures` lists them")
    return found


def _waiting(tx: Tx, notice_pk: int) -> Notice | None:
    """Return the notice where it waits for a person."""
    found = notices.load_all(tx, [notice_pk])
    return found[0] if found and found[0].state in _MAY_BE_TRIED_AGAIN else None


def _decide_anew(
    tx: Tx, notice: Notice, values: dict[str, Any], policies: Policies, now: datetime
) -> list[Ask]:
    file = load_file(tx, notice.case_pk)
    notices.change(tx, notice.pk, **values)
    return deciding.take(tx, notices.load(tx, notice.pk), file, policies, now)[1]
