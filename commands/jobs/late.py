"""What becomes of a report that nobody waits for any more."""

from uuid import UUID

import msgspec

from commands.work import Work
from domain.job import Job
from domain.job_state import JobState


class ReportTaken(msgspec.Struct, frozen=True, tag="taken"):
    """The report counts."""


class ReportLate(msgspec.Struct, frozen=True, tag="late"):
    """The report came too late, changed nothing, and what it reports of is about to be deleted."""


def discard(
    job: Job, attempt: int, claim_id: UUID, work: Work, *, withdrawn: bool = False
) -> ReportLate:
    """Have the bytes of one claim deleted: an event asks for it, a reaction does it.

    Once a claim, and for none but those that were given the work: no other has written anything.
    Not while the claim is at work, but for a consent that was `withdrawn`, nor while its outputs
    are being screened: a report that is not whole, or contradicts an earlier one, destroys nothing
    that the right one counts on. What lies there goes when the job ends.
    """
    current = (attempt, claim_id) == (job.attempt, job.claim_id)
    screening = job.state in (JobState.RENDERED, JobState.SCREENED)
    at_work = job.state is JobState.STARTED and not job.awaits_next_attempt and not withdrawn
    if (current and (screening or at_work)) or not job.leaves_bytes(attempt, claim_id):
        return ReportLate()
    job.discard_result(attempt, claim_id, at=work.now)
    work.save(job)
    return ReportLate()
