"""A transport as bad as the contract allows: everything three times, and partitions out of step.

Each record is published as it should be, once more at once and once more behind what is published
next. A reader gets the records of each partition in order, but one partition may be far ahead of
another, and what was published last may be handed out first.
"""

import random
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from types import TracebackType
from typing import Self

from topics.registry import TOPICS, Message, Topic
from topics.transport import (
    POLL_MESSAGES_MAX,
    BroadcastReader,
    Consumer,
    Delivery,
    From,
    Publication,
    Publisher,
    PublishFailed,
    Rebalancing,
    Sent,
    TopicDescription,
    TopicPartition,
    Transport,
    Unmoved,
)

HELD_BACK = 0.3
"""The share of partitions that are not heard of in one poll."""


class _Closing:
    """Ends with its block."""

    def close(self) -> None:
        """See the protocols."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class TripledTransport(_Closing):
    """Another transport, tripled and shuffled. `seed` decides how."""

    def __init__(self, carrier: Transport, seed: int) -> None:
        self._carrier = carrier
        self._chance = random.Random(seed)

    def publisher(self, source: str) -> "TriplingPublisher":
        """See `Transport.publisher`."""
        return TriplingPublisher(self._carrier.publisher(source), self._own_chance())

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        member_id: str,
        rebalancing: Rebalancing | None = None,
    ) -> "ShufflingConsumer":
        """See `Transport.consumer`."""
        waiting = Waiting(self._own_chance(), rebalancing or Unmoved())
        consumer = self._carrier.consumer(group, topics, member_id, waiting)
        return ShufflingConsumer(consumer, waiting)

    def broadcast(self, topics: Sequence[Topic], from_: From) -> "ShufflingReader":
        """See `Transport.broadcast`."""
        reader = self._carrier.broadcast(topics, from_)
        return ShufflingReader(reader, Waiting(self._own_chance(), Unmoved()))

    def lag(self, group: str, topic: Topic) -> int:
        """See `Transport.lag`."""
        return self._carrier.lag(group, topic)

    def create_topics(self, topics: Iterable[Topic] = TOPICS) -> None:
        """See `Transport.create_topics`."""
        self._carrier.create_topics(topics)

    def describe(self) -> tuple[TopicDescription, ...]:
        """See `Transport.describe`."""
        return self._carrier.describe()

    def close(self) -> None:
        """See `Transport.close`."""
        self._carrier.close()

    def _own_chance(self) -> random.Random:
        return random.Random(self._chance.getrandbits(64))


class TriplingPublisher(_Closing):
    """The first copies stand in the order in which they were published. The others do not."""

    def __init__(self, publisher: Publisher, chance: random.Random) -> None:
        self._publisher = publisher
        self._chance = chance
        self._lock = Lock()
        self._late: list[Publication] = []

    def publish(
        self, topic: Topic, key: str, message: Message, *, traceparent: str | None = None
    ) -> None:
        """See `Publisher.publish`."""
        self.publish_all([Publication(topic, key, message, traceparent=traceparent)])

    def publish_all(self, publications: Iterable[Publication]) -> None:
        """See `Publisher.publish_all`."""
        self._publisher.publish_all(self._tripled(publications))

    def send_all(self, publications: Iterable[Publication]) -> Sent:
        """See `Publisher.send_all`."""
        return self._publisher.send_all(self._tripled(publications))

    def close(self) -> None:
        """See `Publisher.close`. The copies that are still due come now."""
        with self._lock:
            late, self._late = self._late, []
        with suppress(PublishFailed):
            if late:
                self._publisher.publish_all(late)
        self._publisher.close()

    def _tripled(self, publications: Iterable[Publication]) -> list[Publication]:
        once = list(publications)
        with self._lock:
            again, self._late = [*once, *self._late], list(once)
            self._chance.shuffle(again)
        return once + again


class Waiting:
    """Records that were read and not handed out yet. Also listens to what is lost meanwhile."""

    def __init__(self, chance: random.Random, rebalancing: Rebalancing) -> None:
        self._chance = chance
        self._rebalancing = rebalancing
        self._read: dict[TopicPartition, deque[Delivery]] = defaultdict(deque)
        self._paused: set[TopicPartition] = set()

    def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """See `Rebalancing.assigned`."""
        self._forget(partitions)
        self._rebalancing.assigned(partitions)

    def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """See `Rebalancing.revoked`. What waits is read again by the new holder."""
        self._forget(partitions)
        self._rebalancing.revoked(partitions)

    def pause(self, partitions: Collection[TopicPartition]) -> None:
        """Hand out nothing of these."""
        self._paused.update(partitions)

    def resume(self, partitions: Collection[TopicPartition]) -> None:
        """Hand out these again."""
        self._paused.difference_update(partitions)

    @property
    def is_empty(self) -> bool:
        """Whether nothing may be handed out."""
        return not self._ready()

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Keep these, each partition in its order."""
        for delivery in deliveries:
            self._read[delivery.at].append(delivery)

    def some(self, max_messages: int) -> tuple[Delivery, ...]:
        """At most so many, from some of the partitions in turns that nobody foresees."""
        ready = self._ready()
        chosen = [at for at in ready if self._chance.random() >= HELD_BACK] or ready[:1]
        found: list[Delivery] = []
        while chosen and len(found) < max_messages:
            at = self._chance.choice(chosen)
            found.append(self._read[at].popleft())
            if not self._read[at]:
                chosen.remove(at)
        return tuple(found)

    def _ready(self) -> list[TopicPartition]:
        return [at for at, waiting in self._read.items() if waiting and at not in self._paused]

    def _forget(self, partitions: Iterable[TopicPartition]) -> None:
        for at in partitions:
            self._read.pop(at, None)
            self._paused.discard(at)


class ShufflingConsumer(_Closing):
    """A member of a group. What it commits is what its caller has been handed."""

    def __init__(self, consumer: Consumer, waiting: Waiting) -> None:
        self._consumer = consumer
        self._waiting = waiting

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """See `Consumer.poll`."""
        # Always asked: that is what keeps the lease.
        wait_s = timeout_s if self._waiting.is_empty else 0.0
        self._waiting.add(self._consumer.poll(wait_s, max_messages))
        return self._waiting.some(max_messages)

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """See `Consumer.commit`."""
        self._consumer.commit(offsets)

    def pause(self, partitions: Collection[TopicPartition]) -> None:
        """See `Consumer.pause`."""
        self._consumer.pause(partitions)
        self._waiting.pause(partitions)

    def resume(self, partitions: Collection[TopicPartition]) -> None:
        """See `Consumer.resume`."""
        self._consumer.resume(partitions)
        self._waiting.resume(partitions)

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """See `Consumer.assignment`."""
        return self._consumer.assignment

    def close(self) -> None:
        """See `Consumer.close`."""
        self._consumer.close()


class ShufflingReader(_Closing):
    """A reader of everything."""

    def __init__(self, reader: BroadcastReader, waiting: Waiting) -> None:
        self._reader = reader
        self._waiting = waiting

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """See `BroadcastReader.poll`."""
        wait_s = timeout_s if self._waiting.is_empty else 0.0
        self._waiting.add(self._reader.poll(wait_s, max_messages))
        return self._waiting.some(max_messages)

    def close(self) -> None:
        """See `BroadcastReader.close`."""
        self._reader.close()
