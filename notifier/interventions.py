"""What a person decides about a notice, an event or a refused document: try again, let go, give up."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from notifier import contact_clock, deciding, plain_words
from notifier.errors import NotFound
from notifier.records import ABOUT_THE_NEWS, Ask, ChannelName, Notice, NoticeState, Settled, What
from notifier.rules.policy import Policies
from notifier.store import cases, events, journal, notices, rejections
from notifier.store.database import Tx
from notifier.store.situations import load_file

_MAY_BE_TRIED_AGAIN = (NoticeState.FAILED, NoticeState.UNCERTAIN, NoticeState.HELD)
_WAITS_FOR_A_TALK = "person_first"


def try_again(tx: Tx, notice_pk: int, policies: Policies, now: datetime) -> list[Ask]:
    """Decide a notice anew as if nothing had been tried, because a person asks for it.

    A contact point that failed for good stays unused until it is confirmed or replaced. Raises
    :class:`NotFound` where there is nothing to try again.
    """
    notice = _to_try_again(tx, notice_pk)
    return _decide_anew(tx, notice, {"state": NoticeState.PLANNED, **_begun_anew(now)}, policies, now)


def take_in_hand_again(tx: Tx, notice_pk: int, until: datetime, now: datetime) -> None:
    """Have a notice in hand that is to be tried again at once, as if nothing had been tried.

    Raises :class:`NotFound` where there is nothing to try again, or where a message to the same victim is
    just being sent.
    """
    notice = _to_try_again(tx, notice_pk)
    free = notices.lock_victims(tx, [notice.victim_pk])
    if not free or notices.in_hand(tx, free, now):
        raise NotFound("a message to the victim is being sent at this moment; try again in a minute")
    leased = {"state": NoticeState.SENDING, "leased_until": until}
    notices.change(tx, notice_pk, **leased, **_begun_anew(now))


def require_on_its_way(tx: Tx, notice_pk: int, channel: ChannelName, timezone: ZoneInfo) -> None:
    """Raise :class:`NotFound` with the cause where a notice that was to go at once does not go."""
    notice = notices.load(tx, notice_pk)
    if notice.state in (NoticeState.SENDING, NoticeState.WITH_PERSON):
        return
    if notice.state is NoticeState.PLANNED and notice.send_at is not None:
        when = plain_words.moment(notice.send_at, timezone)
        raise NotFound(f"N{notice_pk} cannot go by {channel} before {when}: the victim agreed to other hours")
    if notice.state is NoticeState.FAILED:
        raise NotFound(f"N{notice_pk} cannot go by {channel}: the contract has no {channel} that can be used")
    raise NotFound(f"N{notice_pk} is not sent: {plain_words.reason(notice.reason)}")


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


def discard(
    tx: Tx, notice_pk: int, by: str, policies: Policies, now: datetime, words: str | None = None
) -> list[Settled]:
    """Give a notice up that was not told yet, because a person says so; what was asked about it is over.

    ``words`` say why, where that is known; they are kept with the decision. Raises :class:`NotFound` where
    there is none that waits.
    """
    notice = _locked(tx, notice_pk)
    if notice is None or notice.state not in (*_MAY_BE_TRIED_AGAIN, NoticeState.PLANNED):
        raise NotFound(f"N{notice_pk} does not wait to be told; `notifier failures` and `notifier due` list")
    file = load_file(tx, notice.case_pk)
    over = {"state": NoticeState.CANCELLED, "reason": "discarded", "send_at": None, "at_risk_at": None}
    notices.change(tx, notice_pk, hold=None, **over)
    why = (f"{by} decided that it is not told" + (f": {words}" if words else ""),)
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


def _to_try_again(tx: Tx, notice_pk: int) -> Notice:
    notice = _waiting(tx, notice_pk)
    if notice is None or notice.hold is not None or notice.reason == _WAITS_FOR_A_TALK:
        raise NotFound(f"N{notice_pk} is not a notice that can be tried again; see `notifier failures`")
    return notice


def _begun_anew(now: datetime) -> dict[str, Any]:
    return {"retried_at": now, "tries": 0, "full_only": False, "send_at": None}


def _waiting(tx: Tx, notice_pk: int) -> Notice | None:
    """Return the notice where it waits for a person."""
    notice = _locked(tx, notice_pk)
    return notice if notice is not None and notice.state in _MAY_BE_TRIED_AGAIN else None


def _locked(tx: Tx, notice_pk: int) -> Notice | None:
    """Return the notice as it is once its case is locked: another person may just have decided about it."""
    found = notices.load_all(tx, [notice_pk])
    if not found:
        return None
    cases.lock(tx, (found[0].case_pk,))
    return notices.load(tx, notice_pk)


def _decide_anew(
    tx: Tx, notice: Notice, values: dict[str, Any], policies: Policies, now: datetime
) -> list[Ask]:
    file = load_file(tx, notice.case_pk)
    notices.change(tx, notice.pk, **values)
    return deciding.take(tx, notices.load(tx, notice.pk), file, policies, now)[1]
