"""What an event says to other processes besides being a fact: pure, one event at a time."""

from domain.job import CancelledBy, Job
from domain.job_kind import JobKind
from domain.kernel.aggregate import Aggregate
from domain.twin import Twin
from topics.messages.control import StopJob, StopReason
from topics.messages.fact import Fact
from topics.messages.jobs import JobQueued
from topics.messages.work import WorkKind
from topics.registry import CONTROL, FACTS, JOBS, key_of
from topics.transport import Publication

WORK_KINDS = {
    JobKind.TRAINING: WorkKind.TRAINING,
    JobKind.IMAGES: WorkKind.IMAGE,
    JobKind.VIDEO: WorkKind.VIDEO,
}

_STOP_REASONS = {
    CancelledBy.OWNER: StopReason.CANCELLED,
    CancelledBy.CONSENT_WITHDRAWN: StopReason.CONSENT_WITHDRAWN,
}

EVENT_TYPES_WITH_MESSAGES = frozenset(
    kind.TOPIC
    for kind in (
        Job.Requested,
        Job.AttemptOpened,
        Job.Rendered,
        Job.ScreeningOpened,
        Job.Cancelled,
        Twin.PhotosSubmitted,
    )
)
"""Only these are decoded by the relay; every other row is copied unread."""


def fact_publication(fact: Fact) -> Publication:
    """The fact itself, keyed by its owner."""
    return Publication(FACTS, key_of(fact), fact)


def publications_of(event: Aggregate.Event, fact: Fact) -> tuple[Publication, ...]:
    """The thin messages that follow from one event: at most one."""
    match event:
        case Job.Requested():
            queued = JobQueued(
                job=event.originator_id,
                attempt=1,
                kind=WORK_KINDS[event.kind],
                engine=event.engine,
                batch_key=event.batch_key,
                owner=fact.owner_id,
                twin=event.twin_id,
            )
            return (_queue(queued),)
        case Job.AttemptOpened():
            queued = JobQueued(
                job=event.originator_id,
                attempt=event.attempt,
                kind=WORK_KINDS[event.kind],
                engine=event.engine,
                batch_key=event.batch_key,
                owner=fact.owner_id,
                twin=event.twin_id,
            )
            return (_queue(queued),)
        case Job.Rendered() | Job.ScreeningOpened():
            return (_queue(screening_of(event, fact)),)
        case Job.Cancelled():
            stop = StopJob(event.originator_id, _STOP_REASONS[event.by])
            return (Publication(CONTROL, key_of(stop), stop),)
        case Twin.PhotosSubmitted():
            queued = JobQueued(
                job=event.submission_id,
                attempt=1,
                kind=WorkKind.SCREENING,
                engine=event.engine,
                batch_key="photos",
                owner=fact.owner_id,
                twin=event.originator_id,
            )
            return (_queue(queued),)
        case _:
            return ()


def screening_of(event: Job.Rendered | Job.ScreeningOpened, fact: Fact) -> JobQueued:
    """The screening of an attempt's outputs. Which engine made them, the grant says."""
    return JobQueued(
        job=event.originator_id,
        attempt=event.attempt,
        kind=WorkKind.SCREENING,
        engine="",
        batch_key="outputs",
        owner=fact.owner_id,
    )


def _queue(queued: JobQueued) -> Publication:
    return Publication(JOBS[queued.kind], key_of(queued), queued)
