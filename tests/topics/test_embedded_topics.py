"""What the embedded transport promises beyond the contract: its role, and its patience."""

import threading
from uuid import UUID

import msgspec
import psycopg
import pytest

from topics.embedded import EmbeddedTransport
from topics.messages.control import StopJob, StopReason
from topics.registry import CONTROL
from topics.transport import From, Publication, Publisher, PublishFailed, TopicPartition

TOPIC = msgspec.structs.replace(CONTROL, name="test.control", partitions=4)
STOP = StopJob(job=UUID(int=7), reason=StopReason.CANCELLED)


def cut_connections(admin_url: str) -> None:
    """Do what a restart of the server does to everyone who is connected."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'suite:topics' AND datname = current_database()"
        )


def test_it_acts_as_the_role_topics_which_sees_nothing_else(database: str) -> None:
    with EmbeddedTransport(database) as transport, transport._pool.connection() as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("topics",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM events.stored_events")


def test_a_consumer_goes_on_after_its_connection_was_cut(
    database: str, admin_database: str
) -> None:
    with EmbeddedTransport(database, lease_s=30) as transport:
        transport.create_topics([TOPIC])
        with (
            transport.publisher("/suite/test") as publisher,
            transport.consumer("workers", [TOPIC], "ada") as consumer,
            transport.broadcast([TOPIC], From.END) as reader,
        ):
            publisher.publish(TOPIC, "ada", STOP)
            assert len(consumer.poll(10.0)) == 1
            cut_connections(admin_database)
            consumer.poll(2.0)
            publish_in_spite_of_a_cut(publisher)
            assert [one.offset for one in consumer.poll(10.0)] == [1]
            assert [one.offset for one in reader.poll(10.0)] == [0, 1]
            consumer.commit({at: 2 for at in consumer.assignment})


def publish_in_spite_of_a_cut(publisher: Publisher) -> None:
    """A pooled connection may have been cut: publishing again is always right."""
    for _ in range(5):
        try:
            publisher.publish(TOPIC, "ada", STOP)
        except PublishFailed:
            continue
        return
    pytest.fail("five cut connections in a pool of four")


def test_offsets_follow_the_order_of_commits_when_many_write(database: str) -> None:
    with EmbeddedTransport(database) as transport:
        transport.create_topics([TOPIC])
        writers, records = 4, 50
        with (
            transport.publisher("/suite/test") as publisher,
            transport.broadcast([TOPIC], From.START) as tail,
        ):

            def write() -> None:
                for _ in range(records):
                    publisher.publish_all(
                        [Publication(TOPIC, "", STOP, partition=number) for number in (3, 0)]
                    )

            threads = [threading.Thread(target=write) for _ in range(writers)]
            for thread in threads:
                thread.start()
            seen: dict[TopicPartition, list[int]] = {}
            while sum(map(len, seen.values())) < 2 * writers * records:
                found = tail.poll(10.0)
                assert found
                for one in found:
                    seen.setdefault(one.at, []).append(one.offset)
            for thread in threads:
                thread.join()
        # A tailing reader missed none: a record never appears behind one that was read before.
        assert all(numbers == list(range(writers * records)) for numbers in seen.values())
