"""Open addresses of ZIPs in PostgreSQL, shared by every process."""

from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from commands.ports.archives import ARCHIVES_OPEN_MAX, Archive

_OPEN = """
INSERT INTO vault.archives (token_sha256, owner_id, asset_ids, expires_at)
VALUES (%s, %s, %s, %s)
"""
_MAKE_ROOM = """
DELETE FROM vault.archives WHERE token_sha256 IN (
    SELECT token_sha256 FROM vault.archives WHERE owner_id = %s
     ORDER BY expires_at DESC, token_sha256 OFFSET %s)
"""
_FIND = """
SELECT asset_ids, expires_at FROM vault.archives
 WHERE token_sha256 = %s AND owner_id = %s AND expires_at > %s
"""


class PostgresArchives:
    """The `Archives` of commands. `pool` holds connections of the role `vault`.

    Safe to share between threads.
    """

    def __init__(self, pool: ConnectionPool[Connection[TupleRow]]) -> None:
        self._pool = pool

    def open(self, token_sha256: bytes, archive: Archive) -> None:
        """See the port."""
        with self._pool.connection() as connection, connection.transaction():
            # Room first: the new one stays, whatever the others' times are.
            connection.execute(_MAKE_ROOM, [archive.owner_id, ARCHIVES_OPEN_MAX - 1])
            connection.execute(
                _OPEN,
                [token_sha256, archive.owner_id, list(archive.asset_ids), archive.expires_at],
            )

    def find(self, token_sha256: bytes, *, owner_id: UUID, at: datetime) -> Archive | None:
        """See the port."""
        with self._pool.connection() as connection:
            row = connection.execute(_FIND, [token_sha256, owner_id, at]).fetchone()
        return None if row is None else Archive(owner_id, tuple(row[0]), row[1])

    def complete(self, token_sha256: bytes) -> None:
        """See the port."""
        with self._pool.connection() as connection:
            connection.execute("DELETE FROM vault.archives WHERE token_sha256 = %s", [token_sha256])
