"""Attempt failed → queue the next one, or end the job."""

from uuid import UUID

from commands.jobs.fail_job import FailJob
from commands.jobs.open_next_attempt import OpenNextAttempt
from domain.job import Job
from domain.job_state import JobFailure


def react(event: Job.AttemptFailed, owner_id: UUID) -> OpenNextAttempt | FailJob:
    """The event knows how many attempts are left."""
    if event.attempts_left > 0:
        return OpenNextAttempt(job_id=event.originator_id, attempt=event.attempt + 1)
    return FailJob(job_id=event.originator_id, reason=JobFailure.ATTEMPTS_EXHAUSTED)
