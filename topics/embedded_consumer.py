"""How members of a group share partitions in PostgreSQL: leases by the server's clock."""

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from uuid import uuid4

from topics.assignment import assign
from topics.closing import Closing
from topics.embedded_connection import (
    CHANNEL,
    CONNECTION_ERRORS,
    RECONNECT_DELAY_S,
    Connection,
    ListeningConnection,
)
from topics.embedded_reading import Reading
from topics.registry import Topic
from topics.transport import (
    POLL_MESSAGES_MAX,
    AssignmentLost,
    Delivery,
    MemberFenced,
    Rebalancing,
    TopicPartition,
    TopicUnknown,
)

SWEEP_INTERVAL_S = 60.0
"""How often the members of all groups together drop records past their retention."""

_log = logging.getLogger(__name__)


class EmbeddedConsumer(Closing):
    """A member of a group, on one connection of its own."""

    def __init__(
        self,
        url: str,
        group: str,
        topics: Sequence[Topic],
        member_id: str,
        rebalancing: Rebalancing,
        lease_s: float,
    ) -> None:
        self._listening = ListeningConnection(url)
        self._group = group
        self._topics = sorted(topic.name for topic in topics)
        self._member_id = member_id
        self._rebalancing = rebalancing
        self._lease_s = lease_s
        self._incarnation = uuid4()
        self._reading = Reading({topic.name: topic for topic in topics})
        self._paused: set[TopicPartition] = set()
        self._payloads = {*self._topics, self._payload}
        self._joined = False
        self._closed = False
        self._renew_at_s = 0.0

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """See `Consumer.assignment`."""
        return frozenset(self._reading.positions)

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """See `Consumer.poll`. While the server is out of reach there is nothing to hand out."""
        if self._closed:
            raise RuntimeError("the consumer is closed")
        ends_at_s = time.monotonic() + timeout_s
        while True:
            try:
                self._keep_membership()
                open_ = self._reading.positions.keys() - self._paused
                taken = self._reading.take(self._listening.connection, open_, max_messages)
                left_s = ends_at_s - time.monotonic()
                if taken or left_s <= 0:
                    return taken
                self._wait(min(left_s, max(self._renew_at_s - time.monotonic(), 0.0)))
            except CONNECTION_ERRORS as error:
                _log.warning("%s: %s", self._group, type(error).__name__)
                self._listening.drop()
                self._renew_at_s = 0.0
                left_s = ends_at_s - time.monotonic()
                if left_s <= 0:
                    return ()
                time.sleep(min(left_s, RECONNECT_DELAY_S))

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """See `Consumer.commit`. Raises `psycopg.OperationalError` where the server is gone."""
        if not offsets:
            return
        try:
            connection = self._listening.connection
            with connection.transaction():
                self._lock_group(connection)
                held = self._held(connection) if self._is_member(connection) else frozenset()
                gone = offsets.keys() - held
                if gone:
                    raise AssignmentLost(gone)
                self._renew(connection)
                with connection.cursor() as cursor:
                    cursor.executemany(
                        "INSERT INTO topics.offsets (group_name, topic, partition, next_offset) "
                        "VALUES (%s, %s, %s, %s) ON CONFLICT (group_name, topic, partition) "
                        "DO UPDATE SET next_offset = excluded.next_offset",
                        [(self._group, *at, offset) for at, offset in offsets.items()],
                    )
        except CONNECTION_ERRORS:
            self._listening.drop()
            raise

    def pause(self, partitions: Collection[TopicPartition]) -> None:
        """See `Consumer.pause`."""
        self._paused |= self._reading.positions.keys() & set(partitions)

    def resume(self, partitions: Collection[TopicPartition]) -> None:
        """See `Consumer.resume`."""
        self._paused -= set(partitions)

    def close(self) -> None:
        """See `Consumer.close`. Where the server is gone, the lease runs out instead."""
        if self._closed:
            return
        if self._reading.positions:
            self._rebalancing.revoked(self.assignment)
            self._forget(self.assignment)
        self._closed = True
        try:
            connection = self._listening.connection
            with connection.transaction():
                self._lock_group(connection)
                connection.execute(
                    "DELETE FROM topics.members "
                    "WHERE group_name = %s AND member_id = %s AND incarnation = %s",
                    [self._group, self._member_id, self._incarnation],
                )
                self._notify_group(connection)
        except CONNECTION_ERRORS as error:
            _log.warning("left %s without saying so: %s", self._group, type(error).__name__)
        finally:
            self._listening.drop()

    @property
    def _payload(self) -> str:
        return f"group:{self._group}"

    def _wait(self, timeout_s: float) -> None:
        if self._payload in self._listening.wait(self._payloads, timeout_s):
            self._renew_at_s = 0.0

    def _keep_membership(self) -> None:
        """Renew the lease and take part in rebalancing, where it is time or something changed."""
        # What is heard of here is in everything that is read afterwards.
        changed = self._payload in self._listening.heard()
        if not changed and time.monotonic() < self._renew_at_s:
            return
        connection = self._listening.connection
        lost = self._join(connection)
        if lost:
            self._forget(lost)
            self._rebalancing.revoked(lost)
        excess = self._excess(connection)
        if excess:
            self._rebalancing.revoked(excess)
            self._forget(excess)
        gained = self._exchange(connection)
        self._reading.positions.update(gained)
        # A third of the lease: two renewals may fail before the membership does.
        self._renew_at_s = time.monotonic() + self._lease_s / 3
        if gained:
            self._rebalancing.assigned(frozenset(gained))
        connection.execute("SELECT topics.sweep_if_due(%s)", [SWEEP_INTERVAL_S])

    def _join(self, connection: Connection) -> frozenset[TopicPartition]:
        """Be a member, with a fresh lease. Answers what was lost where the membership had ended."""
        with connection.transaction():
            self._lock_group(connection)
            expired = connection.execute(
                "DELETE FROM topics.members WHERE group_name = %s "
                "AND incarnation <> %s AND expires_at <= clock_timestamp() RETURNING member_id",
                [self._group, self._incarnation],
            ).fetchall()
            if expired:
                self._notify_group(connection)
            if self._is_member(connection):
                self._renew(connection)
                return frozenset()
            if self._joined:
                successor = connection.execute(
                    "SELECT 1 FROM topics.members WHERE group_name = %s AND member_id = %s",
                    [self._group, self._member_id],
                ).fetchone()
                if successor is not None:
                    raise MemberFenced(self._member_id)
            self._enter(connection)
        self._joined = True
        return self.assignment

    def _enter(self, connection: Connection) -> None:
        known = connection.execute(
            "SELECT count(*) FROM topics.topics WHERE name = ANY(%s)", [self._topics]
        ).fetchone()
        if known is None or known[0] < len(self._topics):
            raise TopicUnknown(", ".join(self._topics))
        # Deleted first, so that the holdings of the one before go with it.
        connection.execute(
            "DELETE FROM topics.members WHERE group_name = %s AND member_id = %s",
            [self._group, self._member_id],
        )
        connection.execute(
            "INSERT INTO topics.members (group_name, member_id, incarnation, topics, expires_at) "
            "VALUES (%s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))",
            [self._group, self._member_id, self._incarnation, self._topics, self._lease_s],
        )
        self._notify_group(connection)

    def _excess(self, connection: Connection) -> frozenset[TopicPartition]:
        with connection.transaction():
            self._lock_group(connection)
            target = self._target(connection)
        return frozenset(at for at in self.assignment if target.get(at) != self._member_id)

    def _exchange(self, connection: Connection) -> dict[TopicPartition, int]:
        """Give up what is no longer had here, and take what is meant for us and held by nobody.

        Answers what was taken, with the position to read from.
        """
        with connection.transaction():
            self._lock_group(connection)
            if not self._is_member(connection):
                return {}
            # Also what an earlier round took before its connection broke.
            given_up = connection.execute(
                "DELETE FROM topics.holdings WHERE group_name = %s AND member_id = %s "
                "AND (topic, partition) NOT IN (SELECT * FROM unnest(%s::text[], %s::int[])) "
                "RETURNING 1",
                [
                    self._group,
                    self._member_id,
                    [at.topic for at in self.assignment],
                    [at.partition for at in self.assignment],
                ],
            ).fetchall()
            if given_up:
                self._notify_group(connection)
            target = self._target(connection)
            taken = connection.execute(
                "INSERT INTO topics.holdings (group_name, member_id, topic, partition) "
                "SELECT %s, %s, * FROM unnest(%s::text[], %s::int[]) "
                "ON CONFLICT DO NOTHING RETURNING topic, partition",
                [
                    self._group,
                    self._member_id,
                    [at.topic for at, holder in target.items() if holder == self._member_id],
                    [at.partition for at, holder in target.items() if holder == self._member_id],
                ],
            ).fetchall()
            committed = connection.execute(
                "SELECT topic, partition, next_offset FROM topics.offsets WHERE group_name = %s",
                [self._group],
            ).fetchall()
        offsets = {TopicPartition(topic, number): offset for topic, number, offset in committed}
        return {at: offsets.get(at, 0) for at in (TopicPartition(*row) for row in taken)}

    def _target(self, connection: Connection) -> dict[TopicPartition, str]:
        members = connection.execute(
            "SELECT member_id, topics FROM topics.members WHERE group_name = %s", [self._group]
        ).fetchall()
        wanted = sorted({topic for _, topics in members for topic in topics})
        partitions = connection.execute(
            "SELECT name, partitions FROM topics.topics WHERE name = ANY(%s)", [wanted]
        ).fetchall()
        holdings = connection.execute(
            "SELECT topic, partition, member_id FROM topics.holdings WHERE group_name = %s",
            [self._group],
        ).fetchall()
        return assign(
            dict(members),
            dict(partitions),
            {TopicPartition(topic, number): holder for topic, number, holder in holdings},
        )

    def _lock_group(self, connection: Connection) -> None:
        """Memberships and offsets of a group change one transaction at a time."""
        connection.execute(
            "INSERT INTO topics.groups (name) VALUES (%s) ON CONFLICT DO NOTHING", [self._group]
        )
        connection.execute("SELECT 1 FROM topics.groups WHERE name = %s FOR UPDATE", [self._group])

    def _is_member(self, connection: Connection) -> bool:
        row = connection.execute(
            "SELECT 1 FROM topics.members "
            "WHERE group_name = %s AND member_id = %s AND incarnation = %s",
            [self._group, self._member_id, self._incarnation],
        ).fetchone()
        return row is not None

    def _held(self, connection: Connection) -> frozenset[TopicPartition]:
        rows = connection.execute(
            "SELECT topic, partition FROM topics.holdings WHERE group_name = %s AND member_id = %s",
            [self._group, self._member_id],
        ).fetchall()
        return frozenset(TopicPartition(*row) for row in rows)

    def _renew(self, connection: Connection) -> None:
        connection.execute(
            "UPDATE topics.members SET expires_at = clock_timestamp() + make_interval(secs => %s) "
            "WHERE group_name = %s AND member_id = %s",
            [self._lease_s, self._group, self._member_id],
        )

    def _notify_group(self, connection: Connection) -> None:
        connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, self._payload])

    def _forget(self, partitions: Collection[TopicPartition]) -> None:
        for at in partitions:
            self._reading.positions.pop(at, None)
            self._paused.discard(at)
