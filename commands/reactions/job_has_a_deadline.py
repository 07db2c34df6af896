"""Job requested → fail it once its time is over, if it has not ended until then."""

from uuid import UUID

from commands.jobs.fail_job import FailJob
from commands.reactions.reaction import Intended
from domain.job import Job
from domain.job_state import JobFailure
from domain.time_limits import JOB_OPEN_MAX


def react(event: Job.Requested, owner_id: UUID) -> tuple[Intended, ...]:
    """Whatever holds it up, its credits come back. An ended job refuses this."""
    failing = FailJob(event.originator_id, JobFailure.DEADLINE_PASSED)
    return (Intended(failing, due_at=event.timestamp + JOB_OPEN_MAX),)
