"""The projector: batches of facts into the live read models, then a wake-up for whoever waits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

from psycopg import Connection, Cursor

from domain.kernel.identity import SYSTEM
from domain.kernel.stored_form import Sealer, StoredForm
from projections.fold import Fold
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
    ) -> None:
        self._connect = connect
        self._fold = Fold(stored_form, sealer, read_models)

    def apply(self, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        """Fold facts: rows, read positions and feed of one batch in one transaction.

        Facts of one owner must come in order of position; any of them may come again. Returns the
        facts that no decoder of this release reads, for the dead letters: they were passed over.
        """
        unreadable: list[Fact] = []
        for start in range(0, len(facts), FACTS_PER_TRANSACTION_MAX):
            with self._transaction() as cursor:
                folded = self._fold.apply(cursor, facts[start : start + FACTS_PER_TRANSACTION_MAX])
                _wake(cursor, folded.owners)
            unreadable.extend(folded.unreadable)
        return tuple(unreadable)

    def note_watermarks(self, positions: Mapping[int, int], *, partitions: int) -> None:
        """Remember, by partition, up to which position no fact is still to come.

        Call it after `apply` of everything that stood before the watermarks. `partitions` is the
        number of partitions of the facts: readers trust the lowest of all of them.
        """
        if not positions:
            return
        with self._transaction() as cursor:
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
    def _transaction(self) -> Iterator[Cursor[Any]]:
        with self._connect() as connection, connection.transaction(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE projector")
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (PROJECTOR_GATE,))
            cursor.execute("SET LOCAL search_path = views")
            yield cursor


def _wake(cursor: Cursor[Any], owners: Sequence[UUID]) -> None:
    for start in range(0, len(owners), OWNERS_PER_NOTIFICATION_MAX):
        some = owners[start : start + OWNERS_PER_NOTIFICATION_MAX]
        payload = ",".join(owner.hex for owner in some)
        cursor.execute("SELECT pg_notify(%s, %s)", (FEED_CHANNEL, payload))
