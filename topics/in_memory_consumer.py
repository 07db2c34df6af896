"""A member of a group: exclusive partitions by lease, and offsets of its group."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from topics.closing import Closing
from topics.in_memory_logs import Group, Member
from topics.in_memory_reading import Reading
from topics.registry import Topic
from topics.transport import (
    POLL_MESSAGES_MAX,
    AssignmentLost,
    Delivery,
    MemberFenced,
    Rebalancing,
    TopicPartition,
)

if TYPE_CHECKING:
    from topics.in_memory import InMemoryTransport


class InMemoryConsumer(Closing):
    """A member of a group in memory."""

    def __init__(
        self,
        transport: "InMemoryTransport",
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
        self._reading = Reading(transport, self._topics)

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

    @contextmanager
    def _own_group(self) -> Iterator[Group]:
        with self._transport.changed:
            yield self._transport.groups[self._group_name]

    def _is_member(self, group: Group) -> bool:
        member = group.members.get(self._member_id)
        return member is not None and member.incarnation == self._incarnation

    def _holds(self, group: Group, at: TopicPartition) -> bool:
        return self._is_member(group) and group.held.get(at) == self._member_id

    def _renew(self, group: Group) -> None:
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

    def _expired(self, group: Group) -> list[str]:
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
                group.members[self._member_id] = Member(self._incarnation, tuple(self._topics), 0)
                self._joined = True
                self._transport.changed.notify_all()
            self._renew(group)
        if lost:
            self._forget(lost)
            self._rebalancing.revoked(lost)

    def _take_free(self, group: Group) -> set[TopicPartition]:
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
