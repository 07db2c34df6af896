"""Which jobs come next: fair among owners, with a bounded liking for the twin that is warm.

Among their own, owners say themselves which comes first.

Those that fit beside the one whose turn it is are handed out with it. Nobody waits for company.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from msgspec import UnsetType

from topics.messages.control import MoveJob
from topics.messages.jobs import JobQueued
from topics.messages.work import WorkKind
from topics.transport import Delivery, TopicPartition

BACKLOG_MAX: Final = 32
# A flood of one owner's jobs for a warm twin may delay somebody else by this many jobs, no more.
AFFINITY_STREAK_MAX: Final = 3
_OWNERS_REMEMBERED: Final = 1024
_MOVES_REMEMBERED: Final = 4096


@dataclass(frozen=True)
class QueuedJob:
    """One polled job message, where it lies, and the record that it was."""

    at: TopicPartition
    offset: int
    queued: JobQueued
    delivery: Delivery


@dataclass(frozen=True)
class BatchRoom:
    """How much one batch of an engine holds: pictures, and different twins among them."""

    rows: int
    twins: int


class Backlog:
    """Polled jobs that wait, of each owner in the order of their turns; at most BACKLOG_MAX.

    `rooms`: by engine, what is drawn at once. What is not among them is drawn job by job.
    """

    def __init__(self, rooms: Mapping[str, BatchRoom] = MappingProxyType({})) -> None:
        self._rooms = rooms
        self._waiting: list[QueuedJob] = []
        # Owners that were served, the one served longest ago first.
        self._served: OrderedDict[UUID, None] = OrderedDict()
        # Turns that owners gave to jobs of theirs, which may lie here or come later.
        self._moved: OrderedDict[tuple[UUID, int], int] = OrderedDict()
        self._warm: tuple[str, UUID | None] | None = None
        self._streak = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    @property
    def room(self) -> int:
        """How many more may be added."""
        return BACKLOG_MAX - len(self._waiting)

    def add(self, job: QueuedJob) -> None:
        self._waiting.append(job)

    def forget(self, partitions: Collection[TopicPartition]) -> None:
        """Drop what lies in partitions that somebody else will read."""
        self._waiting = [job for job in self._waiting if job.at not in partitions]

    def move(self, moved: MoveJob) -> None:
        """Its owner has given a job another turn among their own. It need not be here yet."""
        attempt = (moved.job, moved.attempt)
        self._moved[attempt] = moved.turn
        self._moved.move_to_end(attempt)
        if len(self._moved) > _MOVES_REMEMBERED:
            self._moved.popitem(last=False)

    def take(self) -> tuple[QueuedJob, ...]:
        """Remove and return the next job, and what is drawn together with it; nothing if none is.

        The next is the warm twin's for a while, unless its owner has let another one go before it.
        Else it is the first job of the owner who was served longest ago. Jobs of its key follow,
        one an owner in turn, as far as there is room.
        """
        if not self._waiting:
            return ()
        first = self._warm_job() or self._next(self._waiting)
        batch = [self._taken(first)]
        room = self._rooms.get(first.queued.engine)
        while room is not None:
            fitting = [job for job in self._waiting if _fits(job, batch, room)]
            if not fitting:
                break
            batch.append(self._taken(self._next(fitting)))
        return tuple(batch)

    def _taken(self, job: QueuedJob) -> QueuedJob:
        self._waiting.remove(job)
        self._note(job.queued)
        return job

    def _warm_job(self) -> QueuedJob | None:
        if self._streak >= AFFINITY_STREAK_MAX:
            return None
        warm = [
            job
            for job in self._waiting
            if _warmth(job.queued) == self._warm and not self._is_behind_a_moved_one(job)
        ]
        # Those that show no twin are many people's.
        return self._next(warm) if warm else None

    def _next(self, jobs: Sequence[QueuedJob]) -> QueuedJob:
        """Of these, the first one of the owner whose turn it is."""
        first = min(jobs, key=self._owners_turn)
        own = [job for job in jobs if job.queued.owner == first.queued.owner]
        return min(own, key=self._turn_of_job)

    def _owners_turn(self, job: QueuedJob) -> int:
        """Smaller comes first. Owners never served come before all others, by arrival."""
        owners = list(self._served)
        owner = job.queued.owner
        return owners.index(owner) + 1 if owner in self._served else 0

    def _turn_of_job(self, job: QueuedJob) -> int:
        """Among its owner's. An earlier release announced jobs without: they came before."""
        queued = job.queued
        said = 0 if isinstance(queued.turn, UnsetType) else queued.turn
        return self._moved.get((queued.job, queued.attempt), said)

    def _is_behind_a_moved_one(self, job: QueuedJob) -> bool:
        owner, turn = job.queued.owner, self._turn_of_job(job)
        return any(
            self._turn_of_job(other) < turn
            for other in self._waiting
            if other.queued.owner == owner
            and (other.queued.job, other.queued.attempt) in self._moved
        )

    def _note(self, queued: JobQueued) -> None:
        self._streak = self._streak + 1 if _warmth(queued) == self._warm else 1
        self._warm = _warmth(queued)
        self._served.pop(queued.owner, None)
        self._served[queued.owner] = None
        if len(self._served) > _OWNERS_REMEMBERED:
            self._served.popitem(last=False)


def _fits(job: QueuedJob, batch: list[QueuedJob], room: BatchRoom) -> bool:
    if _likeness(job.queued) != _likeness(batch[0].queued) or job.queued.kind is not WorkKind.IMAGE:
        return False
    rows = 0
    for one in (*batch, job):
        if isinstance(one.queued.items, UnsetType):
            return False
        rows += one.queued.items
    twins = {one.queued.twin for one in (*batch, job)} - {None}
    return rows <= room.rows and len(twins) <= room.twins


def _likeness(queued: JobQueued) -> tuple[str, str, str]:
    return (queued.kind, queued.engine, queued.batch_key)


def _warmth(queued: JobQueued) -> tuple[str, UUID | None]:
    return (queued.engine, queued.twin)
