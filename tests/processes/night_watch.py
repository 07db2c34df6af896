"""A watchdog over a studio in memory: time passes, and workers speak, when a test says so."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from uuid import UUID

from adapters.event_store.in_memory import StoredRow
from adapters.event_store.in_memory_watched_claims import InMemoryWatchedClaims
from commands.jobs.record_claim import RecordClaim
from commands.studio import Studio
from domain.events import STORED_FORM
from domain.job import Job
from domain.job_state import JobState
from domain.kernel.stored_form import StoredForm
from processes.watchdog import Watchdog
from tests.commands import journey
from tests.commands.studio_spec import ADA, StudioSpec
from topics.in_memory import InMemoryTransport
from topics.in_memory_publisher import InMemoryPublisher
from topics.messages.fact import Fact
from topics.messages.results import JobAlive
from topics.registry import RESULTS, key_of
from topics.transport import BroadcastReader, From, Publication, PublishFailed

LEASE_S = 20.0
SPEAKS_EVERY_S = 5.0
TURN_S = 0.5
MARGIN_S = 2.0
"""What two turns and a call of the watchdog's own may take beyond the lease."""


@dataclass
class Clock:
    """Seconds that only go forward."""

    now_s: float = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Log:
    """The event log of the studio. `slow_s`: how long the next read takes."""

    spec: StudioSpec
    clock: Clock
    strangers: int = 0
    """So many events of others stand in it."""
    strangers_after: int = 0
    """Behind so many of the studio's own."""
    slow_s: float = 0.0
    reads: list[int] = field(default_factory=list)
    """How many facts each read answered."""

    def read(self, after: int, limit: int) -> list[Fact]:
        """See `FactLog.read`."""
        self.clock.now_s, self.slow_s = self.clock.now_s + self.slow_s, 0.0
        rows = self.spec.store.rows()
        before, behind = rows[: self.strangers_after], rows[self.strangers_after :]
        found = [self._fact(row, row.position) for row in before[after:][:limit]]
        first = len(before) + self.strangers + 1
        while len(found) < limit and (position := after + len(found) + 1) < first:
            found.append(
                Fact(position, ADA, ADA, position, "person.registered", b"", datetime.now(UTC))
            )
        for row in behind[max(0, after + len(found) + 1 - first) :][: limit - len(found)]:
            found.append(self._fact(row, self.strangers + row.position))
        self.reads.append(len(found))
        return found

    def _fact(self, row: StoredRow, position: int) -> Fact:
        return Fact(
            position,
            row.owner_id,
            row.originator_id,
            row.originator_version,
            row.event_type,
            row.data,
            datetime.now(UTC),
        )


class WayOut(InMemoryPublisher):
    """Publishes, or does not: as a broker that is there, or is not."""

    is_broken = False
    swallows = False
    published = 0

    def publish_all(self, publications: Iterable[Publication]) -> None:
        """See `Publisher.publish_all`."""
        if self.is_broken:
            raise PublishFailed("nobody answers")
        found = list(publications)
        self.published += len(found)
        if not self.swallows:
            super().publish_all(found)


class NightWatch:
    """One studio, its workers' voices, and the watchdog that listens."""

    def __init__(self, *, strangers: int = 0) -> None:
        self.spec = StudioSpec().opened()
        self.twin = journey.trained_twin(self.spec)
        self.clock = Clock()
        self.log = Log(self.spec, self.clock, strangers)
        self.memory = InMemoryWatchedClaims()
        self.transport = InMemoryTransport()
        self.transport.create_topics()
        self.way_out = WayOut(self.transport, "/suite/watchdog")
        self._voice = self.transport.publisher("/suite/worker")
        self.alive: list[RecordClaim] = []
        self.spoke_s = float("-inf")
        self.start()

    def start(
        self,
        *,
        studio: Studio | None = None,
        form: StoredForm = STORED_FORM,
        voices: BroadcastReader | None = None,
    ) -> Watchdog:
        """Another watchdog takes over."""
        self.watchdog = Watchdog(
            self.log,
            self.memory,
            voices or self.transport.broadcast([RESULTS], From.END),
            self.way_out,
            form,
            studio or self.spec.studio,
            lease_s=LEASE_S,
            monotonic_s=self.clock,
            now=self.spec.clock,
        )
        return self.watchdog

    def claimed(self, *, lives: bool) -> RecordClaim:
        """A worker draws a picture of Ada; it speaks from now on if it lives."""
        job = self.spec.does(journey.pictures_of(self.twin, 1)).job_id
        claim = journey.claimed(self.spec, job)
        if lives:
            self.alive.append(claim)
        return claim

    def speak(self) -> None:
        """All that live say so."""
        self.spoke_s = self.clock.now_s
        for claim in self.alive:
            said = JobAlive(claim.job_id, claim.attempt, claim.claim_id)
            self._voice.publish(RESULTS, key_of(said), said)

    def pass_by(self, seconds: float, *, watching: bool = True) -> None:
        """Time passes in turns: who lives speaks now and then, and the watchdog may be stopped."""
        ends_s = self.clock.now_s + seconds
        while self.clock.now_s < ends_s:
            self.clock.now_s += TURN_S
            if self.clock.now_s - self.spoke_s >= SPEAKS_EVERY_S:
                self.speak()
            if watching:
                self.watchdog.turn(0.0)

    def is_running(self, claim: RecordClaim) -> bool:
        """Whether the claim still holds its job."""
        job = self.spec.load(Job, claim.job_id)
        return job.state is JobState.STARTED and job.claim_id == claim.claim_id

    def expired(self) -> set[UUID]:
        """Jobs of which some attempt was ended for its silence."""
        return {
            event.originator_id
            for event in self.spec.events(Job.AttemptFailed)
            if event.reason == "lease-expired"
        }


class CountedLooks(Event):
    """A stop that is set after it was looked at so many times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.left = looks

    def is_set(self) -> bool:
        """See `threading.Event.is_set`."""
        self.left -= 1
        return self.left < 0
