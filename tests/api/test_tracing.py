"""A mutation over GraphQL is the root of the trace of the job that it opens."""

from pathlib import Path

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from processes.tracing.exporting import provider_of
from processes.tracing.trace_context import Place, root_of
from processes.tracing.tracing import Tracing
from tests.api.creator import Creator, uuid_of
from tests.api.live_studio import live_studio


def test_a_mutation_begins_the_trace_of_the_job_that_it_opens(
    database: str, tmp_path: Path
) -> None:
    kept = InMemorySpanExporter()
    tracing = Tracing(provider_of("api", SimpleSpanProcessor(kept)))
    with live_studio(database, tmp_path, spans=tracing) as live:
        ada = Creator(live, "Ada").verified().rich()
        job = uuid_of(ada.images())
    spans = {
        Place(span.context.trace_id, span.context.span_id): span
        for span in kept.get_finished_spans()
    }
    root = spans[root_of(job)]
    assert root.name == "mutation RequestImages"
    assert root.parent is None
    assert "fog" not in root.to_json()
    assert str(ada.person) not in root.to_json()
