"""Where the recorder keeps the reports that it could not record, in order, until it can."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

PARKED_OF_ONE_MAX = 64
"""Reports of one job or submission. An honest one makes a handful; the rest would be a flood."""

PARKED_SIZE_MAX_BYTES = 256 * 1024
"""Three times the largest report there can be."""

Headers = tuple[tuple[str, bytes], ...]


class ParkingFull(Exception):
    """There is no room for this record: it is too large, or too many of its kind wait already."""


@dataclass(frozen=True)
class Record:
    """A record as it was found in its topic."""

    topic: str
    partition: int
    offset: int
    headers: Headers
    value: bytes

    @property
    def digest(self) -> bytes:
        """Tells records apart that lay in one place: a topic that is made anew counts anew."""
        return hashlib.sha256(repr(self.headers).encode() + self.value).digest()


@dataclass(frozen=True)
class ParkedMessage:
    """A record that waits, by the job or submission that it is about.

    `attempts` counts how often it was tried; 0 for one that only waits behind another. `error` is
    the class of what was last raised.
    """

    id: int
    about: UUID
    record: Record
    error: str
    attempts: int
    first_at: datetime
    last_at: datetime
    due_at: datetime


class ParkedMessages(Protocol):
    """The parked records of all jobs. Safe to share between threads and processes."""

    def waiting(self, abouts: Collection[UUID]) -> frozenset[UUID]:
        """Which of these have records that wait: whatever comes of them later waits behind."""
        ...

    def park(
        self, about: UUID, record: Record, *, error: str, attempts: int, at: datetime, due: datetime
    ) -> None:
        """Keep a record behind those of the same job. The same record again changes nothing.

        Raises `ParkingFull`.
        """
        ...

    def take_due(self, at: datetime, *, lease: timedelta) -> ParkedMessage | None:
        """The record that has been due for longest among the first of each job, or None.

        It counts as tried, and is due again after `lease` unless `done` or `failed` is called
        before: who takes it and dies loses nothing.
        """
        ...

    def take(self, id: int, at: datetime, *, lease: timedelta) -> ParkedMessage | None:
        """The first record of the job of this one, due or not, as `take_due` answers it."""
        ...

    def done(self, id: int) -> None:
        """It was recorded, and the next of its job is due. May be called twice."""
        ...

    def failed(self, id: int, *, error: str, at: datetime, due: datetime) -> None:
        """It could not be recorded this time either."""
        ...

    def drop(self, id: int) -> bool:
        """Forget a record for good. Whether it was there."""
        ...

    def listed(self, limit: int) -> Sequence[ParkedMessage]:
        """What waits, oldest first, and those of one job in their order."""
        ...
