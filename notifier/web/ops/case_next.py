"""What comes next for a victim and when: the top of her line of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from notifier import deciding, plain_words
from notifier.records import Notice, NoticeState, Tone
from notifier.rules.decision import Send
from notifier.rules.policy import Policies
from notifier.store import notices, situations
from notifier.store.database import Tx
from notifier.web.ops.case_story import CaseWide

_TO_BE_TOLD = (
    *(NoticeState.PLANNED, NoticeState.HELD, NoticeState.SENDING, NoticeState.SENT),
    *(NoticeState.WITH_PERSON, NoticeState.UNCERTAIN, NoticeState.FAILED),
)
_ON_FAILURES = (NoticeState.FAILED, NoticeState.UNCERTAIN)
# An escalation: whether somebody looks after it, and whether it climbs.
_LOOKED_AFTER = {
    (False, False): "is escalated; nobody looks after it yet",
    (False, True): "is escalated; nobody looks after it yet, and it climbs or is repeated then",
    (True, False): "is escalated; somebody looks after it",
    (True, True): "is escalated; somebody looks after it, and it climbs then unless it is resolved",
}
_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that is still to happen. ``what``, ``how``, ``about`` and ``why`` are labels.

    ``channels`` are those expected. ``at`` is when it happens by itself, ``due`` by when it must. ``ref`` and
    ``href`` lead to where staff act.
    """

    what: str
    how: str = ""
    why: str | None = None
    about: str | None = None
    channels: tuple[str, ...] = ()
    at: datetime | None = None
    due: datetime | None = None
    safety: bool = False
    ref: str | None = None
    href: str | None = None


def coming(
    tx: Tx, about: CaseWide, victim: Row[Any] | None, policies: Policies, now: datetime
) -> list[Coming]:
    """Return what comes next for her, safety and the soonest first; for no victim, what is asked of staff."""
    whose = victim.victim_pk if victim else None
    found = [*_work(about, whose)]
    if victim is not None:
        found += [*_notices(tx, victim, policies, now), *_by_the_clock(victim)]
    return sorted(found, key=lambda one: (not one.safety, one.at or one.due or _LATEST))


def _notices(tx: Tx, victim: Row[Any], policies: Policies, now: datetime) -> Iterator[Coming]:
    for notice in notices.of_victim(tx, victim.victim_pk, victim.case_pk):
        if notice.state in _TO_BE_TOLD:
            yield Coming(
                plain_words.news(notice.event_type),
                plain_words.NOTICE_STATES[notice.state],
                plain_words.reason(notice.reason) if notice.reason is not None else None,
                channels=_channels(tx, notice, policies, now),
                at=notice.send_at if notice.state is NoticeState.PLANNED else None,
                due=notice.deadline,
                safety=notice.tone is Tone.SAFETY,
                ref=f"N{notice.pk}",
                href=_where_to_act(notice),
            )


def _channels(tx: Tx, notice: Notice, policies: Policies, now: datetime) -> tuple[str, ...]:
    """Return by which channels it is to go as things stand: it is decided anew just before it is sent."""
    if notice.state is not NoticeState.PLANNED:
        return ()
    file = situations.read_file(tx, notice.case_pk)
    outcome = deciding.foresee(tx, notice, file, policies, now).outcome
    return tuple(part.point.channel.value for part in outcome.parts) if isinstance(outcome, Send) else ()


def _where_to_act(notice: Notice) -> str | None:
    if notice.state in _ON_FAILURES:
        return f"/ops/failures#N{notice.pk}"
    return "/ops/held" if notice.state is NoticeState.HELD and notice.hold is not None else None


def _by_the_clock(victim: Row[Any]) -> Iterator[Coming]:
    if victim.prompt_at is not None:
        yield Coming("A reminder to the officer that an update comes due", at=victim.prompt_at)
    if victim.courtesy_at is not None:
        waits = victim.held_until is not None
        yield Coming(
            "A no-progress update, unless there is news before",
            "waits: there is nothing specific to tell" if waits else "",
            at=victim.held_until if waits else victim.courtesy_at,
        )
    if victim.referral_prompt_at is not None:
        yield Coming("A reminder to refer the victim to support", at=victim.referral_prompt_at)
    if victim.referral_due_at is not None:
        yield Coming("The referral to support is escalated if it is not on record", at=victim.referral_due_at)


def _work(about: CaseWide, victim_pk: int | None) -> Iterator[Coming]:
    """Yield what staff have to do for her, or for the case as a whole."""
    for ref, row in about.work.items():
        if not row.open or row.victim_pk not in (None, victim_pk):
            continue
        news = plain_words.news(row.about) if row.about is not None else None
        where = {"ref": ref, "href": f"/ops/work/{ref}", "safety": row.safety, "about": news}
        if ref.startswith("T"):
            yield Coming(
                plain_words.staff_reason(row.kind), "is a task that waits", due=row.deadline, **where
            )
        else:
            how = _LOOKED_AFTER[row.acknowledged_by is not None, row.climb_at is not None]
            yield Coming(plain_words.staff_reason(row.reason), how, at=row.climb_at, **where)
