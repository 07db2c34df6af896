"""Facts folded into the read models per second, over a bare consume loop of the same records.

Twice: the facts of one busy owner, and those of a thousand who came at the same time.
"""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import psycopg
from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaTopicPartition
from psycopg import sql

from adapters.event_store.in_memory import InMemoryKeys
from adapters.postgres.connect import open_pool
from benchmarks.histories import at_the_same_time, many_owners, one_busy_owner
from benchmarks.measure import alternating, broker, database, report, seconds
from domain.events import STORED_FORM
from processes.garbage import look_seldom
from processes.projector import GROUP, FactProjection
from projections.projector import FACTS_PER_TRANSACTION_MAX, Projector
from topics.consume import ConsumerLoop, DeadLetterBox
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings
from topics.messages.fact import Fact
from topics.registry import FACTS, key_of
from topics.transport import Publication

JOBS_OF_ONE = 600
OWNERS = 1_000
ROUNDS = 5

_names = count(1)


def main() -> None:
    """Folded again and again into empty tables."""
    one = one_busy_owner(JOBS_OF_ONE)
    measure(one.facts, one.keys, owners=1)
    many = many_owners(OWNERS)
    measure(at_the_same_time(many.facts), many.keys, owners=OWNERS)


def measure(facts: Sequence[Fact], keys: InMemoryKeys, *, owners: int) -> None:
    """One line."""
    # As its process does; and what the history is made of is no garbage of the projector's.
    look_seldom()
    with database() as (url, admin_url), broker() as bootstrap:
        transport = KafkaTransport(KafkaSettings(bootstrap))
        transport.create_topics()
        with (
            transport.publisher("/suite/relay") as publisher,
            open_pool(url, "projector", size_max=2) as pool,
            psycopg.connect(admin_url, autocommit=True) as admin,
        ):
            publisher.publish_all([Publication(FACTS, key_of(fact), fact) for fact in facts])
            projector = Projector(pool.connection, STORED_FORM, keys)

            def ours() -> float:
                empty(admin)
                group = f"{GROUP} {next(_names)}"
                with transport.consumer(group, [FACTS], "projector") as consumer:
                    handle = FactProjection(projector).handle
                    letters = DeadLetterBox(publisher, group)
                    loop = ConsumerLoop(
                        consumer, handle, letters, batch_max=FACTS_PER_TRANSACTION_MAX
                    )
                    return a_fact_s(lambda: loop.once(30.0), len(facts))

            # Statements are prepared and connections opened once, not per fact.
            ours()
            taken = alternating(ROUNDS, ours=ours, bare=lambda: bare(bootstrap, len(facts)))
    report(
        "projector",
        "kafka-python's consumer: poll the same records and count them",
        owners=owners,
        facts=len(facts),
        facts_per_s=1 / taken["ours"],
        baseline_facts_per_s=1 / taken["bare"],
        ratio=taken["bare"] / taken["ours"],
    )


def a_fact_s(poll: Callable[[], int], facts: int) -> float:
    """Seconds per fact from the second batch on: the first one joins and connects."""
    done = first = poll()

    def rest() -> None:
        nonlocal done
        while done < facts:
            done += poll()

    return seconds(rest) / (facts - first)


def empty(admin: psycopg.Connection[Any]) -> None:
    """All read models as they are before the first fact."""
    names = admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'views'").fetchall()
    for (name,) in names:
        admin.execute(sql.SQL("TRUNCATE views.{}").format(sql.Identifier(name)))


def bare(bootstrap: str, facts: int) -> float:
    """Seconds per fact of the client alone."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    partitions = [KafkaTopicPartition(FACTS.name, number) for number in range(FACTS.partitions)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)

    def poll() -> int:
        polled = consumer.poll(1000, max_records=FACTS_PER_TRANSACTION_MAX)
        return sum(len(records) for records in polled.values())

    taken_s = a_fact_s(poll, facts)
    consumer.close()
    return taken_s


if __name__ == "__main__":
    main()
