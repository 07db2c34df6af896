"""Whatever raises over one job ends that job, and the worker takes the next one."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from gpu_consumers.worker.assignments import Delivered, Report
from tests.gpu_consumers.worker.test_worker import (
    HARBOUR,
    LIGHTHOUSE,
    OUTPUT,
    Bench,
    ScriptedChild,
)
from topics.codec import decode
from topics.consume import DEAD_LETTERS_IN_A_ROW_MAX, TRIES_MAX, TooManyDeadLetters
from topics.in_memory import InMemoryTransport
from topics.in_memory_publisher import InMemoryPublisher
from topics.messages.dead_letter import DeadLetter
from topics.messages.jobs import JobQueued
from topics.messages.results import FailureReason, JobFailed, TrainedAdapter
from topics.messages.work import WorkKind
from topics.registry import DEAD_LETTERS, JOBS, RESULTS, Message, Topic
from topics.transport import From

NONSENSE: dict[str, Delivered] = {
    "a digest of 80 kB": Delivered((msgspec.structs.replace(OUTPUT, sha256="5e" * 40_000),)),
    "a NUL": Delivered((msgspec.structs.replace(OUTPUT, media_type="image/png\x00"),)),
    "no number": Delivered((), TrainedAdapter("a/b", "5e" * 32, 9, 16, 90, float("nan"))),
}


class RaisingTransport(InMemoryTransport):
    """A transport whose publishers choke on what is said of one job."""

    def __init__(self) -> None:
        super().__init__()
        self.chokes_on: UUID | None = None

    def publisher(self, source: str) -> InMemoryPublisher:
        return _RaisingPublisher(self, source)


class _RaisingPublisher(InMemoryPublisher):
    def publish(
        self, topic: Topic, key: str, message: Message, *, traceparent: str | None = None
    ) -> None:
        assert isinstance(self._transport, RaisingTransport)
        if topic == RESULTS and key == str(self._transport.chokes_on):
            raise ValueError("cannot be said")
        super().publish(topic, key, message, traceparent=traceparent)


class Unreadable(ScriptedChild):
    """A child whose next word is not one of the language."""

    def reports(self, timeout_s: float) -> list[Report]:
        raise msgspec.ValidationError("Expected `str` matching regex")


@pytest.fixture
def bench() -> Bench:
    return Bench(transport=RaisingTransport())


def letters(bench: Bench) -> list[DeadLetter]:
    with bench.transport.broadcast([DEAD_LETTERS], From.START) as reader:
        return [one.message for one in reader.poll(0) if isinstance(one.message, DeadLetter)]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_result_that_nobody_could_read_is_reported_as_a_failed_attempt(
    bench: Bench, nonsense: str
) -> None:
    claim = bench.granted()
    bench.child_says(NONSENSE[nonsense])
    failed = JobFailed(LIGHTHOUSE, 1, claim.claim_id, FailureReason.ENGINE_ERROR)
    assert bench.said(JobFailed) == [failed]
    assert bench.claimed(HARBOUR).job == HARBOUR
    assert letters(bench) == []


def test_a_child_that_nobody_understands_fails_its_job_and_is_replaced(bench: Bench) -> None:
    bench.granted()
    bench.child.reports = Unreadable().reports  # type: ignore[method-assign]
    bench.steps()
    assert [failed.reason for failed in bench.said(JobFailed)] == [FailureReason.ENGINE_ERROR]
    assert [child.is_alive for child in bench.children] == [False, True]
    assert bench.claimed(HARBOUR).job == HARBOUR


def choke(bench: Bench, job: UUID | None) -> None:
    assert isinstance(bench.transport, RaisingTransport)
    bench.transport.chokes_on = job


def test_a_claim_that_cannot_be_made_is_given_up_and_the_next_job_is_taken(bench: Bench) -> None:
    choke(bench, LIGHTHOUSE)
    bench.queue(LIGHTHOUSE)
    for _ in range(TRIES_MAX):
        bench.steps(1)
        bench.now_s += 5.0
    (letter,) = letters(bench)
    assert letter.reason == "raised: ValueError"
    queued = decode(JOBS[WorkKind.IMAGE], letter.headers, letter.value)
    assert isinstance(queued, JobQueued)
    assert queued.job == LIGHTHOUSE
    assert bench.claimed(HARBOUR).job == HARBOUR


def test_a_job_whose_end_cannot_be_said_is_given_up(bench: Bench) -> None:
    bench.granted()
    choke(bench, LIGHTHOUSE)
    bench.child_says(Delivered((OUTPUT,)))
    bench.steps(TRIES_MAX)
    assert [letter.reason for letter in letters(bench)] == ["raised: ValueError"]
    assert sum(bench.committed().values()) == 1
    assert bench.claimed(HARBOUR).job == HARBOUR


def test_a_worker_that_gives_up_everything_stops(bench: Bench) -> None:
    choke(bench, LIGHTHOUSE)

    def give_up_all() -> None:
        for _ in range(DEAD_LETTERS_IN_A_ROW_MAX + 1):
            bench.queue(LIGHTHOUSE)
            for _ in range(TRIES_MAX + 1):
                bench.steps(1)
                bench.now_s += 5.0

    with pytest.raises(TooManyDeadLetters):
        give_up_all()
