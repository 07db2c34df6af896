"""The watchdog's memory in a dictionary: for tests, with the contract of the one in PostgreSQL."""

from collections.abc import Collection
from uuid import UUID

from commands.ports.watched_claims import WatchedClaim


class InMemoryWatchedClaims:
    """See `WatchedClaims`."""

    def __init__(self) -> None:
        self._position = 0
        self._claims: dict[UUID, WatchedClaim] = {}

    def load(self) -> tuple[int, tuple[WatchedClaim, ...]]:
        """See `WatchedClaims.load`."""
        return self._position, tuple(self._claims.values())

    def save(self, position: int, begun: Collection[WatchedClaim], ended: Collection[UUID]) -> None:
        """See `WatchedClaims.save`."""
        for job_id in ended:
            self._claims.pop(job_id, None)
        self._claims.update({claim.job_id: claim for claim in begun})
        self._position = max(self._position, position)
