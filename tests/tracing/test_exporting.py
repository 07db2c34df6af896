"""Spans are sent beside the work: a collector that hangs holds up nobody."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import msgspec
import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from processes.tracing import exporting
from processes.tracing import tracing as module
from processes.tracing.exporting import QUEUE_MAX, exported, provider_of
from processes.tracing.trace_context import root_of
from processes.tracing.tracing import Tracing
from tests.topics.sample_messages import SAMPLES
from topics.messages.control import StopJob, StopReason
from topics.messages.fact import Fact
from topics.registry import CONTROL, FACTS


@contextmanager
def hanging() -> Iterator[tuple[str, threading.Event]]:
    """A collector that takes connections and never answers. Its event is set once one came."""
    asked, over = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        held: list[socket.socket] = []

        def hold() -> None:
            while not over.is_set():
                try:
                    held.append(listening.accept()[0])
                except TimeoutError:
                    continue
                asked.set()

        thread = threading.Thread(target=hold)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        finally:
            over.set()
            thread.join()
            for connection in held:
                connection.close()


def test_more_spans_than_a_hanging_collector_takes_are_dropped_and_the_process_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Longer than anybody would wait here.
    monkeypatch.setattr(exporting, "EXPORT_MAX_S", 120.0)
    with hanging() as (url, asked):
        with exported(url, "reactor") as tracing:
            for _ in range(QUEUE_MAX * 3):
                tracing.said(CONTROL, StopJob(uuid4(), StopReason.CANCELLED))
            assert asked.wait(30.0)
            for _ in range(QUEUE_MAX * 3):
                tracing.said(CONTROL, StopJob(uuid4(), StopReason.CANCELLED))
        # It still hopes for an answer, and whoever ends does not wait for it.
        assert "last spans" in {thread.name for thread in threading.enumerate()}


def test_a_job_that_was_forgotten_goes_on_under_its_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED_MAX", 1)
    kept = InMemorySpanExporter()
    tracing = Tracing(provider_of("reactor", SimpleSpanProcessor(kept)))
    ada, grace = uuid4(), uuid4()
    for job in (ada, ada, grace, ada):
        tracing.said(CONTROL, StopJob(job, StopReason.CANCELLED))
    of_ada = [span for span in kept.get_finished_spans() if span.context.trace_id == ada.int]
    first, second, third = of_ada
    parents = [span.parent.span_id for span in of_ada if span.parent is not None]
    assert parents == [root_of(ada).span_id, first.context.span_id, root_of(ada).span_id]
    assert len({one.context.span_id for one in (first, second, third)}) == 3


def test_the_fact_of_a_job_is_in_its_trace_and_no_other_fact_is_in_any() -> None:
    kept = InMemorySpanExporter()
    tracing = Tracing(provider_of("relay", SimpleSpanProcessor(kept)))
    fact = SAMPLES["fact"]
    assert isinstance(fact, Fact)
    of_job = msgspec.structs.replace(fact, event_type="job.started")
    assert tracing.said(FACTS, of_job) == root_of(fact.originator_id).traceparent
    of_wallet = msgspec.structs.replace(fact, event_type="wallet.reserved")
    assert tracing.said(FACTS, of_wallet) is None
    assert kept.get_finished_spans() == ()
