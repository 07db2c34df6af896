"""Where each named reader stands in the log, and that no two processes read under one name."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import Connection
from psycopg.errors import LockNotAvailable, QueryCanceled
from psycopg.rows import TupleRow

from adapters.event_store.log import read_facts
from adapters.postgres.advisory import advisory_key
from adapters.postgres.connect import Role, connect
from topics.messages.fact import Fact


class ReaderBusy(Exception):
    """Another process is active under this name. Wait and ask again."""


class ReaderLost(Exception):
    """The connection that held the name is gone: somebody else may be active. Stop reading."""


class ActiveReader:
    """The one active reader of a name, from `claim_reader`.

    Lock and position live on one connection: whoever has lost the lock can no longer save.
    """

    def __init__(self, connection: Connection[TupleRow], reader: str) -> None:
        self._connection = connection
        self.reader = reader

    def load(self) -> int:
        """The position up to which everything was dealt with; 0 at first. Raises `ReaderLost`."""
        with _lost_if_closed(self._connection):
            row = self._connection.execute(
                "SELECT position FROM events.positions WHERE reader = %s", [self.reader]
            ).fetchone()
        return 0 if row is None else int(row[0])

    def save(self, position: int) -> None:
        """Remember that everything up to `position` was dealt with. Never goes back.

        Raises `ReaderLost`.
        """
        with _lost_if_closed(self._connection):
            self._connection.execute(
                "INSERT INTO events.positions AS p (reader, position) VALUES (%s, %s) "
                "ON CONFLICT (reader) DO UPDATE SET position = excluded.position, saved_at = now() "
                "WHERE p.position < excluded.position",
                [self.reader, position],
                prepare=True,
            )

    def read(self, after: int, limit: int) -> list[Fact]:
        """As `EventLog.read`, by who still holds the name while it reads. Raises `ReaderLost`."""
        with _lost_if_closed(self._connection):
            return read_facts(self._connection, after, limit)

    @contextmanager
    def transaction(self) -> Iterator[Connection[TupleRow]]:
        """One transaction of who holds the name. `load` and `save` inside it are part of it.

        Raises `ReaderLost`.
        """
        with _lost_if_closed(self._connection), self._connection.transaction():
            yield self._connection

    def check(self) -> None:
        """Make sure that the name is still ours. Raises `ReaderLost`."""
        with _lost_if_closed(self._connection):
            self._connection.execute("SELECT 1")


@contextmanager
def claim_reader(
    url: str, reader: str, *, wait_s: float, role: Role = "projector"
) -> Iterator[ActiveReader]:
    """Be the active reader of a name until the block ends, on a connection of its own.

    Waits for at most `wait_s` (more than 0) where another process is. Raises `ReaderBusy`.
    """
    with connect(url, role, application=f"reader {reader}") as connection:
        # A position that a crash of the server takes back is dealt with again, as after any crash.
        connection.execute("SET synchronous_commit = off")
        wait = f"{wait_s * 1000:.0f}ms"
        connection.execute("SELECT set_config('lock_timeout', %s, false)", [wait])
        try:
            connection.execute(
                "SELECT pg_advisory_lock(%s)", [advisory_key("reader", reader.encode())]
            )
        except (LockNotAvailable, QueryCanceled) as error:
            raise ReaderBusy(reader) from error
        yield ActiveReader(connection, reader)


@contextmanager
def _lost_if_closed(connection: Connection[TupleRow]) -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        if connection.closed:
            raise ReaderLost() from error
        raise
