"""How a message gets into a topic in memory: encoded as on the wire."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from topics.closing import Closing
from topics.codec import Encoded, encode
from topics.partitioning import partition_of
from topics.registry import Message, Topic
from topics.transport import (
    Arrived,
    Publication,
    PublishFailed,
    Sent,
    TopicPartition,
)

if TYPE_CHECKING:
    from topics.in_memory import InMemoryTransport


class InMemoryPublisher(Closing):
    """Appends under the one lock: a batch is visible at once or not at all."""

    def __init__(self, transport: "InMemoryTransport", source: str) -> None:
        self._transport = transport
        self._source = source
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
        ready = [(one, self._encode(one)) for one in publications]
        transport = self._transport
        with transport.changed:
            now_s = transport.clock()
            logs = [transport.log(self._place(one)) for one, _ in ready]
            for log, (one, encoded) in zip(logs, ready, strict=True):
                log.append(one.key, encoded, now_s)
            transport.changed.notify_all()

    def send_all(self, publications: Iterable[Publication]) -> Sent:
        """See `Publisher.send_all`. It is there at once."""
        try:
            self.publish_all(publications)
        except BaseException:
            self._closed = True
            raise
        return Arrived()

    def close(self) -> None:
        """See `Publisher.close`."""
        self._closed = True

    def _encode(self, one: Publication) -> Encoded:
        return encode(
            one.message,
            source=self._source,
            message_id=str(uuid4()),
            at=datetime.now(UTC),
            traceparent=one.traceparent,
        )

    def _place(self, one: Publication) -> TopicPartition:
        if one.partition is not None:
            return TopicPartition(one.topic.name, one.partition)
        (topic,) = self._transport.known([one.topic]).values()
        return TopicPartition(topic.name, partition_of(one.key, topic.partitions))
