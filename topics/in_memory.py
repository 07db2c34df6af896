"""How topics are carried within one process: for tests, and for a studio in one process.

Records are encoded and decoded as on the wire, so that whatever passes here passes anywhere.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

from topics.assignment import assign
from topics.codec import Encoded, encode
from topics.partitioning import partition_of
from topics.registry import TOPICS, Message, Topic
from topics.transport import (
    POLL_MESSAGES_MAX,
    Arrived,
    AssignmentLost,
    Delivery,
    From,
    MemberFenced,
    Publication,
    PublishFailed,
    Rebalancing,
    Sent,
    TopicDescription,
    TopicPartition,
    TopicUnknown,
    Unmoved,
)

LEASE_S = 30.0
"""How long a member that does not poll keeps its partitions."""


@dataclass(frozen=True)
class _Record:
    offset: int
    key: str
    encoded: Encoded
    appended_at_s: float


@dataclass
class _Log:
    """One partition: the retained records and the offset of the next one."""

    records: list[_Record] = field(default_factory=list)
    next_offset: int = 0

    def append(self, key: str, encoded: Encoded, at_s: float) -> None:
        self.records.append(_Record(self.next_offset, key, encoded, at_s))
        self.next_offset += 1

    def read(self, offset: int, limit: int) -> Sequence[_Record]:
        """Up to `limit` records from `offset` on, or from the retained start if that is later."""
        first = self.next_offset - len(self.records)
        begin = max(offset - first, 0)
        return self.records[begin : begin + limit]

    def drop_before(self, at_s: float) -> None:
        while self.records and self.records[0].appended_at_s < at_s:
            del self.records[0]


@dataclass
class _Member:
    incarnation: UUID
    topics: tuple[str, ...]
    expires_at_s: float


@dataclass
class _Group:
    members: dict[str, _Member] = field(default_factory=dict)
    held: dict[TopicPartition, str] = field(default_factory=dict)
    offsets: dict[TopicPartition, int] = field(default_factory=dict)

    def drop(self, member_id: str) -> None:
        self.members.pop(member_id, None)
        self.held = {at: holder for at, holder in self.held.items() if holder != member_id}

    def target(self, topics: Mapping[str, Topic]) -> dict[TopicPartition, str]:
        wanted = {name for member in self.members.values() for name in member.topics}
        return assign(
            {member_id: member.topics for member_id, member in self.members.items()},
            {name: topics[name].partitions for name in wanted},
            self.held,
        )


class InMemoryTransport:
    """Logs in this process's memory. `clock` counts seconds; leases and retention follow it."""

    def __init__(
        self, *, lease_s: float = LEASE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.lease_s = lease_s
        self.clock = clock
        self.changed = threading.Condition()
        self.topics: dict[str, Topic] = {}
        self.logs: dict[TopicPartition, _Log] = {}
        self.groups: defaultdict[str, _Group] = defaultdict(_Group)

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
                    self.logs.setdefault(TopicPartition(topic.name, number), _Log())

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

    def log(self, at: TopicPartition) -> _Log:
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class InMemoryPublisher:
    """Appends under the one lock: a batch is visible at once or not at all."""

    def __init__(self, transport: InMemoryTransport, source: str) -> None:
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

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


class _Reading:
    """Positions in logs, read in turn so that a full partition cannot starve the others."""

    def __init__(self, transport: InMemoryTransport, topics: Mapping[str, Topic]) -> None:
        self._transport = transport
        self._topics = topics
        self._turn = 0
        self.positions: dict[TopicPartition, int] = {}

    def take(self, places: Collection[TopicPartition], limit: int) -> tuple[Delivery, ...]:
        """Up to `limit` next records of `places`. Called with the lock held."""
        ordered = sorted(places)
        taken: list[Delivery] = []
        self._turn += 1
        for step in range(len(ordered)):
            at = ordered[(self._turn + step) % len(ordered)]
            room = limit - len(taken)
            if room == 0:
                break
            for record in self._transport.log(at).read(self.positions[at], room):
                taken.append(self._delivery(at, record))
                self.positions[at] = record.offset + 1
        return tuple(taken)

    def _delivery(self, at: TopicPartition, record: _Record) -> Delivery:
        return Delivery.read(
            self._topics[at.topic],
            at.partition,
            record.offset,
            record.key,
            record.encoded.headers,
            record.encoded.value,
        )


class InMemoryConsumer:
    """A member of a group in memory."""

    def __init__(
        self,
        transport: InMemoryTransport,
        group: str,
        topics: Sequence[Topic],
        member_id: str,
        rebalancing: Rebalancing,
    ) -> None:
        self._transport = transport
        self._group_name = group
        self._member_id = member_id
        self._rebalancing = rebalancing
        self._incarnation = uuid4()
        self._joined = False
        self._closed = False
        self._paused: set[TopicPartition] = set()
        with transport.changed:
            self._topics = transport.known(topics)
        self._reading = _Reading(transport, self._topics)

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """See `Consumer.assignment`."""
        return frozenset(self._reading.positions)

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """See `Consumer.poll`."""
        transport = self._transport
        ends_at_s = time.monotonic() + timeout_s
        while True:
            self._rebalance()
            with transport.changed:
                open_ = self._reading.positions.keys() - self._paused
                taken = self._reading.take(open_, max_messages)
                left_s = ends_at_s - time.monotonic()
                if taken or left_s <= 0:
                    return taken
                if not self._must_rebalance():
                    # A third of the lease: waiting must never cost the membership.
                    transport.changed.wait(min(left_s, self._transport.lease_s / 3))

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """See `Consumer.commit`."""
        with self._own_group() as group:
            self._renew(group)
            gone = [at for at in offsets if not self._holds(group, at)]
            if gone:
                raise AssignmentLost(gone)
            group.offsets.update(offsets)

    def pause(self, partitions: Collection[TopicPartition]) -> None:
        """See `Consumer.pause`."""
        self._paused |= self._reading.positions.keys() & set(partitions)

    def resume(self, partitions: Collection[TopicPartition]) -> None:
        """See `Consumer.resume`."""
        self._paused -= set(partitions)

    def close(self) -> None:
        """See `Consumer.close`."""
        if self._closed:
            return
        self._closed = True
        if self._reading.positions:
            self._rebalancing.revoked(self.assignment)
            self._forget(self.assignment)
        with self._own_group() as group:
            if self._is_member(group):
                group.drop(self._member_id)
            self._transport.changed.notify_all()

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
    def _own_group(self) -> Iterator[_Group]:
        with self._transport.changed:
            yield self._transport.groups[self._group_name]

    def _is_member(self, group: _Group) -> bool:
        member = group.members.get(self._member_id)
        return member is not None and member.incarnation == self._incarnation

    def _holds(self, group: _Group, at: TopicPartition) -> bool:
        return self._is_member(group) and group.held.get(at) == self._member_id

    def _renew(self, group: _Group) -> None:
        if self._is_member(group):
            now_s = self._transport.clock()
            group.members[self._member_id].expires_at_s = now_s + self._transport.lease_s

    def _must_rebalance(self) -> bool:
        """Whether the group's state asks something of this member. Called with the lock held."""
        group = self._transport.groups[self._group_name]
        if not self._is_member(group) or self._expired(group):
            return True
        target = group.target(self._transport.topics)
        mine = {at for at, holder in target.items() if holder == self._member_id}
        held = self._reading.positions.keys()
        return bool(held - mine) or any(at not in group.held for at in mine - held)

    def _expired(self, group: _Group) -> list[str]:
        now_s = self._transport.clock()
        return [name for name, member in group.members.items() if member.expires_at_s <= now_s]

    def _rebalance(self) -> None:
        if self._closed:
            raise RuntimeError("the consumer is closed")
        self._join()
        with self._own_group() as group:
            target = group.target(self._transport.topics)
            excess = {at for at in self._reading.positions if target.get(at) != self._member_id}
        if excess:
            self._rebalancing.revoked(frozenset(excess))
            self._forget(excess)
        with self._own_group() as group:
            for at in excess:
                if self._holds(group, at):
                    del group.held[at]
            gained = self._take_free(group)
            if excess:
                self._transport.changed.notify_all()
        if gained:
            self._rebalancing.assigned(frozenset(gained))

    def _join(self) -> None:
        lost: frozenset[TopicPartition] = frozenset()
        with self._own_group() as group:
            for name in self._expired(group):
                if name != self._member_id or not self._is_member(group):
                    group.drop(name)
                    self._transport.changed.notify_all()
            if not self._is_member(group):
                if self._joined and self._member_id in group.members:
                    raise MemberFenced(self._member_id)
                lost = self.assignment
                group.drop(self._member_id)
                group.members[self._member_id] = _Member(self._incarnation, tuple(self._topics), 0)
                self._joined = True
                self._transport.changed.notify_all()
            self._renew(group)
        if lost:
            self._forget(lost)
            self._rebalancing.revoked(lost)

    def _take_free(self, group: _Group) -> set[TopicPartition]:
        """Hold what is meant for this member and held by nobody. Called with the lock held."""
        if not self._is_member(group):
            return set()
        gained: set[TopicPartition] = set()
        for at, holder in group.target(self._transport.topics).items():
            if holder == self._member_id and at not in group.held:
                group.held[at] = self._member_id
                self._reading.positions[at] = group.offsets.get(at, 0)
                gained.add(at)
        return gained

    def _forget(self, partitions: Collection[TopicPartition]) -> None:
        for at in list(partitions):
            self._reading.positions.pop(at, None)
            self._paused.discard(at)


class InMemoryBroadcastReader:
    """Reads every partition of its topics."""

    def __init__(self, transport: InMemoryTransport, topics: Sequence[Topic], from_: From) -> None:
        self._transport = transport
        with transport.changed:
            self._reading = _Reading(transport, transport.known(topics))
            for topic in topics:
                for number in range(transport.topics[topic.name].partitions):
                    at = TopicPartition(topic.name, number)
                    end = transport.log(at).next_offset
                    self._reading.positions[at] = end if from_ is From.END else 0

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """See `BroadcastReader.poll`."""
        ends_at_s = time.monotonic() + timeout_s
        with self._transport.changed:
            while True:
                taken = self._reading.take(self._reading.positions, max_messages)
                left_s = ends_at_s - time.monotonic()
                if taken or left_s <= 0:
                    return taken
                self._transport.changed.wait(left_s)

    def close(self) -> None:
        """See `BroadcastReader.close`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
