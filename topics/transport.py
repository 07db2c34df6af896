"""What a transport is: keyed append, groups with exclusive assignment, and a broadcast tail.

The contract is what we use of Kafka and no more; `tests/contract/test_transport_contract.py` runs
it on every transport. Delivery is at least once: whoever reads may see a record again. Everything
is synchronous; a transport and its publishers may be used from many threads at once, a consumer and
a broadcast reader from one thread at a time.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from types import TracebackType
from typing import NamedTuple, Protocol, Self

import msgspec

from topics.codec import Headers, Undecodable, decode, traceparent_of
from topics.registry import TOPICS, Message, Topic

POLL_MESSAGES_MAX = 500
"""What one poll hands out unless told otherwise: a batch that one transaction takes well."""


class TopicPartition(NamedTuple):
    """One ordered log."""

    topic: str
    partition: int


class Delivery(msgspec.Struct, frozen=True):
    """One record, decoded. `offset` counts up within its partition; numbers may be missing.

    `headers` and `value` are the record as it was found: for whoever has to put it aside.
    """

    topic: str
    partition: int
    offset: int
    key: str
    message: Message | Undecodable
    traceparent: str | None = None
    headers: Headers = ()
    value: bytes = b""

    @property
    def at(self) -> TopicPartition:
        """The log this record lies in."""
        return TopicPartition(self.topic, self.partition)

    @classmethod
    def read(
        cls, topic: Topic, partition: int, offset: int, key: str, headers: Headers, value: bytes
    ) -> Self:
        """The delivery of a record as it stands in the log of `topic`."""
        return cls(
            topic.name,
            partition,
            offset,
            key,
            decode(topic, headers, value),
            traceparent_of(headers),
            headers,
            value,
        )


class Publication(msgspec.Struct, frozen=True):
    """One message to publish. `partition` is chosen by `key` unless it is given.

    Only a watermark names its partition: it is written to every one.
    """

    topic: Topic
    key: str
    message: Message
    partition: int | None = None
    traceparent: str | None = None


class From(Enum):
    """Where a broadcast reader begins."""

    START = "start"
    END = "end"


class TopicDescription(msgspec.Struct, frozen=True):
    """A topic as it exists. `replication` is 1 where the transport has no replicas."""

    name: str
    partitions: int
    retention_s: int
    replication: int = 1


class TransportUnreachable(Exception):
    """What carries the topics does not answer, or does not let us in. Says why, and no secret."""


class PublishFailed(Exception):
    """No acknowledgement. Some or all of the publications may be in the log nevertheless.

    Publishing all of them again is always right: readers expect duplicates.
    """


class TopicUnknown(Exception):
    """The topic does not exist here, or has not the partition: `create_topics` was not called."""


class AssignmentLost(Exception):
    """The commit names partitions that this consumer no longer holds. None was committed.

    What was handled will be handled again by the new holder.
    """

    def __init__(self, partitions: Collection[TopicPartition]) -> None:
        self.partitions = frozenset(partitions)
        super().__init__(", ".join(f"{p.topic}[{p.partition}]" for p in sorted(self.partitions)))


class MemberFenced(Exception):
    """A newer consumer has joined with the same member id. This one is over."""


class Rebalancing(Protocol):
    """Who is told about assignments. Called inside `poll` and `close`, on the caller's thread.

    It commits nothing: a transport may tell of a loss after the fact.
    """

    def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """These are newly held, each from its committed offset on, and not paused."""
        ...

    def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """These are no longer held, and others may hold them already: commits are refused.

        What was begun from them will be begun elsewhere: drop it, or let its fence refuse it.
        """
        ...


class Unmoved:
    """A listener that does nothing: for consumers that keep no state per partition."""

    def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """Nothing to prepare."""

    def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """Nothing to give up."""


class _Closing(Protocol):
    def close(self) -> None:
        """Release everything. May be called twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Sent(Protocol):
    """A batch on its way, from `Publisher.send_all`."""

    def wait(self) -> None:
        """Until all of it is acknowledged. May be called twice.

        Raises `PublishFailed`; the publisher is over then.
        """
        ...


class Arrived:
    """A batch that was acknowledged when it was sent."""

    def wait(self) -> None:
        """See `Sent.wait`."""


class Publisher(_Closing, Protocol):
    """Appends records. May be used from many threads at once."""

    def publish(
        self, topic: Topic, key: str, message: Message, *, traceparent: str | None = None
    ) -> None:
        """Append one message and wait until it is acknowledged.

        Records of one key published by one thread stand in the order of these calls. Raises
        `PublishFailed`, `TopicUnknown`, `MessageTooLarge`.
        """
        ...

    def publish_all(self, publications: Iterable[Publication]) -> None:
        """Append a batch and wait until all of it is acknowledged: the way to publish many.

        Within each partition the order is that of the batch. Raises as `publish` does.
        """
        ...

    def send_all(self, publications: Iterable[Publication]) -> Sent:
        """Append a batch without waiting for it: the way to copy a log, batch after batch.

        Within each partition the order is that of these calls, and nothing stands behind a record
        that is missing: where one fails, what was sent after it is dropped, and the publisher is
        over. Raises as `publish` does, and the publisher is over then, too.
        """
        ...


class Consumer(_Closing, Protocol):
    """One member of a group. Every partition is held by at most one member of a group at a time.

    Membership is a lease, renewed by `poll`: who does not poll for longer than the lease is
    expired, and within another lease its partitions go to others. Used by one thread at a time.
    """

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """Up to `max_messages` records of partitions that are held and not paused, without waiting
        for more than there are; empty after `timeout_s` seconds without any.

        Returns early as soon as one arrives. Renews the lease, takes part in rebalancing and calls
        the listener. Each record is handed out once per assignment, in order within its partition,
        beginning at the committed offset, or at the retained start where none was committed.
        Raises `MemberFenced`.
        """
        ...

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Remember for the group, per partition, the next offset to read: the last handled + 1.

        Raises `AssignmentLost`, and then none of them was committed, and `MemberFenced`. In the
        middle of a rebalance the next `poll` commits what is still held then and drops the rest.
        """
        ...

    def pause(self, partitions: Collection[TopicPartition]) -> None:
        """Hand out nothing of these until `resume`. The partitions and the lease stay held.

        Ends with the assignment. Partitions that are not held are ignored.
        """
        ...

    def resume(self, partitions: Collection[TopicPartition]) -> None:
        """Hand out records of these again, from where they were paused."""
        ...

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """What is held, as of the last `poll`."""
        ...

    def close(self) -> None:
        """Leave the group at once, so that others take over without waiting for the lease.

        Commits nothing. May be called twice.
        """
        ...


class BroadcastReader(_Closing, Protocol):
    """Reads all partitions of its topics, without a group: every reader sees everything.

    Used by one thread at a time.
    """

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """As `Consumer.poll`, in order within each partition."""
        ...


class Transport(_Closing, Protocol):
    """One way to carry topics. May be used from many threads at once.

    A transport that lies elsewhere raises `TransportUnreachable` from any of these.
    """

    def publisher(self, source: str) -> Publisher:
        """A publisher whose records say that they come from `source`, such as `/suite/relay`."""
        ...

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        member_id: str,
        rebalancing: Rebalancing | None = None,
    ) -> Consumer:
        """A member of `group`. The first `poll` joins; it or this call raises `TopicUnknown`.

        `member_id` outlives the process: who joins again under the same id takes the place of the
        earlier one, which is fenced.
        """
        ...

    def broadcast(self, topics: Sequence[Topic], from_: From) -> BroadcastReader:
        """A reader of all that is retained, or of what is published after this call."""
        ...

    def create_topics(self, topics: Iterable[Topic] = TOPICS) -> None:
        """Create what does not exist. What exists is left as it is: see `topics.drift`."""
        ...

    def describe(self) -> tuple[TopicDescription, ...]:
        """The topics that exist, sorted by name."""
        ...
