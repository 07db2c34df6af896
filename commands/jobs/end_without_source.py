"""The picture that a job was to begin with is gone: the job ends, and its credits come back."""

from dataclasses import dataclass
from uuid import UUID

from commands.jobs.ending import settle
from commands.jobs.parties import Parties, load_parties
from commands.jobs.sources import sources_hold
from commands.work import Work
from domain.job_state import JobFailure, JobState

TO_READ = (JobState.REQUESTED, JobState.STARTED)
"""Whatever is rendered has read its source, which never breaks what was made of it."""


@dataclass(frozen=True)
class EndWithoutSource:
    """Asked of every job that may not have read its source yet."""

    job_id: UUID


def handle(command: EndWithoutSource, work: Work) -> None:
    """Fail and refund in one save, unless the picture was read, or is in sight after all.

    Raises `NotFound`, `JobEnded`.
    """
    parties = load_parties(work, command.job_id)
    job = parties.job
    if not job.ended and (job.state not in TO_READ or sources_hold(work, job)):
        return
    end_without_source(parties, work)


def end_without_source(parties: Parties, work: Work) -> None:
    """The one save of that end. Raises `JobEnded`."""
    parties.job.fail(JobFailure.SOURCE_GONE, at=work.now)
    settle(parties.job, parties.wallet, parties.twin, at=work.now)
    work.save(*parties.all)
