"""Intents in PostgreSQL, beside the events that cause them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from adapters.event_store.positions import ActiveReader
from adapters.postgres.connect import open_pool
from commands.ports.intents import Intent, IntentState, Lease

_ADOPTION = "reactor-adoption"
"""The reader's name under which `events.positions` notes that an adoption is over."""

_INTENT = (
    "intent_id, owner_id, cause_position, reaction, target, payload, created_at, next_try_at, "
    "attempts, outcome"
)
_STATE = f"{_INTENT}, done_at, parked_at, last_error"

_WRITE = """
WITH written AS (
    INSERT INTO events.intents (
        intent_id, owner_id, cause_position, reaction, target, payload, created_at, next_try_at,
        outcome, done_at
    )
    SELECT g.id, g.owner, g.cause, g.reaction, g.target, g.payload, g.created, g.due, g.outcome,
        CASE WHEN g.outcome IS NOT NULL THEN g.created END
    FROM unnest(
        %s::uuid[], %s::uuid[], %s::bigint[], %s::text[], %s::text[], %s::bytea[],
        %s::timestamptz[], %s::timestamptz[], %s::text[]
    ) WITH ORDINALITY
        AS g (id, owner, cause, reaction, target, payload, created, due, outcome, turn)
    ORDER BY g.turn
    ON CONFLICT DO NOTHING
    RETURNING owner_id, next_try_at, done_at
)
INSERT INTO events.turns AS t (owner_id, due_at)
SELECT owner_id, min(next_try_at) FROM written
WHERE done_at IS NULL
GROUP BY owner_id
-- Locked in one order by everybody.
ORDER BY owner_id
ON CONFLICT (owner_id) DO UPDATE SET due_at = least(t.due_at, excluded.due_at)
"""

_TAKE_TURN = """
UPDATE events.turns SET leased_until = %s, lease_id = %s
WHERE owner_id = (
    SELECT owner_id FROM events.turns
    WHERE due_at <= %s AND (leased_until IS NULL OR leased_until <= %s)
    ORDER BY due_at LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING owner_id
"""

_FIRST_DUE = f"""
SELECT {_INTENT} FROM events.intents
WHERE owner_id = %s AND done_at IS NULL AND next_try_at <= %s
ORDER BY next_try_at, number LIMIT 1
"""

_LOCK_TURN = "SELECT 1 FROM events.turns WHERE owner_id = %s FOR UPDATE"

_END_TURN = """
DELETE FROM events.turns t
WHERE t.owner_id = %s AND t.lease_id = %s AND NOT EXISTS (
    SELECT FROM events.intents i WHERE i.owner_id = t.owner_id AND i.done_at IS NULL
)
"""

_PASS_TURN = """
UPDATE events.turns t SET leased_until = NULL, lease_id = NULL, due_at = greatest(%s, (
    SELECT min(i.next_try_at) FROM events.intents i
    WHERE i.owner_id = t.owner_id AND i.done_at IS NULL
))
WHERE t.owner_id = %s AND t.lease_id = %s
"""

_IF_LEASED = "EXISTS (SELECT FROM events.turns t WHERE t.owner_id = %s AND t.lease_id = %s)"

_MAKE_DUE = """
INSERT INTO events.turns AS t (owner_id, due_at) SELECT unnest(%s::uuid[]), %s
ON CONFLICT (owner_id) DO UPDATE SET due_at = least(t.due_at, excluded.due_at)
"""


@contextmanager
def open_intents(
    url: str, *, connections_max: int, application: str = "suite"
) -> Iterator["PostgresIntents"]:
    """The intents of a database, over connections of their own that the block closes again."""
    options = f"{conninfo_to_dict(url).get('options') or ''} -c synchronous_commit=off"
    # What a crash of the server takes back here was followed by no save that it kept: the log is
    # flushed in order. So an effect that is done again meets the world as it left it.
    url = make_conninfo(url, options=options.strip())
    with open_pool(url, "writer", size_max=connections_max, application=application) as pool:
        yield PostgresIntents(pool)


class PostgresIntents:
    """Implements `commands.ports.intents.IntentStore`. `pool` holds connections of `writer`."""

    def __init__(self, pool: ConnectionPool[Connection[TupleRow]]) -> None:
        self._pool = pool

    def claim(self, *, now: datetime, leased_until: datetime) -> Lease | None:
        """See the port."""
        lease_id = uuid4()
        taking = [leased_until, lease_id, now, now]
        with self._pool.connection() as connection:
            while turn := connection.execute(_TAKE_TURN, taking, prepare=True).fetchone():
                # A statement of its own: it sees whatever the owner's last turn has left behind.
                row = connection.execute(_FIRST_DUE, [turn[0], now], prepare=True).fetchone()
                if row is not None:
                    return Lease(Intent(*row), lease_id)
                # Its intents were dropped meanwhile, or are due later.
                with self._turn(connection, turn[0], lease_id, now):
                    continue
        return None

    def renew(self, lease: Lease, *, leased_until: datetime) -> None:
        """See the port."""
        with self._pool.connection() as connection:
            connection.execute(
                "UPDATE events.turns SET leased_until = %s WHERE owner_id = %s AND lease_id = %s",
                [leased_until, lease.intent.owner_id, lease.lease_id],
            )

    def finish(
        self, lease: Lease, *, outcome: str, now: datetime, then: Sequence[Intent] = ()
    ) -> None:
        """See the port."""
        with self._ending(lease, now) as connection:
            connection.execute(
                "UPDATE events.intents SET done_at = %s, outcome = %s "
                "WHERE intent_id = %s AND done_at IS NULL",
                [now, outcome, lease.intent.intent_id],
            )
            if then:
                write_intents(connection, then)

    def postpone(self, lease: Lease, *, until: datetime, now: datetime) -> None:
        """See the port."""
        with self._ending(lease, now) as connection:
            connection.execute(
                "UPDATE events.intents SET next_try_at = %s "
                f"WHERE intent_id = %s AND done_at IS NULL AND {_IF_LEASED}".encode(),
                [until, lease.intent.intent_id, lease.intent.owner_id, lease.lease_id],
            )

    def fail(
        self, lease: Lease, *, error: str, retry_at: datetime, now: datetime, parked: bool
    ) -> None:
        """See the port."""
        with self._ending(lease, now) as connection:
            connection.execute(
                "UPDATE events.intents SET next_try_at = %s, attempts = attempts + 1, "
                "last_error = %s, parked_at = coalesce(parked_at, %s::timestamptz) "
                f"WHERE intent_id = %s AND done_at IS NULL AND {_IF_LEASED}".encode(),
                [
                    retry_at,
                    error,
                    now if parked else None,
                    lease.intent.intent_id,
                    lease.intent.owner_id,
                    lease.lease_id,
                ],
            )

    def wake(self, reaction: str, *, now: datetime) -> int:
        """See the port."""
        return self._make_due("reaction = %s", reaction, now)

    def next_try_at(self) -> datetime | None:
        """See the port."""
        with self._pool.connection() as connection:
            row = connection.execute("SELECT min(due_at) FROM events.turns").fetchone()
        return None if row is None else row[0]

    def find(self, intent_id: UUID) -> IntentState | None:
        """See the port."""
        with self._pool.connection() as connection:
            row = connection.execute(
                f"SELECT {_STATE} FROM events.intents WHERE intent_id = %s".encode(), [intent_id]
            ).fetchone()
        return None if row is None else _state(row)

    def parked(self, limit: int) -> tuple[IntentState, ...]:
        """See the port."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                f"SELECT {_STATE} FROM events.intents "
                "WHERE done_at IS NULL AND parked_at IS NOT NULL "
                "ORDER BY parked_at, intent_id LIMIT %s".encode(),
                [limit],
            ).fetchall()
        return tuple(_state(row) for row in rows)

    def retry(self, intent_id: UUID, *, now: datetime) -> bool:
        """See the port."""
        return self._make_due("intent_id = %s", intent_id, now) > 0

    def drop(self, intent_id: UUID, *, now: datetime) -> bool:
        """See the port."""
        with self._pool.connection() as connection:
            dropped = connection.execute(
                "UPDATE events.intents SET done_at = %s, outcome = 'dropped' "
                "WHERE intent_id = %s AND done_at IS NULL",
                [now, intent_id],
            )
        return dropped.rowcount == 1

    def forget_done(self, *, done_before: datetime, limit: int) -> int:
        """See the port."""
        with self._pool.connection() as connection:
            return connection.execute(
                "DELETE FROM events.intents WHERE intent_id IN (SELECT intent_id "
                "FROM events.intents WHERE done_at < %s ORDER BY done_at LIMIT %s)",
                [done_before, limit],
            ).rowcount

    def _make_due(self, condition: str, value: object, now: datetime) -> int:
        with self._pool.connection() as connection, connection.transaction():
            owners = connection.execute(
                "UPDATE events.intents SET next_try_at = least(next_try_at, %s), attempts = 0, "
                "parked_at = NULL, last_error = NULL "
                f"WHERE {condition} AND done_at IS NULL RETURNING owner_id".encode(),
                [now, value],
            ).fetchall()
            unique = sorted({owner for (owner,) in owners})
            if unique:
                connection.execute(_MAKE_DUE, [unique, now])
        return len(owners)

    @contextmanager
    def _ending(self, lease: Lease, now: datetime) -> Iterator[Connection[TupleRow]]:
        """A transaction that ends with the owner's turn, in one round trip."""
        with (
            self._pool.connection() as connection,
            self._turn(connection, lease.intent.owner_id, lease.lease_id, now),
        ):
            yield connection

    @contextmanager
    def _turn(
        self, connection: Connection[TupleRow], owner: UUID, lease_id: UUID, now: datetime
    ) -> Iterator[None]:
        with connection.pipeline(), connection.transaction():
            # Locked by a statement of its own: those after it see what was written meanwhile.
            connection.execute(_LOCK_TURN, [owner], prepare=True)
            yield
            connection.execute(_END_TURN, [owner, lease_id], prepare=True)
            connection.execute(_PASS_TURN, [now, owner, lease_id], prepare=True)


class ReaderIntents:
    """Implements `commands.ports.intents.IntentTail`, for whoever holds the reader's name.

    The reader is of the role `writer`. Raises `ReaderLost` once another process holds the name.
    """

    def __init__(self, reader: ActiveReader) -> None:
        self._reader = reader

    def position(self) -> int:
        """See the port."""
        return self._reader.load()

    def record(self, intents: Sequence[Intent], *, read_to: int) -> None:
        """See the port."""
        with self._reader.transaction() as connection:
            if intents:
                write_intents(connection, intents)
            self._reader.save(read_to)

    def adopted(self) -> bool:
        """See the port."""
        with self._reader.transaction() as connection:
            noted = connection.execute(
                "SELECT 1 FROM events.positions WHERE reader = %s", [_ADOPTION]
            ).fetchone()
        return noted is not None

    def adopt(self, intents: Sequence[Intent]) -> None:
        """See the port."""
        with self._reader.transaction() as connection:
            write_intents(connection, intents)

    def end_adoption(self) -> None:
        """See the port."""
        with self._reader.transaction() as connection:
            connection.execute(
                "INSERT INTO events.positions (reader, position) VALUES (%s, 0) "
                "ON CONFLICT DO NOTHING",
                [_ADOPTION],
            )


def write_intents(connection: Connection[TupleRow], intents: Sequence[Intent]) -> None:
    """Write intents, and have their owners' turns come, in the transaction of `connection`."""
    connection.execute(
        _WRITE,
        [
            [one.intent_id for one in intents],
            [one.owner_id for one in intents],
            [one.cause_position for one in intents],
            [one.reaction for one in intents],
            [one.target for one in intents],
            [one.payload for one in intents],
            [one.created_at for one in intents],
            [one.next_try_at for one in intents],
            [one.outcome for one in intents],
        ],
        prepare=True,
    )


def _state(row: TupleRow) -> IntentState:
    return IntentState(Intent(*row[:-3]), *row[-3:])
