"""An attempt failed and there are more: queue the next one."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.job import Job


@dataclass(frozen=True)
class OpenNextAttempt:
    """`attempt` is the number of the attempt to open."""

    job_id: UUID
    attempt: int


class AttemptOpened(msgspec.Struct, frozen=True):
    """The attempt waits for a worker."""

    job_id: UUID
    attempt: int


def handle(command: OpenNextAttempt, work: Work) -> AttemptOpened:
    """Open it. Raises `JobEnded`, `StaleResult`, `JobNotRetryable`."""
    job = work.load(Job, command.job_id)
    job.open_attempt(command.attempt, at=work.now)
    work.save(job)
    return AttemptOpened(job.id, command.attempt)
