"""What became of the day, counted from the database and compared with what the peers saw."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import select

from notifier.demo.day import Day
from notifier.demo.duties import duties
from notifier.demo.losses import Arrivals, account_for, losses
from notifier.demo.providers import TO_VICTIMS, Provider, providers
from notifier.demo.stage import Stage
from notifier.records import AttemptState, What
from notifier.rules.compliance import ARRIVED
from notifier.store.database import Tx
from notifier.store.tables import attempt_notices, attempts, escalations, journal, tasks

_GAVE_UP = {AttemptState.FAILED: "failed", AttemptState.UNCONFIRMED: "gave no receipt"}
_AGAIN = "possible duplicate"


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of the day; the counters go from a stored word, or from several, to a number.

    ``told`` is by event type and channel, ``reached`` are victims by channel, ``escalations`` by reason and
    the level that each reached. ``lost`` are sentences: there must be none.
    """

    arrivals: Arrivals
    told: Counter[tuple[str, str]]
    reached: Counter[str]
    held: Counter[str]
    suppressed: Counter[str]
    fallbacks: Counter[str]
    escalations: Counter[tuple[str, int]]
    tasks: Counter[str]
    duties: Counter[str]
    unknown: int
    duplicates: int
    providers: tuple[Provider, ...]
    lost: tuple[str, ...]


def summarise(stage: Stage, day: Day) -> Summary:
    """Return the figures at the end of the day."""
    with stage.services.store.begin() as tx:
        arrivals = account_for(tx, (line for _, line in day.lines))
        compared = providers(tx, stage)
        doubts = (f"{one.name} does not have what we recorded" for one in compared if not one.agrees)
        to_victims = tx.all(select(attempts).where(attempts.c.role.in_(TO_VICTIMS)))
        arrived = [row for row in to_victims if row.state in ARRIVED]
        return Summary(
            arrivals=arrivals,
            told=Counter((row.event_type, row.channel) for row in arrived),
            reached=Counter(channel for _, channel in {(row.victim_pk, row.channel) for row in arrived}),
            held=_journal(tx, What.HELD),
            suppressed=_journal(tx, What.SUPPRESSED),
            fallbacks=fallbacks(tx),
            escalations=Counter((row.reason, row.level) for row in tx.all(select(escalations))),
            tasks=Counter(row.kind for row in tx.all(select(tasks.c.kind))),
            duties=duties(tx, stage.services.policies, day.end),
            unknown=sum(row.state == AttemptState.UNKNOWN for row in to_victims),
            duplicates=sum(any(_AGAIN in why for why in row.why) for row in to_victims),
            providers=compared,
            lost=(*losses(tx, arrivals, day.end), *doubts),
        )


def _journal(tx: Tx, what: What) -> Counter[str]:
    return Counter(row.reason for row in tx.all(select(journal.c.reason).where(journal.c.what == what)))


def fallbacks(tx: Tx) -> Counter[str]:
    """Count the notices that went on to another contact point, by what happened at the one before."""
    columns = (attempt_notices.c.notice_pk, attempts.c.channel, attempts.c.point_pk, attempts.c.state)
    query = select(*columns).select_from(attempts.join(attempt_notices))
    rows = tx.all(query.order_by(attempt_notices.c.notice_pk, attempts.c.pk))
    return Counter(
        f"{before.channel} {_GAVE_UP[before.state]}, then {after.channel}"
        for before, after in pairwise(rows)
        if before.notice_pk == after.notice_pk
        and before.state in _GAVE_UP
        and before.point_pk != after.point_pk
    )
