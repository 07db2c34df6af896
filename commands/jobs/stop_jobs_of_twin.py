"""Consent was withdrawn: the jobs that rested on it stop and cost nothing."""

from dataclasses import dataclass
from uuid import UUID

from commands.jobs.ending import settle
from commands.jobs.parties import consent_holds
from commands.work import Work
from domain.job import Job
from domain.job_state import CancelledBy
from domain.kernel.identity import wallet_id
from domain.twin import Twin
from domain.wallet import Wallet


@dataclass(frozen=True)
class StopJobsOfTwin:
    """The jobs that were open when the consent ended."""

    twin_id: UUID
    job_ids: tuple[UUID, ...]


def handle(command: StopJobsOfTwin, work: Work) -> None:
    """Cancel and refund all of them in one save. Jobs under a consent in force are left alone."""
    twin = work.load(Twin, command.twin_id)
    wallet = work.load(Wallet, wallet_id(work.owner_id))
    jobs = [
        job
        for job in (work.load(Job, job_id) for job_id in command.job_ids)
        if not job.ended and not consent_holds(job, twin)
    ]
    for job in jobs:
        job.cancel(CancelledBy.CONSENT_WITHDRAWN, at=work.now)
        settle(job, wallet, twin, at=work.now)
    if jobs:
        work.save(twin, wallet, *jobs)
