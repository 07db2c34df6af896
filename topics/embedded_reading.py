"""How records are read from PostgreSQL: positions per partition, taken in turn."""

from collections.abc import Collection, Mapping

import msgspec

from topics.embedded_connection import Connection
from topics.registry import Topic
from topics.transport import Delivery, TopicPartition

_HEADERS = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...])

# The limit stands twice: inside, so that no partition is read further than needed; outside, because
# it is the caller's.
_TAKE = """
SELECT wanted.topic, wanted.partition, found.record_offset, found.key, found.headers, found.content
FROM unnest(%(topics)s::text[], %(partitions)s::int[], %(positions)s::bigint[]) WITH ORDINALITY
    AS wanted (topic, partition, position, turn)
CROSS JOIN LATERAL (
    SELECT r.record_offset, r.key, r.headers, r.content
    FROM topics.records r
    WHERE r.topic = wanted.topic AND r.partition = wanted.partition
        AND r.record_offset >= wanted.position
    ORDER BY r.record_offset
    LIMIT %(limit)s
) found
ORDER BY wanted.turn, found.record_offset
LIMIT %(limit)s
"""


class Reading:
    """Positions in partitions, read in turn so that a full one cannot starve the others."""

    def __init__(self, topics: Mapping[str, Topic]) -> None:
        self._topics = topics
        self._turn = 0
        self.positions: dict[TopicPartition, int] = {}

    def take(
        self, connection: Connection, places: Collection[TopicPartition], limit: int
    ) -> tuple[Delivery, ...]:
        """Up to `limit` next records of `places`; the positions move past them."""
        if not places:
            return ()
        ordered = sorted(places)
        self._turn = (self._turn + 1) % len(ordered)
        ordered = ordered[self._turn :] + ordered[: self._turn]
        with connection.cursor(binary=True) as cursor:
            rows = cursor.execute(
                _TAKE,
                {
                    "topics": [at.topic for at in ordered],
                    "partitions": [at.partition for at in ordered],
                    "positions": [self.positions[at] for at in ordered],
                    "limit": limit,
                },
            ).fetchall()
        taken = tuple(
            Delivery.read(
                self._topics[topic], partition, offset, key, _HEADERS.decode(headers), content
            )
            for topic, partition, offset, key, headers, content in rows
        )
        for delivery in taken:
            self.positions[delivery.at] = delivery.offset + 1
        return taken
