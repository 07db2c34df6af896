"""Familiar networks in PostgreSQL, shared by every process."""

import hashlib
import hmac
from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

_DOMAIN = b"suite.familiar.v1:"


class PostgresFamiliarNetworks:
    """The `FamiliarNetworks` of commands. `pool` holds connections of the role `vault`.

    `secret` keys the digests. Safe to share between threads.
    """

    def __init__(self, pool: ConnectionPool[Connection[TupleRow]], secret: bytes) -> None:
        self._pool = pool
        self._secret = secret

    def remember(self, email: str, network: str, *, until: datetime) -> None:
        """Somebody has signed in from there. The later time counts."""
        with self._pool.connection() as connection:
            connection.execute(
                "INSERT INTO vault.familiar_networks AS f (digest, familiar_until) "
                "VALUES (%s, %s) ON CONFLICT (digest) DO UPDATE "
                "SET familiar_until = greatest(f.familiar_until, excluded.familiar_until)",
                [self._digest(email, network), until],
            )

    def is_familiar(self, email: str, network: str, *, at: datetime) -> bool:
        """Whether somebody had signed in from there."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "SELECT 1 FROM vault.familiar_networks WHERE digest = %s AND familiar_until > %s",
                [self._digest(email, network), at],
            ).fetchone()
        return row is not None

    def _digest(self, email: str, network: str) -> bytes:
        # Neither holds a line break, so no two pairs are the same text.
        named = f"{email.casefold()}\n{network}".encode(errors="replace")
        return hmac.new(self._secret, _DOMAIN + named, hashlib.sha256).digest()
