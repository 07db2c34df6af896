"""What the watchdog remembers over a restart: which claims run, as of a position in the log."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class WatchedClaim:
    """A claim that was granted an attempt and has not ended it. It holds until `deadline`."""

    job_id: UUID
    owner_id: UUID
    attempt: int
    claim_id: UUID
    deadline: datetime


class WatchedClaims(Protocol):
    """The claims that run, at most one a job, and the position up to which the log was read."""

    def load(self) -> tuple[int, tuple[WatchedClaim, ...]]:
        """The position and what was saved with it; (0, ()) at first."""
        ...

    def save(self, position: int, begun: Collection[WatchedClaim], ended: Collection[UUID]) -> None:
        """Remember a position and what has changed up to it, both or nothing.

        `begun` replaces what was known of the same jobs, `ended` are the ids of other jobs and may
        name unknown ones. The position never goes back.
        """
        ...
