"""The tripled transport does to messages what its name says, and nothing worse."""

from collections import Counter, defaultdict
from itertools import pairwise
from uuid import UUID, uuid5

from tests.diary import ADA
from tests.kafka.tripled_transport import TripledTransport
from topics.consume import next_offsets
from topics.in_memory import InMemoryTransport
from topics.messages.results import JobAlive
from topics.partitioning import partition_of
from topics.registry import RESULTS
from topics.transport import Delivery, From, Publication

SEED = 20_260_507
JOBS = tuple(uuid5(ADA, f"job {number}") for number in range(40))
ATTEMPTS = 5
ALL = len(JOBS) * ATTEMPTS


def published(memory: InMemoryTransport) -> None:
    """Five reports on each of forty jobs, one report of every job at a time."""
    with TripledTransport(memory, SEED).publisher("/suite/test") as publisher:
        for attempt in range(1, ATTEMPTS + 1):
            publisher.publish_all(
                [Publication(RESULTS, str(job), JobAlive(job, attempt, job)) for job in JOBS]
            )


def report(delivery: Delivery) -> tuple[UUID, int]:
    """Which report it is."""
    assert isinstance(delivery.message, JobAlive)
    return delivery.message.job, delivery.message.attempt


def test_each_message_stands_three_times_and_the_first_copies_keep_their_order() -> None:
    with InMemoryTransport() as memory:
        memory.create_topics()
        published(memory)
        with memory.broadcast([RESULTS], From.START) as reader:
            stood = [report(one) for one in reader.poll(0.0, 10 * ALL)]
    assert set(Counter(stood).values()) == {3}
    assert len(stood) == 3 * ALL
    first: dict[UUID, dict[int, None]] = defaultdict(dict)
    for job, attempt in stood:
        first[job].setdefault(attempt)
    assert {tuple(attempts) for attempts in first.values()} == {tuple(range(1, ATTEMPTS + 1))}
    assert any(list(_of(job, stood)) != sorted(_of(job, stood)) for job in JOBS)


def _of(job: UUID, stood: list[tuple[UUID, int]]) -> list[int]:
    return [attempt for one, attempt in stood if one == job]


def test_a_consumer_gets_all_in_the_order_of_each_partition_and_out_of_step_otherwise() -> None:
    with InMemoryTransport() as memory:
        memory.create_topics()
        published(memory)
        with TripledTransport(memory, SEED).consumer("test", [RESULTS], "ada") as consumer:
            found: list[Delivery] = []
            while batch := consumer.poll(0.0, 50):
                assert len(batch) <= 50
                found += batch
                consumer.commit(next_offsets(batch))
    assert len(found) == 3 * ALL
    offsets: dict[int, list[int]] = defaultdict(list)
    for one in found:
        offsets[one.partition].append(one.offset)
    assert all(numbers == sorted(set(numbers)) for numbers in offsets.values())
    partitions = [one.partition for one in found]
    turns = sum(here != there for here, there in pairwise(partitions))
    assert turns > len(offsets)


def test_what_was_read_and_not_handed_out_is_read_again_by_the_next_holder() -> None:
    with InMemoryTransport() as memory:
        memory.create_topics()
        published(memory)
        tripled = TripledTransport(memory, SEED)
        with tripled.consumer("test", [RESULTS], "ada") as consumer:
            first = consumer.poll(0.0, 50)
            consumer.commit(next_offsets(first))
        with tripled.consumer("test", [RESULTS], "grace") as consumer:
            found = [*first]
            while batch := consumer.poll(0.0):
                found += batch
    assert len({(one.partition, one.offset) for one in found}) == len(found) == 3 * ALL


def test_nothing_of_a_paused_partition_is_handed_out_until_it_is_resumed() -> None:
    with InMemoryTransport() as memory:
        memory.create_topics()
        published(memory)
        with TripledTransport(memory, SEED).consumer("test", [RESULTS], "ada") as consumer:
            begun = consumer.poll(0.0, 10)
            at = begun[0].at
            consumer.pause([at])
            while others := consumer.poll(0.0):
                assert all(one.at != at for one in others)
            consumer.resume([at])
            rest: list[Delivery] = []
            while batch := consumer.poll(0.0):
                rest += batch
    mine = sum(partition_of(str(job), RESULTS.partitions) == at.partition for job in JOBS)
    assert {one.at for one in rest} == {at}
    assert len(rest) + sum(one.at == at for one in begun) == 3 * ATTEMPTS * mine
