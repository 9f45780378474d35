"""What became of the day, counted from the database and compared with what the peers saw."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from notifier.demo.stage import Stage
from notifier.records import What
from notifier.store.database import Tx
from notifier.store.tables import (
    attempt_notices,
    attempts,
    escalations,
    events,
    journal,
    notices,
    rejections,
    tasks,
)

_TO_VICTIMS = ("victim", "representative")
_ARRIVED = ("accepted", "delivered", "confirmed")
_BY_A_PERSON = "told_by_person"


@dataclass(frozen=True, slots=True)
class Provider:
    """What one peer has, beside what we recorded; ``twice`` is what it has more than once."""

    name: str
    has: int
    recorded: int
    twice: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of the day; the counters go from a name to a number."""

    events: int
    repeats: int
    refused: Counter[str]
    told: Counter[tuple[str, str]]
    people: Counter[str]
    held: Counter[str]
    suppressed: Counter[str]
    fallbacks: int
    escalations: Counter[tuple[str, int]]
    tasks: Counter[str]
    duties: Counter[str]
    unknown: int
    duplicates: int
    providers: tuple[Provider, ...]
    lost: tuple[str, ...]


def summarise(stage: Stage) -> Summary:
    """Return the figures of the day as they stand now."""
    with stage.services.store.begin() as tx:
        return _summary(tx, stage)


def _summary(tx: Tx, stage: Stage) -> Summary:
    to_victims = tx.all(select(attempts).where(attempts.c.role.in_(_TO_VICTIMS)))
    arrived = [row for row in to_victims if row.state in _ARRIVED]
    return Summary(
        events=int(tx.all(select(func.count()).select_from(events))[0][0]),
        repeats=int(tx.all(select(func.sum(events.c.repeats)))[0][0] or 0),
        refused=Counter(row.reason for row in tx.all(select(rejections.c.reason))),
        told=Counter((row.event_type, row.channel) for row in arrived),
        people=Counter(
            {c: len({r.victim_pk for r in arrived if r.channel == c}) for c in _channels(arrived)}
        ),
        held=_journal(tx, What.HELD),
        suppressed=_journal(tx, What.SUPPRESSED),
        fallbacks=_fallbacks(tx),
        escalations=Counter((row.reason, row.level) for row in tx.all(select(escalations))),
        tasks=Counter(row.kind for row in tx.all(select(tasks.c.kind))),
        duties=_duties(tx, stage.day.end),
        unknown=sum(row.state == "unknown" for row in to_victims),
        duplicates=sum("possible duplicate" in " ".join(row.why) for row in to_victims),
        providers=_providers(tx, stage),
        lost=_lost(tx),
    )


def _channels(rows: list[Row[Any]]) -> set[str]:
    return {row.channel for row in rows}


def _journal(tx: Tx, what: What) -> Counter[str]:
    return Counter(row.reason for row in tx.all(select(journal.c.reason).where(journal.c.what == what)))


def _fallbacks(tx: Tx) -> int:
    """Count notices that took more than one contact point because an earlier one failed."""
    joined = attempts.join(attempt_notices)
    failed = attempts.c.state.in_(("failed", "unconfirmed"))
    query = select(attempt_notices.c.notice_pk, attempts.c.pk).select_from(joined)
    gave_up = {row.notice_pk: row.pk for row in tx.all(query.where(failed))}
    later = tx.all(query.where(attempt_notices.c.notice_pk.in_(list(gave_up))))
    return len({row.notice_pk for row in later if row.pk > gave_up[row.notice_pk]})


def _duties(tx: Tx, now: datetime) -> Counter[str]:
    """Count how each duty with a limit stands."""
    first = select(attempt_notices.c.notice_pk, func.min(attempts.c.sent_at).label("at"))
    first = first.select_from(attempts.join(attempt_notices)).where(attempts.c.state.in_(_ARRIVED))
    sent = {row.notice_pk: row.at for row in tx.all(first.group_by(attempt_notices.c.notice_pk))}
    rows = tx.all(select(notices).where(notices.c.deadline.is_not(None)))
    return Counter(_duty(row, sent.get(row.pk), now) for row in rows)


def _duty(notice: Row[Any], sent_at: datetime | None, now: datetime) -> str:
    if sent_at is not None:
        return "met" if sent_at <= notice.deadline else "told late"
    if notice.reason == _BY_A_PERSON or notice.state == "told":
        return "met by a person"
    if notice.state in ("suppressed", "cancelled"):
        return "not to be told"
    return "still open in time" if now <= notice.deadline else "not met yet, with a person"


def _providers(tx: Tx, stage: Stage) -> tuple[Provider, ...]:
    recorded = Counter(
        row.channel for row in tx.all(select(attempts.c.channel).where(attempts.c.provider_id.is_not(None)))
    )
    texts = [(message.to, message.body, message.at) for message in stage.peers.sms.messages]
    mails = [message.message_id for message in stage.peers.mail.messages]
    letters = [path.name for path in (stage.home / "letters").glob("*.pdf")]
    return (
        Provider("the SMS provider", len(texts), recorded["sms"], len(texts) - len(set(texts))),
        Provider("the mail server", len(mails), recorded["email"], len(mails) - len(set(mails))),
        Provider("the print room's folder", len(letters), recorded["letter"], 0),
    )


def _lost(tx: Tx) -> tuple[str, ...]:
    """Return what nobody looks after: there must be nothing."""
    forgotten = select(events.c.event_id).where(events.c.planned_at.is_(None), events.c.problem.is_(None))
    stuck = select(notices.c.pk).where(notices.c.state == "sending")
    escalated = select(escalations.c.victim_pk).where(escalations.c.reason == "no_contact")
    alone = select(notices.c.pk).where(notices.c.state == "failed", notices.c.victim_pk.not_in(escalated))
    return (
        *(f"event {row.event_id} was never planned" for row in tx.all(forgotten)),
        *(f"notice N{row.pk} is stuck with a worker" for row in tx.all(stuck)),
        *(f"notice N{row.pk} failed and nobody was told" for row in tx.all(alone)),
    )
