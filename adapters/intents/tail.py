"""How intents are written, in PostgreSQL, by the one process that follows the event log."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.event_store.positions import ActiveReader
from commands.ports.intents import (
    OVER,
    PLACES_PER_OWNER,
    PLACES_PER_OWNER_MAX,
    WHEN_WOKEN,
    Intent,
    Over,
)

_ADOPTION = "reactor-adoption"
"""The reader's name under which `events.positions` notes that an adoption is over."""

LOCK_TURN = "SELECT 1 FROM events.turns WHERE owner_id = %s FOR UPDATE"

_LOCK_TURNS = """
SELECT 1 FROM events.turns WHERE owner_id = ANY(%s) ORDER BY owner_id FOR UPDATE
"""

_WRITE = """
WITH written AS (
    INSERT INTO events.intents (
        intent_id, owner_id, cause_position, reaction, target, payload, created_at, next_try_at,
        queue, outcome, done_at
    )
    SELECT g.id, g.owner, g.cause, g.reaction, g.target, g.payload, g.created, g.due, g.queue,
        g.outcome, CASE WHEN g.outcome IS NOT NULL THEN g.created END
    FROM unnest(
        %s::uuid[], %s::uuid[], %s::bigint[], %s::text[], %s::text[], %s::bytea[],
        %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[]
    ) WITH ORDINALITY
        AS g (id, owner, cause, reaction, target, payload, created, due, queue, outcome, turn)
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

_MAKE_DUE = """
INSERT INTO events.turns AS t (owner_id, due_at) SELECT unnest(%s::uuid[]), %s
ON CONFLICT (owner_id) DO UPDATE SET due_at = least(t.due_at, excluded.due_at)
"""

_END = """
UPDATE events.intents i SET done_at = %s, outcome = %s
FROM unnest(%s::uuid[], %s::text[], %s::bigint[]) AS o (owner, target, before)
WHERE i.owner_id = o.owner AND i.target = o.target AND i.cause_position < o.before
    AND i.queue IS NOT NULL AND i.done_at IS NULL
RETURNING i.owner_id, i.queue
"""

# Of those that wait the first few: each where fewer come before it than there are places. Taking a
# place asks again.
_WAKE_NEXT = """
UPDATE events.intents SET next_try_at = %s
WHERE intent_id IN (
    SELECT next.intent_id
    FROM unnest(%s::uuid[], %s::text[]) AS f (owner, queue)
    CROSS JOIN LATERAL (
        SELECT w.intent_id, coalesce(w.turn, w.cause_position) AS turn, w.number,
            row_number() OVER (ORDER BY coalesce(w.turn, w.cause_position), w.number) AS nth
        FROM events.intents w
        WHERE w.owner_id = f.owner AND w.queue = f.queue AND w.done_at IS NULL
            AND w.next_try_at = %s
        ORDER BY coalesce(w.turn, w.cause_position), w.number
        LIMIT %s
    ) next
    CROSS JOIN LATERAL (
        SELECT count(*) AS placed, count(*) FILTER (
            WHERE (coalesce(p.turn, p.cause_position), p.number) < (next.turn, next.number)
        ) AS earlier
        FROM events.intents p
        WHERE p.owner_id = f.owner AND p.queue = f.queue AND p.done_at IS NULL AND p.has_place
    ) there
    WHERE there.earlier + next.nth <= %s AND there.placed + next.nth <= %s
)
RETURNING owner_id
"""


class ReaderIntents:
    """Implements `commands.ports.intents.IntentTail`, for whoever holds the reader's name.

    The reader is of the role `writer`. Raises `ReaderLost` once another process holds the name.
    """

    def __init__(self, reader: ActiveReader) -> None:
        self._reader = reader

    def position(self) -> int:
        """See the port."""
        return self._reader.load()

    def record(
        self, intents: Sequence[Intent], *, read_to: int, now: datetime, over: Sequence[Over] = ()
    ) -> None:
        """See the port."""
        with self._reader.transaction() as connection:
            if intents:
                write_intents(connection, intents)
            if over:
                _end(connection, over, now)
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
            [one.queue for one in intents],
            [one.outcome for one in intents],
        ],
        prepare=True,
    )


def make_due(connection: Connection[TupleRow], owners: Collection[UUID], now: datetime) -> None:
    """Have the turns of these owners come now, in the transaction of `connection`."""
    if owners:
        connection.execute(_MAKE_DUE, [sorted(owners), now], prepare=True)


def _end(connection: Connection[TupleRow], over: Sequence[Over], now: datetime) -> None:
    owners = [one.owner_id for one in over]
    # Whoever takes a place holds it, too: nobody begins to wait for what becomes free here.
    connection.execute(_LOCK_TURNS, [owners], prepare=True)
    ended = connection.execute(
        _END,
        [now, OVER, owners, [one.target for one in over], [one.before for one in over]],
        prepare=True,
    ).fetchall()
    fill(connection, sorted(set(ended)), now)


def fill(
    connection: Connection[TupleRow], queues: Sequence[tuple[UUID, str]], now: datetime
) -> None:
    """Wake as many as have room in these owners' queues. Their turns are locked by the caller."""
    if not queues:
        return
    woken = connection.execute(
        _WAKE_NEXT,
        [
            now,
            [owner for owner, _ in queues],
            [queue for _, queue in queues],
            WHEN_WOKEN,
            PLACES_PER_OWNER,
            PLACES_PER_OWNER,
            PLACES_PER_OWNER_MAX,
        ],
        prepare=True,
    ).fetchall()
    make_due(connection, {owner for (owner,) in woken}, now)
