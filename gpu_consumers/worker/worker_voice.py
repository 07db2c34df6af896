"""What a worker says to everybody: what it claims, that it is alive, how far it is, what came."""

from __future__ import annotations

import logging
from uuid import UUID

from gpu_consumers.worker.running_job import Attempt
from topics.codec import require_bounds
from topics.messages.jobs import JobQueued
from topics.messages.results import JobAlive, JobClaimed, JobFailed, JobRendered
from topics.registry import PROGRESS, RESULTS, Message, Topic, key_of
from topics.transport import Publisher, PublishFailed

_log = logging.getLogger(__name__)


class WorkerVoice:
    """Speaks for the worker of this name. What is not acknowledged, its caller says again."""

    def __init__(self, worker: str, publisher: Publisher) -> None:
        self._worker = worker
        self._publisher = publisher

    def claims(self, queued: JobQueued, claim_id: UUID) -> None:
        """If it is not acknowledged, it is said again when its answer stays away."""
        self._published(
            RESULTS,
            JobClaimed(
                job=queued.job,
                attempt=queued.attempt,
                claim_id=claim_id,
                worker=self._worker,
                kind=queued.kind,
                twin=queued.twin,
            ),
        )

    def is_alive(self, attempt: Attempt, now_s: float) -> None:
        """The claim of this attempt is held."""
        grant = attempt.grant
        attempt.alive_s = now_s
        self._published(RESULTS, JobAlive(grant.job, grant.attempt, grant.claim_id))

    def progresses(self, attempt: Attempt, now_s: float) -> None:
        """Where there is something new, and not too often. Lost progress is no loss."""
        progressed = attempt.progress_due(now_s)
        if progressed is not None:
            self._published(PROGRESS, progressed)

    def ends(self, result: JobRendered | JobFailed) -> bool:
        """Whether it was acknowledged. Raises what the topic refuses to carry."""
        require_bounds(result)
        return self._published(RESULTS, result)

    def _published(self, topic: Topic, message: Message) -> bool:
        """Whether it was acknowledged. If not, it may be in the log nevertheless."""
        try:
            self._publisher.publish(topic, key_of(message), message)
        except PublishFailed:
            _log.warning("not acknowledged: %s", type(message).__name__)
            return False
        return True
