"""Writes and reads rows of the event table: one database function writes, in commit order.

The library's recorder holds the table lock across round trips, and hangs on large saves; with its
own database functions it loses the commit order, so that a reader that follows along misses events.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from commands.ports.event_store import RecordedCommand, require_saveable

Connections: TypeAlias = Callable[[], AbstractContextManager[Connection[TupleRow]]]
"""Lends a connection in autocommit mode: `pool.connection`, or always the one of a transaction."""

CHANNEL = "events"

_INSERT = """
SELECT events.insert_events(
    %s, %s::uuid[], %s::bigint[], %s::text[], %s::bytea[], %s::uuid[], %s::bigint[], %s, %s, %s
)
"""


_SELECT = """
SELECT originator_id, originator_version, event_type, data FROM events.stored_events
WHERE originator_id = %s AND owner_id = %s
ORDER BY originator_version LIMIT %s
"""


class EventRecorder:
    """Inserts and selects rows of the event table. Needs the role `writer`, or `projector` to read.

    Stored events carry the event type as their `topic` and the stored bytes as their `state`.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def insert(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        owner_id: UUID,
        unchanged: Sequence[tuple[UUID, int]] = (),
        command: RecordedCommand | None = None,
    ) -> int:
        """Insert events of one owner and the command row, and commit, in one round trip.

        Answers the position of the last event, or the current one where there are no events.
        Raises psycopg's errors: `SerializationFailure` where an aggregate moved on,
        `UniqueViolation` where the command's key is taken, `CheckViolation` for a gap in versions
        or an aggregate of another owner, `OperationalError` on a closed connection where it was
        lost. Raises `TooManyEvents`.
        """
        require_saveable(len(stored_events))
        parameters = [
            owner_id,
            [event.originator_id for event in stored_events],
            [event.originator_version for event in stored_events],
            [event.topic for event in stored_events],
            [event.state for event in stored_events],
            [originator_id for originator_id, _ in unchanged],
            [version for _, version in unchanged],
            command and command.key,
            command and command.args_hmac,
            command and command.result,
        ]
        with self._connections() as connection:
            in_transaction = connection.info.transaction_status == TransactionStatus.INTRANS
            with connection.pipeline():
                cursor = connection.execute(_INSERT, parameters, prepare=True)
                if in_transaction:
                    # COMMIT travels with the insert: the table lock never waits for our network.
                    connection.execute("COMMIT")
            [(position,)] = cursor.fetchall()
            return int(position)

    def select(
        self, originator_id: UUID, *, owner_id: UUID, limit: int | None = None
    ) -> Sequence[StoredEvent]:
        """The events of one aggregate by version; none where it is not that of `owner_id`."""
        with self._connections() as connection, connection.cursor(binary=True) as cursor:
            cursor.execute(_SELECT, [originator_id, owner_id, limit], prepare=True)
            return [StoredEvent(*row) for row in cursor]
