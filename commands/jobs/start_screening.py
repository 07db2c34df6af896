"""A screener was told what to screen: from now on it has its time, however long the queue was."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from commands.work import Work
from domain.job import Job


@dataclass(frozen=True)
class StartScreening:
    """The screening that was granted, whoever claimed it."""

    job_id: UUID
    attempt: int
    screening: int


def start_screening_key(command: StartScreening) -> UUID:
    """One start a screening: a second screener of the same one does not prolong it."""
    return uuid5(command.job_id, f"screening {command.attempt} {command.screening} started")


def handle(command: StartScreening, work: Work) -> None:
    """Count its time from now. Raises `NotFound`, `JobEnded`, `StaleResult`."""
    job = work.load(Job, command.job_id)
    job.start_screening(command.attempt, command.screening, at=work.now)
    work.save(job)
