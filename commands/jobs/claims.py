"""Why a claim does not hold, in the words that the grants topic uses."""

from enum import StrEnum
from uuid import UUID

import msgspec

from commands.jobs.parties import still_authorised, twin_of
from commands.work import Work
from domain.job import Job
from domain.twin import Twin


class ClaimDenial(StrEnum):
    """The values are those of `topics.messages.grants.ClaimRefusal`."""

    STALE_ATTEMPT = "stale-attempt"
    CLAIMED_BY_ANOTHER = "claimed-by-another"
    JOB_ENDED = "job-ended"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    UNKNOWN_JOB = "unknown-job"


class ClaimDenied(msgspec.Struct, frozen=True, tag="denied"):
    """The claimant drops the message and takes the next one."""

    reason: ClaimDenial


def claimed_job(work: Work, job_id: UUID) -> tuple[Job, Twin | None] | ClaimDenied:
    """The job that is claimed, with its twin, if it is open and its consent in force."""
    job = work.find(Job, job_id)
    if job is None:
        return ClaimDenied(ClaimDenial.UNKNOWN_JOB)
    if job.ended:
        return ClaimDenied(ClaimDenial.JOB_ENDED)
    twin = twin_of(work, job)
    if not still_authorised(work, job, twin):
        return ClaimDenied(ClaimDenial.CONSENT_WITHDRAWN)
    return job, twin
