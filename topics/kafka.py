"""How topics are carried by Apache Kafka, through kafka-python."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.errors import KafkaError, KafkaTimeoutError, TopicAlreadyExistsError

from topics.codec import encode
from topics.kafka_consumer import KafkaBroadcastReader, KafkaGroupConsumer
from topics.kafka_settings import KafkaSettings
from topics.messages.fact import Fact
from topics.partitioning import partition_of
from topics.registry import TOPICS, Message, Topic
from topics.transport import (
    From,
    Publication,
    PublishFailed,
    Rebalancing,
    TopicDescription,
    TopicUnknown,
    Unmoved,
)

TOPICS_READY_TIMEOUT_MS = 30_000
SEGMENT_MIN_S = 60
"""Kafka drops whole segments only, so a short retention needs short segments."""

_INTERNAL = "__"


class KafkaTransport:
    """A cluster. Every publisher and consumer has connections of its own."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    def publisher(self, source: str) -> "KafkaPublisher":
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _admin(self) -> Iterator[Any]:
        admin = KafkaAdminClient(**self._settings.client())
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


class KafkaPublisher:
    """An idempotent producer: acknowledged means that all in-sync replicas have it."""

    def __init__(self, settings: KafkaSettings, source: str) -> None:
        self._settings = settings
        self._source = source
        self._timeout_s = settings.publish_timeout_s
        self._producer = KafkaProducer(
            **settings.client(),
            acks="all",
            # Said explicitly: order per key across retries depends on it.
            enable_idempotence=True,
            allow_auto_create_topics=False,
            max_block_ms=int(settings.metadata_timeout_s * 1000),
            request_timeout_ms=int(settings.publish_timeout_s * 500),
            delivery_timeout_ms=int(settings.publish_timeout_s * 1000),
        )
        self._closed = False

    def publish(
        self, topic: Topic, key: str, message: Message, *, traceparent: str | None = None
    ) -> None:
        """See `Publisher.publish`."""
        self.publish_all([Publication(topic, key, message, traceparent=traceparent)])

    def publish_all(self, publications: Iterable[Publication]) -> None:
        """See `Publisher.publish_all`."""
        if self._closed:
            raise PublishFailed("the publisher is closed")
        sent = [self._send(one) for one in publications]
        try:
            for future in sent:
                # Above the producer's own limit, which therefore decides first.
                future.get(timeout=self._timeout_s + 1)
        except KafkaError as error:
            raise PublishFailed(type(error).__name__) from error

    def close(self) -> None:
        """See `Publisher.close`."""
        if not self._closed:
            self._closed = True
            self._producer.close(timeout=self._timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, one: Publication) -> Any:
        encoded = encode(
            one.message,
            source=self._source,
            # A fact brings its own, and this one would cost a third of its encoding.
            message_id="" if isinstance(one.message, Fact) else str(uuid4()),
            at=datetime.now(UTC),
            traceparent=one.traceparent,
        )
        partition = one.partition
        if partition is None:
            partition = partition_of(one.key, one.topic.partitions)
        try:
            return self._producer.send(
                one.topic.name,
                value=encoded.value,
                key=one.key.encode(),
                headers=list(encoded.headers),
                partition=partition,
            )
        except ValueError as error:
            raise TopicUnknown(f"{one.topic.name}[{partition}]") from error
        except KafkaTimeoutError as error:
            if self._is_absent(one.topic):
                raise TopicUnknown(one.topic.name) from error
            raise PublishFailed(type(error).__name__) from error
        except KafkaError as error:
            raise PublishFailed(type(error).__name__) from error

    def _is_absent(self, topic: Topic) -> bool:
        """Whether the cluster says so. The producer only says that it waited in vain."""
        try:
            admin = KafkaAdminClient(**self._settings.client())
        except KafkaError:
            return False
        try:
            return topic.name not in admin.list_topics()
        except KafkaError:
            return False
        finally:
            admin.close()
