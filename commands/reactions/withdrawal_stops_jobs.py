"""Consent withdrawn, or a scope taken back → stop the jobs that rested on it."""

from uuid import UUID

from commands.jobs.stop_jobs_of_twin import StopJobsOfTwin
from domain.twin import Twin


def react(
    event: Twin.ConsentWithdrawn | Twin.ConsentScopesTakenBack, owner_id: UUID
) -> StopJobsOfTwin | None:
    """One command for all of them, so that they stop in one save."""
    if not event.open_jobs:
        return None
    return StopJobsOfTwin(twin_id=event.originator_id, job_ids=event.open_jobs)
