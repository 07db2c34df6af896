"""Where somebody is signed in, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from adapters.vault.ended_sessions import end_own_session, end_sessions
from commands.ports.accounts import Device
from commands.ports.open_sessions import OpenSession

_OPEN = """
SELECT session_id, browser, system, created_at, last_seen_at, token_sha256 = %(this)s AS is_this
  FROM vault.sessions
 WHERE person_id = %(person)s AND expires_at > %(at)s
 ORDER BY is_this DESC, last_seen_at DESC, session_id
 LIMIT %(limit)s
"""


class PostgresOpenSessions:
    """The `OpenSessions` of commands. `pool` holds connections of the role `vault`.

    Safe to share between threads.
    """

    def __init__(self, pool: ConnectionPool[Connection[TupleRow]]) -> None:
        self._pool = pool

    def of(
        self, person_id: UUID, *, this: bytes, at: datetime, limit: int
    ) -> Sequence[OpenSession]:
        """See the port."""
        asked = {"person": person_id, "this": this, "at": at, "limit": limit}
        with self._pool.connection() as connection:
            rows = connection.execute(_OPEN, asked).fetchall()
        return [OpenSession(row[0], Device(row[1], row[2]), row[3], row[4], row[5]) for row in rows]

    def end(self, person_id: UUID, session_id: UUID) -> bool:
        """See the port."""
        with self._pool.connection() as connection:
            return end_own_session(connection, person_id, session_id)

    def end_others(self, person_id: UUID, *, this: bytes) -> int:
        """See the port."""
        with self._pool.connection() as connection:
            return end_sessions(connection, person_id, but=this)
