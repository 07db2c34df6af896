"""Facts folded into the read models per second, over a bare consume loop of the same records."""

from uuid import uuid5

from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaTopicPartition

from adapters.postgres.connect import open_pool
from benchmarks.measure import broker, database, report, seconds
from domain.events import STORED_FORM
from processes.outbox import fact_publication
from processes.projector import GROUP, FactProjection
from projections.projector import FACTS_PER_TRANSACTION_MAX, Projector
from tests.projections.studio_history import ADA, StudioHistory, a_whole_journey
from topics.consume import ConsumerLoop, DeadLetterBox
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings
from topics.registry import FACTS

JOURNEYS = 150


def main() -> None:
    """People from sign-up to pictures in the gallery, folded once."""
    history = StudioHistory()
    for person in range(JOURNEYS):
        a_whole_journey(uuid5(ADA, str(person)), history)
    facts = len(history.facts)
    with database() as (url, _), broker() as bootstrap:
        transport = KafkaTransport(KafkaSettings(bootstrap))
        transport.create_topics()
        with transport.publisher("/suite/relay") as publisher:
            publisher.publish_all([fact_publication(fact) for fact in history.facts])
            before_s = bare(bootstrap, facts)
            with (
                open_pool(url, "projector", size_max=2) as pool,
                transport.consumer(GROUP, [FACTS], "projector") as consumer,
            ):
                loop = ConsumerLoop(
                    consumer,
                    FactProjection(Projector(pool.connection, STORED_FORM, history.keys)).handle,
                    DeadLetterBox(publisher, GROUP),
                    batch_max=FACTS_PER_TRANSACTION_MAX,
                )
                # The first batch joins the group, which is no part of the loop.
                folded = loop.once(30.0)
                ours_s = seconds(lambda: fold(loop, facts - folded))
        after_s = bare(bootstrap, facts)
    bare_s = (before_s + after_s) / 2
    report(
        "projector",
        "kafka-python's consumer: poll the same records and count them",
        facts=facts,
        facts_per_s=(facts - folded) / ours_s,
        baseline_facts_per_s=facts / bare_s,
        ratio=((facts - folded) / ours_s) / (facts / bare_s),
    )


def fold(loop: ConsumerLoop, facts: int) -> None:
    """As many facts as there are."""
    done = 0
    while done < facts:
        done += loop.once(1.0)


def bare(bootstrap: str, facts: int) -> float:
    """How long the client alone takes for all of them."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    partitions = [KafkaTopicPartition(FACTS.name, number) for number in range(FACTS.partitions)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    # The positions are looked up by this.
    for partition in partitions:
        consumer.position(partition)

    def count() -> None:
        found = 0
        while found < facts:
            polled = consumer.poll(1000, max_records=FACTS_PER_TRANSACTION_MAX)
            found += sum(len(records) for records in polled.values())

    taken_s = seconds(count)
    consumer.close()
    return taken_s


if __name__ == "__main__":
    main()
