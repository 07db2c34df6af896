"""How a group reads from Kafka: kafka-python's consumer under our contract.

Membership is static: a worker that restarts within its lease finds its partitions again. Assignment
is cooperative and sticky: when members come and go, only what has to move is moved. It needs
`topics.kafka_joining`: without it, kafka-python 3.0.12 left partitions without a holder after a
static member had been expired. Reading still pauses for as long as the slowest member takes to
poll: the client's `poll` looks at a join that is under way before it looks at any record.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer
from kafka import TopicPartition as KafkaTopicPartition
from kafka.admin import MemberToRemove
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import (
    CommitFailedError,
    FencedInstanceIdError,
    IllegalGenerationError,
    KafkaError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from kafka.structs import OffsetAndMetadata

from topics.closing import Closing
from topics.kafka_access import ClusterUnreachable, connected
from topics.kafka_joining import Joining
from topics.kafka_settings import KafkaSettings
from topics.registry import Topic
from topics.transport import (
    POLL_MESSAGES_MAX,
    AssignmentLost,
    Delivery,
    From,
    MemberFenced,
    Rebalancing,
    TopicPartition,
    TopicUnknown,
)

HEARTBEAT_INTERVAL_MAX_S = 3.0

_log = logging.getLogger(__name__)


def deliveries(records: Mapping[Any, Sequence[Any]], topics: Mapping[str, Topic]) -> list[Delivery]:
    """kafka-python's records as ours."""
    return [
        Delivery.read(
            topics[at.topic],
            at.partition,
            record.offset,
            (record.key or b"").decode("utf-8", "replace"),
            tuple(record.headers),
            record.value or b"",
        )
        for at, found in records.items()
        for record in found
    ]


class KafkaGroupConsumer(Closing):
    """A static member of a consumer group."""

    def __init__(
        self,
        settings: KafkaSettings,
        group: str,
        topics: Sequence[Topic],
        member_id: str,
        rebalancing: Rebalancing,
    ) -> None:
        self._settings = settings
        self._group = group
        self._member_id = member_id
        self._rebalancing = rebalancing
        self._topics = {topic.name: topic for topic in topics}
        self._assignment: frozenset[TopicPartition] = frozenset()
        self._deferred: dict[TopicPartition, int] = {}
        self._closed = False
        lease_ms = int(settings.lease_s * 1000)
        self._consumer = connected(
            KafkaConsumer,
            settings,
            group_id=group,
            group_instance_id=member_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            partition_assignment_strategy=[CooperativeStickyAssignor],
            session_timeout_ms=lease_ms,
            max_poll_interval_ms=lease_ms,
            heartbeat_interval_ms=int(min(HEARTBEAT_INTERVAL_MAX_S * 1000, lease_ms / 3)),
        )
        self._moves = _Moves()
        self._joining = Joining(self._consumer)
        try:
            self._consumer.subscribe(list(self._topics), listener=self._moves)
            # Asked for before joining: a leader without metadata assigns nothing and then again.
            absent = self._topics.keys() - self._consumer.topics()
            if absent:
                raise TopicUnknown(", ".join(sorted(absent)))
        except BaseException:
            self._consumer.close(autocommit=False)
            raise

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """See `Consumer.assignment`."""
        return self._assignment

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """See `Consumer.poll`."""
        if self._closed:
            raise RuntimeError("the consumer is closed")
        self._joining.resume()
        try:
            records = self._consumer.poll(int(timeout_s * 1000), max_records=max_messages)
        except FencedInstanceIdError as error:
            raise MemberFenced(self._member_id) from error
        self._tell()
        if self._joining.fenced:
            raise MemberFenced(self._member_id)
        self._commit_deferred()
        return tuple(deliveries(records, self._topics))

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """See `Consumer.commit`. During a rebalance what is still held is committed after it."""
        gone = offsets.keys() - self._assignment
        if gone:
            raise AssignmentLost(gone)
        try:
            self._consumer.commit({_theirs(at): _offset(offset) for at, offset in offsets.items()})
        except FencedInstanceIdError as error:
            raise MemberFenced(self._member_id) from error
        except RebalanceInProgressError as error:
            if self._consumer.group_metadata().generation_id < 0:
                # Not between two generations, but out of the group.
                raise AssignmentLost(offsets) from error
            self._deferred.update(offsets)
        except (CommitFailedError, IllegalGenerationError, UnknownMemberIdError) as error:
            raise AssignmentLost(offsets) from error

    def pause(self, partitions: Collection[TopicPartition]) -> None:
        """See `Consumer.pause`."""
        held = self._consumer.assignment()
        self._consumer.pause(*[at for at in map(_theirs, partitions) if at in held])

    def resume(self, partitions: Collection[TopicPartition]) -> None:
        """See `Consumer.resume`."""
        held = self._consumer.assignment()
        self._consumer.resume(*[at for at in map(_theirs, partitions) if at in held])

    def close(self) -> None:
        """See `Consumer.close`. Where no broker answers, the lease runs out instead."""
        if self._closed:
            return
        self._closed = True
        member_id = self._consumer.group_metadata().member_id
        try:
            self._consumer.close(autocommit=False)
            self._moves.held = frozenset()
            self._tell()
            if member_id:
                self._leave(member_id)
        except (KafkaError, ClusterUnreachable) as error:
            _log.warning("left %s without saying so: %s", self._group, type(error).__name__)

    def _leave(self, member_id: str) -> None:
        # kafka-python never takes a static member out of its group; without this the others would
        # wait for the lease. Both ids are given, so that a successor of the same name stays.
        admin = connected(KafkaAdminClient, self._settings)
        try:
            leaving = MemberToRemove(member_id=member_id, group_instance_id=self._member_id)
            admin.remove_group_members(self._group, [leaving])
        finally:
            admin.close()

    def _tell(self) -> None:
        """Pass on how the assignment changed, on the thread that polls."""
        before, self._assignment = self._assignment, self._moves.held
        gone, come = before - self._assignment, self._assignment - before
        for at in gone:
            self._deferred.pop(at, None)
        if gone:
            self._rebalancing.revoked(gone)
        if come:
            self._rebalancing.assigned(come)

    def _commit_deferred(self) -> None:
        offsets, self._deferred = self._deferred, {}
        if offsets:
            try:
                self.commit(offsets)
            except AssignmentLost as error:
                _log.warning("handled, but no longer ours to commit: %s", error)


class KafkaBroadcastReader(Closing):
    """Reads every partition of its topics, without a group."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[Topic], from_: From) -> None:
        self._topics = {topic.name: topic for topic in topics}
        self._consumer = connected(
            KafkaConsumer,
            settings,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
        )
        try:
            places = [at for name in self._topics for at in self._partitions(name)]
            self._consumer.assign(places)
            if from_ is From.END:
                # Asked for now: what is published after this call is seen.
                positions = self._consumer.end_offsets(places)
            else:
                positions = self._consumer.beginning_offsets(places)
            for at, offset in positions.items():
                self._consumer.seek(at, offset)
        except BaseException:
            self._consumer.close(autocommit=False)
            raise

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """See `BroadcastReader.poll`."""
        records = self._consumer.poll(int(timeout_s * 1000), max_records=max_messages)
        return tuple(deliveries(records, self._topics))

    def close(self) -> None:
        """See `BroadcastReader.close`."""
        self._consumer.close(autocommit=False)

    def _partitions(self, name: str) -> list[Any]:
        numbers = self._consumer.partitions_for_topic(name)
        if not numbers:
            raise TopicUnknown(name)
        return [KafkaTopicPartition(name, number) for number in sorted(numbers)]


class _Moves(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes what kafka-python's own thread reports, for the thread that polls: differences only."""

    def __init__(self) -> None:
        self.held: frozenset[TopicPartition] = frozenset()

    def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        self.held |= _ours(assigned)

    def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
        self.held -= _ours(revoked)

    def on_partitions_lost(self, lost: Collection[Any]) -> None:
        self.held = frozenset()


def _ours(partitions: Collection[Any]) -> frozenset[TopicPartition]:
    return frozenset(TopicPartition(at.topic, at.partition) for at in partitions)


def _theirs(at: TopicPartition) -> Any:
    return KafkaTopicPartition(at.topic, at.partition)


def _offset(offset: int) -> Any:
    return OffsetAndMetadata(offset, "", -1)
