"""Job cancelled, or ended by something else than its work → tell whoever runs it to stop."""

from uuid import UUID

from commands.reactions.deeds import AnnounceStop
from domain.job import Job
from domain.job_state import CancelledBy, JobFailure

ENDED_FROM_OUTSIDE = frozenset({JobFailure.DEADLINE_PASSED, JobFailure.SOURCE_GONE})
"""A worker may be at it then, and at a picture that is to be gone."""


def react(event: Job.Cancelled, owner_id: UUID) -> AnnounceStop:
    """A job that nobody runs is ignored by everybody."""
    return AnnounceStop(job_id=event.originator_id, by=event.by)


def after_failure(event: Job.Failed, owner_id: UUID) -> AnnounceStop | None:
    """To its worker it is a job that was cancelled."""
    if event.reason not in ENDED_FROM_OUTSIDE:
        return None
    return AnnounceStop(job_id=event.originator_id, by=CancelledBy.OWNER)
