"""How records are appended to Kafka: kafka-python's idempotent producer under our contract."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from topics.closing import Closing
from topics.codec import encode
from topics.kafka_access import ClusterUnreachable, connected
from topics.kafka_settings import KafkaSettings
from topics.messages.fact import Fact
from topics.partitioning import partition_of
from topics.registry import Message, Topic
from topics.transport import Publication, PublishFailed, TopicUnknown

BATCH_SIZE_BYTES = 65_536
LINGER_MS = 5
"""How long a record waits for company, unless somebody waits for its acknowledgement."""


class KafkaPublisher(Closing):
    """An idempotent producer: acknowledged means that all in-sync replicas have it."""

    def __init__(self, settings: KafkaSettings, source: str) -> None:
        self._settings = settings
        self._source = source
        self._timeout_s = settings.publish_timeout_s
        self._producer = connected(
            KafkaProducer,
            settings,
            acks="all",
            # Said explicitly: order per key across retries depends on it.
            enable_idempotence=True,
            # What is sent again is never overtaken, and the next request fills up meanwhile.
            max_in_flight_requests_per_connection=1,
            batch_size=BATCH_SIZE_BYTES,
            linger_ms=LINGER_MS,
            allow_auto_create_topics=False,
            max_block_ms=int(settings.metadata_timeout_s * 1000),
            request_timeout_ms=int(settings.publish_timeout_s * 500),
            delivery_timeout_ms=int(settings.publish_timeout_s * 1000),
        )
        self._closed = False
        self._is_over = False
        self._newest: _OnTheWay | None = None

    def publish(
        self, topic: Topic, key: str, message: Message, *, traceparent: str | None = None
    ) -> None:
        """See `Publisher.publish`."""
        self.publish_all([Publication(topic, key, message, traceparent=traceparent)])

    def publish_all(self, publications: Iterable[Publication]) -> None:
        """See `Publisher.publish_all`."""
        self._check_open()
        sent = [self._send(one) for one in publications]
        self.push()
        self.settle(sent)

    def send_all(self, publications: Iterable[Publication]) -> "_OnTheWay":
        """See `Publisher.send_all`."""
        self._check_open()
        try:
            sent = [self._send(one) for one in publications]
        except BaseException:
            self._stop()
            raise
        for future in sent:
            future.add_errback(self._stop)
        self._newest = _OnTheWay(self, sent)
        return self._newest

    def is_newest(self, batch: "_OnTheWay") -> bool:
        """Whether nothing was sent behind this batch."""
        return self._newest is batch

    def push(self) -> None:
        """Send what still waits for company, and wait for it."""
        try:
            self._producer.flush(timeout=self._timeout_s + 1)
        except KafkaError as error:
            raise PublishFailed(type(error).__name__) from error

    def settle(self, sent: Iterable[Any]) -> None:
        """Wait for the acknowledgement of each."""
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

    def _check_open(self) -> None:
        if self._closed or self._is_over:
            raise PublishFailed("the publisher is closed")

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

    def _stop(self, _error: object = None) -> None:
        """Let nothing out any more. Called by the producer's own thread, before it sends again.

        kafka-python would go on with the partition's next batch, and its `close` waits for batches.
        """
        self._is_over = True
        self._producer._sender.force_close()

    def _is_absent(self, topic: Topic) -> bool:
        """Whether the cluster says so. The producer only says that it waited in vain."""
        try:
            admin = connected(KafkaAdminClient, self._settings)
        except ClusterUnreachable:
            return False
        try:
            return topic.name not in admin.list_topics()
        except KafkaError:
            return False
        finally:
            admin.close()


class _OnTheWay:
    """Records that were handed to the producer."""

    def __init__(self, publisher: KafkaPublisher, sent: Sequence[Any]) -> None:
        self._publisher = publisher
        self._sent = sent

    def wait(self) -> None:
        """See `Sent.wait`."""
        if self._publisher.is_newest(self):
            # Nothing is coming that it could share a request with.
            self._publisher.push()
        self._publisher.settle(self._sent)
