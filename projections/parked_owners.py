"""Owners whose read models stand still, because a fact of theirs could not be folded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Cursor

from projections.fold import Poisoned


@dataclass(frozen=True)
class ParkedOwner:
    """Everything of the owner before `position` is folded, and nothing from there on.

    `error` is the class of what was raised; `attempts` says how often.
    """

    owner_id: UUID
    position: int
    event_type: str
    error: str
    attempts: int
    first_at: datetime
    last_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class RetryPace:
    """How long to wait before a fact is tried again: doubled every time, up to `max_s`."""

    min_s: float = 1.0
    max_s: float = 600.0

    def due(self, attempts: int, at: datetime) -> datetime:
        """When to try again what was tried so often."""
        doublings = min(max(attempts - 1, 0), 30)
        return at + timedelta(seconds=min(self.min_s * 2**doublings, self.max_s))


def find_parked(cursor: Cursor[Any], owner_id: UUID) -> ParkedOwner | None:
    """One parked owner, or None."""
    cursor.execute(f"{_SELECT} WHERE owner_id = %s".encode(), (owner_id,))
    row = cursor.fetchone()
    return None if row is None else ParkedOwner(*row)


def due_owners(cursor: Cursor[Any], at: datetime, limit: int) -> list[UUID]:
    """Who is to be tried again, longest due first."""
    cursor.execute(
        "SELECT owner_id FROM parked_owners WHERE due_at <= %s ORDER BY due_at LIMIT %s",
        (at, limit),
    )
    return [owner for (owner,) in cursor.fetchall()]


def list_parked(cursor: Cursor[Any], limit: int) -> list[ParkedOwner]:
    """Who is parked, longest first."""
    cursor.execute(f"{_SELECT} ORDER BY first_at, owner_id LIMIT %s".encode(), (limit,))
    return [ParkedOwner(*row) for row in cursor.fetchall()]


def park(cursor: Cursor[Any], poisoned: Poisoned, *, at: datetime, pace: RetryPace) -> ParkedOwner:
    """Stop an owner before a fact. One who stands there already has been tried once more."""
    before = find_parked(cursor, poisoned.owner_id)
    again = before is not None and before.position == poisoned.position
    attempts = before.attempts + 1 if before is not None and again else 1
    first_at = at if before is None else before.first_at
    stopped = ParkedOwner(
        poisoned.owner_id,
        poisoned.position,
        poisoned.event_type,
        poisoned.error,
        attempts,
        first_at,
        at,
        pace.due(attempts, at),
    )
    put(cursor, stopped)
    return stopped


def put(cursor: Cursor[Any], parked: ParkedOwner) -> None:
    """Keep this of the owner, instead of what was kept before."""
    cursor.execute(
        """
        INSERT INTO parked_owners (owner_id, position, event_type, error, attempts, first_at,
                                   last_at, due_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (owner_id) DO UPDATE
           SET position = excluded.position, event_type = excluded.event_type,
               error = excluded.error, attempts = excluded.attempts, first_at = excluded.first_at,
               last_at = excluded.last_at, due_at = excluded.due_at
        """,
        (
            parked.owner_id,
            parked.position,
            parked.event_type,
            parked.error,
            parked.attempts,
            parked.first_at,
            parked.last_at,
            parked.due_at,
        ),
    )


def free(cursor: Cursor[Any], owner_id: UUID) -> None:
    """The owner's facts are folded as they come again."""
    cursor.execute("DELETE FROM parked_owners WHERE owner_id = %s", (owner_id,))


_SELECT = (
    "SELECT owner_id, position, event_type, error, attempts, first_at, last_at, due_at"
    " FROM parked_owners"
)
