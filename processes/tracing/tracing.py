"""The spans of one process: mutations, commands, messages, and the work that a claim is granted.

What stands in a span: names of commands, messages, topics, engines and kinds, codes of refusals,
numbers of attempts, and the id of the job, which is the trace's. Never an owner, a prompt, a file.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags

from processes.tracing.trace_context import Place, place_in, root_of
from topics.codec import message_type
from topics.messages.fact import Fact
from topics.messages.grants import JobGranted
from topics.messages.jobs import JobQueued
from topics.messages.progress import JobProgressed
from topics.messages.results import (
    JobAlive,
    JobClaimed,
    JobFailed,
    JobRendered,
    OutputsScreened,
    PackMade,
    PhotosJudged,
    SourcePhotoJudged,
)
from topics.messages.work import PublishWork, WorkKind
from topics.registry import Message, Topic
from topics.transport import Delivery

REMEMBERED_MAX = 4_096
"""Jobs whose last span a process remembers. Of one that is forgotten, the next is a child of the
root."""

JOB_EVENTS = "job."
"""Their facts are keyed by their owner, and belong to the trace of their aggregate: the job."""

_SAID_ALL_THE_TIME = (JobAlive, JobProgressed)
"""They carry the context and are no span of their own."""

_REPORTS = (JobRendered, JobFailed, OutputsScreened, PhotosJudged, SourcePhotoJudged, PackMade)

V = TypeVar("V")


class Tracing:
    """Observes messages, and opens spans for who asks. Safe to share between threads.

    The parent of a span is what this process last said, heard or did of the same job.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("suite")
        self._last: _Remembered[Place] = _Remembered()
        self._claims: _Remembered[Place] = _Remembered()
        self._work: _Remembered[Span] = _Remembered()

    @contextmanager
    def mutation(self, name: str, opens: UUID) -> Iterator[None]:
        """The root of a trace: the one of whatever this mutation opens."""
        span = self._root(f"mutation {name}", opens, SpanKind.SERVER, {"suite.mutation": name})
        with _current(span):
            yield

    @contextmanager
    def span(
        self, name: str, subject: UUID | None, attributes: Mapping[str, Any]
    ) -> Iterator[Span | None]:
        """A span inside the current one, else in the trace of `subject`; none where neither is."""
        current = trace.get_current_span().get_span_context()
        if current.is_valid:
            parent = Place(current.trace_id, current.span_id)
        elif subject is not None:
            parent = self._last.get(subject) or root_of(subject)
        else:
            yield None
            return
        span = self._tracer.start_span(name, _under(parent), attributes=dict(attributes))
        if subject is not None and subject.int == parent.trace_id:
            self._last.put(subject, _place(span))
        with _current(span):
            yield span

    def said(self, topic: Topic, message: Message) -> str | None:
        """See `MessageObserver.said`."""
        if isinstance(message, Fact):
            of_job = message.event_type.startswith(JOB_EVENTS)
            return root_of(message.originator_id).traceparent if of_job else None
        subject = _subject(message)
        if subject is None:
            return None
        if isinstance(message, _SAID_ALL_THE_TIME):
            return (self._last.get(subject) or root_of(subject)).traceparent
        if isinstance(message, _REPORTS):
            self._work_ends(message)
        name = message_type(type(message))
        attributes = {"messaging.destination.name": topic.name, "suite.message": name}
        attempt = getattr(message, "attempt", None)
        if attempt is not None:
            attributes["suite.attempt"] = attempt
        if _opens_a_trace(message):
            span = self._root(f"publish {name}", subject, SpanKind.PRODUCER, attributes)
        else:
            parent = self._last.get(subject) or root_of(subject)
            span = self._tracer.start_span(
                f"publish {name}", _under(parent), SpanKind.PRODUCER, attributes
            )
        span.end()
        self._last.put(subject, _place(span))
        if isinstance(message, JobClaimed):
            self._claims.put(message.claim_id, _place(span))
        return _place(span).traceparent

    def heard(self, delivery: Delivery) -> None:
        """See `MessageObserver.heard`."""
        subject = _subject(delivery.message)
        if subject is None:
            return
        place = place_in(delivery.traceparent, subject)
        if place is not None and not isinstance(delivery.message, _SAID_ALL_THE_TIME):
            self._last.put(subject, place)
        if isinstance(delivery.message, JobGranted):
            self._work_begins(delivery.message)

    def _work_begins(self, grant: JobGranted) -> None:
        """Where the claim is ours. A grant may come twice."""
        if self._claims.take(grant.claim_id) is None:
            return
        kind = str(grant.work.__struct_config__.tag)
        span = self._tracer.start_span(
            f"work {kind}",
            _under(self._last.get(grant.job) or root_of(grant.job)),
            SpanKind.CONSUMER,
            {
                "suite.work": kind,
                "suite.engine": "" if isinstance(grant.work, PublishWork) else grant.work.engine,
                "suite.attempt": grant.attempt,
            },
        )
        self._work.put(grant.claim_id, span)
        self._last.put(grant.job, _place(span))

    def _work_ends(
        self,
        report: JobRendered
        | JobFailed
        | OutputsScreened
        | PhotosJudged
        | SourcePhotoJudged
        | PackMade,
    ) -> None:
        span = self._work.take(report.claim_id)
        if span is None:
            return
        if isinstance(report, JobFailed):
            span.set_attribute("error.type", report.reason.value)
            span.set_status(trace.StatusCode.ERROR)
        span.end()

    def _root(
        self, name: str, subject: UUID, kind: SpanKind, attributes: Mapping[str, Any]
    ) -> Span:
        place = root_of(subject)
        token = _WANTED.set(place)
        try:
            span = self._tracer.start_span(name, Context(), kind, dict(attributes))
        finally:
            _WANTED.reset(token)
        self._last.put(subject, place)
        return span


class PlacedIds(RandomIdGenerator):
    """Gives a root the ids of its place, and every other span random ones."""

    def generate_trace_id(self) -> int:
        """See `IdGenerator.generate_trace_id`."""
        wanted = _WANTED.get()
        return super().generate_trace_id() if wanted is None else wanted.trace_id

    def generate_span_id(self) -> int:
        """See `IdGenerator.generate_span_id`."""
        wanted = _WANTED.get()
        return super().generate_span_id() if wanted is None else wanted.span_id


_WANTED: ContextVar[Place | None] = ContextVar("wanted", default=None)


class _Remembered(Generic[V]):
    """At most `REMEMBERED_MAX` of the newest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: OrderedDict[UUID, V] = OrderedDict()

    def get(self, key: UUID) -> V | None:
        with self._lock:
            return self._values.get(key)

    def put(self, key: UUID, value: V) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > REMEMBERED_MAX:
                self._values.popitem(last=False)

    def take(self, key: UUID) -> V | None:
        with self._lock:
            return self._values.pop(key, None)


def _subject(message: object) -> UUID | None:
    """The job, or the photo set, that a message is about."""
    if isinstance(message, PhotosJudged):
        return message.submission
    found = getattr(message, "job", None)
    return found if isinstance(found, UUID) else None


def _opens_a_trace(message: Message) -> bool:
    """A photo set's own trace begins where it is announced: no mutation has its id."""
    return (
        isinstance(message, JobQueued)
        and message.kind is WorkKind.SCREENING
        and message.twin is not None
    )


def _place(span: Span) -> Place:
    found = span.get_span_context()
    return Place(found.trace_id, found.span_id)


def _under(parent: Place) -> Context:
    remote = SpanContext(
        parent.trace_id, parent.span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )
    return trace.set_span_in_context(NonRecordingSpan(remote), Context())


@contextmanager
def _current(span: Span) -> Iterator[None]:
    # What is raised may say what somebody wrote: it is recorded by who knows its type, if at all.
    with trace.use_span(
        span, end_on_exit=True, record_exception=False, set_status_on_exception=False
    ):
        yield
