"""Three brokers: what was acknowledged survives the loss of one, and work goes on."""

from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from tests.contract.transport_carriers import collect
from tests.parts.kafka_broker import kafka_cluster
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings
from topics.messages.results import JobAlive
from topics.registry import RESULTS
from topics.transport import From, Publication, TopicPartition

ADA = UUID("00000000-0000-4000-8000-0000000000ad")
TOPIC = msgspec.structs.replace(RESULTS, name="test.three", partitions=6)


def batch(first: int) -> list[Publication]:
    return [
        Publication(TOPIC, f"key-{number}", JobAlive(job=ADA, attempt=number, claim_id=ADA))
        for number in range(first, first + 30)
    ]


@pytest.mark.kafka
def test_the_loss_of_one_broker_of_three_loses_nothing_and_stops_nobody(tmp_path: Path) -> None:
    with kafka_cluster(tmp_path, nodes=3) as cluster:
        settings = KafkaSettings(cluster.bootstrap, replication=3, lease_s=10.0)
        transport = KafkaTransport(settings)
        transport.create_topics([TOPIC])
        (described,) = transport.describe()
        assert described.replication == 3
        with (
            transport.publisher("/suite/test") as publisher,
            transport.consumer("recorder", [TOPIC], "ada") as consumer,
        ):
            publisher.publish_all(batch(0))
            seen = collect(consumer.poll, 30)
            cluster.brokers[0].kill()
            publisher.publish_all(batch(30))
            seen.extend(collect(consumer.poll, 30))
            assert {one.message for one in seen} == {one.message for one in batch(0) + batch(30)}
        with transport.broadcast([TOPIC], From.START) as reader:
            kept = collect(reader.poll, 60)
        assert {one.key for one in kept} == {f"key-{number}" for number in range(60)}
        assert {one.at for one in kept} <= {TopicPartition(TOPIC.name, n) for n in range(6)}
