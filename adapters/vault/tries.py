"""Buckets of tries in PostgreSQL, shared by every process."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from adapters.vault.full_bucket import require_room
from commands.ports.tries import Try

_DOMAIN = b"suite.tries.v1:"

# Counters in their order, so that two processes never wait for each other in a circle.
_TAKE = """
INSERT INTO vault.tries AS t (counter, empty_at)
SELECT asked.counter, %(at)s + asked.refill
  FROM unnest(%(counters)s::bytea[], %(refills)s::interval[]) AS asked (counter, refill)
 ORDER BY asked.counter
    ON CONFLICT (counter) DO UPDATE
   SET empty_at = greatest(t.empty_at, %(at)s) + (excluded.empty_at - %(at)s)
RETURNING counter, empty_at
"""
_GIVE_BACK = """
UPDATE vault.tries AS t SET empty_at = t.empty_at - given.refill
  FROM unnest(%(counters)s::bytea[], %(refills)s::interval[]) AS given (counter, refill)
 WHERE t.counter = given.counter
"""


class PostgresTries:
    """The `Tries` of commands. `pool` holds connections of the role `vault`.

    `secret` keys the digests that stand for whose bucket it is. Safe to share between threads.
    """

    def __init__(self, pool: ConnectionPool[Connection[TupleRow]], secret: bytes) -> None:
        self._pool = pool
        self._secret = secret

    def take(self, tries: Sequence[Try], *, at: datetime) -> None:
        """Count one try in each, or in none. Raises `TooManyRequests`."""
        counters = {self._counter(one): one.bucket for one in tries}
        with self._pool.connection() as connection, connection.transaction():
            rows = connection.execute(_TAKE, {**self._columns(tries), "at": at}).fetchall()
            # What is raised here takes the counts back with the transaction.
            require_room([(counters[counter], empty_at) for counter, empty_at in rows], at=at)

    def give_back(self, tries: Sequence[Try]) -> None:
        """Count one try less in each."""
        with self._pool.connection() as connection:
            connection.execute(_GIVE_BACK, self._columns(tries))

    def _counter(self, one: Try) -> bytes:
        named = f"{one.bucket.name}:{one.of}".encode(errors="replace")
        return hmac.new(self._secret, _DOMAIN + named, hashlib.sha256).digest()

    def _columns(self, tries: Sequence[Try]) -> dict[str, object]:
        return {
            "counters": [self._counter(one) for one in tries],
            "refills": [one.bucket.refill for one in tries],
        }
