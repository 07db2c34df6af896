"""The watchdog's memory in PostgreSQL, on the connection that holds its name."""

from collections.abc import Collection
from uuid import UUID

from adapters.event_store.positions import ActiveReader
from commands.ports.watched_claims import WatchedClaim


class PostgresWatchedClaims:
    """See `WatchedClaims`. Both methods raise `ReaderLost`."""

    def __init__(self, reader: ActiveReader) -> None:
        self._reader = reader

    def load(self) -> tuple[int, tuple[WatchedClaim, ...]]:
        """See `WatchedClaims.load`."""
        with self._reader.transaction() as connection:
            rows = connection.execute(
                "SELECT job_id, owner_id, attempt, claim_id, deadline FROM events.claims_watched"
            ).fetchall()
            return self._reader.load(), tuple(WatchedClaim(*row) for row in rows)

    def save(self, position: int, begun: Collection[WatchedClaim], ended: Collection[UUID]) -> None:
        """See `WatchedClaims.save`."""
        with self._reader.transaction() as connection:
            gone = [*ended, *(claim.job_id for claim in begun)]
            if gone:
                connection.execute(
                    "DELETE FROM events.claims_watched WHERE job_id = ANY(%s)", [gone], prepare=True
                )
            for claim in begun:
                connection.execute(
                    "INSERT INTO events.claims_watched "
                    "(job_id, owner_id, attempt, claim_id, deadline) VALUES (%s, %s, %s, %s, %s)",
                    [claim.job_id, claim.owner_id, claim.attempt, claim.claim_id, claim.deadline],
                    prepare=True,
                )
            self._reader.save(position)
