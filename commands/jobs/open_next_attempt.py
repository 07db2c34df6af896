"""An attempt failed and there are more: queue the next one."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.job import Job


@dataclass(frozen=True)
class OpenNextAttempt:
    """`attempt` is the number of the attempt to open."""

    job_id: UUID
    attempt: int


def handle(command: OpenNextAttempt, work: Work) -> None:
    """Open it. Raises `JobEnded`, `StaleResult`, `JobNotRetryable`."""
    job = work.load(Job, command.job_id)
    job.open_attempt(command.attempt, at=work.now)
    work.save(job)
