"""A job ends without a result, and costs nothing."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.jobs.ending import expire, settle
from commands.jobs.parties import load_parties
from commands.work import Work
from domain.job_state import JobFailure


@dataclass(frozen=True)
class FailJob:
    """End the job for this reason."""

    job_id: UUID
    reason: JobFailure


class JobFailed(msgspec.Struct, frozen=True):
    """All that was set aside is back."""

    job_id: UUID


def handle(command: FailJob, work: Work) -> JobFailed:
    """Fail and refund in one save. Raises `NotFound`, `JobEnded`.

    The ledger tells a deadline that passed (`wallet.expired`) from every other end.
    """
    parties = load_parties(work, command.job_id)
    parties.job.fail(command.reason, at=work.now)
    end = expire if command.reason is JobFailure.DEADLINE_PASSED else settle
    end(parties.job, parties.wallet, parties.twin, at=work.now)
    work.save(*parties.all)
    return JobFailed(parties.job.id)
