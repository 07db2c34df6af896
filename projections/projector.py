"""The projector: batches of facts into the live read models, then a wake-up for whoever waits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, Cursor

from domain.kernel.identity import SYSTEM
from domain.kernel.stored_form import Sealer, StoredForm
from projections.fold import Poisoned
from projections.isolation import Applied, Isolation
from projections.outage import is_database_outage
from projections.parked_owners import ParkedOwner, RetryPace, find_parked, park
from projections.read_model import ReadModel
from projections.registry import READ_MODELS
from topics.messages.fact import Fact

FACTS_PER_TRANSACTION_MAX = 2_000
"""Measured: one fact a transaction is 1–2 k facts/s; 2,000 are some fifty times that."""

FEED_CHANNEL = "feed"
"""NOTIFY channel. The payload is a list of owner ids in hex, comma-separated, or `WATERMARK`."""

WATERMARK = "watermark"

OWNERS_PER_NOTIFICATION_MAX = 200
"""33 characters each; PostgreSQL takes payloads below 8,000 bytes."""

PROJECTOR_GATE = 0x5EAD_0005
"""Advisory lock: projectors hold it shared, a rebuild holds it alone while it swaps the tables."""

Connect = Callable[[], AbstractContextManager[Connection[Any]]]


class Projector:
    """Keeps the read models in schema `views` up to date.

    `connect` gives a connection that may `SET ROLE projector`; a pool's `connection` method fits.
    """

    def __init__(
        self,
        connect: Connect,
        stored_form: StoredForm,
        sealer: Sealer,
        read_models: Sequence[ReadModel] = READ_MODELS,
        *,
        pace: RetryPace | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._connect = connect
        self._isolation = Isolation(stored_form, sealer, read_models, pace=pace, now=now)

    def apply(self, facts: Sequence[Fact]) -> tuple[ParkedOwner, ...]:
        """Fold facts: rows, read positions and feed of one batch in one transaction.

        Facts of one owner must come in order of position; any of them may come again. Returns the
        owners whom a fact has stopped: from there on theirs are passed over, until `CatchUp` can
        read on. Raises where the database is away.
        """
        parked: list[ParkedOwner] = []
        for start in range(0, len(facts), FACTS_PER_TRANSACTION_MAX):
            batch = facts[start : start + FACTS_PER_TRANSACTION_MAX]
            try:
                parked.extend(self._apply(batch, self._isolation.apply_at_once))
            except Exception as error:
                if is_database_outage(error):
                    raise
                parked.extend(self._apply(batch, self._isolation.apply))
        return tuple(parked)

    def note_lost(self, owner_id: UUID, why: str) -> None:
        """A fact of this owner came in a form that says nothing, not even which one it was.

        What is stored of it is whole, so the owner is parked where they stand, and due at once.
        """
        with projecting(self._connect) as cursor:
            read_to = self._isolation.lock(cursor, owner_id)
            if find_parked(cursor, owner_id) is not None:
                return
            at = self._isolation.now()
            lost = Poisoned(owner_id, read_to + 1, "", why)
            park(cursor, lost, at=at, pace=RetryPace(min_s=0.0))

    def _apply(
        self, batch: Sequence[Fact], apply: Callable[[Cursor[Any], Sequence[Fact]], Applied]
    ) -> tuple[ParkedOwner, ...]:
        with projecting(self._connect) as cursor:
            applied = apply(cursor, batch)
            stopped = [one.owner_id for one in applied.parked]
            wake(cursor, tuple(dict.fromkeys((*applied.owners, *stopped))))
        return applied.parked

    def note_watermarks(self, positions: Mapping[int, int], *, partitions: int) -> None:
        """Remember, by partition, up to which position no fact is still to come.

        Call it after `apply` of everything that stood before the watermarks. `partitions` is the
        number of partitions of the facts: readers trust the lowest of all of them.
        """
        if not positions:
            return
        with projecting(self._connect) as cursor:
            cursor.execute(
                """
                INSERT INTO watermarks (owner_id, partition, position)
                SELECT %s, partition, 0 FROM generate_series(0, %s - 1) AS partition
                ON CONFLICT DO NOTHING
                """,
                (SYSTEM, partitions),
            )
            cursor.execute(
                """
                UPDATE watermarks AS kept SET position = noted.position
                  FROM (SELECT w.owner_id, w.partition, n.position
                          FROM watermarks AS w
                          JOIN unnest(%s::int[], %s::bigint[]) AS n (partition, position)
                            ON n.partition = w.partition
                         WHERE w.owner_id = %s
                         -- Locked in one order by everybody, as read positions are.
                         ORDER BY w.partition FOR UPDATE OF w) AS noted
                 WHERE kept.owner_id = noted.owner_id AND kept.partition = noted.partition
                   AND kept.position < noted.position
                """,
                (list(positions), list(positions.values()), SYSTEM),
            )
            cursor.execute("SELECT pg_notify(%s, %s)", (FEED_CHANNEL, WATERMARK))


@contextmanager
def projecting(connect: Connect) -> Iterator[Cursor[Any]]:
    """A transaction on the live read models, which no rebuild swaps meanwhile."""
    with connect() as connection, connection.transaction(), connection.cursor() as cursor:
        with connection.pipeline():
            cursor.execute("SET LOCAL ROLE projector")
            # However long a swap takes, it ends. Who gave up here would start again only to wait.
            cursor.execute("SET LOCAL lock_timeout = 0")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (PROJECTOR_GATE,))
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
            cursor.execute("SET LOCAL search_path = views")
        yield cursor


def wake(cursor: Cursor[Any], owners: Sequence[UUID]) -> None:
    """Tell whoever waits for these owners, once the transaction is over."""
    payloads = [
        ",".join(owner.hex for owner in owners[start : start + OWNERS_PER_NOTIFICATION_MAX])
        for start in range(0, len(owners), OWNERS_PER_NOTIFICATION_MAX)
    ]
    if payloads:
        cursor.execute(
            "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload",
            (FEED_CHANNEL, payloads),
        )
