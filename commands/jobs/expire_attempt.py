"""The watchdog missed a worker's liveness for longer than its lease."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from commands.work import Work
from domain.job import Job
from domain.job_state import AttemptFailure, JobState


@dataclass(frozen=True)
class ExpireAttempt:
    """The claim that was not heard of any more."""

    job_id: UUID
    attempt: int
    claim_id: UUID


def expiry_key(claim_id: UUID) -> UUID:
    """One expiry per claim, however many watchdogs look."""
    return uuid5(claim_id, "expired")


def handle(command: ExpireAttempt, work: Work) -> None:
    """Fail the attempt if this claim still runs it."""
    job = work.load(Job, command.job_id)
    running = (JobState.STARTED, command.attempt, command.claim_id)
    if (job.state, job.attempt, job.claim_id) != running:
        return
    job.record_attempt_failed(
        command.attempt, command.claim_id, AttemptFailure.LEASE_EXPIRED, at=work.now
    )
    work.save(job)
