"""An OTLP collector in this process: takes spans over HTTP, and keeps them."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Received:
    """One span as it came over the wire."""

    process: str
    name: str
    trace: str
    span: str
    parent: str
    attributes: dict[str, Any]
    is_error: bool


@dataclass
class Collector:
    """What has come so far, and everything that was ever sent, as bytes."""

    url: str
    spans: list[Received] = field(default_factory=list)
    raw: bytes = b""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, trace: str) -> list[Received]:
        """The spans of one trace, so far."""
        with self.lock:
            return [span for span in self.spans if span.trace == trace]

    def take(self, body: bytes) -> None:
        """Keep what one request brought."""
        request = ExportTraceServiceRequest.FromString(body)
        with self.lock:
            self.raw += body
            for of_process in request.resource_spans:
                resource = {
                    one.key: one.value.string_value for one in of_process.resource.attributes
                }
                for scope in of_process.scope_spans:
                    self.spans.extend(_received(resource, span) for span in scope.spans)


def _received(resource: dict[str, str], span: Any) -> Received:
    return Received(
        process=resource["service.name"],
        name=span.name,
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        attributes={one.key: one.value.string_value for one in span.attributes},
        is_error=span.status.code == 2,
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens for the length of a `with` block."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            collector.take(body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
