"""The library's recorder over our tables: one database function writes, in commit order.

The stock recorder holds the table lock across round trips, and hangs on large saves; with its own
database functions it loses the commit order, so that a reader that follows along misses events.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeAlias
from uuid import UUID

from eventsourcing.persistence import AggregateRecorder, ProgrammingError, StoredEvent
from psycopg import Connection, sql
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


class EventRecorder(AggregateRecorder):
    """Inserts and selects rows of the event table. Needs the role `writer`, or `projector` to read.

    Stored events carry the event type as their `topic` and the stored bytes as their `state`.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        owner_id: UUID | None = None,
        unchanged: Sequence[tuple[UUID, int]] = (),
        command: RecordedCommand | None = None,
        **_: Any,
    ) -> Sequence[int]:
        """Insert events of one owner, all or none; answers the position of each. See `insert`."""
        if owner_id is None:
            raise ProgrammingError("every event has an owner")
        head = self.insert(stored_events, owner_id=owner_id, unchanged=unchanged, command=command)
        return range(head - len(stored_events) + 1, head + 1)

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
            return int(_one(cursor.fetchone()))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
        owner_id: UUID | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one aggregate by version; none where it is not that of `owner_id`."""
        statement = sql.SQL(
            "SELECT originator_id, originator_version, event_type, data FROM events.stored_events "
            "WHERE originator_id = %s AND originator_version > %s "
            "AND originator_version <= %s AND owner_id = coalesce(%s, owner_id) "
            "ORDER BY originator_version {} LIMIT %s"
        ).format(sql.SQL("DESC" if desc else "ASC"))
        upper = _BIGINT_MAX if lte is None else lte
        with self._connections() as connection:
            rows = connection.execute(
                statement, [originator_id, gt or 0, upper, owner_id, limit], prepare=True
            ).fetchall()
        return [StoredEvent(*row) for row in rows]


_BIGINT_MAX = 2**63 - 1


def _one(row: TupleRow | None) -> Any:
    if row is None:
        raise ProgrammingError("the database answered no row")
    return row[0]
