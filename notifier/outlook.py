"""What waits to be told to a victim as it stands, and what a change would make of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from notifier import deciding
from notifier.records import ChannelName, Notice, NoticeState, What
from notifier.rules.decision import Send
from notifier.rules.policy import Policies
from notifier.rules.routing import channel_order, next_route
from notifier.rules.timing import local_day
from notifier.store import cases, journal, notices, people, registrations
from notifier.store.database import Tx
from notifier.store.situations import CaseFile, bring_files, load_file


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a notice stands: to be sent when and by which channels, or why it is not."""

    state: NoticeState
    send_at: datetime | None = None
    channels: tuple[ChannelName, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """A victim's notices in some of her cases (by key), and when each case's next update is due (by its id).

    ``asked`` is what staff were asked after the line of the journal ``since``: kinds of tasks, reasons.
    """

    notices: dict[int, tuple[str, Notice, Standing]]
    updates: dict[str, datetime | None]
    asked: tuple[str, ...]
    since: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change makes of one notice that waits."""

    case_id: str
    notice: Notice
    before: Standing
    after: Standing


def look(
    tx: Tx,
    victim_pk: int,
    case_pks: Sequence[int],
    policies: Policies,
    now: datetime,
    since: int | None = None,
) -> Outlook:
    """Return how what is told to a victim in these cases stands at ``now``."""
    newest = journal.last_key(tx)
    lines = [] if since is None else journal.after(tx, since)
    bring_files(tx, case_pks)
    found, updates = {}, {}
    for case_pk in case_pks:
        file = load_file(tx, case_pk)
        updates[file.case.case_id] = registrations.of_victim(tx, case_pk, victim_pk).courtesy_at
        for notice in notices.of_victim(tx, victim_pk, case_pk):
            found[notice.pk] = (file.case.case_id, notice, _standing(tx, notice, file, policies, now))
    asked = [
        str(row.kind if row.what == What.TASK else row.reason)
        for row in lines
        if row.what in (What.TASK, What.ESCALATION) and row.case_pk in case_pks
    ]
    return Outlook(found, updates, tuple(dict.fromkeys(asked)), newest)


def _standing(tx: Tx, notice: Notice, file: CaseFile, policies: Policies, now: datetime) -> Standing:
    if notice.state is not NoticeState.PLANNED or notice.send_at is None:
        return Standing(notice.state, reason=notice.reason)
    decision = deciding.foresee(tx, notice, file, policies, now)
    parts = decision.outcome.parts if isinstance(decision.outcome, Send) else ()
    channels = tuple(part.point.channel for part in parts)
    return Standing(notice.state, max(notice.send_at, now), channels)


def effects(before: Outlook, after: Outlook) -> list[Effect]:
    """Return the notices that wait and that the change makes something else of, the oldest first."""
    return [
        Effect(case_id, notice, stood, after.notices[pk][2])
        for pk, (case_id, notice, stood) in before.notices.items()
        if notice.state in notices.OPEN and stood != after.notices[pk][2]
    ]


def moved_updates(before: Outlook, after: Outlook) -> Iterable[tuple[str, datetime | None, datetime | None]]:
    """Yield the cases whose next no-progress update moves: the id, when it was due, and when it is then."""
    for case_id, due in before.updates.items():
        if after.updates[case_id] != due:
            yield case_id, due, after.updates[case_id]


def ways(tx: Tx, case_pk: int, victim_pk: int, policies: Policies, now: datetime) -> Iterator[ChannelName]:
    """Yield the channels of the contract that have a contact point which may be used today."""
    case, victim = cases.load(tx, case_pk), people.load_victim(tx, victim_pk)
    policy = policies.of(case.force, now)
    day = local_day(now, policy.timezone)
    for channel in dict.fromkeys(channel_order(victim, policy)):
        others = frozenset(point.pk for point in victim.points if point.channel is not channel)
        if next_route(case, victim, day, policy, tried=others).point is not None:
            yield channel
