"""A screening failed and there are more: have the same outputs screened again."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.job import Job


@dataclass(frozen=True)
class OpenNextScreening:
    """`screening` is the number of the screening to open, of this attempt."""

    job_id: UUID
    attempt: int
    screening: int


def handle(command: OpenNextScreening, work: Work) -> None:
    """Open it. Raises `JobEnded`, `StaleResult`, `JobNotRetryable`."""
    job = work.load(Job, command.job_id)
    job.open_screening(command.attempt, command.screening, at=work.now)
    work.save(job)
