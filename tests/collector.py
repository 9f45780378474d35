"""A collector of traces: OTLP over HTTP as the protocol says, keeping what it was sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

_PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Seen:
    """A span as it came; ids are hexadecimal, ``about`` its attributes, ``failed`` its status."""

    name: str
    trace: str
    id: str
    parent: str
    about: dict[str, Any]
    links: tuple[str, ...]
    failed: bool
    begun: int
    ended: int


class Collector:
    """What was sent so far."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.raw: list[bytes] = []
        """Every request's body."""
        self.resources: list[dict[str, Any]] = []
        self._spans: list[Seen] = []
        self._lock = Lock()

    def take(self, path: str, body: bytes) -> None:
        """Read one request; raises where it is none."""
        assert path == "/v1/traces"
        request = ExportTraceServiceRequest.FromString(body)
        with self._lock:
            self.raw.append(body)
            for group in request.resource_spans:
                self.resources.append({one.key: _value(one.value) for one in group.resource.attributes})
                for scope in group.scope_spans:
                    self._spans += [_seen(span) for span in scope.spans]

    def spans(self, name: str | None = None) -> list[Seen]:
        """Return the spans of a name, or all, in the order of their ends."""
        with self._lock:
            found = [one for one in self._spans if name in (None, one.name)]
        return sorted(found, key=lambda one: one.ended)

    def wait_for(self, name: str, number: int = 1) -> list[Seen]:
        """Return the spans of a name once so many are there."""
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while len(found := self.spans(name)) < number:
            assert time.monotonic() < give_up, f"no {name!r} among {[one.name for one in self.spans()]}"
            time.sleep(0.05)
        return found


@contextmanager
def running_collector() -> Iterator[Collector]:
    """Run a collector."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        serving = Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        try:
            yield collector
        finally:
            server.shutdown()
            serving.join()


def _seen(span: Any) -> Seen:
    return Seen(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        about={one.key: _value(one.value) for one in span.attributes},
        links=tuple(link.span_id.hex() for link in span.links),
        failed=span.status.code == span.status.STATUS_CODE_ERROR,
        begun=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
    )


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind) if kind else None
