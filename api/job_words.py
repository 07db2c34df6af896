"""What is said of jobs between their changes: how far those are that run, and who is next."""

import math
import time
from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

import strawberry

from api.ids import global_id
from api.progress import HowFar, ProgressBoard
from api.types.job import (
    JobProgress,
    QueuePlace,
    TrainingCheckpoint,
    checkpoints,
    progress,
    queue_place,
)
from queries.jobs.jobs import jobs_by_id
from queries.jobs.queue import queue_places, waiting_jobs
from queries.viewer import View

QUEUE_INTERVAL_S = 3.0
"""How often a subscriber whose job waits is told of its place, if that has changed."""


@strawberry.type(description="A running job went on. Not durable: latest wins.")
class JobProgressed:
    id: strawberry.ID = strawberry.field(description="Of the job.")
    progress: JobProgress


@strawberry.type(description="A waiting job came nearer its turn. Not durable: latest wins.")
class JobQueueMoved:
    id: strawberry.ID = strawberry.field(description="Of the job.")
    queue: QueuePlace


@strawberry.type(description="A training passed a checkpoint. Not durable: told once a feed.")
class TrainingCheckpointPassed:
    id: strawberry.ID = strawberry.field(description="Of the job.")
    checkpoint: TrainingCheckpoint


Word: TypeAlias = JobProgressed | JobQueueMoved | TrainingCheckpointPassed


class JobWords:
    """One subscriber's words: what is new since it was last said. Called by one thread at a time.

    `again_s` is how long after a look the next one has something to say, if nothing wakes it.
    """

    def __init__(
        self, board: ProgressBoard, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._board = board
        self._monotonic_s = monotonic_s
        self._said_at_s: dict[UUID, float] = {}
        self._said_steps: dict[UUID, set[int]] = {}
        # None: seen to wait, and told by a snapshot or a change so far.
        self._said_place: dict[UUID, QueuePlace | None] = {}
        self._queue_due_s = -math.inf
        self._waits = True

    def __call__(self, view: View) -> list[Word]:
        """The words, of jobs that still run and of jobs that still wait."""
        return [*self._progress(view), *self._queue(view)]

    def again_s(self) -> float:
        """Infinite where no job waits."""
        if not self._waits:
            return math.inf
        return max(0.0, self._queue_due_s - self._monotonic_s())

    def _progress(self, view: View) -> list[Word]:
        latest = {word.job: word for word in self._board.of_owner(view.viewer_id)}
        for forgotten in self._said_at_s.keys() - latest.keys():
            del self._said_at_s[forgotten]
            self._said_steps.pop(forgotten, None)
        new = [word for word in latest.values() if self._said_at_s.get(word.job) != word.at_s]
        if not new:
            return []
        self._said_at_s.update({word.job: word.at_s for word in new})
        rows = jobs_by_id(view, [word.job for word in new])
        words: list[Word] = []
        for word in new:
            row, found = rows.get(word.job), self._board.of_job(word.job, word.attempt)
            if row is None or (row.state, row.attempt) != ("started", word.attempt):
                continue
            if found is not None:
                words.append(JobProgressed(id=global_id("Job", word.job), progress=progress(found)))
                words.extend(self._checkpoints(word.job, found))
        return words

    def _checkpoints(self, job: UUID, found: HowFar) -> list[TrainingCheckpointPassed]:
        """Those that this subscriber was not told of."""
        said = self._said_steps.setdefault(job, set())
        new = [one for one in checkpoints(found) if one.step not in said]
        said.update(one.step for one in new)
        return [TrainingCheckpointPassed(id=global_id("Job", job), checkpoint=one) for one in new]

    def _queue(self, view: View) -> list[JobQueueMoved]:
        now_s = self._monotonic_s()
        if now_s < self._queue_due_s:
            return []
        self._queue_due_s = now_s + QUEUE_INTERVAL_S
        waiting = waiting_jobs(view)
        self._waits = bool(waiting)
        places = {job: queue_place(row) for job, row in queue_places(view, waiting).items()}
        moved = {
            job: place
            for job, place in places.items()
            if job in self._said_place and self._said_place[job] != place
        }
        self._said_place = {job: moved.get(job, self._said_place.get(job)) for job in places}
        return [
            JobQueueMoved(id=global_id("Job", job), queue=place) for job, place in moved.items()
        ]
