"""Intents in PostgreSQL, beside the events that cause them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from adapters.intents.tail import LOCK_TURN, fill, make_due, write_intents
from adapters.postgres.connect import open_pool
from commands.ports.intents import (
    PLACES_PER_OWNER,
    PLACES_PER_OWNER_MAX,
    WHEN_WOKEN,
    Intent,
    IntentState,
    Lease,
    NoPlace,
    Place,
)

_INTENT = (
    "intent_id, owner_id, cause_position, reaction, target, payload, created_at, next_try_at, "
    "attempts, outcome, queue"
)
_STATE = f"{_INTENT}, done_at, parked_at, last_error"

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
ORDER BY next_try_at, coalesce(turn, cause_position), number LIMIT 1
"""

_LOCK_TURN_OF = """
SELECT 1 FROM events.turns
WHERE owner_id = (SELECT owner_id FROM events.intents WHERE intent_id = %s)
FOR UPDATE
"""

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

_TAKE_PLACE = """
UPDATE events.intents i SET
    has_place = i.has_place OR room.is_there,
    next_try_at = CASE WHEN i.has_place OR room.is_there THEN i.next_try_at ELSE %s END
FROM (
    SELECT count(*) FILTER (
            WHERE (coalesce(p.turn, p.cause_position), p.number)
                < (coalesce(me.turn, me.cause_position), me.number)
        ) < %s AND count(*) < %s AS is_there
    FROM events.intents me JOIN events.intents p USING (owner_id, queue)
    WHERE me.intent_id = %s AND p.done_at IS NULL AND p.has_place
) room
WHERE i.intent_id = %s AND i.done_at IS NULL
RETURNING i.has_place, i.announced_at, coalesce(i.turn, i.cause_position)
"""

_TAKE_TURN_IN_QUEUE = """
UPDATE events.intents SET turn = %s
WHERE owner_id = %s AND target = %s AND queue IS NOT NULL AND done_at IS NULL
RETURNING owner_id, queue
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
            if lease.intent.queue is not None:
                fill(connection, [(lease.intent.owner_id, lease.intent.queue)], now)
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

    def release(self, lease: Lease, *, now: datetime) -> None:
        """See the port."""
        with self._ending(lease, now):
            pass

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

    def take_place(self, intent_id: UUID, owner_id: UUID) -> Place | NoPlace:
        """See the port."""
        asked = [WHEN_WOKEN, PLACES_PER_OWNER, PLACES_PER_OWNER_MAX, intent_id, intent_id]
        with self._pool.connection() as connection:
            with connection.pipeline(), connection.transaction():
                # The tail locks it, too, before it makes room: nobody waits who was just woken.
                connection.execute(LOCK_TURN, [owner_id], prepare=True)
                taking = connection.execute(_TAKE_PLACE, asked, prepare=True)
            row = taking.fetchone()
        if row is None:
            return NoPlace.OVER
        has_place, announced_at, turn = row
        return Place(announced_at, turn) if has_place else NoPlace.WAITS

    def take_turn(self, owner_id: UUID, target: str, turn: int, *, now: datetime) -> None:
        """See the port."""
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(LOCK_TURN, [owner_id], prepare=True)
            moved = connection.execute(_TAKE_TURN_IN_QUEUE, [turn, owner_id, target]).fetchall()
            fill(connection, sorted(set(moved)), now)

    def note_announced(self, intent_id: UUID, *, at: datetime) -> None:
        """See the port."""
        with self._pool.connection() as connection:
            connection.execute(
                "UPDATE events.intents SET announced_at = %s WHERE intent_id = %s", [at, intent_id]
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
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(_LOCK_TURN_OF, [intent_id])
            dropped = connection.execute(
                "UPDATE events.intents SET done_at = %s, outcome = 'dropped' "
                "WHERE intent_id = %s AND done_at IS NULL RETURNING owner_id, queue",
                [now, intent_id],
            ).fetchone()
            if dropped is not None and dropped[1] is not None:
                fill(connection, [(dropped[0], dropped[1])], now)
        return dropped is not None

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
            make_due(connection, {owner for (owner,) in owners}, now)
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
            connection.execute(LOCK_TURN, [owner], prepare=True)
            yield
            connection.execute(_END_TURN, [owner, lease_id], prepare=True)
            connection.execute(_PASS_TURN, [now, owner, lease_id], prepare=True)


def _state(row: TupleRow) -> IntentState:
    return IntentState(Intent(*row[:-3]), *row[-3:])
