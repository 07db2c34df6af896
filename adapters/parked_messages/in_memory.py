"""Parked reports in a dictionary: for tests, with the same contract as those in PostgreSQL."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from commands.ports.parked_messages import (
    PARKED_OF_ONE_MAX,
    PARKED_SIZE_MAX_BYTES,
    ParkedMessage,
    ParkingFull,
    Record,
)


class InMemoryParkedMessages:
    """See `ParkedMessages`."""

    def __init__(self) -> None:
        self._parked: dict[int, ParkedMessage] = {}
        self._given = 0
        self._lock = threading.Lock()

    def waiting(self, abouts: Collection[UUID]) -> frozenset[UUID]:
        """Which of these have records that wait."""
        with self._lock:
            return frozenset(one.about for one in self._parked.values()) & frozenset(abouts)

    def park(
        self, about: UUID, record: Record, *, error: str, attempts: int, at: datetime, due: datetime
    ) -> None:
        """Keep a record behind those of the same job. Raises `ParkingFull`."""
        if len(record.value) > PARKED_SIZE_MAX_BYTES:
            raise ParkingFull()
        with self._lock:
            if any(_place(one.record) == _place(record) for one in self._parked.values()):
                return
            if sum(one.about == about for one in self._parked.values()) >= PARKED_OF_ONE_MAX:
                raise ParkingFull()
            self._given += 1
            self._parked[self._given] = ParkedMessage(
                self._given, about, record, error, attempts, first_at=at, last_at=at, due_at=due
            )

    def take_due(self, at: datetime, *, lease: timedelta) -> ParkedMessage | None:
        """The record that has been due for longest among the first of each job, or None."""
        with self._lock:
            due = [one for one in self._firsts() if one.due_at <= at]
            if not due:
                return None
            return self._taken(min(due, key=lambda one: (one.due_at, one.id)), at, lease)

    def take(self, id: int, at: datetime, *, lease: timedelta) -> ParkedMessage | None:
        """The first record of the job of this one, due or not."""
        with self._lock:
            asked = self._parked.get(id)
            for first in self._firsts():
                if asked is not None and first.about == asked.about:
                    return self._taken(first, at, lease)
        return None

    def done(self, id: int) -> None:
        """It was recorded, and the next of its job is due."""
        self.drop(id)

    def failed(self, id: int, *, error: str, at: datetime, due: datetime) -> None:
        """It could not be recorded this time either."""
        with self._lock:
            if id in self._parked:
                tried = self._parked[id]
                self._parked[id] = replace(tried, error=error, last_at=at, due_at=due)

    def drop(self, id: int) -> bool:
        """Forget a record for good. Whether it was there."""
        with self._lock:
            return self._parked.pop(id, None) is not None

    def listed(self, limit: int) -> Sequence[ParkedMessage]:
        """What waits, oldest first, and those of one job in their order."""
        with self._lock:
            return list(self._parked.values())[:limit]

    def _firsts(self) -> list[ParkedMessage]:
        firsts: dict[UUID, ParkedMessage] = {}
        for one in self._parked.values():
            firsts.setdefault(one.about, one)
        return list(firsts.values())

    def _taken(self, one: ParkedMessage, at: datetime, lease: timedelta) -> ParkedMessage:
        taken = replace(one, attempts=one.attempts + 1, last_at=at, due_at=at + lease)
        self._parked[one.id] = taken
        return taken


def _place(record: Record) -> tuple[str, int, int, bytes]:
    return (record.topic, record.partition, record.offset, record.digest)
