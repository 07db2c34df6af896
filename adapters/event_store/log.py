"""The event table as a log: read in commit order by whoever follows along or starts again."""

import time
from collections.abc import Generator
from contextlib import closing
from threading import Lock
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.event_store.chain import Anchor, ChainedEvent
from adapters.event_store.recorder import CHANNEL
from adapters.postgres.connect import connect, open_pool
from topics.closing import Closing
from topics.messages.fact import Fact

READ_LIMIT_MAX = 5_000
"""Facts in one answer of `read`: at 64 KiB an event, 320 MB at worst."""

STREAM_BATCH = 2_000
_BIGINT_MAX = 2**63 - 1

_FACT = (
    "notification_id, owner_id, originator_id, originator_version, event_type, data, recorded_at"
)
_CHAINED = f"{_FACT}, class, digest, link"


def read_facts(connection: Connection[TupleRow], after: int, limit: int) -> list[Fact]:
    """At most `limit` facts after a position, in order. Fewer means that was all there is."""
    if not 1 <= limit <= READ_LIMIT_MAX:
        raise ValueError(f"limit must be between 1 and {READ_LIMIT_MAX}")
    with connection.cursor(binary=True) as cursor:
        cursor.execute(
            f"SELECT {_FACT} FROM events.stored_events WHERE notification_id > %s "
            "ORDER BY notification_id LIMIT %s".encode(),
            [after, limit],
            prepare=True,
        )
        return [Fact(*row) for row in cursor]


class EventLog(Closing):
    """Reads facts as the role `projector`, which may see events of all owners and write none.

    Safe to share between threads, but for `wait`, which one thread at a time can do.
    """

    def __init__(self, url: str, *, connections_max: int = 3, application: str = "suite") -> None:
        self._url = url
        self._application = application
        self._pool = open_pool(url, "projector", size_max=connections_max, application=application)
        self._listening: Connection[TupleRow] | None = None
        self._wait_lock = Lock()

    def read(self, after: int, limit: int) -> list[Fact]:
        """At most `limit` facts after a position, in order. Fewer means that was all there is."""
        with self._pool.connection() as connection:
            return read_facts(connection, after, limit)

    def read_of(self, owner_id: UUID, after: int, limit: int) -> list[Fact]:
        """At most `limit` facts of one owner after a position, in order."""
        if not 1 <= limit <= READ_LIMIT_MAX:
            raise ValueError(f"limit must be between 1 and {READ_LIMIT_MAX}")
        with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
            cursor.execute(
                f"SELECT {_FACT} FROM events.stored_events "
                "WHERE owner_id = %s AND notification_id > %s "
                "ORDER BY notification_id LIMIT %s".encode(),
                [owner_id, after, limit],
                prepare=True,
            )
            return [Fact(*row) for row in cursor]

    def position(self) -> int:
        """The position of the last event; 0 where there is none."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "SELECT coalesce(max(notification_id), 0) FROM events.stored_events"
            ).fetchone()
        return 0 if row is None else int(row[0])

    def wait(self, after: int, timeout_s: float) -> int:
        """Block until there is an event after a position, or the time is up.

        Answers the store's position then. Never call it on an event loop.
        """
        deadline = time.monotonic() + timeout_s
        with self._wait_lock:
            # Listening comes before looking: a save in between is then not slept through.
            listening = self._listen()
            position = self.position()
            while position <= after and (remaining_s := deadline - time.monotonic()) > 0:
                for saved in listening.notifies(timeout=remaining_s, stop_after=1):
                    # It says how far the save went, which is one question less.
                    position = max(position, int(saved.payload))
            return position

    def stream(self, after: int = 0, *, until: int | None = None) -> Generator[Fact, None, None]:
        """Every fact after a position, to `until` or the end, through one server-side cursor.

        Shows the table as of its first row. Holds a connection until it is exhausted or closed.
        """
        with closing(self._rows(_FACT, after, until)) as rows:
            for row in rows:
                yield Fact(*row)

    def chained(
        self, after: int = 0, *, until: int | None = None
    ) -> Generator[ChainedEvent, None, None]:
        """As `stream`, with digest and link, for whoever checks the chain."""
        with closing(self._rows(_CHAINED, after, until)) as rows:
            for row in rows:
                yield ChainedEvent(*row)

    def anchor(self) -> Anchor | None:
        """What stands behind the rows of an earlier release; None where there never were any."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "SELECT position, commitment, link FROM events.chain_anchor"
            ).fetchone()
        return None if row is None else Anchor(*row)

    def close(self) -> None:
        """Close every connection. May be called twice."""
        self._pool.close()
        if self._listening is not None:
            self._listening.close()

    def _listen(self) -> Connection[TupleRow]:
        if self._listening is None or self._listening.closed:
            self._listening = connect(self._url, "projector", application=self._application)
            self._listening.execute(f"LISTEN {CHANNEL}".encode())
        return self._listening

    def _rows(self, columns: str, after: int, until: int | None) -> Generator[TupleRow, None, None]:
        with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor("stream", binary=True) as cursor,
        ):
            cursor.itersize = STREAM_BATCH
            cursor.execute(
                f"SELECT {columns} FROM events.stored_events "
                "WHERE notification_id > %s AND notification_id <= %s "
                "ORDER BY notification_id".encode(),
                [after, _BIGINT_MAX if until is None else until],
            )
            yield from cursor
