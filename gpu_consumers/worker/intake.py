"""Jobs as they come from their topics, and the offsets of those that are done with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gpu_consumers.worker.backlog import Backlog, BatchRoom, QueuedJob
from gpu_consumers.worker.offsets import Offsets
from topics.consume import DeadLetterBox
from topics.messages.control import MoveJob
from topics.messages.jobs import JobQueued
from topics.messages.work import WorkKind
from topics.registry import JOBS, WORKERS
from topics.transport import (
    AssignmentLost,
    Delivery,
    Publisher,
    PublishFailed,
    Rebalancing,
    TopicPartition,
    Transport,
)

GROUP: Final = WORKERS
KINDS: Final = (WorkKind.TRAINING, WorkKind.IMAGE, WorkKind.VIDEO)

_log = logging.getLogger(__name__)


class Intake:
    """The worker's side of its group. `publisher` is for what it cannot read or handle.

    `rebalancing` is told of assignments, and calls `forget` for what is revoked. `rooms`: by
    engine, how much is drawn at once. `clock` is in seconds, and so is `poll_interval_s`: how often
    a poll keeps the partitions.
    """

    def __init__(
        self,
        name: str,
        transport: Transport,
        publisher: Publisher,
        rebalancing: Rebalancing,
        *,
        rooms: Mapping[str, BatchRoom],
        poll_interval_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._consumer = transport.consumer(
            GROUP, [JOBS[kind] for kind in KINDS], member_id=name, rebalancing=rebalancing
        )
        self._dead_letters = DeadLetterBox(publisher, GROUP)
        self._poll_interval_s = poll_interval_s
        self._clock = clock
        self._backlog = Backlog(rooms)
        self._offsets = Offsets()
        self._polled_s = float("-inf")

    def poll(self, wait_s: float) -> None:
        """Take what is there, up to the room in the backlog, and wait only if nothing waits."""
        self._consumer.resume(self._consumer.assignment)
        is_empty = self._backlog.is_empty
        room = self._backlog.room
        if room:
            self._polled_s = self._clock()
            self._take(self._consumer.poll(wait_s if is_empty else 0.0, room))

    def keep_partitions(self) -> None:
        """Poll with everything paused, once a second: that is what keeps the partitions."""
        now_s = self._clock()
        if now_s - self._polled_s < self._poll_interval_s:
            return
        self._polled_s = now_s
        self._consumer.pause(self._consumer.assignment)
        # What a rebalancing has just brought is not paused yet, and comes into the backlog.
        self._take(self._consumer.poll(0.0, max(self._backlog.room, 1)))

    def next_jobs(self) -> tuple[QueuedJob, ...]:
        """Whose turn it is, out of what was polled: jobs that are drawn together, or none."""
        return self._backlog.take()

    def move(self, moved: MoveJob) -> None:
        """See `Backlog.move`."""
        self._backlog.move(moved)

    def finish(self, job: QueuedJob) -> None:
        """The job was handled: claimed by somebody, or ended."""
        self._dead_letters.handled()
        self._done_with(job)

    def give_up(self, job: QueuedJob, why: str) -> None:
        """The job makes this worker raise. Raises `TooManyDeadLetters` where all of them do."""
        self._dead_letters.give_up(job.delivery, why)
        self._done_with(job)

    def forget(self, partitions: frozenset[TopicPartition]) -> None:
        """Others hold these now: commit what is done, and drop what waits."""
        self._commit()
        self._backlog.forget(partitions)
        self._offsets.forget(partitions)

    def close(self) -> None:
        """Leave the group. May be called twice."""
        self._consumer.close()

    def _take(self, deliveries: Sequence[Delivery]) -> None:
        """Jobs come into the backlog, and what is none is done with.

        Raises `TooManyDeadLetters`: what could not be read of these is never committed then.
        """
        for one in deliveries:
            self._offsets.taken(one.at, one.offset)
        done = [one for one in deliveries if self._is_done_with(one)]
        for one in done:
            self._offsets.finished(one.at, one.offset)
        if done:
            self._commit()

    def _is_done_with(self, delivery: Delivery) -> bool:
        try:
            readable = self._dead_letters.sort([delivery])
        except PublishFailed:
            # Not finished: it is read again after a restart, and put aside then.
            _log.warning("not acknowledged: DeadLetter")
            return False
        for one in readable:
            if isinstance(one.message, JobQueued) and one.message.kind in KINDS:
                self._backlog.add(QueuedJob(one.at, one.offset, one.message, one))
                return False
        return True

    def _done_with(self, job: QueuedJob) -> None:
        self._offsets.finished(job.at, job.offset)
        self._commit()

    def _commit(self) -> None:
        held = self._consumer.assignment
        offsets = {at: offset for at, offset in self._offsets.to_commit().items() if at in held}
        if not offsets:
            return
        try:
            self._consumer.commit(offsets)
            self._offsets.committed(offsets)
        except AssignmentLost as error:
            # Somebody else reads these again, claims what we did, and is refused.
            self._offsets.forget(error.partitions)
