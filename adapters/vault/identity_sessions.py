"""Sessions at an identity provider in PostgreSQL, shared by every process."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

_KEEP = """
INSERT INTO vault.identity_sessions
       (verification_id, provider, session_id, owner_id, address, started_at)
VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (verification_id) DO NOTHING
"""
_COLUMNS = "verification_id, session_id, owner_id, address, started_at"
_OF_CHECK = f"""
SELECT {_COLUMNS} FROM vault.identity_sessions WHERE provider = %s AND verification_id = %s
"""
_OF_SESSION = f"""
SELECT {_COLUMNS} FROM vault.identity_sessions WHERE provider = %s AND session_id = %s
"""


@dataclass(frozen=True)
class IdentitySession:
    """One check of ours under the provider's name for it. `address` is the hosted page's."""

    verification_id: UUID
    session_id: str
    owner_id: UUID
    address: str
    started_at: datetime


class IdentitySessions:
    """The sessions at one provider. `pool` holds connections of the role `vault`.

    Safe to share between threads.
    """

    def __init__(self, pool: ConnectionPool[Connection[TupleRow]], provider: str) -> None:
        self._pool = pool
        self._provider = provider

    def keep(self, session: IdentitySession) -> IdentitySession:
        """Keep the first session of a check. Answers the one that is kept."""
        with self._pool.connection() as connection:
            connection.execute(
                _KEEP,
                [
                    session.verification_id,
                    self._provider,
                    session.session_id,
                    session.owner_id,
                    session.address,
                    session.started_at,
                ],
            )
        return self.of_check(session.verification_id) or session

    def of_check(self, verification_id: UUID) -> IdentitySession | None:
        """The session of one of our checks."""
        return self._one(_OF_CHECK, verification_id)

    def of_session(self, session_id: str) -> IdentitySession | None:
        """The session that the provider calls so."""
        return self._one(_OF_SESSION, session_id)

    def _one(self, question: str, id: UUID | str) -> IdentitySession | None:
        with self._pool.connection() as connection:
            row = connection.execute(question.encode(), [self._provider, id]).fetchone()
        return None if row is None else IdentitySession(*row)
