"""The path and the channels, followed: the same work, and spans about it. Only where traces are exported.

What goes wrong with the spans themselves is logged and changes nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from notifier.channels.base import Channel, Claimed, SendOne, unclaimed
from notifier.delivery import Desk, Dispatch
from notifier.intake import Outcome, Taken
from notifier.path import Path
from notifier.records import AttemptState, ChannelName, Message, Receipt, ReceiptRequest, Reply, SendResult
from notifier.store import receipts, stories
from notifier.store.database import Store
from notifier.store.stories import Carried
from notifier.telemetry import Story, Told, Traces, note

_log = logging.getLogger(__name__)
_FAILED = frozenset({AttemptState.FAILED, AttemptState.UNKNOWN, AttemptState.DEFERRED})


class TracedPath(Path):
    """A path whose work is written into ``traces``."""

    def __init__(self, traces: Traces, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        self._traces = traces

    def take_in(
        self, documents: Sequence[str], now: datetime, *, door: str, source: str | None = None
    ) -> list[Taken]:
        """Do so; where an event is new, its trace begins."""
        with self._traces.batch("take in") as batch:
            taken = super().take_in(documents, now, door=door, source=source)
        with _whatever_happens():
            self._traces.tell(
                batch, [_arrival(one, door) for one in taken if one.outcome is Outcome.ACCEPTED]
            )
        return taken

    def plan(self, case_ids: Sequence[str], now: datetime, *, wait: bool = True) -> list[str]:
        """Do so, and say of which events."""
        with self._traces.batch("plan") as batch:
            left = super().plan(case_ids, now, wait=wait)
        with _whatever_happens():
            with self.store.read() as tx:
                rows = stories.planned_at(tx, case_ids, now)
            ids = [{"case": row.case_id, "event": row.event_id} for row in rows]
            events = [Story.of_event(row.source, row.event_id) for row in rows]
            self._traces.tell(batch, [Told(*one) for one in zip(events, ids, strict=True)])
        return left

    def _prepare(self, pks: Sequence[int], desk: Desk) -> list[Dispatch]:
        with self._traces.batch("prepare") as batch:
            dispatches = super()._prepare(pks, desk)
        with _whatever_happens():
            with self.store.read() as tx:
                found = stories.of_attempts(tx, [one.attempt_pk for one in dispatches])
            self._traces.tell(batch, [told_of(carried) for carried in found.values()])
        return dispatches

    def receive(self, channel: ChannelName, received: Iterable[Receipt], now: datetime) -> None:
        """Do so, and say of which attempts."""
        brought = list(received)
        with self._traces.batch("receipt") as batch:
            super().receive(channel, brought, now)
        with _whatever_happens():
            with self.store.read() as tx:
                pks = receipts.attempts_of(tx, channel, brought)
                found = stories.of_attempts(tx, [pk for pk in pks if pk is not None])
            about = [(found[pk], one) for pk, one in zip(pks, brought, strict=True) if pk is not None]
            self._traces.tell(
                batch,
                [
                    told_of(carried, channel=channel, result=one.state, code=one.code)
                    for carried, one in about
                ],
            )


class TracedChannel(Channel):
    """A channel each of whose calls is a span in the trace of what its message tells."""

    def __init__(self, channel: Channel, traces: Traces, store: Store) -> None:
        self.facts = channel.facts  # type: ignore[misc]  # it stands for that channel
        self.look_up_after = channel.look_up_after  # type: ignore[misc]  # the same
        self._channel = channel
        self._traces = traces
        self._store = store

    def send(self, message: Message) -> SendResult:
        """Hand the message on."""
        return self.sender_of((message,))(message)

    def sender_of(self, messages: Sequence[Message]) -> SendOne:
        """Return what sends each of these messages."""
        sender, found = self._channel.sender_of(messages), self._stories(messages)

        def send(message: Message) -> SendResult:
            with self._call("send", message, found) as result:
                result.append(sender(message))
            return result[0]

        return send

    def look_up(self, message: Message, claimed: Claimed = unclaimed) -> SendResult:
        """Ask the provider."""
        with self._call("look up", message, self._stories((message,))) as result:
            result.append(self._channel.look_up(message, claimed))
        return result[0]

    def _stories(self, messages: Sequence[Message]) -> Mapping[str, Carried]:
        with _whatever_happens(), self._store.read() as tx:
            return stories.of_refs(tx, [message.attempt_ref for message in messages])
        return {}

    @contextmanager
    def _call(self, name: str, message: Message, found: Mapping[str, Carried]) -> Iterator[list[SendResult]]:
        ref = message.attempt_ref
        carried = found.get(ref) or Carried(ref, None, (), None, None)
        result: list[SendResult] = []
        with self._traces.call(name, told_of(carried, channel=message.channel)) as span:
            yield result
            answer = result[0]
            note(span, failed=answer.state in _FAILED, result=answer.state, code=answer.code)

    def verify_receipt(self, request: ReceiptRequest) -> bool:
        """Tell whether the provider signed it."""
        return self._channel.verify_receipt(request)

    def parse_receipt(self, request: ReceiptRequest) -> list[Receipt]:
        """Read a verified request."""
        return self._channel.parse_receipt(request)

    def parse_reply(self, request: ReceiptRequest) -> list[Reply]:
        """Read what a person sent back."""
        return self._channel.parse_reply(request)

    def check(self) -> str | None:
        """Say what is wrong."""
        return self._channel.check()

    def close(self) -> None:
        """Give connections back."""
        self._channel.close()


def told_of(carried: Carried, **more: str | None) -> Told:
    """Return what a span about an attempt says."""
    if carried.source is not None and carried.event_id is not None:
        story = Story.of_event(carried.source, carried.event_id)
    else:
        story = Story.of_attempt(carried.ref)
    about = {"case": carried.case_id, "event": carried.event_id, "attempt": carried.ref}
    return Told(story, {**about, "notices": carried.notices or None, **more})


def _arrival(taken: Taken, door: str) -> Told:
    assert taken.source is not None
    assert taken.id is not None
    story = Story.of_event(taken.source, taken.id)
    return Told(story, {"case": taken.case_id, "event": taken.id, "door": door}, begins=True)


@contextmanager
def _whatever_happens() -> Iterator[None]:
    try:
        yield
    except Exception as problem:
        _log.warning("a trace was not written", extra={"error": type(problem).__name__})
