"""A record that the broker refuses: what was sent behind it must not overtake its repetition."""

from uuid import UUID, uuid4

import msgspec
import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from tests.contract.transport_carriers import collect
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings
from topics.messages.jobs import JobQueued
from topics.messages.work import WorkKind
from topics.registry import JOBS
from topics.transport import From, Publication, PublishFailed

RECORD_SIZE_MAX_BYTES = 2_000
TOPIC = msgspec.structs.replace(
    JOBS[WorkKind.IMAGE], name=f"test.{uuid4()}", partitions=2, messages=(JobQueued,)
)
ADA = UUID("00000000-0000-4000-8000-0000000000ad")


def queued(attempt: int, partition: int, batch_key: str = "") -> Publication:
    message = JobQueued(
        job=ADA,
        attempt=attempt,
        kind=WorkKind.IMAGE,
        engine="pocket",
        batch_key=batch_key,
        owner=ADA,
    )
    return Publication(TOPIC, str(ADA), message, partition=partition)


@pytest.mark.kafka
def test_nothing_stands_behind_a_record_that_the_broker_refused(own_broker: str) -> None:
    settings = KafkaSettings(own_broker)
    transport = KafkaTransport(settings)
    transport.create_topics([TOPIC])
    admin = KafkaAdminClient(**settings.client())
    limit = {"max.message.bytes": str(RECORD_SIZE_MAX_BYTES)}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC.name, configs=limit)])
    admin.close()
    too_large = "a lighthouse in fog " * RECORD_SIZE_MAX_BYTES
    with transport.publisher("/suite/test") as publisher:
        publisher.send_all([queued(1, 0), queued(1, 1)]).wait()
        refused = publisher.send_all([queued(2, 0, too_large)])
        # Handed over or not: the broker may answer before the last of them is.
        with pytest.raises(PublishFailed):
            publisher.send_all([queued(3, 0, "fog" * 100) for _ in range(500)]).wait()
        with pytest.raises(PublishFailed):
            refused.wait()
        with pytest.raises(PublishFailed):
            publisher.send_all([queued(4, 0)])
    with transport.publisher("/suite/test") as successor:
        successor.send_all([queued(5, 0)]).wait()
    with transport.broadcast([TOPIC], From.START) as reader:
        kept = collect(reader.poll, 3)
    found = [
        (one.partition, one.message.attempt) for one in kept if isinstance(one.message, JobQueued)
    ]
    assert sorted(found) == [(0, 1), (0, 5), (1, 1)]
