"""A creator stops one of their jobs."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.jobs.ending import settle
from commands.jobs.parties import load_parties
from commands.work import Work
from domain.job_state import CancelledBy


@dataclass(frozen=True)
class CancelJob:
    """Stop it wherever it is: waiting, running or being screened."""

    job_id: UUID


class JobCancelled(msgspec.Struct, frozen=True):
    """What it cost after all; the rest of what was set aside is back."""

    job_id: UUID
    charged_millicredits: int


def handle(command: CancelJob, work: Work) -> JobCancelled:
    """Cancel and settle in one save. Raises `NotFound`, `JobEnded`."""
    parties = load_parties(work, command.job_id)
    parties.job.cancel(CancelledBy.OWNER, at=work.now)
    settle(parties.job, parties.wallet, parties.twin, at=work.now)
    work.save(*parties.all)
    return JobCancelled(parties.job.id, parties.job.charge_millicredits)
