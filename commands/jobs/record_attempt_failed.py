"""A worker or the screener reports that an attempt failed."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from commands.jobs.late import ReportLate, ReportTaken, discard
from commands.work import Work
from domain.job import Job
from domain.job_state import AttemptFailure, JobState
from domain.refusals import JobEnded, StaleResult
from domain.screening import ScreeningFailure


@dataclass(frozen=True)
class RecordAttemptFailed:
    """`reason` is one of the domain's; what comes next is a reaction.

    `screening` is the screener's: which screening of the attempt it could not make.
    """

    job_id: UUID
    attempt: int
    claim_id: UUID
    reason: AttemptFailure
    screening: int = 1


def attempt_failed_key(claim_id: UUID) -> UUID:
    """One report per claim, however often it is delivered."""
    return uuid5(claim_id, "failed")


def handle(command: RecordAttemptFailed, work: Work) -> ReportTaken | ReportLate:
    """Record the failure of the current attempt, or of its current screening once it is rendered.

    A late one leaves only bytes to delete.
    """
    job = work.load(Job, command.job_id)
    try:
        _fail(job, command, work)
    except (JobEnded, StaleResult):
        return discard(job, command.attempt, command.claim_id, work)
    work.save(job)
    return ReportTaken(job.id)


def _fail(job: Job, command: RecordAttemptFailed, work: Work) -> None:
    unavailable = command.reason is AttemptFailure.SCREENING_UNAVAILABLE
    if job.state is JobState.RENDERED and unavailable:
        job.record_screening_failed(
            command.attempt,
            command.screening,
            ScreeningFailure.UNAVAILABLE,
            claim_id=command.claim_id,
            at=work.now,
        )
    else:
        job.record_attempt_failed(command.attempt, command.claim_id, command.reason, at=work.now)
