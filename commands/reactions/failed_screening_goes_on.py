"""Screening failed → have the same outputs screened again after a pause, or end the job."""

from datetime import timedelta
from uuid import UUID

from commands.jobs.fail_job import FailJob
from commands.jobs.open_next_screening import OpenNextScreening
from commands.reactions.reaction import Intended
from domain.job import Job
from domain.job_state import JobFailure
from domain.screening import ScreeningFailure

PAUSES = (timedelta(0), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""After the first, second, third and fourth screening: an object store that is away comes back."""


def react(event: Job.ScreeningFailed, owner_id: UUID) -> tuple[Intended]:
    """The event knows how many screenings are left. A stall was pause enough."""
    job = event.originator_id
    if event.screenings_left <= 0:
        return (Intended(FailJob(job, JobFailure.SCREENING_UNAVAILABLE)),)
    again = OpenNextScreening(job, event.attempt, event.screening + 1)
    if event.reason is ScreeningFailure.STALLED:
        return (Intended(again),)
    pause = PAUSES[min(event.screening, len(PAUSES)) - 1]
    return (Intended(again, due_at=event.timestamp + pause if pause else None),)
