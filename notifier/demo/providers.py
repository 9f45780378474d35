"""What the providers have, beside what we recorded: the proof that nothing was doubled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Row, select

from notifier.demo.stage import LETTERS, Stage
from notifier.records import AttemptState, ChannelName, Role
from notifier.store.database import Tx
from notifier.store.tables import attempt_notices, attempts

TO_VICTIMS = (Role.VICTIM, Role.REPRESENTATIVE)


@dataclass(frozen=True, slots=True)
class Provider:
    """What one peer has. ``recorded`` is how many messages we hold as taken by it, ``unknown`` of how many
    nobody knows; ``twice`` is what it has more than once.
    """

    name: str
    to_victims: int
    to_staff: int
    recorded: int
    unknown: int
    twice: int

    @property
    def agrees(self) -> bool:
        """Whether it has what we recorded; of messages that nobody knows it may have some."""
        return 0 <= self.to_victims + self.to_staff - self.recorded <= self.unknown


def providers(tx: Tx, stage: Stage) -> tuple[Provider, ...]:
    """Compare every peer with the database."""
    letters = (path.stem for path in (stage.home / LETTERS).glob("*.pdf"))
    return (
        _compared(tx, "the SMS provider", ChannelName.SMS, sms_refs(stage)),
        _compared(tx, "the mail server", ChannelName.EMAIL, mail_refs(stage)),
        _compared(tx, "the print room's folder", ChannelName.LETTER, letters),
    )


def sms_refs(stage: Stage) -> Iterator[str]:
    """Yield our names for the messages that the SMS peer accepted."""
    for message in stage.peers.sms.messages:
        yield parse_qs(urlsplit(message.status_callback or "").query).get("attempt", [""])[0]


def mail_refs(stage: Stage) -> Iterator[str]:
    """Yield our names for the messages that the mail peer accepted."""
    for message in stage.peers.mail.messages:
        yield message.message_id.partition("+")[2].partition("@")[0]


def _compared(tx: Tx, name: str, channel: ChannelName, refs: Iterable[str]) -> Provider:
    ours = {row.ref: row for row in tx.all(select(attempts).where(attempts.c.channel == channel))}
    contents = _contents(tx)
    has = [ours.get(ref) for ref in refs]
    to_victims = sum(row is not None and row.role in TO_VICTIMS for row in has)
    same = Counter(_content(row, contents) for row in has if row is not None)
    return Provider(
        name,
        to_victims,
        len(has) - to_victims,
        recorded=sum(row.provider_id is not None for row in ours.values()),
        unknown=sum(row.state == AttemptState.UNKNOWN for row in ours.values()),
        twice=same.total() - len(same),
    )


def _contents(tx: Tx) -> dict[int, tuple[int, ...]]:
    """Return which notices each attempt carried."""
    carried = defaultdict(list)
    for row in tx.all(select(attempt_notices).order_by(attempt_notices.c.notice_pk)):
        carried[row.attempt_pk].append(row.notice_pk)
    return {pk: tuple(notices) for pk, notices in carried.items()}


def _content(row: Row[Any], contents: dict[int, tuple[int, ...]]) -> tuple[object, ...]:
    """Return what makes two messages the same: for a victim the same news to the same address."""
    if row.pk not in contents:  # staff are reminded again and again: the same sending twice is meant
        return (row.ref,)
    return (contents[row.pk], row.point_pk, row.wording)
