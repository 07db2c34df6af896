"""What the parent knows of the one job it holds: a claim first, then a granted attempt."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from gpu_consumers.worker.backlog import QueuedJob
from gpu_consumers.worker.progress_pace import ProgressPace
from topics.messages.grants import JobGranted
from topics.messages.progress import Phase
from topics.messages.results import FailureReason, JobFailed, JobRendered


@dataclass
class Claim:
    """Published, not yet answered. `asked_s` is when it was last published.

    `setbacks` counts how often something raised meanwhile, here and in `Ending`.
    """

    job: QueuedJob
    claim_id: UUID
    asked_s: float
    setbacks: int = 0


@dataclass
class Attempt:
    """Granted; the child works on it. Times in seconds of the worker's clock.

    `doubted_s` is None, or when it was last asked whether the claim still holds.
    """

    job: QueuedJob
    grant: JobGranted
    phase_since_s: float
    alive_s: float
    phase: Phase = Phase.LOAD
    stop_asked_s: float | None = None
    stop_reason: FailureReason = FailureReason.STOPPED
    doubted_s: float | None = None
    pace: ProgressPace = field(default_factory=ProgressPace)


@dataclass
class Ending:
    """Over; its last message has to be published before its offset is committed."""

    job: QueuedJob
    result: JobRendered | JobFailed
    setbacks: int = 0
