"""How topics are carried by Apache Kafka, through kafka-python."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka import TopicPartition as KafkaPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic, OffsetSpec
from kafka.errors import TopicAlreadyExistsError

from topics.closing import Closing
from topics.kafka_access import connected
from topics.kafka_consumer import KafkaBroadcastReader, KafkaGroupConsumer
from topics.kafka_publisher import KafkaPublisher
from topics.kafka_settings import KafkaSettings
from topics.registry import TOPICS, Topic
from topics.transport import (
    From,
    Rebalancing,
    TopicDescription,
    TopicUnknown,
    Unmoved,
)

TOPICS_READY_TIMEOUT_MS = 30_000
SEGMENT_MIN_S = 60
"""Kafka drops whole segments only, so a short retention needs short segments."""

_INTERNAL = "__"


class KafkaTransport(Closing):
    """A cluster. Every publisher and consumer has connections of its own."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    def publisher(self, source: str) -> KafkaPublisher:
        """See `Transport.publisher`."""
        return KafkaPublisher(self._settings, source)

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        member_id: str,
        rebalancing: Rebalancing | None = None,
    ) -> KafkaGroupConsumer:
        """See `Transport.consumer`."""
        return KafkaGroupConsumer(
            self._settings, group, topics, member_id, rebalancing or Unmoved()
        )

    def broadcast(self, topics: Sequence[Topic], from_: From) -> KafkaBroadcastReader:
        """See `Transport.broadcast`."""
        return KafkaBroadcastReader(self._settings, topics, from_)

    def lag(self, group: str, topic: Topic) -> int:
        """See `Transport.lag`."""
        partitions = [KafkaPartition(topic.name, number) for number in range(topic.partitions)]
        with self._admin() as admin:
            if topic.name not in admin.list_topics():
                raise TopicUnknown(topic.name)
            committed = admin.list_group_offsets({group: partitions}).get(group, {})
            first = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
            end = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
        return sum(
            end[at].offset - max(first[at].offset, _committed(committed, at)) for at in partitions
        )

    def create_topics(self, topics: Iterable[Topic] = TOPICS) -> None:
        """See `Transport.create_topics`. Returns when every partition has a leader."""
        wanted = tuple(topics)
        with self._admin() as admin:
            existing = set(admin.list_topics())
            for topic in wanted:
                if topic.name not in existing:
                    try:
                        admin.create_topics([self._new_topic(topic)])
                    except TopicAlreadyExistsError:
                        # Another process was faster.
                        continue
            admin.wait_for_topics([topic.name for topic in wanted], TOPICS_READY_TIMEOUT_MS)

    def describe(self) -> tuple[TopicDescription, ...]:
        """See `Transport.describe`."""
        with self._admin() as admin:
            names = sorted(name for name in admin.list_topics() if not name.startswith(_INTERNAL))
            if not names:
                return ()
            found = {topic["name"]: topic for topic in admin.describe_topics(names)}
            resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
            (configs,) = admin.describe_configs(resources, config_filter="all").values()
        return tuple(
            TopicDescription(
                name=name,
                partitions=len(found[name]["partitions"]),
                retention_s=int(configs[name]["retention.ms"]["value"]) // 1000,
                replication=min(len(one["replica_nodes"]) for one in found[name]["partitions"]),
            )
            for name in names
        )

    def close(self) -> None:
        """Nothing is shared: publishers and consumers close what is theirs."""

    @contextmanager
    def _admin(self) -> Iterator[Any]:
        admin = connected(KafkaAdminClient, self._settings)
        try:
            yield admin
        finally:
            admin.close()

    def _new_topic(self, topic: Topic) -> Any:
        replication = self._settings.replication
        return NewTopic(
            name=topic.name,
            num_partitions=topic.partitions,
            replication_factor=replication,
            topic_configs={
                "cleanup.policy": str(topic.cleanup),
                "retention.ms": str(topic.retention_s * 1000),
                "segment.ms": str(max(SEGMENT_MIN_S, topic.retention_s // 4) * 1000),
                # Retention counts from when the broker took the record, not from a client's clock.
                "message.timestamp.type": "LogAppendTime",
                # One replica may be away, and an acknowledged record still stands on two.
                "min.insync.replicas": str(min(2, replication)),
            },
        )


def _committed(offsets: Mapping[Any, Any], at: KafkaPartition) -> int:
    """The next offset of a group, or 0 where it has committed none."""
    found = offsets.get(at)
    return 0 if found is None else max(0, int(found.offset))
