"""Links that set a password, in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from adapters.vault.ended_sessions import end_sessions, forget_links

# The account first, as whoever changes a password does: two never wait for each other in a circle.
_LOCK = """
SELECT a.person_id FROM vault.accounts AS a JOIN vault.password_links AS l USING (person_id)
 WHERE l.token_sha256 = %s AND l.expires_at > %s
   FOR NO KEY UPDATE OF a
"""


class PostgresPasswordLinks:
    """The `PasswordLinks` of commands. `pool` holds connections of the role `vault`.

    Safe to share between threads.
    """

    def __init__(self, pool: ConnectionPool[Connection[TupleRow]]) -> None:
        self._pool = pool

    def open(
        self, token_sha256: bytes, *, person_id: UUID, at: datetime, expires_at: datetime
    ) -> None:
        """See the port. Forgets the person's links that are over."""
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(
                "DELETE FROM vault.password_links WHERE person_id = %s AND expires_at <= %s",
                [person_id, at],
            )
            connection.execute(
                "INSERT INTO vault.password_links (token_sha256, person_id, expires_at) "
                "VALUES (%s, %s, %s)",
                [token_sha256, person_id, expires_at],
            )

    def person(self, token_sha256: bytes, *, at: datetime) -> UUID | None:
        """See the port."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "SELECT person_id FROM vault.password_links "
                "WHERE token_sha256 = %s AND expires_at > %s",
                [token_sha256, at],
            ).fetchone()
        return None if row is None else row[0]

    def use(self, token_sha256: bytes, password_hash: str, *, at: datetime) -> UUID | None:
        """See the port."""
        with self._pool.connection() as connection, connection.transaction():
            row = connection.execute(_LOCK, [token_sha256, at]).fetchone()
            taken = connection.execute(
                "DELETE FROM vault.password_links WHERE token_sha256 = %s", [token_sha256]
            ).rowcount
            # Of two who use it at once, one has waited for the lock, and now finds nothing.
            if row is None or taken == 0:
                return None
            person_id: UUID = row[0]
            connection.execute(
                "UPDATE vault.accounts SET password_hash = %s WHERE person_id = %s",
                [password_hash, person_id],
            )
            forget_links(connection, person_id)
            end_sessions(connection, person_id)
        return person_id
