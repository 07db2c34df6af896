"""Spans on their way to a collector: in batches, by a thread of their own, and never waited for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from processes.tracing.tracing import PlacedIds, Tracing

QUEUE_MAX = 2_048
"""Spans that wait for a collector. What comes while it is full is dropped."""
BATCH_MAX = 512
BATCH_EVERY_MS = 1_000
EXPORT_MAX_S = 3.0
"""How long one batch is tried, again and again, before it is dropped."""
LAST_BATCH_MAX_S = 2.0
"""How long a process that ends waits for what is still on its way."""


@contextmanager
def exported(endpoint: str, process: str) -> Iterator[Tracing]:
    """The tracing of one process, sent to an OTLP collector (`http://collector:4318`).

    Headers that the collector asks for are read from `OTEL_EXPORTER_OTLP_HEADERS`.
    """
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_MAX_S)
    provider = provider_of(
        process,
        BatchSpanProcessor(
            exporter,
            max_queue_size=QUEUE_MAX,
            max_export_batch_size=BATCH_MAX,
            schedule_delay_millis=BATCH_EVERY_MS,
        ),
    )
    try:
        yield Tracing(provider)
    finally:
        # A thread, for a collector that is away would hold up the end of the process.
        ending = threading.Thread(target=provider.shutdown, name="last spans", daemon=True)
        ending.start()
        ending.join(LAST_BATCH_MAX_S)


def provider_of(process: str, processor: SpanProcessor) -> TracerProvider:
    """A provider whose spans say which process they are of."""
    resource = Resource({"service.namespace": "suite", "service.name": process})
    provider = TracerProvider(resource=resource, id_generator=PlacedIds(), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return provider
