"""How topics are carried within one process: for tests, and for a studio in one process.

Records are encoded and decoded as on the wire, so that whatever passes here passes anywhere.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from topics.closing import Closing
from topics.in_memory_broadcast import InMemoryBroadcastReader
from topics.in_memory_consumer import InMemoryConsumer
from topics.in_memory_logs import Group, Log
from topics.in_memory_publisher import InMemoryPublisher
from topics.registry import TOPICS, Topic
from topics.transport import (
    From,
    Rebalancing,
    TopicDescription,
    TopicPartition,
    TopicUnknown,
    Unmoved,
)

LEASE_S = 30.0
"""How long a member that does not poll keeps its partitions."""


class InMemoryTransport(Closing):
    """Logs in this process's memory. `clock` counts seconds; leases and retention follow it."""

    def __init__(
        self, *, lease_s: float = LEASE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.lease_s = lease_s
        self.clock = clock
        self.changed = threading.Condition()
        self.topics: dict[str, Topic] = {}
        self.logs: dict[TopicPartition, Log] = {}
        self.groups: defaultdict[str, Group] = defaultdict(Group)

    def publisher(self, source: str) -> "InMemoryPublisher":
        """See `Transport.publisher`."""
        return InMemoryPublisher(self, source)

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        member_id: str,
        rebalancing: Rebalancing | None = None,
    ) -> "InMemoryConsumer":
        """See `Transport.consumer`."""
        return InMemoryConsumer(self, group, topics, member_id, rebalancing or Unmoved())

    def broadcast(self, topics: Sequence[Topic], from_: From) -> "InMemoryBroadcastReader":
        """See `Transport.broadcast`."""
        return InMemoryBroadcastReader(self, topics, from_)

    def lag(self, group: str, topic: Topic) -> int:
        """See `Transport.lag`."""
        with self.changed:
            self.known([topic])
            offsets = self.groups[group].offsets
            places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
            return sum(
                len(log.read(offsets.get(at, 0), log.next_offset))
                for at, log in ((at, self.log(at)) for at in places)
            )

    def create_topics(self, topics: Iterable[Topic] = TOPICS) -> None:
        """See `Transport.create_topics`."""
        with self.changed:
            for topic in topics:
                self.topics.setdefault(topic.name, topic)
                for number in range(self.topics[topic.name].partitions):
                    self.logs.setdefault(TopicPartition(topic.name, number), Log())

    def describe(self) -> tuple[TopicDescription, ...]:
        """See `Transport.describe`."""
        with self.changed:
            return tuple(
                TopicDescription(topic.name, topic.partitions, topic.retention_s)
                for _, topic in sorted(self.topics.items())
            )

    def sweep(self) -> None:
        """Drop every record older than its topic's retention."""
        with self.changed:
            now_s = self.clock()
            for at, log in self.logs.items():
                log.drop_before(now_s - self.topics[at.topic].retention_s)

    def wake(self) -> None:
        """Let everyone who waits look again: to be called when `clock` was moved by hand."""
        with self.changed:
            self.changed.notify_all()

    def log(self, at: TopicPartition) -> Log:
        """One partition's log. Called with the lock held. Raises `TopicUnknown`."""
        log = self.logs.get(at)
        if log is None:
            raise TopicUnknown(f"{at.topic}[{at.partition}]")
        return log

    def known(self, topics: Iterable[Topic]) -> dict[str, Topic]:
        """The topics by name. Called with the lock held. Raises `TopicUnknown`."""
        for topic in topics:
            if topic.name not in self.topics:
                raise TopicUnknown(topic.name)
        return {topic.name: topic for topic in topics}

    def close(self) -> None:
        """Forget nothing: what is in memory lasts as long as this object."""
