"""What the parent knows of a job it holds: a claim first, then a granted attempt, then its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from msgspec import UNSET, UnsetType

from gpu_consumers.worker.assignments import Start
from gpu_consumers.worker.backlog import QueuedJob
from gpu_consumers.worker.progress_pace import ProgressPace
from topics.messages.grants import JobGranted
from topics.messages.jobs import JobQueued
from topics.messages.progress import JobProgressed
from topics.messages.results import FailureReason, JobFailed, JobRendered
from topics.messages.work import WorkKind


@dataclass(eq=False)
class Claim:
    """Published, not yet answered. `asked_s` is when it was last published.

    `setbacks` counts how often something raised meanwhile, here and in `Ending`. `was_granted`: it
    held before, and is asked for anew, to be worked on `alone`.
    """

    job: QueuedJob
    claim_id: UUID
    asked_s: float
    setbacks: int = 0
    was_granted: bool = False

    def lost(self) -> JobFailed:
        """What is said of it when this worker will do nothing about it."""
        queued = self.job.queued
        return JobFailed(queued.job, queued.attempt, self.claim_id, FailureReason.WORKER_LOST)


@dataclass(eq=False)
class Attempt:
    """Granted; it waits for the child, or the child works on it. Times in seconds of the worker's
    clock.

    `doubted_s` is None, or when it was last asked whether the claim still holds. `alone`: it was
    drawn with others once, and that broke.
    """

    job: QueuedJob
    grant: JobGranted
    granted_s: float
    alive_s: float
    alone: bool = False
    stop_asked_s: float | None = None
    stop_reason: FailureReason = FailureReason.STOPPED
    doubted_s: float | None = None
    pace: ProgressPace = field(default_factory=ProgressPace)

    def may_join(self, other: Attempt) -> bool:
        """Whether both may be drawn together."""
        return not (self.alone or other.alone) and _kind(self.job.queued) == _kind(other.job.queued)

    def failed(self, reason: FailureReason) -> JobFailed:
        """What is said when nothing comes of it."""
        return JobFailed(self.grant.job, self.grant.attempt, self.grant.claim_id, reason)

    def progress_due(self, now_s: float) -> JobProgressed | None:
        """What is to be said of its progress now, if anything."""
        advanced = self.pace.due(now_s)
        if advanced is None:
            return None
        return JobProgressed(
            job=self.grant.job,
            attempt=self.grant.attempt,
            owner=self.grant.owner,
            phase=advanced.phase,
            step=advanced.step,
            steps_total=advanced.steps_total,
            at_s=now_s,
            preview_png=advanced.preview_png,
            preview_items=advanced.preview_items or UNSET,
            checkpoints=advanced.checkpoints or UNSET,
        )


@dataclass(eq=False)
class Ending:
    """Over; its last message has to be published before its offset is committed."""

    job: QueuedJob
    result: JobRendered | JobFailed
    setbacks: int = 0

    def becomes_failure(self) -> None:
        """The result cannot be said: the attempt has failed."""
        said = self.result
        reason = FailureReason.ENGINE_ERROR
        self.result = JobFailed(said.job, said.attempt, said.claim_id, reason)


Held: TypeAlias = Claim | Attempt | Ending


def _kind(queued: JobQueued) -> tuple[WorkKind, str, str]:
    return (queued.kind, queued.engine, queued.batch_key)


def start_of(queued: JobQueued, grant: JobGranted) -> Start:
    """The order that begins granted work. What names no consent counts as of the first of all."""
    epoch = 0 if isinstance(grant.epoch, UnsetType) else grant.epoch
    return Start(grant.job, grant.attempt, grant.work, queued.twin, epoch)
