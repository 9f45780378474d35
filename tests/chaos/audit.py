"""The audit after a fault: what publishers published and peers received, against our own records.

It reads the peers' own logs and the database, message by message, after everything was stopped.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Column, Row, Select, select

from notifier.event_types import EVENT_TYPES
from notifier.peers import smtp, twilio
from notifier.records import Tone
from notifier.store.database import Store, Tx
from notifier.store.tables import (
    attempt_notices,
    attempts,
    cases,
    escalations,
    events,
    journal,
    notices,
    tasks,
    victims,
)
from tests.chaos.traffic import Document
from tests.e2e.service import Service

_STAFF = ("officer", "supervisor", "unit")
_MOVING = ("planned", "sending")
WITH_PERSON = ("held", "with_person", "uncertain", "failed")
_WENT_OUT = ("accepted", "delivered", "confirmed", "unconfirmed")
# She may hold two messages about the same news where the first is on record as not known to have arrived,
# even if its receipt came after all.
_NOT_SURE = ("unknown", "unconfirmed", "failed")
# The policy's four hours for an SMS, less an hour by which a clock is wrong.
_LONG_SILENCE = timedelta(hours=3)
_LONG_FOR_SAFETY = timedelta(minutes=10)
_EVENT = (events.c.pk, events.c.source, events.c.event_id, events.c.planned_at, events.c.problem)
_NOTICE = (notices.c.pk, notices.c.event_pk, notices.c.case_pk, notices.c.victim_pk, notices.c.state)
_ATTEMPT = tuple(attempts.c[name] for name in ("pk", "ref", "state", "role", "channel", "wording", "why"))
_SHORT = ("pointer", "news")  # a short message and the full text it points to are two parts of one notice


@dataclass(slots=True)
class Findings:
    """What an audit found; ``lost`` and ``doubled`` hold a line for each, and must be empty."""

    events: int
    messages: int
    with_person: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, and nothing doubled without being known."""
        return not self.lost and not self.doubled


@dataclass(frozen=True, slots=True)
class Records:
    """The database as it stands at the end."""

    events: Mapping[tuple[str, str], Row[Any]]
    notices: Mapping[int, Row[Any]]
    attempts: Mapping[str, Row[Any]]
    carried: Mapping[int, list[int]]
    doubted: frozenset[int | None]
    shown: frozenset[tuple[int, int | None]]

    def told(self) -> Iterator[tuple[Row[Any], list[Row[Any]]]]:
        """Yield each notice with the attempts that carried it."""
        by_notice: dict[int, list[Row[Any]]] = {}
        for attempt in self.attempts.values():
            for notice_pk in self.carried.get(attempt.pk, ()):
                by_notice.setdefault(notice_pk, []).append(attempt)
        for pk, notice in self.notices.items():
            yield notice, by_notice.get(pk, [])


def audit(service: Service, published: Iterable[Document]) -> Findings:
    """Compare what was published and what the peers hold with our records."""
    documents = {(one["source"], one["id"]): one for one in published}
    records, received = read_records(service.store), refs_received(service)
    findings = Findings(len(documents), sum(received.values()))
    findings.lost += events_lost(documents, records)
    findings.lost += notices_lost(records, received)
    findings.doubled += doubled(records, received)
    findings.with_person = sum(notice.state in WITH_PERSON for notice in records.notices.values())
    findings.with_person += sum(row.problem is not None for row in records.events.values())
    return findings


def refs_received(service: Service) -> Counter[str]:
    """Return how often the peers hold each attempt, by the name that it carries on the wire."""
    texts = map(ref_of_text, service.sms.messages)
    mails = map(ref_of_mail, service.mail.messages)
    manifests = (service.home / "letters").glob("*.json")
    letters = (json.loads(path.read_text())["id"] for path in manifests)
    return Counter([*texts, *mails, *letters])


def ref_of_text(message: twilio.PeerMessage) -> str:
    """Return which attempt a text message is."""
    return parse_qs(urlsplit(message.status_callback or "").query)["attempt"][0]


def ref_of_mail(message: smtp.PeerMessage) -> str:
    """Return which attempt a mail is."""
    return message.message_id.partition("+")[2].partition("@")[0]


def read_records(store: Store, case_ids: Collection[str] | None = None) -> Records:
    """Read everything, or what is about these cases, in one transaction."""
    with store.begin() as tx:
        named = _about(select(cases.c.pk), cases.c.case_id, case_ids)
        pks = None if case_ids is None else [row.pk for row in tx.all(named)]
        stored = tx.all(_about(select(*_EVENT), events.c.case_id, case_ids))
        told = select(*_NOTICE, victims.c.victim_id, cases.c.case_id)
        told = told.select_from(notices.join(victims).join(cases))
        made = tx.all(_about(told, notices.c.case_pk, pks))
        tried = tx.all(_about(select(*_ATTEMPT), attempts.c.case_pk, pks))
        return Records(
            {(row.source, row.event_id): row for row in stored},
            {row.pk: row for row in made},
            {row.ref: row for row in tried},
            _carried(tx, pks),
            _doubted(tx, pks),
            _shown(tx, pks),
        )


def _about(query: Select[Any], column: Column[Any], wanted: Collection[Any] | None) -> Select[Any]:
    return query if wanted is None else query.where(column.in_(wanted))


def _carried(tx: Tx, case_pks: Collection[int] | None) -> dict[int, list[int]]:
    """Return the notices that each attempt carried."""
    links = select(attempt_notices).select_from(attempt_notices.join(notices))
    carried: dict[int, list[int]] = {}
    for link in tx.all(_about(links, notices.c.case_pk, case_pks)):
        carried.setdefault(link.attempt_pk, []).append(link.notice_pk)
    return carried


def _doubted(tx: Tx, case_pks: Collection[int] | None) -> frozenset[int | None]:
    """Return the attempts that the journal gives up rightly."""
    ended = select(journal.c.attempt_pk, journal.c.what, journal.c.at, attempts.c.sent_at, attempts.c.tone)
    ended = ended.select_from(journal.join(attempts))
    rows = tx.all(_about(ended, attempts.c.case_pk, case_pks))
    return frozenset(row.attempt_pk for row in rows if _gave_up(row))


def _shown(tx: Tx, case_pks: Collection[int] | None) -> frozenset[tuple[int, int | None]]:
    """Return case and victim of each open task and escalation."""
    rows: list[Row[Any]] = []
    for table, ended in ((tasks, tasks.c.done_at), (escalations, escalations.c.resolved_at)):
        open_ = select(table.c.case_pk, table.c.victim_pk).where(ended.is_(None))
        rows += tx.all(_about(open_, table.c.case_pk, case_pks))
    return frozenset((row.case_pk, row.victim_pk) for row in rows)


def _gave_up(line: Row[Any]) -> bool:
    """Tell whether a line of the journal gives an attempt up rightly: it failed, or was silent for long."""
    silence: timedelta = line.at - line.sent_at
    long = _LONG_FOR_SAFETY if line.tone == Tone.SAFETY else _LONG_SILENCE
    return line.what == "failed" or (line.what == "unconfirmed" and silence >= long)


def events_lost(documents: Mapping[tuple[str, str], Document], records: Records) -> Iterator[str]:
    """Yield what became of no published event."""
    noticed = {notice.event_pk: notice for notice in records.notices.values()}
    for key, document in documents.items():
        row = records.events.get(key)
        if row is None:
            yield f"event {key[1]} is not stored"
        elif row.planned_at is None:
            yield f"event {key[1]} is not planned"
        elif row.problem is None and _is_told(document) and row.pk not in noticed:
            yield f"event {key[1]} has no notice"


def _is_told(document: Document) -> bool:
    history = document.get("data", {}).get(
        "backfill", False
    )  # the soak, which has none, keeps types and ids only
    return EVENT_TYPES[document["type"]].told and not history


def notices_lost(records: Records, received: Counter[str]) -> Iterator[str]:
    """Yield what neither came to its end nor is shown to a person, and what only our records say went out."""
    for attempt in records.attempts.values():
        if attempt.state in _WENT_OUT and not received[attempt.ref]:
            yield f"attempt {attempt.pk} is {attempt.state}, and no peer has it"
    for notice, tried in records.told():
        name = f"notice {notice.pk} of {notice.case_id}"
        if notice.state in _MOVING:
            yield f"{name} is still {notice.state}"
        elif notice.state in WITH_PERSON and (notice.case_pk, notice.victim_pk) not in records.shown:
            yield f"{name} is {notice.state}, and no person is asked"
        elif notice.state in ("sent", "told") and not any(received[attempt.ref] for attempt in tried):
            yield f"{name} is {notice.state}, and no peer has a message of it"


def doubled(records: Records, received: Counter[str]) -> Iterator[str]:
    """Yield what went out twice, or went out at all, without our records saying that it may have."""
    for ref, times in received.items():
        attempt = records.attempts.get(ref)
        if attempt is None:
            yield "a peer has a message without an attempt"
        elif attempt.role in _STAFF:
            continue  # to tell an officer twice does no harm, not to tell her may: the rule of the service
        elif times > 1:
            yield f"attempt {attempt.pk} went out {times} times"
        elif attempt.state in ("deferred", "dispatching"):
            yield f"attempt {attempt.pk} went out and is on record as {attempt.state}"
    for notice, arrived, known in told_again(records, received):
        if not known:
            by = ", ".join(f"{one.pk} {one.channel} {one.state}" for one in arrived)
            yield f"notice {notice.pk} of {notice.case_id} was told {_most(arrived)} times, by attempts {by}"


def told_again(
    records: Records, received: Counter[str]
) -> Iterator[tuple[Row[Any], Sequence[Row[Any]], bool]]:
    """Yield each notice that went out more than once, its attempts, and whether that is on record."""
    for notice, tried in records.told():
        arrived = [one for one in tried if received[one.ref]]
        if _most(arrived) > 1:
            sure = [one for one in arrived if one.pk not in records.doubted and _is_sure(one)]
            yield notice, arrived, _most(sure) <= 1


def _most(arrived: Sequence[Row[Any]]) -> int:
    """Return how often a notice was told in full or in short, whichever was more often."""
    return max(Counter(one.wording in _SHORT for one in arrived).values(), default=0)


def _is_sure(attempt: Row[Any]) -> bool:
    return attempt.state not in _NOT_SURE and not any("possible duplicate" in why for why in attempt.why)
