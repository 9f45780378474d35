"""The sources that publish: since when, and in which minutes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update

from notifier.store.at_hand import Shelf
from notifier.store.database import Tx
from notifier.store.tables import notices, publications, sources


def note(tx: Tx, published: Iterable[str], now: datetime) -> None:
    """Note that these sources published at ``now``; many events of one minute are one publication."""
    # In one order everywhere: two intakes never wait for each other's source.
    names = sorted(set(published))
    if not names:
        return
    tx.add_once(sources, [{"source": name, "first_at": now, "check_at": now} for name in names])
    minute = now.replace(second=0, microsecond=0)
    mine = sources.c.source.in_(names)
    known = [row.pk for row in tx.all(select(sources.c.pk).where(mine).order_by(sources.c.source))]
    tx.add_once(publications, [{"source_pk": pk, "minute": minute} for pk in known])
    idle = mine & sources.c.check_at.is_(None)
    tx.run(update(sources).where(idle).values(check_at=now))


def first_at(tx: Tx, source: str) -> datetime | None:
    """Return when the source was first heard of."""
    return next(iter(tx.of(_FIRST_AT, source)), None)


def _read_first_at(tx: Tx, names: Sequence[str]) -> Iterator[tuple[str, int, datetime]]:
    query = select(sources.c.source, sources.c.pk, sources.c.first_at).where(sources.c.source.in_(names))
    for row in tx.all(query):
        yield row.source, row.pk, row.first_at


_FIRST_AT = Shelf(_read_first_at, frozenset({sources}))


_TO_CHECK = (
    select(sources).where(sources.c.check_at <= bindparam("now")).order_by(sources.c.source).with_for_update()
)


def to_check(tx: Tx, now: datetime) -> Sequence[Row[Any]]:
    """Return the sources whose silence is to be judged now; they are locked."""
    return tx.all(_TO_CHECK, {"now": now})


def minutes(tx: Tx, source_pk: int) -> list[datetime]:
    """Return the minutes in which the source published."""
    rows = tx.all(select(publications.c.minute).where(publications.c.source_pk == source_pk))
    return [row.minute for row in rows]


def change(tx: Tx, pk: int, **values: Any) -> None:
    """Change columns of one source."""
    tx.run(update(sources).where(sources.c.pk == pk).values(**values))


def forget_minutes(tx: Tx, source_pk: int, before: datetime) -> None:
    """Drop publications that are too old to say what is usual."""
    old = (publications.c.source_pk == source_pk) & (publications.c.minute < before)
    tx.run(delete(publications).where(old))


@dataclass(frozen=True, slots=True)
class Span:
    """Notices of one source and type of event that were made after ``after`` and up to ``until``."""

    source: str
    event_type: str
    after: datetime
    until: datetime


def _count(tx: Tx, spans: Sequence[Span]) -> Iterator[tuple[Span, int, int]]:
    for span in spans:
        made = (notices.c.made_at > span.after) & (notices.c.made_at <= span.until)
        same = (notices.c.source == span.source) & (notices.c.event_type == span.event_type)
        row = tx.first(select(func.count().label("made")).select_from(notices).where(same, made))
        assert row is not None
        yield span, 0, int(row.made)


# No change of a notice changes how many were made: what is made is counted on.
_COUNTS = Shelf(_count, frozenset())


def notices_made(tx: Tx, source: str, event_type: str, after: datetime, until: datetime) -> int:
    """Return how many notices of one source and type were made after ``after`` and up to ``until``."""
    (made,) = tx.of(_COUNTS, Span(source, event_type, after, until))
    return made


def count_made(tx: Tx, source: str, event_type: str, at: datetime) -> None:
    """Count one more notice that was made at ``at``."""
    for span in tx.groups(_COUNTS):
        if (span.source, span.event_type) == (source, event_type) and span.after < at <= span.until:
            (made,) = tx.of(_COUNTS, span)
            tx.put(_COUNTS, span, 0, made + 1)
