"""A job of twenty minutes with a rebalance in the middle, over the same job without one.

Simulated are the clock and the child, which trains for as many simulated seconds. The loop that
polls, the group and its rebalance, the recorder's claims and the watchdog's lease are real. In the
middle a second worker joins and is assigned the partition in which the job's message still lies.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from time import perf_counter
from uuid import UUID

import httpx

from adapters.event_store.in_memory_watched_claims import InMemoryWatchedClaims
from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from benchmarks.measure import beside, broker, database, report
from benchmarks.stand_ins import IdleChild, TrainingChild
from benchmarks.workers import running
from commands.twin.create_twin import CreateTwin
from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PhotoFile, PlanPhotoUploads
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from commands.twin.sign_biometric_release import SignBiometricRelease
from commands.twin.submit_photos import SubmitPhotos
from domain.consent_text import BIOMETRIC_RELEASE, CONSENT
from domain.events import STORED_FORM
from domain.job_state import JobState
from domain.kernel.personal_text import PersonalText
from domain.photo_set import PhotoVerdict
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.worker.worker import Worker
from processes.prepare import publish_defaults
from processes.watchdog import Watchdog
from tests.flow.studio_desk import EVERYTHING, PHOTOS, StudioDesk
from topics.kafka import KafkaTransport
from topics.kafka_consumer import KafkaBroadcastReader, KafkaGroupConsumer
from topics.kafka_settings import KafkaSettings
from topics.messages.results import JobAlive, JobClaimed
from topics.messages.work import WorkKind
from topics.partitioning import partition_of
from topics.registry import JOBS, RESULTS, Topic
from topics.transport import (
    POLL_MESSAGES_MAX,
    Delivery,
    From,
    Rebalancing,
    TopicPartition,
    Unmoved,
)

JOB_S = 1_200
LEASE_S = 20.0
"""How long the watchdog waits for a voice, in simulated seconds."""

REBALANCING_ROUND_S = 0.25
"""How long a round may take while the group rebalances, in real seconds: a worker's own pace."""

PATIENCE_S = 60.0
SECRET = bytes(range(32))
HOLDER = "m"
TOPIC = JOBS[WorkKind.TRAINING]


@dataclass
class Course:
    """How one job went."""

    kept_claim: bool
    attempts: int
    claims: int
    liveness_reports: int
    polls: int
    poll_gap_max_s: float
    rebalance_s: float
    taken_s: float


class SimulatedClock:
    """Unix seconds that pass when told to."""

    def __init__(self) -> None:
        self._now_s = time.time()

    def __call__(self) -> float:
        return self._now_s

    def now(self) -> datetime:
        """The same moment as a date."""
        return datetime.fromtimestamp(self._now_s, UTC)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now_s += seconds


class TimedConsumer(KafkaGroupConsumer):
    """A member of a group that notes when it polls, in real seconds."""

    polled_s: list[float]

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """See `Consumer.poll`."""
        self.polled_s.append(perf_counter())
        return super().poll(timeout_s, max_messages)


class TimedTransport(KafkaTransport):
    """Kafka, whose consumers note when they poll."""

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        member_id: str,
        rebalancing: Rebalancing | None = None,
    ) -> TimedConsumer:
        """See `Transport.consumer`."""
        self.opened = TimedConsumer(
            self._settings, group, topics, member_id, rebalancing or Unmoved()
        )
        self.opened.polled_s = []
        return self.opened


class Voices(KafkaBroadcastReader):
    """What the watchdog hears, counted."""

    alive = 0
    claims = 0

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """See `BroadcastReader.poll`."""
        heard = super().poll(timeout_s, max_messages)
        self.alive += sum(isinstance(one.message, JobAlive) for one in heard)
        self.claims += sum(isinstance(one.message, JobClaimed) for one in heard)
        return heard


class Newcomer(Worker):
    """A worker that says when it is assigned a certain partition."""

    wanted: TopicPartition
    moved: threading.Event

    def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """See `Rebalancing.assigned`."""
        super().assigned(partitions)
        if self.wanted in partitions:
            self.moved.set()


def main() -> None:
    """The same job twice: once in peace, once with a rebalance."""
    with database() as (url, admin_url), broker() as bootstrap, ExitStack() as stack:
        settings = KafkaSettings(bootstrap)
        transport = KafkaTransport(settings)
        transport.create_topics()
        http = stack.enter_context(httpx.Client())
        objects = InMemoryObjectStore(Presigner("http://studio.test/objects", SECRET))
        desk = StudioDesk(url, admin_url, objects, http, stack, kek=SECRET, args_secret=SECRET)
        publish_defaults(desk.studio)
        stack.enter_context(running(desk, transport))
        calm = train(desk, settings, rebalance=False)
        moved = train(desk, settings, rebalance=True)
    report(
        "long_job",
        "polls of the same job without a rebalance",
        kept_claim="yes" if moved.kept_claim else "no",
        attempts=moved.attempts,
        claims=moved.claims,
        liveness_reports=moved.liveness_reports,
        baseline_liveness_reports=calm.liveness_reports,
        polls=moved.polls,
        baseline_polls=calm.polls,
        ratio=moved.polls / calm.polls,
        poll_gap_max_s=moved.poll_gap_max_s,
        baseline_poll_gap_max_s=calm.poll_gap_max_s,
        poll_interval_limit_s=settings.lease_s,
        rebalance_s=moved.rebalance_s,
        simulated_s=JOB_S,
        taken_s=moved.taken_s,
        baseline_taken_s=calm.taken_s,
    )


def train(desk: StudioDesk, settings: KafkaSettings, *, rebalance: bool) -> Course:
    """One training, from its grant to its result."""
    clock, transport = SimulatedClock(), TimedTransport(settings)
    child = TrainingChild(JOB_S)
    limits_s = {loader.id: loader.phase_limits_s for loader in LOADERS.values()}
    owner = desk.creator()
    twin = twin_with_photos(desk, owner)
    with ExitStack() as stack:
        voices = stack.enter_context(Voices(settings, [RESULTS], From.END))
        worker = Worker(HOLDER, transport, lambda: child, limits_s, clock=clock)
        polled_s = transport.opened.polled_s
        stack.enter_context(beside(worker.run))
        job = desk.train(twin, owner)
        if not child.begun.wait(PATIENCE_S):
            raise TimeoutError("the job was not granted")
        claimed = desk.job(job, owner).claim_id
        watchdog = Watchdog(
            desk.events,
            InMemoryWatchedClaims(),
            voices,
            stack.enter_context(transport.publisher("/suite/watchdog")),
            STORED_FORM,
            desk.studio,
            lease_s=LEASE_S,
            monotonic_s=clock,
            now=clock.now,
        )
        began_s, first_poll = perf_counter(), len(polled_s)
        halves = [JOB_S // 2, JOB_S - JOB_S // 2]
        pass_time(halves[0], clock, child, watchdog)
        rebalance_s = 0.0
        if rebalance:
            newcomer = newcomer_at(job, settings, clock)
            joins_s = perf_counter()
            stack.enter_context(beside(newcomer.run))
            while not newcomer.moved.wait(REBALANCING_ROUND_S):
                if perf_counter() > joins_s + PATIENCE_S:
                    raise TimeoutError("the partition did not move")
                pass_time(1, clock, child, watchdog)
                halves[1] -= 1
            rebalance_s = perf_counter() - joins_s
        pass_time(halves[1], clock, child, watchdog)
        ended = desk.comes_to(job, owner, JobState.RENDERED)
        taken_s, polls = perf_counter() - began_s, polled_s[first_poll - 1 :]
    return Course(
        kept_claim=ended.claim_id == claimed and not desk.reasons_of(job),
        attempts=ended.attempt,
        claims=voices.claims,
        liveness_reports=voices.alive,
        polls=len(polls),
        poll_gap_max_s=max(later - sooner for sooner, later in pairwise(polls)),
        rebalance_s=rebalance_s,
        taken_s=taken_s,
    )


def pass_time(
    seconds: int, clock: SimulatedClock, child: TrainingChild, watchdog: Watchdog
) -> None:
    """Each second the child takes a step, the worker's loop goes round, and the watchdog looks."""
    for _ in range(seconds):
        clock.advance(1.0)
        child.step()
        watchdog.turn(0.0)


def newcomer_at(job: UUID, settings: KafkaSettings, clock: SimulatedClock) -> Newcomer:
    """A worker whose name gives it the half of the partitions in which the job's message lies."""
    partition = partition_of(str(job), TOPIC.partitions)
    name = "a" if partition < TOPIC.partitions // 2 else "z"
    newcomer = Newcomer(name, KafkaTransport(settings), IdleChild, {}, clock=clock)
    newcomer.wanted, newcomer.moved = TopicPartition(TOPIC.name, partition), threading.Event()
    return newcomer


def twin_with_photos(desk: StudioDesk, owner: UUID) -> UUID:
    """A twin whose photos were accepted, although nobody has ever seen them."""
    twin: UUID = desk.does(CreateTwin(name=PersonalText("Ada at work")), owner).twin_id
    desk.does(SignBiometricRelease(twin, BIOMETRIC_RELEASE.sha256), owner)
    desk.does(GrantConsent(twin, CONSENT.sha256, EVERYTHING), owner)
    files = tuple(PhotoFile("image/jpeg", 100_000, f"{number:064x}") for number in range(PHOTOS))
    planned = desk.does(PlanPhotoUploads(twin, files), owner)
    photos = tuple(upload.photo_id for upload in planned.uploads)
    desk.does(SubmitPhotos(twin, planned.submission_id, "pocket", photos), owner)
    verdicts = tuple(PhotoVerdict(photo) for photo in photos)
    desk.does(RecordPhotoVerdicts(twin, planned.submission_id, verdicts, (), "bench"), owner)
    return twin


if __name__ == "__main__":
    main()
