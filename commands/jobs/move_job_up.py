"""A creator lets one of their waiting jobs go before another one of theirs."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.job import Job


@dataclass(frozen=True)
class MoveJobUp:
    """Let `job_id` change places with `ahead_of`, before which it is to stand."""

    job_id: UUID
    ahead_of: UUID


class JobMovedUp(msgspec.Struct, frozen=True):
    """`turn`: the position of the log at which it stands in line now; smaller comes first."""

    turn: int


class PlaceInLine(msgspec.Struct, frozen=True):
    """Where the attempt of a job stands that waits: `turn` as in `JobMovedUp`."""

    attempt: int
    turn: int


@dataclass(frozen=True)
class TurnOfJob:
    """A question: where in line this job stands."""

    job_id: UUID


def handle(command: MoveJobUp, work: Work) -> JobMovedUp:
    """Exchange the turns of two jobs. One that stands before the other already stays there.

    Both places were the owner's before, so nobody else's job is passed. Raises `NotFound`,
    `JobEnded`, `JobHasBegun`, `MovedTooOften`.
    """
    work.load_ahead(command.job_id, command.ahead_of)
    job = work.load(Job, command.job_id)
    job.require_waiting()
    turn = turn_of(job, work)
    if command.ahead_of == command.job_id:
        return JobMovedUp(turn)
    other = work.load(Job, command.ahead_of)
    other.require_waiting()
    before = turn_of(other, work)
    if turn < before:
        return JobMovedUp(turn)
    job.take_turn(before, other.id, at=work.now)
    other.take_turn(turn, job.id, at=work.now)
    work.save(job, other)
    return JobMovedUp(before)


def turn_of_job(question: TurnOfJob, work: Work) -> PlaceInLine:
    """Raises `NotFound`, `JobEnded`, `JobHasBegun` where it does not wait for a worker."""
    job = work.load(Job, question.job_id)
    job.require_waiting()
    return PlaceInLine(job.attempt, turn_of(job, work))


def turn_of(job: Job, work: Work) -> int:
    """The turn that was taken, else where its attempt was asked for."""
    if job.turn is not None:
        return job.turn
    return work.position_of(job, job.waits_since_version)
