"""Traces by OpenTelemetry. Loaded only where they are exported: everything else runs without its packages.

Every event has one trace, whose id is made of its source and id: whoever takes it in, plans, sends or hears
of a receipt, in whatever process and however much later, writes into the same one, and nothing is handed on
for it. What is done for many at once is a span of its own, to which the span of each is linked.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from threading import Timer
from typing import Any, Self

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode, TraceFlags

_NAME = "notifier"
_LAST_SECONDS = 3.0  # to send what is left: who stops a role waits for it
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
Ids = Mapping[str, str | int | Sequence[str] | None]
"""What a span is about: ids, a channel, a state. Nothing personal, and no text of an exception."""


@dataclass(frozen=True, slots=True)
class Story:
    """What belongs into one trace: an event and all that is told of it, or a message that tells of none.

    ``root_id`` is the span of the event's arrival; ``None`` where there is no event.
    """

    trace_id: int
    root_id: int | None = None

    @classmethod
    def of_event(cls, source: str, event_id: str) -> Self:
        """Return the story of an event."""
        digest = sha256(f"{source}\n{event_id}".encode()).digest()
        return cls(int.from_bytes(digest[:16]), int.from_bytes(digest[16:24]))

    @classmethod
    def of_attempt(cls, ref: str) -> Self:
        """Return the story of a message that tells of no event: a courtesy update, or one to staff."""
        return cls(int.from_bytes(sha256(ref.encode()).digest()[:16]))


@dataclass(frozen=True, slots=True)
class Told:
    """What was done for one story, and about what; ``begins`` is where the story of an event begins."""

    story: Story
    ids: Ids
    begins: bool = False


@dataclass(slots=True)
class Batch:
    """What is done for many at once; times are nanoseconds of the system clock."""

    name: str
    span: Span
    begun: int
    ended: int = 0


class Traces:
    """Writes spans and sends them to a collector in the background. Safe to use from many threads.

    ``endpoint`` is the collector's OTLP address over HTTP, without ``/v1/traces``; where it is ``None`` the
    standard variables name it. A collector that is away costs its spans and nothing else.
    """

    def __init__(self, endpoint: str | None, version: str) -> None:
        self._ids = _Ids()
        self._exporter = OTLPSpanExporter(f"{endpoint}/v1/traces" if endpoint else None)
        self._provider = TracerProvider(
            resource=_resource(version), id_generator=self._ids, shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer(_NAME, version)

    def close(self) -> None:
        """Send what is left, for some seconds."""
        giving_up = Timer(_LAST_SECONDS, self._exporter.shutdown)
        giving_up.start()
        self._provider.shutdown()
        giving_up.cancel()

    @contextmanager
    def batch(self, name: str) -> Iterator[Batch]:
        """Time what is done for many; :meth:`tell` writes it down, what raises does at once."""
        span = self._tracer.start_span(f"{name}, together", Context())
        batch = Batch(name, span, time.time_ns())
        try:
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                yield batch
        except Exception as problem:
            span.set_status(StatusCode.ERROR, type(problem).__name__)
            span.end()
            raise
        batch.ended = time.time_ns()

    def tell(self, batch: Batch, told: Sequence[Told]) -> None:
        """Write down what a batch did; nothing, where it did nothing for anybody."""
        if not told:
            return
        batch.span.set_attributes(_attributes({"number": len(told)}))
        batch.span.end(batch.ended)
        links = [Link(batch.span.get_span_context())]
        for one in told:
            span = self._start(batch.name, one, links=links, start_time=batch.begun)
            span.end(batch.ended)

    @contextmanager
    def call(self, name: str, told: Told) -> Iterator[Span]:
        """Time the call of a provider; what is logged meanwhile carries the trace's id."""
        span = self._start(name, told, kind=SpanKind.CLIENT)
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield span
            except Exception as problem:
                span.set_status(StatusCode.ERROR, type(problem).__name__)
                raise

    def _start(self, name: str, told: Told, **options: Any) -> Span:
        story = told.story
        options["attributes"] = _attributes(told.ids)
        if story.root_id is None or told.begins:
            with self._ids.given(story.trace_id, story.root_id):
                return self._tracer.start_span(name, Context(), **options)
        root = SpanContext(story.trace_id, story.root_id, is_remote=True, trace_flags=_SAMPLED)
        within = trace.set_span_in_context(NonRecordingSpan(root), Context())
        return self._tracer.start_span(name, within, **options)


def note(span: Span, *, failed: bool, **ids: str | None) -> None:
    """Add what came of a call."""
    span.set_attributes(_attributes(ids))
    if failed:
        span.set_status(StatusCode.ERROR)


def current_trace() -> str | None:
    """Return the id of the trace that is being written in this thread."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


class _Ids(RandomIdGenerator):
    """Gives random ids, unless a story has its own."""

    def __init__(self) -> None:
        self._given: ContextVar[tuple[int, int | None] | None] = ContextVar("given", default=None)

    @contextmanager
    def given(self, trace_id: int, span_id: int | None) -> Iterator[None]:
        before = self._given.set((trace_id, span_id))
        try:
            yield
        finally:
            self._given.reset(before)

    def generate_trace_id(self) -> int:
        given = self._given.get()
        return given[0] if given else super().generate_trace_id()

    def generate_span_id(self) -> int:
        given = self._given.get()
        return (given[1] if given else None) or super().generate_span_id()


def _resource(version: str) -> Resource:
    """Name the service, unless the standard variables do."""
    named = OTEL_SERVICE_NAME in os.environ or f"{SERVICE_NAME}=" in os.environ.get(
        OTEL_RESOURCE_ATTRIBUTES, ""
    )
    return Resource.create({SERVICE_VERSION: version} | ({} if named else {SERVICE_NAME: _NAME}))


def _attributes(ids: Ids) -> dict[str, str | int | Sequence[str]]:
    return {f"{_NAME}.{name}": value for name, value in ids.items() if value is not None}
