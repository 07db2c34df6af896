"""What is older than its topic's retention goes, and nothing else."""

from uuid import UUID

import msgspec
import psycopg

from topics.embedded import EmbeddedTransport
from topics.in_memory import InMemoryTransport
from topics.messages.control import StopJob, StopReason
from topics.registry import CONTROL
from topics.transport import Delivery, From, Transport

SHORT = msgspec.structs.replace(CONTROL, name="test.short", retention_s=60)
LONG = msgspec.structs.replace(CONTROL, name="test.long", retention_s=3_600)
STOP = StopJob(job=UUID(int=7), reason=StopReason.CANCELLED)


def offsets(transport: Transport) -> list[tuple[str, int]]:
    with transport.broadcast([SHORT, LONG], From.START) as reader:
        found: tuple[Delivery, ...] = reader.poll(0.0)
    return sorted((one.topic, one.offset) for one in found)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_memory_drops_what_is_past_its_retention() -> None:
    clock = Clock()
    transport = InMemoryTransport(clock=clock)
    transport.create_topics([SHORT, LONG])
    publisher = transport.publisher("/suite/test")
    for topic in (SHORT, LONG):
        publisher.publish(topic, "ada", STOP)
    clock.now_s = 61.0
    publisher.publish(SHORT, "ada", STOP)
    transport.sweep()
    assert offsets(transport) == [("test.long", 0), ("test.short", 1)]


def test_a_database_drops_what_is_past_its_retention(database: str, admin_database: str) -> None:
    with EmbeddedTransport(database) as transport:
        transport.create_topics([SHORT, LONG])
        with transport.publisher("/suite/test") as publisher:
            for topic in (SHORT, LONG):
                publisher.publish(topic, "ada", STOP)
            minutes_ago(admin_database, 2)
            publisher.publish(SHORT, "ada", STOP)
            transport.sweep()
            assert offsets(transport) == [("test.long", 0), ("test.short", 1)]
            minutes_ago(admin_database, 2)
            transport.sweep()
            assert offsets(transport) == [("test.long", 0)]
            # The numbers go on where they were.
            publisher.publish(SHORT, "ada", STOP)
            assert offsets(transport) == [("test.long", 0), ("test.short", 2)]


def test_members_of_groups_sweep_by_themselves(database: str, admin_database: str) -> None:
    with EmbeddedTransport(database) as transport:
        transport.create_topics([SHORT])
        with transport.publisher("/suite/test") as publisher:
            publisher.publish(SHORT, "ada", STOP)
        minutes_ago(admin_database, 2)
        with transport.consumer("workers", [SHORT], "ada") as consumer:
            consumer.poll(0.0)
            consumer.poll(0.0)
        with transport.broadcast([SHORT], From.START) as reader:
            assert reader.poll(0.0) == ()


def minutes_ago(admin_url: str, minutes: int) -> None:
    """Let every record be older by this."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            "UPDATE topics.records SET appended_at = appended_at - make_interval(mins => %s)",
            [minutes],
        )
