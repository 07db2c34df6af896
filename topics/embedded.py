"""How topics are carried by PostgreSQL: rows in the schema `topics`, for a studio on one machine.

The migration `0004_topics.sql` makes the tables. Every connection here is this transport's own,
never one of a caller's transaction, and acts as the role `topics`.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from topics.closing import Closing
from topics.codec import encode
from topics.embedded_connection import (
    CONNECTION_ERRORS,
    RECONNECT_DELAY_S,
    Connection,
    ListeningConnection,
    conninfo,
)
from topics.embedded_consumer import EmbeddedConsumer
from topics.embedded_reading import Reading
from topics.partitioning import partition_of
from topics.registry import TOPICS, Message, Topic
from topics.transport import (
    POLL_MESSAGES_MAX,
    Arrived,
    Delivery,
    From,
    Publication,
    PublishFailed,
    Rebalancing,
    TopicDescription,
    TopicPartition,
    TopicUnknown,
    Unmoved,
)

LEASE_S = 30.0
"""How long a member that does not poll keeps its partitions, by the server's clock."""

POOL_CONNECTIONS_MAX = 4
POOL_WAIT_TIMEOUT_S = 10.0
PUBLISH_RECORDS_MAX = 2_000
"""Records per INSERT: enough for speed, and no partition stays locked for long."""

_UNKNOWN_PARTITION = "UT001"

_LAG = """
SELECT sum(
    p.next_offset - greatest(coalesce(o.next_offset, 0), coalesce(first.kept, p.next_offset))
)
FROM topics.partitions p
LEFT JOIN topics.offsets o
    ON o.topic = p.topic AND o.partition = p.partition AND o.group_name = %s
LEFT JOIN LATERAL (
    SELECT r.record_offset AS kept FROM topics.records r
    WHERE r.topic = p.topic AND r.partition = p.partition
    ORDER BY r.record_offset LIMIT 1
) first ON true
WHERE p.topic = %s
"""


class EmbeddedTransport(Closing):
    """Logs in PostgreSQL. `url` is a login that may become the role `topics`."""

    def __init__(self, url: str, *, lease_s: float = LEASE_S) -> None:
        self._url = url
        self._lease_s = lease_s
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            conninfo(url),
            kwargs={"autocommit": True},
            min_size=0,
            max_size=POOL_CONNECTIONS_MAX,
            timeout=POOL_WAIT_TIMEOUT_S,
            name="topics",
            open=True,
        )

    def publisher(self, source: str) -> "EmbeddedPublisher":
        """See `Transport.publisher`."""
        return EmbeddedPublisher(self._pool, source)

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        member_id: str,
        rebalancing: Rebalancing | None = None,
    ) -> EmbeddedConsumer:
        """See `Transport.consumer`."""
        return EmbeddedConsumer(
            self._url, group, topics, member_id, rebalancing or Unmoved(), self._lease_s
        )

    def broadcast(self, topics: Sequence[Topic], from_: From) -> "EmbeddedBroadcastReader":
        """See `Transport.broadcast`."""
        return EmbeddedBroadcastReader(self._url, topics, from_)

    def lag(self, group: str, topic: Topic) -> int:
        """See `Transport.lag`."""
        with self._pool.connection() as connection:
            row = connection.execute(_LAG, [group, topic.name]).fetchone()
        if row is None or row[0] is None:
            raise TopicUnknown(topic.name)
        return int(row[0])

    def create_topics(self, topics: Iterable[Topic] = TOPICS) -> None:
        """See `Transport.create_topics`."""
        with self._pool.connection() as connection, connection.transaction():
            for topic in topics:
                created = connection.execute(
                    "INSERT INTO topics.topics (name, partitions, retention_s) "
                    "VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING name",
                    [topic.name, topic.partitions, topic.retention_s],
                ).fetchone()
                if created is not None:
                    connection.execute(
                        "INSERT INTO topics.partitions (topic, partition) "
                        "SELECT %s, generate_series(0, %s)",
                        [topic.name, topic.partitions - 1],
                    )

    def describe(self) -> tuple[TopicDescription, ...]:
        """See `Transport.describe`."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                "SELECT name, partitions, retention_s FROM topics.topics ORDER BY name"
            ).fetchall()
        return tuple(TopicDescription(*row) for row in rows)

    def sweep(self) -> None:
        """Drop every record older than its topic's retention. Consumers do it by themselves."""
        with self._pool.connection() as connection:
            connection.execute("SELECT topics.sweep()")

    def close(self) -> None:
        """Close the pool. Consumers and readers have connections of their own."""
        self._pool.close()


class EmbeddedPublisher(Closing):
    """Appends in a transaction of its own: acknowledged means committed."""

    def __init__(self, pool: ConnectionPool[Connection], source: str) -> None:
        self._pool = pool
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
        rows = [self._row(one) for one in publications]
        if not rows:
            return
        try:
            with self._pool.connection() as connection:
                for begin in range(0, len(rows), PUBLISH_RECORDS_MAX):
                    columns = zip(*rows[begin : begin + PUBLISH_RECORDS_MAX], strict=True)
                    connection.execute(
                        "SELECT topics.append(%b::text[], %b::int[], %b::text[], %b::bytea[], "
                        "%b::bytea[])",
                        [list(column) for column in columns],
                    )
        except (*CONNECTION_ERRORS, PoolTimeout) as error:
            raise PublishFailed(type(error).__name__) from error
        except psycopg.DatabaseError as error:
            if error.sqlstate == _UNKNOWN_PARTITION:
                raise TopicUnknown(", ".join(sorted({row[0] for row in rows}))) from error
            raise

    def send_all(self, publications: Iterable[Publication]) -> Arrived:
        """See `Publisher.send_all`. It is there when this returns."""
        try:
            self.publish_all(publications)
        except BaseException:
            self._closed = True
            raise
        return Arrived()

    def close(self) -> None:
        """See `Publisher.close`."""
        self._closed = True

    def _row(self, one: Publication) -> tuple[str, int, str, bytes, bytes]:
        encoded = encode(
            one.message,
            source=self._source,
            message_id=str(uuid4()),
            at=datetime.now(UTC),
            traceparent=one.traceparent,
        )
        partition = one.partition
        if partition is None:
            partition = partition_of(one.key, one.topic.partitions)
        headers = msgspec.msgpack.encode(encoded.headers)
        return one.topic.name, partition, one.key, headers, encoded.value


class EmbeddedBroadcastReader(Closing):
    """Reads every partition of its topics over one connection of its own."""

    def __init__(self, url: str, topics: Sequence[Topic], from_: From) -> None:
        self._listening = ListeningConnection(url)
        self._payloads = {topic.name for topic in topics}
        self._reading = Reading({topic.name: topic for topic in topics})
        try:
            rows = self._listening.connection.execute(
                "SELECT topic, partition, next_offset FROM topics.partitions WHERE topic = ANY(%s)",
                [sorted(self._payloads)],
            ).fetchall()
            missing = self._payloads - {topic for topic, _, _ in rows}
            if missing:
                raise TopicUnknown(", ".join(sorted(missing)))
        except BaseException:
            self._listening.drop()
            raise
        for topic, partition, end in rows:
            position = end if from_ is From.END else 0
            self._reading.positions[TopicPartition(topic, partition)] = position

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """See `BroadcastReader.poll`."""
        ends_at_s = time.monotonic() + timeout_s
        while True:
            try:
                taken = self._take(max_messages)
                left_s = ends_at_s - time.monotonic()
                if taken or left_s <= 0:
                    return taken
                self._listening.wait(self._payloads, left_s)
            except CONNECTION_ERRORS:
                self._listening.drop()
                left_s = ends_at_s - time.monotonic()
                if left_s <= 0:
                    return ()
                time.sleep(min(left_s, RECONNECT_DELAY_S))

    def close(self) -> None:
        """See `BroadcastReader.close`."""
        self._listening.drop()

    def _take(self, limit: int) -> tuple[Delivery, ...]:
        # What was heard of before this reading is in it.
        self._listening.heard()
        return self._reading.take(self._listening.connection, self._reading.positions, limit)
