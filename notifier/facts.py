"""Facts: what the journal says became of notices and escalations, as CloudEvents for other programs.

A fact holds ids, times, the channel and the reason; never a name, an address or a text.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

import redis
from redis.client import Pipeline
from sqlalchemy import Row

from notifier.event_queue import FIELD
from notifier.records import AttemptState, What
from notifier.store import events, journal
from notifier.store.database import Store, Tx
from notifier.store.replies import AUTOMATIC_ANSWER

SOURCE = "urn:notifier"
Fact = dict[str, Any]

_TYPES: dict[What, str] = {
    What.ACCEPTED: "notice.accepted",
    What.DELIVERED: "notice.delivered",
    What.CONFIRMED: "notice.confirmed",
    What.FAILED: "notice.failed",
    What.SUPPRESSED: "notice.suppressed",
    What.HELD: "notice.held",
    What.CANCELLED: "notice.cancelled",
    What.PROMPT: "prompt.sent",
    What.RECEIVED: "contact.received",
}
_OF_ESCALATIONS: dict[tuple[What, str | None], str] = {
    (What.ESCALATION, "opened"): "escalation.opened",
    (What.ESCALATION, "climbed"): "escalation.climbed",
    (What.ACKNOWLEDGED, None): "escalation.acknowledged",
    (What.RESOLVED, None): "escalation.resolved",
}
_DATA = {
    "id": "ref",
    "case_id": "case_id",
    "victim_id": "victim_id",
    "event_id": "event_id",
    "event_ids": "event_ids",
    "event_source": "event_source",
    "event_type": "event_type",
    "channel": "channel",
    "reason": "reason",
    "level": "level",
    "deadline": "deadline",
    "attempt": "attempt_ref",
}
_BATCH = 500
# A scheduler publishes between two sweeps: all of history, after Redis was emptied, must not delay them.
_BATCHES_AT_ONCE = 10
_KEEP = 1_000_000


def facts_after(tx: Tx, cursor: int, limit: int) -> tuple[list[Fact], int]:
    """Return the facts of the next ``limit`` lines after ``cursor``, and the cursor to go on with.

    Many lines give no fact, so there may be fewer facts than ``limit``, even none; the end is reached when
    the cursor stays the same. Begin with 0.
    """
    journal.number_facts(tx)
    rows = journal.facts_after(tx, cursor, limit)
    facts = [fact for row in rows if (fact := _fact(row)) is not None]
    return facts, rows[-1].fact_id if rows else cursor


def facts_of(tx: Tx, source: str, cursor: int, limit: int) -> tuple[list[Fact], int]:
    """Return what :func:`facts_after` does for one publisher, ``source``.

    That is what is about its own events, and what is about no event (a reply, a reminder, a no-progress
    update) in the cases that it opened.
    """
    facts, after = facts_after(tx, cursor, limit)
    about_no_event = {fact["data"].get("case_id") for fact in facts if "event_id" not in fact["data"]}
    own_cases = events.opened_by(tx, source, about_no_event - {None})
    return [fact for fact in facts if _is_of(fact["data"], source, own_cases)], after


def _is_of(data: dict[str, Any], source: str, own_cases: Collection[str]) -> bool:
    if "event_id" in data:
        return bool(data["event_source"] == source)
    return data.get("case_id") in own_cases


def _fact(row: Row[Any]) -> Fact | None:
    type_ = _type(row)
    if type_ is None:
        return None
    return {
        "specversion": "1.0",
        "id": str(row.fact_id),
        "source": SOURCE,
        "type": type_,
        "time": row.at.isoformat(),
        "datacontenttype": "application/json",
        "data": _data(row),
    }


def _type(row: Row[Any]) -> str | None:
    """Return the fact's type; only a line about an escalation has a level."""
    what = What(row.what)
    if row.event_type == AUTOMATIC_ANSWER:
        return None  # it is no notice, and tells nothing
    if what is What.MESSAGE:
        # It may have been refused, or nobody knows: that is no acceptance.
        return _TYPES[What.ACCEPTED] if row.kind == AttemptState.ACCEPTED else None
    if what is What.CLOSURE:
        return f"closure.{row.kind}"
    if row.level is None:
        return _TYPES.get(what)
    return _OF_ESCALATIONS.get((what, row.kind))


def _data(row: Row[Any]) -> dict[str, Any]:
    values = {name: getattr(row, column) for name, column in _DATA.items()}
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def publish_facts(store: Store, client: redis.Redis, stream: str) -> int:
    """Put facts that are not in ``stream`` yet there, oldest first; return how many.

    The stream itself says how far it came: an entry's id is the fact's id. Several may publish at once,
    and none is left out or doubled. After Redis was emptied all facts come again, with the same ids.
    What is left after a few thousand waits for the next call. Raises ``redis.RedisError`` and
    :class:`~notifier.errors.Unreachable`; then nothing is lost, call again.
    """
    published = 0
    for _ in range(_BATCHES_AT_ONCE):
        count = _publish_batch(store, client, stream)
        published += count
        if count == 0:
            break
    return published


def _publish_batch(store: Store, client: redis.Redis, stream: str) -> int:
    with client.pipeline() as pipe:
        pipe.watch(stream)  # type: ignore[no-untyped-call]  # redis types its commands only
        facts = _facts_beyond(store, _last_in(pipe, stream))
        pipe.multi()
        for fact in facts:
            fields = {FIELD: json.dumps(fact, ensure_ascii=False)}
            pipe.xadd(stream, fields, id=f"{fact['id']}-0", maxlen=_KEEP)  # type: ignore[arg-type]  # invariant dict
        try:
            pipe.execute()
        except redis.WatchError:
            return 0  # another publisher was faster, or Redis was just emptied: the next call sees to it
    return len(facts)


def _last_in(pipe: Pipeline, stream: str) -> int:
    """Return the id of the newest fact ever put there, read or deleted since or not; 0 without one."""
    if not pipe.exists(stream):
        return 0
    about: Any = pipe.xinfo_stream(stream)
    return int(about["last-generated-id"].partition(b"-")[0])


def _facts_beyond(store: Store, cursor: int) -> list[Fact]:
    """Return the next facts, passing over lines that give none; empty at the end."""
    while True:
        with store.begin() as tx:
            facts, after = facts_after(tx, cursor, _BATCH)
        if facts or after == cursor:
            return facts
        cursor = after
