"""One owner's commands take turns before any of them takes a connection."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from commands.ports.event_store import OWNER_WAIT_MAX_S, OWNER_WAITING_MAX, OwnerBusy

RETRY_AFTER_S = 5
"""By then everybody who waits now has had their turn or has given up."""


class OwnerTurns:
    """A queue for each owner, first come, first served; owners do not wait for each other.

    In one process: between processes, the owner's lock in the database decides.
    """

    def __init__(
        self, *, waiting_max: int = OWNER_WAITING_MAX, wait_max_s: float = OWNER_WAIT_MAX_S
    ) -> None:
        self._waiting_max = waiting_max
        self._wait_max_s = wait_max_s
        self._lock = threading.Lock()
        # An owner stands here while somebody has their turn, with those who wait for it.
        self._waiting: dict[UUID, deque[threading.Event]] = {}

    @contextmanager
    def turn(self, owner_id: UUID) -> Iterator[None]:
        """Wait for this owner's turn, and pass it on afterwards.

        Raises `OwnerBusy` at once where `waiting_max` wait already, else after `wait_max_s`.
        """
        self._take(owner_id)
        try:
            yield
        finally:
            self._pass_on(owner_id)

    def waiting(self, owner_id: UUID) -> int:
        """How many wait for their turn now."""
        with self._lock:
            return len(self._waiting.get(owner_id, ()))

    def _take(self, owner_id: UUID) -> None:
        called = threading.Event()
        with self._lock:
            queue = self._waiting.get(owner_id)
            if queue is None:
                self._waiting[owner_id] = deque()
                return
            if len(queue) >= self._waiting_max:
                raise OwnerBusy(RETRY_AFTER_S)
            queue.append(called)
        if called.wait(self._wait_max_s):
            return
        with self._lock:
            # Called in this very moment: the turn is ours, and nobody else would pass it on.
            if called.is_set():
                return
            queue.remove(called)
        raise OwnerBusy(RETRY_AFTER_S)

    def _pass_on(self, owner_id: UUID) -> None:
        with self._lock:
            queue = self._waiting[owner_id]
            if queue:
                queue.popleft().set()
            else:
                del self._waiting[owner_id]
