"""The worker's parent, with a child that does what the test says and a clock that it moves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID, uuid5

import pytest

from gpu_consumers.worker.assignments import Advanced, Broke, Delivered, Order, Report, Start, Stop
from gpu_consumers.worker.backlog import BatchRoom
from gpu_consumers.worker.intake import GROUP, KINDS
from gpu_consumers.worker.worker import Worker, WorkerLimits
from topics.codec import Encoded
from topics.in_memory import InMemoryTransport
from topics.in_memory_publisher import InMemoryPublisher
from topics.messages.control import StopJob, StopReason
from topics.messages.grants import ClaimRefusal, ClaimRefused, JobGranted
from topics.messages.jobs import JobQueued
from topics.messages.progress import CheckpointSeen, JobProgressed, Phase
from topics.messages.results import (
    FailureReason,
    JobAlive,
    JobClaimed,
    JobFailed,
    JobRendered,
    RenderedOutput,
)
from topics.messages.work import ImageItem, ImageWork, Upload, WorkKind
from topics.registry import CONTROL, GRANTS, JOBS, PROGRESS, RESULTS, Message, Topic, key_of
from topics.transport import From, PublishFailed, TopicPartition

NAMES = UUID("5f0c6f1e-6b6e-4c1c-9d4f-0a4b8f7f2a11")
ADA, GRACE = uuid5(NAMES, "Ada"), uuid5(NAMES, "Grace")
LIGHTHOUSE = uuid5(NAMES, "a lighthouse in fog")
HARBOUR = uuid5(NAMES, "a harbour at noon")
STEP_LIMIT_S = 30.0
OUTPUT = RenderedOutput(0, "quarantine/0.png", "ab" * 32, 100, 512, 512, "image/png", 7)

M = TypeVar("M", bound=Message)


class ScriptedChild:
    """A child that answers with what the test puts into `next_reports`."""

    def __init__(self) -> None:
        self.is_alive = True
        self.orders: list[Order] = []
        self.next_reports: list[Report] = []

    def send(self, order: Order) -> None:
        self.orders.append(order)

    def reports(self, timeout_s: float) -> list[Report]:
        del timeout_s
        reports, self.next_reports = self.next_reports, []
        return reports

    def end(self) -> None:
        self.is_alive = False


@dataclass
class Bench:
    """A worker named `lathe` on topics in memory; the test plays relay, recorder and child."""

    transport: InMemoryTransport = field(default_factory=InMemoryTransport)
    now_s: float = 1_000_000.0
    children: list[ScriptedChild] = field(default_factory=list)
    rooms: dict[str, BatchRoom] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.transport.create_topics()
        self.publisher = self.transport.publisher("/suite/test")
        self.results = self.transport.broadcast([RESULTS], From.START)
        self.progress = self.transport.broadcast([PROGRESS], From.START)
        self.worker = self.start_worker("lathe", self.transport)

    def start_worker(self, name: str, transport: InMemoryTransport) -> Worker:
        return Worker(
            name,
            transport,
            self._start_child,
            {"pocket": {Phase.STEP: STEP_LIMIT_S}},
            forget_files=self.forget_files,
            rooms=self.rooms,
            limits=WorkerLimits(wait_s=0.0),
            clock=lambda: self.now_s,
        )

    def forget_files(self, twin: UUID, epoch: int) -> None:
        """This worker has none."""

    def _start_child(self) -> ScriptedChild:
        self.children.append(ScriptedChild())
        return self.children[-1]

    @property
    def child(self) -> ScriptedChild:
        return self.children[-1]

    def publish(self, topic: Topic, message: Message) -> None:
        self.publisher.publish(topic, key_of(message), message)

    def queue(
        self, job: UUID, *, owner: UUID = ADA, attempt: int = 1, twin: UUID | None = None
    ) -> None:
        queued = JobQueued(job, attempt, WorkKind.IMAGE, "pocket", "64x64", owner, twin)
        self.publish(JOBS[WorkKind.IMAGE], queued)

    def steps(self, count: int = 2) -> None:
        for _ in range(count):
            self.worker.step()

    def pass_by(self, seconds: float) -> None:
        """Time passes for a worker that turns meanwhile."""
        ends_s = self.now_s + seconds
        while self.now_s < ends_s:
            self.now_s = min(ends_s, self.now_s + 1.0)
            self.steps()

    def said(self, kind: type[M]) -> list[M]:
        """What the worker has newly published to results, of this kind."""
        return [
            delivery.message
            for delivery in self.results.poll(0)
            if isinstance(delivery.message, kind)
        ]

    def claimed(self, job: UUID = LIGHTHOUSE, **queued: UUID | None) -> JobClaimed:
        self.queue(job, **queued)  # type: ignore[arg-type]
        self.steps()
        (claim,) = self.said(JobClaimed)
        return claim

    def granted(self, job: UUID = LIGHTHOUSE) -> JobClaimed:
        claim = self.claimed(job)
        self.grant(claim)
        self.steps()
        return claim

    def grant(self, claim: JobClaimed) -> None:
        self.publish(
            GRANTS,
            JobGranted(
                worker=claim.worker,
                job=claim.job,
                attempt=claim.attempt,
                claim_id=claim.claim_id,
                owner=ADA,
                deadline_s=self.now_s + 600,
                work=lighthouse_work(),
            ),
        )

    def refuse(self, claim: JobClaimed, reason: ClaimRefusal) -> None:
        refused = ClaimRefused(claim.worker, claim.job, claim.attempt, claim.claim_id, reason)
        self.publish(GRANTS, refused)

    def child_says(self, *reports: Report) -> None:
        self.child.next_reports += reports
        self.steps()

    def committed(self) -> dict[TopicPartition, int]:
        return dict(self.transport.groups[GROUP].offsets)

    def progress_said(self) -> list[JobProgressed]:
        messages = [delivery.message for delivery in self.progress.poll(0)]
        return [message for message in messages if isinstance(message, JobProgressed)]


def lighthouse_work() -> ImageWork:
    upload = Upload("http://store/upload", {}, "quarantine/0.png", "image/png", 1_000_000)
    return ImageWork(
        engine="pocket",
        prompt="a lighthouse in fog",
        negative_prompt="",
        style="plain",
        width=64,
        height=64,
        num_inference_steps=4,
        guidance_scale=4.0,
        twin_strength=1.0,
        items=(ImageItem(0, 7, upload),),
    )


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_queued_job_is_claimed_and_nothing_is_started_before_the_grant(bench: Bench) -> None:
    claim = bench.claimed()
    bench.steps(5)
    assert (claim.job, claim.attempt, claim.worker) == (LIGHTHOUSE, 1, "lathe")
    assert bench.child.orders == []


def test_a_granted_job_goes_to_the_child_with_its_work(bench: Bench) -> None:
    bench.granted()
    assert bench.child.orders == [Start(LIGHTHOUSE, 1, lighthouse_work())]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_drawing_and_training_is_claimed_as_what_it_is(
    bench: Bench, kind: WorkKind
) -> None:
    bench.publish(JOBS[kind], JobQueued(LIGHTHOUSE, 1, kind, "pocket", "64x64", ADA))
    bench.steps()
    (claim,) = bench.said(JobClaimed)
    assert (claim.job, claim.kind) == (LIGHTHOUSE, kind)


def test_a_preview_is_published_with_the_items_that_it_shows(bench: Bench) -> None:
    bench.granted()
    bench.child_says(Advanced(Phase.STEP, 1, 25, b"png", (2, 3)))
    (said,) = bench.progress_said()
    assert (said.preview_png, said.preview_items) == (b"png", (2, 3))


def test_the_checkpoints_of_a_training_are_published(bench: Bench) -> None:
    bench.granted()
    passed = (CheckpointSeen(12, 0.8), CheckpointSeen(24, 0.9))
    bench.child_says(Advanced(Phase.STEP, 25, 48, b"png", (0, 1), passed))
    (said,) = bench.progress_said()
    assert said.checkpoints == passed


def test_an_unanswered_claim_is_repeated_with_the_same_id(bench: Bench) -> None:
    claim = bench.claimed()
    bench.now_s += 4.9
    bench.steps()
    assert bench.said(JobClaimed) == []
    bench.now_s += 0.2
    bench.steps()
    assert bench.said(JobClaimed) == [claim]


def test_a_grant_that_comes_twice_starts_the_work_once(bench: Bench) -> None:
    claim = bench.claimed()
    bench.grant(claim)
    bench.grant(claim)
    bench.steps(4)
    assert len(bench.child.orders) == 1


def test_a_grant_of_another_worker_is_not_taken(bench: Bench) -> None:
    claim = bench.claimed()
    bench.grant(JobClaimed(LIGHTHOUSE, 1, claim.claim_id, "mill", WorkKind.IMAGE))
    bench.steps()
    assert bench.child.orders == []


def test_a_refused_claim_is_dropped_and_the_next_job_is_taken(bench: Bench) -> None:
    claim = bench.claimed()
    bench.queue(HARBOUR)
    bench.refuse(claim, ClaimRefusal.JOB_ENDED)
    bench.steps(4)
    assert bench.child.orders == []
    assert [again.job for again in bench.said(JobClaimed)] == [HARBOUR]
    assert sum(bench.committed().values()) == 1


def test_the_result_is_published_before_the_offset_is_committed(bench: Bench) -> None:
    claim = bench.granted()
    assert bench.committed() == {}
    bench.child_says(Delivered((OUTPUT,)))
    assert bench.said(JobRendered) == [JobRendered(LIGHTHOUSE, 1, claim.claim_id, (OUTPUT,))]
    assert sum(bench.committed().values()) == 1


def test_a_result_that_is_not_acknowledged_is_published_again_and_only_then_committed() -> None:
    flaky = FlakyTransport()
    bench = Bench(flaky)
    bench.granted()
    flaky.is_broken = True
    bench.child_says(Delivered((OUTPUT,)))
    assert bench.committed() == {}
    flaky.is_broken = False
    bench.steps()
    assert len(bench.said(JobRendered)) == 1
    assert sum(bench.committed().values()) == 1


def test_a_message_delivered_again_is_claimed_anew_and_not_rendered_twice(bench: Bench) -> None:
    first = bench.granted()
    bench.child_says(Delivered((OUTPUT,)))
    second = bench.claimed()
    assert second.claim_id != first.claim_id
    bench.refuse(second, ClaimRefusal.STALE_ATTEMPT)
    bench.steps(4)
    assert len(bench.child.orders) == 1
    assert sum(bench.committed().values()) == 2


def test_a_running_job_is_said_to_be_alive_every_five_seconds(bench: Bench) -> None:
    claim = bench.granted()
    bench.said(JobAlive)
    for _ in range(4):
        bench.now_s += 2.5
        bench.child_says(Advanced(Phase.STEP, 1, 4))
    assert bench.said(JobAlive) == [JobAlive(LIGHTHOUSE, 1, claim.claim_id)] * 2


def test_nothing_is_polled_into_a_busy_worker_but_its_partitions_stay_held(bench: Bench) -> None:
    bench.granted()
    bench.queue(HARBOUR)
    for _ in range(60):
        bench.now_s += 1.0
        bench.child_says(Advanced(Phase.STEP, 1, 4))
    assert bench.said(JobClaimed) == []
    held = bench.transport.groups[GROUP].held
    assert set(held.values()) == {"lathe"}


def test_progress_is_published_twice_a_second_at_most_and_the_latest_wins(bench: Bench) -> None:
    bench.granted()
    for step in range(1, 11):
        bench.now_s += 0.125
        bench.child_says(Advanced(Phase.STEP, step, 10))
    bench.now_s += 0.5
    bench.steps()
    assert [said.step for said in bench.progress_said()] == [1, 5, 9, 10]


def test_a_stop_reaches_the_child_and_the_job_is_reported_as_stopped(bench: Bench) -> None:
    claim = bench.granted()
    bench.publish(CONTROL, StopJob(LIGHTHOUSE, StopReason.CONSENT_WITHDRAWN))
    bench.steps()
    assert bench.child.orders[1:] == [Stop()]
    bench.child_says(Broke(FailureReason.STOPPED))
    stopped = JobFailed(LIGHTHOUSE, 1, claim.claim_id, FailureReason.STOPPED)
    assert bench.said(JobFailed) == [stopped]
    assert bench.child.is_alive


def test_a_child_that_does_not_stop_is_replaced(bench: Bench) -> None:
    bench.granted()
    bench.publish(CONTROL, StopJob(LIGHTHOUSE, StopReason.CANCELLED))
    bench.steps()
    bench.now_s += 10.0
    bench.steps()
    assert [failed.reason for failed in bench.said(JobFailed)] == [FailureReason.STOPPED]
    assert [child.is_alive for child in bench.children] == [False, True]


def test_a_job_stopped_while_its_claim_was_open_never_reaches_the_child(bench: Bench) -> None:
    claim = bench.claimed()
    bench.publish(CONTROL, StopJob(LIGHTHOUSE, StopReason.CANCELLED))
    bench.steps()
    bench.grant(claim)
    bench.steps()
    assert bench.child.orders == []
    assert [failed.reason for failed in bench.said(JobFailed)] == [FailureReason.STOPPED]


def test_a_stop_for_another_job_is_ignored(bench: Bench) -> None:
    bench.granted()
    bench.publish(CONTROL, StopJob(HARBOUR, StopReason.CANCELLED))
    bench.steps()
    assert bench.child.orders == [Start(LIGHTHOUSE, 1, lighthouse_work())]


def test_a_child_that_dies_fails_its_job_and_is_replaced(bench: Bench) -> None:
    bench.granted()
    bench.child.is_alive = False
    bench.steps()
    assert [failed.reason for failed in bench.said(JobFailed)] == [FailureReason.WORKER_LOST]
    assert sum(bench.committed().values()) == 1
    assert bench.child.is_alive


def test_a_phase_without_a_step_for_too_long_ends_the_attempt(bench: Bench) -> None:
    bench.granted()
    bench.child_says(Advanced(Phase.STEP, 1, 4))
    bench.pass_by(STEP_LIMIT_S - 0.1)
    bench.child_says(Advanced(Phase.STEP, 2, 4))
    bench.pass_by(STEP_LIMIT_S - 0.1)
    assert bench.said(JobFailed) == []
    bench.pass_by(0.2)
    assert [failed.reason for failed in bench.said(JobFailed)] == [FailureReason.PHASE_TIMEOUT]
    assert len(bench.children) == 2


def test_an_attempt_ends_at_its_deadline_even_if_it_advances(bench: Bench) -> None:
    bench.granted()
    for _ in range(30):
        bench.now_s += 20.0
        bench.child_says(Advanced(Phase.STEP, 1, 4))
    assert [failed.reason for failed in bench.said(JobFailed)] == [FailureReason.PHASE_TIMEOUT]


def test_running_out_of_memory_fails_the_job_and_the_next_one_gets_a_new_child(
    bench: Bench,
) -> None:
    bench.granted()
    bench.child_says(Broke(FailureReason.OUT_OF_MEMORY))
    assert [failed.reason for failed in bench.said(JobFailed)] == [FailureReason.OUT_OF_MEMORY]
    bench.granted(HARBOUR)
    assert len(bench.children) == 2
    assert [order.job for order in bench.child.orders if isinstance(order, Start)] == [HARBOUR]


def test_other_failures_keep_the_child_warm(bench: Bench) -> None:
    bench.granted()
    bench.child_says(Broke(FailureReason.INPUT_UNAVAILABLE))
    assert [failed.reason for failed in bench.said(JobFailed)] == [FailureReason.INPUT_UNAVAILABLE]
    assert len(bench.children) == 1


def test_bytes_that_no_one_can_read_go_to_the_dead_letters_and_the_next_job_is_taken(
    bench: Bench,
) -> None:
    bury_at = TopicPartition(JOBS[WorkKind.IMAGE].name, 3)
    with bench.transport.changed:
        bench.transport.log(bury_at).append("?", unreadable(), bench.now_s)
    bench.claimed()
    assert bench.committed()[bury_at] == 1


def test_a_flood_of_one_owner_does_not_keep_another_waiting(bench: Bench) -> None:
    for number in range(8):
        bench.queue(uuid5(ADA, str(number)), owner=ADA)
    bench.queue(LIGHTHOUSE, owner=GRACE)
    order = work_through(bench, 9)
    assert order.index(LIGHTHOUSE) <= 1 + 3


def test_the_warm_twin_comes_first_but_only_three_times_in_a_row(bench: Bench) -> None:
    for number in range(6):
        bench.queue(uuid5(ADA, str(number)), owner=ADA, twin=uuid5(ADA, "twin"))
    bench.queue(LIGHTHOUSE, owner=GRACE, twin=uuid5(GRACE, "twin"))
    bench.queue(HARBOUR, owner=GRACE, twin=uuid5(GRACE, "twin"))
    owners = [GRACE if job in (LIGHTHOUSE, HARBOUR) else ADA for job in work_through(bench, 8)]
    first = owners.index(GRACE)
    assert first <= 3
    assert owners[first : first + 2] == [GRACE, GRACE]


def test_told_to_end_a_worker_finishes_what_runs(bench: Bench) -> None:
    bench.granted()
    bench.child.next_reports = [Advanced(Phase.STEP, 4, 4), Delivered((OUTPUT,))]
    bench.worker.run(already_set())
    assert len(bench.said(JobRendered)) == 1
    assert sum(bench.committed().values()) == 1
    assert not bench.child.is_alive


def test_told_to_end_a_worker_gives_back_what_would_take_too_long() -> None:
    bench = Bench()
    bench.granted()
    ticking = bench.child.reports

    def reports(timeout_s: float) -> list[Report]:
        bench.now_s += 5.0
        return ticking(timeout_s)

    bench.child.reports = reports  # type: ignore[method-assign]
    bench.worker.run(already_set())
    assert [failed.reason for failed in bench.said(JobFailed)] == [FailureReason.WORKER_LOST]


def test_told_to_end_a_worker_releases_an_open_claim_and_leaves_the_job_in_the_queue(
    bench: Bench,
) -> None:
    claim = bench.claimed()
    bench.worker.run(already_set())
    lost = JobFailed(LIGHTHOUSE, 1, claim.claim_id, FailureReason.WORKER_LOST)
    assert bench.said(JobFailed) == [lost]
    bench.worker = bench.start_worker("mill", bench.transport)
    bench.steps()
    assert [again.worker for again in bench.said(JobClaimed)] == ["mill"]


def test_two_workers_share_the_partitions_and_each_job_is_claimed_once(bench: Bench) -> None:
    other = bench.start_worker("mill", bench.transport)
    for _ in range(4):
        bench.worker.step()
        other.step()
    jobs = [uuid5(GRACE, str(number)) for number in range(2)]
    for job in jobs:
        bench.queue(job)
    for _ in range(4):
        bench.worker.step()
        other.step()
    claims = bench.said(JobClaimed)
    assert len(claims) == len({claim.job for claim in claims})


def work_through(bench: Bench, count: int) -> list[UUID]:
    """Grant and deliver whatever is claimed; the jobs in the order in which they were claimed."""
    order = []
    for _ in range(count):
        bench.steps()
        (claim,) = bench.said(JobClaimed)
        order.append(claim.job)
        bench.grant(claim)
        bench.steps()
        bench.child.next_reports = [Delivered((OUTPUT,))]
        bench.worker.step()
    return order


def already_set() -> threading.Event:
    stop = threading.Event()
    stop.set()
    return stop


def unreadable() -> Encoded:
    return Encoded((), b"not a message")


class FlakyPublisher(InMemoryPublisher):
    """A publisher that gets no acknowledgement while its transport is broken."""

    def publish(
        self, topic: Topic, key: str, message: Message, *, traceparent: str | None = None
    ) -> None:
        if isinstance(self._transport, FlakyTransport) and self._transport.is_broken:
            raise PublishFailed
        super().publish(topic, key, message, traceparent=traceparent)


class FlakyTransport(InMemoryTransport):
    """A transport that the test can break."""

    is_broken = False

    def publisher(self, source: str) -> InMemoryPublisher:
        return FlakyPublisher(self, source)
