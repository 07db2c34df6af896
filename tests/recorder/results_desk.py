"""A recorder over topics in memory, and jobs that cannot be loaded while a test says so."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import psycopg

from adapters.event_store.in_memory import InMemoryEventStore, StoredRow
from adapters.event_store.owner_turns import OwnerTurns
from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from adapters.parked_messages.in_memory import InMemoryParkedMessages
from commands.handlers import HANDLERS
from commands.studio import Studio
from domain.job import Job
from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import StoredEventUnreadable
from processes.recorder import GROUP, TOPICS, Recorder
from processes.recorder.pace import ParkingPace
from processes.recorder.parking import ParkingRecorder
from processes.recorder.speakers import is_in_its_place
from tests.commands import journey
from tests.commands.studio_spec import ADA, ARGS_SECRET, StudioSpec
from topics.codec import Encoded
from topics.consume import ConsumerLoop, DeadLetterBox
from topics.in_memory import InMemoryTransport
from topics.messages.dead_letter import DeadLetter
from topics.messages.results import (
    CheckResult,
    JobClaimed,
    JobFailed,
    JobRendered,
    OutputsScreened,
    RenderedOutput,
    ScreenedOutput,
)
from topics.messages.work import WorkKind
from topics.partitioning import partition_of
from topics.registry import DEAD_LETTERS, GRANTS, RESULTS, Message, Topic, key_of
from topics.transport import BroadcastReader, From, TopicPartition

PACE = ParkingPace(in_place_delays_s=(0.5, 0.5), look_s=0.0, claim_tries_max=3)


class PartlyReadable(InMemoryEventStore):
    """A store with events that this release does not know, and one that can be away."""

    def __init__(self, turns: OwnerTurns | None) -> None:
        super().__init__(turns=turns)
        self.unreadable: set[UUID] = set()
        self.is_away = False

    def decode(self, row: StoredRow) -> Aggregate.Event:
        if row.originator_id in self.unreadable:
            raise StoredEventUnreadable("unknown event type 'job.dreamed' (version 1)")
        return super().decode(row)

    def owner_of(self, originator_id: UUID) -> UUID | None:
        if self.is_away:
            raise psycopg.OperationalError("the server closed the connection")
        return super().owner_of(originator_id)


class ResultsDesk(StudioSpec):
    """The studio, and its recorder as the process runs it, one poll at a time."""

    def __init__(self, turns: OwnerTurns | None = None) -> None:
        super().__init__()
        self.store: PartlyReadable = PartlyReadable(turns or OwnerTurns(wait_max_s=0.01))
        self.studio = Studio(self.store, HANDLERS, self.clock, ARGS_SECRET)
        self.opened()
        self.transport = InMemoryTransport()
        self.transport.create_topics()
        self.publisher = self.transport.publisher("/suite/worker")
        self.parked = InMemoryParkedMessages()
        self._letters = self.transport.broadcast([DEAD_LETTERS], From.START)
        self._grants = self.transport.broadcast([GRANTS], From.START)
        self.restart()

    def restart(self) -> None:
        """Another recorder in the place of the one before, which knows nothing of it."""
        objects = InMemoryObjectStore(Presigner("http://studio/objects", b"s" * 32))
        self.recorder = ParkingRecorder(
            Recorder(self.studio, self.store, objects, self.publisher),
            self.parked,
            DeadLetterBox(self.publisher, GROUP, in_a_row_max=None),
            pace=PACE,
            now=self.clock,
            monotonic_s=lambda: self.clock().timestamp(),
            pause=lambda _: None,
        )
        consumer = self.transport.consumer(GROUP, TOPICS, "recorder")
        self._loop = ConsumerLoop(consumer, self.recorder.handle, None)

    def records(self, *messages: Message, topic: Topic | None = None) -> None:
        """These reports are published, and all there is is handled and committed.

        Each on its own topic, unless somebody publishes them on another.
        """
        for message in messages:
            own = next(one for one in TOPICS if is_in_its_place(one.name, message))
            self.publisher.publish(topic or own, key_of(message), message)
        while self._loop.once(0.0):
            continue

    def published_raw(self, job: UUID, encoded: Encoded) -> None:
        """Bytes of anybody's making, under a job's key."""
        place = TopicPartition(RESULTS.name, partition_of(str(job), RESULTS.partitions))
        self.transport.log(place).append(str(job), encoded, 2e9)

    def letters(self) -> list[DeadLetter]:
        """Every dead letter since the last look."""
        found: list[DeadLetter] = []
        while polled := self._letters.poll(0.0):
            found += [one.message for one in polled if isinstance(one.message, DeadLetter)]
        return found

    def answers(self) -> list[Any]:
        """Every answer to a claim since the last look."""
        return _all(self._grants)

    def parked_reports(self) -> list[tuple[UUID, str, str]]:
        """What waits: of which job, what it says, and why."""
        return [
            (one.about, dict(one.record.headers)["ce_type"].decode(), one.error)
            for one in self.parked.listed(1_000)
        ]

    def creator(self, name: str = "Ada") -> UUID:
        """Somebody verified, with credits and a trained twin. Answers the twin."""
        owner = uuid5(ADA, name)
        return journey.trained_twin(self, owner)

    def requested(self, twin: UUID, name: str = "Ada") -> "Attempt":
        """A picture of the twin that waits for a worker."""
        owner = uuid5(ADA, name)
        job: UUID = self.does(journey.pictures_of(twin, 1), owner=owner).job_id
        return Attempt(self, owner, job, uuid5(job, "claim"))

    def started(self, twin: UUID, name: str = "Ada") -> "Attempt":
        """A picture of the twin that a worker has begun."""
        attempt = self.requested(twin, name)
        claim = journey.claimed(self, attempt.job, attempt.owner).claim_id
        return Attempt(self, attempt.owner, attempt.job, claim)

    def mended(self, *jobs: UUID) -> None:
        """What could not be read can be now."""
        self.store.unreadable -= set(jobs)

    def pass_by(self, **duration: float) -> None:
        """Time passes, and what has become due is tried."""
        self.clock.at += timedelta(**duration)
        self.recorder.retry_due()


class Attempt:
    """One attempt at one picture, and what may be reported of it."""

    def __init__(self, desk: ResultsDesk, owner: UUID, job: UUID, claim: UUID) -> None:
        self._desk = desk
        self.owner = owner
        self.job = job
        self.claim = claim

    @property
    def state(self) -> str:
        loaded: Job = self._desk.load(Job, self.job, owner=self.owner)
        return loaded.state.value

    def rendered(self) -> JobRendered:
        output = RenderedOutput(
            0, "quarantine/0.png", journey.SHA256, 9_000, 512, 512, "image/png", 7
        )
        return JobRendered(self.job, 1, self.claim, (output,))

    def failed(self, reason: Any) -> JobFailed:
        return JobFailed(self.job, 1, self.claim, reason)

    def claimed(self) -> JobClaimed:
        return JobClaimed(self.job, 1, self.claim, "gpu-1", WorkKind.IMAGE)

    def screened(self) -> OutputsScreened:
        checks = tuple(
            CheckResult(one.check, one.passed, one.model, one.score) for one in journey.PASSED
        )
        output = ScreenedOutput(0, checks, "gallery/0.png", journey.SHA256, 9_500)
        return OutputsScreened(self.job, 1, uuid5(self.job, "screening"), (output,))


def _all(reader: BroadcastReader) -> list[Any]:
    found: list[Any] = []
    while polled := reader.poll(0.0):
        found += [one.message for one in polled]
    return found


def types_of(rows: Sequence[StoredRow], originator: UUID) -> list[str]:
    """The types of all events of one aggregate, oldest first."""
    return [row.event_type for row in rows if row.originator_id == originator]


def renamed(record: Encoded, ce_type: bytes) -> Encoded:
    """A record of a type that this release does not know."""
    named = dict(record.headers) | {"ce_type": ce_type}
    return Encoded(tuple(named.items()), record.value)
