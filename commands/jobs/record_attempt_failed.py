"""A worker or the screener reports that an attempt failed."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from commands.jobs.late import ReportLate, ReportTaken, discard
from commands.work import Work
from domain.job import AttemptFailure, Job
from domain.refusals import JobEnded, StaleResult


@dataclass(frozen=True)
class RecordAttemptFailed:
    """`reason` is one of the domain's; the next attempt or the job's end is a reaction."""

    job_id: UUID
    attempt: int
    claim_id: UUID
    reason: AttemptFailure


def attempt_failed_key(claim_id: UUID) -> UUID:
    """One report per claim, however often it is delivered."""
    return uuid5(claim_id, "failed")


def handle(command: RecordAttemptFailed, work: Work) -> ReportTaken | ReportLate:
    """Record the failure of the current attempt. A late one leaves only bytes to delete."""
    job = work.load(Job, command.job_id)
    try:
        job.record_attempt_failed(command.attempt, command.claim_id, command.reason, at=work.now)
    except (JobEnded, StaleResult):
        return discard(job, command.attempt, command.claim_id, work)
    work.save(job)
    return ReportTaken(job.id)
