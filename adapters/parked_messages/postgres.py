"""Parked reports as rows beside the events."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from commands.ports.parked_messages import (
    PARKED_OF_ONE_MAX,
    PARKED_SIZE_MAX_BYTES,
    ParkedMessage,
    ParkingFull,
    Record,
)

_HEADERS = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...])
_COLUMNS = (
    "p.id, p.about, p.error, p.attempts, p.first_at, p.last_at, p.due_at, p.topic, p.partition, "
    "p.record_offset, p.headers, p.content"
)
_IS_FIRST = (
    "NOT EXISTS (SELECT FROM events.parked_messages AS earlier"
    " WHERE earlier.about = f.about AND earlier.id < f.id)"
)


class PostgresParkedMessages:
    """See `ParkedMessages`. `pool` holds connections of the role `writer`."""

    def __init__(self, pool: ConnectionPool[Connection[TupleRow]]) -> None:
        self._pool = pool

    def waiting(self, abouts: Collection[UUID]) -> frozenset[UUID]:
        """Which of these have records that wait."""
        if not abouts:
            return frozenset()
        with self._pool.connection() as connection:
            rows = connection.execute(
                "SELECT DISTINCT about FROM events.parked_messages WHERE about = ANY (%s)",
                [list(abouts)],
            ).fetchall()
        return frozenset(about for (about,) in rows)

    def park(
        self, about: UUID, record: Record, *, error: str, attempts: int, at: datetime, due: datetime
    ) -> None:
        """Keep a record behind those of the same job. Raises `ParkingFull`."""
        if len(record.value) > PARKED_SIZE_MAX_BYTES:
            raise ParkingFull()
        place = [record.topic, record.partition, record.offset, record.digest]
        with self._pool.connection() as connection:
            parked = connection.execute(
                """
                INSERT INTO events.parked_messages
                    (about, topic, partition, record_offset, digest, headers,
                     content, error, attempts, first_at, last_at, due_at)
                SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
                 WHERE (SELECT count(*) FROM events.parked_messages WHERE about = %s) < %s
                ON CONFLICT DO NOTHING
                RETURNING id
                """,
                [
                    about,
                    *place,
                    msgspec.msgpack.encode(record.headers),
                    record.value,
                    error,
                    attempts,
                    at,
                    at,
                    due,
                    about,
                    PARKED_OF_ONE_MAX,
                ],
            ).fetchone()
            if parked is not None:
                return
            there = connection.execute(
                "SELECT FROM events.parked_messages WHERE topic = %s AND partition = %s"
                " AND record_offset = %s AND digest = %s",
                place,
            ).fetchone()
        if there is None:
            raise ParkingFull()

    def take_due(self, at: datetime, *, lease: timedelta) -> ParkedMessage | None:
        """The record that has been due for longest among the first of each job, or None."""
        return self._take(
            f"""
            SELECT f.id FROM events.parked_messages AS f
             WHERE f.due_at <= %(at)s AND {_IS_FIRST}
             ORDER BY f.due_at, f.id LIMIT 1 FOR UPDATE SKIP LOCKED
            """,
            {"at": at, "lease": lease},
        )

    def take(self, id: int, at: datetime, *, lease: timedelta) -> ParkedMessage | None:
        """The first record of the job of this one, due or not."""
        return self._take(
            f"""
            SELECT f.id FROM events.parked_messages AS f
             WHERE f.about = (SELECT about FROM events.parked_messages WHERE id = %(id)s)
               AND {_IS_FIRST}
             LIMIT 1 FOR UPDATE SKIP LOCKED
            """,
            {"id": id, "at": at, "lease": lease},
        )

    def done(self, id: int) -> None:
        """It was recorded, and the next of its job is due."""
        self.drop(id)

    def failed(self, id: int, *, error: str, at: datetime, due: datetime) -> None:
        """It could not be recorded this time either."""
        with self._pool.connection() as connection:
            connection.execute(
                "UPDATE events.parked_messages SET error = %s, last_at = %s, due_at = %s"
                " WHERE id = %s",
                [error, at, due, id],
            )

    def drop(self, id: int) -> bool:
        """Forget a record for good. Whether it was there."""
        with self._pool.connection() as connection:
            return (
                connection.execute(
                    "DELETE FROM events.parked_messages WHERE id = %s", [id]
                ).rowcount
                == 1
            )

    def listed(self, limit: int) -> Sequence[ParkedMessage]:
        """What waits, oldest first, and those of one job in their order."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM events.parked_messages AS p"
                " ORDER BY p.id LIMIT %s".encode(),
                [limit],
            ).fetchall()
        return [_parked(row) for row in rows]

    def _take(self, first: str, values: dict[str, object]) -> ParkedMessage | None:
        with self._pool.connection() as connection:
            row = connection.execute(
                f"""
                UPDATE events.parked_messages AS p
                   SET attempts = p.attempts + 1, last_at = %(at)s,
                       due_at = %(at)s::timestamptz + %(lease)s
                 WHERE p.id = ({first})
                RETURNING {_COLUMNS}
                """.encode(),
                values,
            ).fetchone()
        return None if row is None else _parked(row)


def _parked(row: TupleRow) -> ParkedMessage:
    id, about, error, attempts, first_at, last_at, due_at, *place, headers, content = row
    topic, partition, offset = place
    record = Record(topic, partition, offset, _HEADERS.decode(headers), bytes(content))
    return ParkedMessage(id, about, record, error, attempts, first_at, last_at, due_at)
