"""The library's recorder over our tables: one database function writes, in commit order.

The stock recorder holds the table lock across round trips, and hangs on large saves; with its own
database functions it loses the commit order, so that a reader that follows along misses events.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from threading import Thread
from typing import Any, TypeAlias, cast
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    ListenNotifySubscription,
    Notification,
    ProgrammingError,
    StoredEvent,
    Subscription,
)
from psycopg import Connection, sql
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from commands.ports.event_store import RecordedCommand, require_saveable

Connections: TypeAlias = Callable[[], AbstractContextManager[Connection[TupleRow]]]
"""Lends a connection in autocommit mode: `pool.connection`, or always the one of a transaction."""

CHANNEL = "events"
LISTEN_TIMEOUT_S = 0.1
"""How long a subscription that was told to stop may still listen."""

_INSERT = """
SELECT events.insert_events(
    %s, %s::uuid[], %s::bigint[], %s::text[], %s::bytea[], %s::uuid[], %s::bigint[], %s, %s, %s
)
"""


class EventRecorder(ApplicationRecorder):
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

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Rows in commit order from `start` to `stop`, of all owners; `topics` are event types."""
        after = (start or 0) - 1 if inclusive_of_start else (start or 0)
        upper = _BIGINT_MAX if stop is None else stop
        with self._connections() as connection:
            rows = connection.execute(
                "SELECT originator_id, originator_version, event_type, data, notification_id "
                "FROM events.stored_events WHERE notification_id > %s AND notification_id <= %s "
                "AND (%s::text[] = '{}' OR event_type = ANY(%s)) "
                "ORDER BY notification_id LIMIT %s",
                [after, upper, list(topics), list(topics), limit],
                prepare=True,
            ).fetchall()
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        """The position of the last event, or None where there is none."""
        with self._connections() as connection:
            row = connection.execute(
                "SELECT max(notification_id) FROM events.stored_events"
            ).fetchone()
        return cast("int | None", _one(row))

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """The library's subscription, woken by the database. Occupies one connection."""
        return _Subscription(self, gt, topics)

    def listen(self, subscription: "_Subscription") -> None:
        """Wake `subscription` whenever somebody saves, until it is stopped."""
        with self._connections() as connection:
            connection.execute(f"LISTEN {CHANNEL}".encode())
            try:
                subscription.wake()
                while subscription.is_open:
                    for _ in connection.notifies(timeout=LISTEN_TIMEOUT_S, stop_after=1):
                        subscription.wake()
            finally:
                if not connection.closed:
                    connection.execute(f"UNLISTEN {CHANNEL}".encode())


class _Subscription(ListenNotifySubscription[EventRecorder]):
    def __init__(self, recorder: EventRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._listen_thread = Thread(target=self._listen, daemon=True)
        self._listen_thread.start()

    @property
    def is_open(self) -> bool:
        return not self._has_been_stopped and self._thread_error is None

    def wake(self) -> None:
        self._has_been_notified.set()

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        try:
            super().__exit__(*args, **kwargs)
        finally:
            self._listen_thread.join()

    def _listen(self) -> None:
        try:
            self._recorder.listen(self)
        except BaseException as error:
            self._thread_error = self._thread_error or error
            self.stop()


_BIGINT_MAX = 2**63 - 1


def _one(row: TupleRow | None) -> Any:
    if row is None:
        raise ProgrammingError("the database answered no row")
    return row[0]
