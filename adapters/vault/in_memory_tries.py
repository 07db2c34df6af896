"""Buckets of tries in a dictionary: for tests, with the same contract."""

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from adapters.vault.full_bucket import require_room
from commands.ports.tries import Try


class InMemoryTries:
    """The `Tries` of commands, for one process. Safe to share between threads."""

    def __init__(self) -> None:
        self._empty_at: dict[Try, datetime] = {}
        self._lock = Lock()

    def take(self, tries: Sequence[Try], *, at: datetime) -> None:
        """Count one try in each, or in none. Raises `TooManyRequests`."""
        with self._lock:
            moved = {one: max(self._empty_at.get(one, at), at) + one.bucket.refill for one in tries}
            require_room([(one.bucket, empty_at) for one, empty_at in moved.items()], at=at)
            self._empty_at.update(moved)

    def give_back(self, tries: Sequence[Try]) -> None:
        """Count one try less in each."""
        with self._lock:
            for one in tries:
                if one in self._empty_at:
                    self._empty_at[one] -= one.bucket.refill
