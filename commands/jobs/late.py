"""What becomes of a report that nobody waits for any more."""

from uuid import UUID

import msgspec

from commands.work import Work
from domain.job import Job, JobState


class ReportTaken(msgspec.Struct, frozen=True, tag="taken"):
    """The report counts."""

    job_id: UUID


class ReportLate(msgspec.Struct, frozen=True, tag="late"):
    """The report came too late, changed nothing, and what it reports of is about to be deleted."""

    job_id: UUID


def discard(job: Job, attempt: int, claim_id: UUID, work: Work) -> ReportLate:
    """Have the bytes of one claim deleted: an event asks for it, a reaction does it.

    Not while they are being screened: a second, contradicting report of one claim destroys nothing.
    """
    screening = job.state in (JobState.RENDERED, JobState.SCREENED)
    if screening and (attempt, claim_id) == (job.attempt, job.claim_id):
        return ReportLate(job.id)
    job.discard_result(attempt, claim_id, at=work.now)
    work.save(job)
    return ReportLate(job.id)
