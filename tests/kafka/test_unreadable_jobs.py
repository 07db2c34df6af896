"""A worker that cannot read its queue: strays are put aside, too many in a row stop it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid5

import pytest

from gpu_consumers.worker.assignments import Order, Report
from gpu_consumers.worker.intake import GROUP, KINDS
from gpu_consumers.worker.worker import Worker, WorkerLimits
from tests.contract.transport_carriers import collect
from tests.parts.kafka_broker import kafka_cluster
from topics.codec import Undecodable
from topics.consume import DEAD_LETTERS_IN_A_ROW_MAX, TooManyDeadLetters
from topics.in_memory import InMemoryTransport
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings
from topics.messages.control import StopJob, StopReason
from topics.messages.dead_letter import DeadLetter
from topics.messages.jobs import JobQueued
from topics.messages.results import FailureReason, JobClaimed, JobFailed
from topics.messages.work import WorkKind
from topics.registry import DEAD_LETTERS, JOBS, RESULTS
from topics.transport import Delivery, From, Publication, TopicPartition, Transport

NAMES = UUID("5f0c6f1e-6b6e-4c1c-9d4f-0a4b8f7f2a11")
ADA = uuid5(NAMES, "Ada")
LIGHTHOUSE = uuid5(NAMES, "a lighthouse in fog")
QUEUE = JOBS[WorkKind.IMAGE]
STRAY = StopJob(LIGHTHOUSE, StopReason.CANCELLED)
"""Bytes that no reader of this topic knows."""

LIMITS = WorkerLimits(wait_s=0.05, poll_interval_s=0.2)
PATIENCE_S = 60.0

T = TypeVar("T")


@pytest.fixture(params=["in_memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def transport(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Transport]:
    if request.param == "in_memory":
        memory = InMemoryTransport()
        memory.create_topics()
        yield memory
        return
    # A broker of its own: on this one nobody else queues jobs.
    with kafka_cluster(tmp_path, nodes=1) as cluster:
        kafka = KafkaTransport(KafkaSettings(cluster.bootstrap, lease_s=3.0))
        kafka.create_topics()
        yield kafka


def publish(transport: Transport, *messages: JobQueued | StopJob, partition: int = 0) -> None:
    with transport.publisher("/suite/test") as publisher:
        publisher.publish_all(Publication(QUEUE, "ada", one, partition) for one in messages)


def queued(name: str) -> JobQueued:
    return JobQueued(uuid5(NAMES, name), 1, WorkKind.IMAGE, "pocket", "64x64", ADA)


class IdleChild:
    """A child that is never given anything."""

    is_alive = True

    def send(self, order: Order) -> None:
        raise AssertionError("nothing is granted here")

    def reports(self, timeout_s: float) -> list[Report]:
        return []

    def end(self) -> None:
        """See `Child.end`."""


def worker(transport: Transport) -> Worker:
    return Worker("lathe", transport, IdleChild, {}, limits=LIMITS)


def patience() -> threading.Event:
    """Ends a worker that does not end by itself."""
    over = threading.Event()
    timer = threading.Timer(PATIENCE_S, over.set)
    timer.daemon = True
    timer.start()
    return over


def left_in_queue(transport: Transport) -> list[object]:
    """What the next worker finds."""
    with transport.consumer(GROUP, [QUEUE], "mill") as consumer:
        return [one.message for one in collect(consumer.poll, DEAD_LETTERS_IN_A_ROW_MAX + 1)]


def test_more_unreadable_jobs_in_a_row_than_allowed_stop_the_worker_and_stay_in_the_queue(
    transport: Transport,
) -> None:
    publish(transport, *[STRAY] * (DEAD_LETTERS_IN_A_ROW_MAX + 1))
    with pytest.raises(TooManyDeadLetters, match=f"group {GROUP} met more than 20") as stopped:
        worker(transport).run(patience())
    assert (stopped.value.topic, stopped.value.partition) == (QUEUE.name, 0)
    found = left_in_queue(transport)
    assert len(found) == DEAD_LETTERS_IN_A_ROW_MAX + 1
    assert {type(one) for one in found} == {Undecodable}


def test_a_worker_that_stops_over_them_gives_back_the_job_that_it_claimed() -> None:
    # In memory only: on Kafka what a rebalancing brings is paused before it is fetched.
    transport = InMemoryTransport()
    transport.create_topics()
    lathe = worker(transport)
    mill = transport.consumer(GROUP, [JOBS[kind] for kind in KINDS], "mill")
    with transport.broadcast([RESULTS], From.START) as results:

        def turn() -> list[object]:
            lathe.step()
            mill.poll(0.05)
            return [one.message for one in results.poll(0)]

        def shared() -> list[TopicPartition]:
            turn()
            return sorted(at for at in mill.assignment if at.topic == QUEUE.name)

        theirs = _first(shared)
        everything = {TopicPartition(QUEUE.name, number) for number in range(QUEUE.partitions)}
        ours = everything - mill.assignment
        publish(transport, queued("a lighthouse in fog"), partition=min(ours).partition)
        (claim,) = _first(turn)
        assert isinstance(claim, JobClaimed)
        # They reach a worker that is busy when a rebalancing brings their partition.
        strays = [STRAY] * (DEAD_LETTERS_IN_A_ROW_MAX + 1)
        publish(transport, *strays, partition=theirs[0].partition)
        mill.close()
        with pytest.raises(TooManyDeadLetters):
            lathe.run(patience())
        lost = JobFailed(claim.job, 1, claim.claim_id, FailureReason.WORKER_LOST)
        assert lost in [one.message for one in collect(results.poll, 1)]


def test_strays_beside_jobs_are_put_aside_and_the_jobs_are_claimed(transport: Transport) -> None:
    # More than the limit, and no more than one poll brings; but not in a row.
    before, behind = DEAD_LETTERS_IN_A_ROW_MAX - 1, 10
    publish(transport, *[STRAY] * before, queued("a lighthouse in fog"), *[STRAY] * behind)
    lathe = worker(transport)
    with (
        transport.broadcast([RESULTS], From.START) as results,
        transport.broadcast([DEAD_LETTERS], From.START) as letters,
    ):

        def turn() -> Sequence[Delivery]:
            lathe.step()
            return results.poll(0)

        (claim,) = _first(turn)
        assert isinstance(claim.message, JobClaimed)
        found = [one.message for one in collect(letters.poll, before + behind)]
    lathe.close()
    assert len(found) == before + behind
    assert {one.group for one in found if isinstance(one, DeadLetter)} == {GROUP}


def _first(look: Callable[[], Sequence[T]]) -> Sequence[T]:
    """What is seen first, looking again and again."""
    over = patience()
    while not over.is_set():
        if found := look():
            return found
    raise AssertionError("nothing came")
