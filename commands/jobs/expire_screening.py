"""The time for a screening is over, whoever may still be at it."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.job import Job
from domain.screening import ScreeningFailure


@dataclass(frozen=True)
class ExpireScreening:
    """The screening whose limit has passed."""

    job_id: UUID
    attempt: int
    screening: int


def handle(command: ExpireScreening, work: Work) -> None:
    """Give the screening up if it is still the current one."""
    job = work.load(Job, command.job_id)
    current = (job.attempt, job.screening) == (command.attempt, command.screening)
    if not current or not job.awaits_screening:
        return
    job.record_screening_failed(
        command.attempt, command.screening, ScreeningFailure.STALLED, at=work.now
    )
    work.save(job)
