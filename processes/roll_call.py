"""Hears who is there, and keeps it in the read model: one of the active watchdog's duties.

Silence is what it would have heard. So nobody is away before it has listened for a whole lease,
and a time in which it was deaf itself is nobody's silence.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import structlog
from psycopg import Connection

from projections.attendance import Present, note_listened, note_present
from topics.messages.attendance import ScreenerPresent, WorkerPresent
from topics.transport import BroadcastReader

log = structlog.get_logger()

WAIT_S = 1.0
RETRY_DELAY_S = 2.0
DEAF_SHARES = 4
"""A turn longer than this part of the lease was no listening."""


class RollCall:
    """`voices` are those of both topics; `connections` lends one that may write read models."""

    def __init__(
        self,
        voices: BroadcastReader,
        connections: Callable[[], AbstractContextManager[Connection[Any]]],
        *,
        lease_s: float,
        monotonic_s: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._voices = voices
        self._connections = connections
        self._lease_s = lease_s
        self._monotonic_s = monotonic_s
        self._now = now
        self._listening_since_s = self._turned_s = monotonic_s()

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set. For a thread of its own: whatever is away, it comes back."""
        while not stop.is_set():
            try:
                self.turn(min(WAIT_S, self._lease_s / DEAF_SHARES / 2))
            except Exception as error:
                # Database or topics may be away for a while; nobody is judged by that.
                log.warning("nobody is heard", error=type(error).__name__)
                self._listening_since_s = self._monotonic_s()
                stop.wait(RETRY_DELAY_S)

    def turn(self, wait_s: float) -> None:
        """Hear what was said, waiting at most `wait_s` for the first word, and keep it."""
        said: list[Present] = [
            delivery.message
            for delivery in self._voices.poll(wait_s)
            if isinstance(delivery.message, WorkerPresent | ScreenerPresent)
        ]
        turned_s, now_s = self._turned_s, self._monotonic_s()
        self._turned_s = now_s
        if now_s - turned_s > self._lease_s / DEAF_SHARES:
            self._listening_since_s = now_s
        with self._connections() as connection:
            at = self._now()
            if said:
                note_present(connection, said, at=at, lease=timedelta(seconds=self._lease_s))
            if now_s - self._listening_since_s >= self._lease_s:
                note_listened(connection, until=at)
