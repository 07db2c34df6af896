"""How a listening connection is known to live: it hears, in time, what it said to itself."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import psycopg

from queries.read_position import FEED_CHANNEL

PULSE_S = 3.0
SILENCE_MAX_S = 5.0
"""A database that is busy answers a NOTIFY within this; one that does not is as good as dead."""


class FeedPulse:
    """A notification to itself every `pulse_s` seconds; at most `silence_max_s` until it is heard.

    It is lost with whatever loses the others: a dead peer, a proxy that swallows bytes, a pooler
    that gave the listening connection away. Belongs to one thread.
    """

    def __init__(
        self,
        pulse_s: float = PULSE_S,
        silence_max_s: float = SILENCE_MAX_S,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pulse_s = pulse_s
        self._silence_max_s = silence_max_s
        self._monotonic_s = monotonic_s
        # An owner that nobody is: other processes, and other releases, wake nobody for it.
        self._word = uuid4().hex
        self._said_s: float | None = None
        self._next_s = 0.0

    def begin(self) -> None:
        """A new connection: nothing was said on it."""
        self._said_s = None
        self._next_s = self._monotonic_s()

    def is_ours(self, payload: str) -> bool:
        """Whether this is our own word, which is thereby heard."""
        if payload != self._word:
            return False
        self._said_s = None
        return True

    def rest_s(self, most_s: float) -> float:
        """How long to listen until there is something to do here, `most_s` at most."""
        due_s = self._next_s if self._said_s is None else self._said_s + self._silence_max_s
        return min(most_s, max(0.0, due_s - self._monotonic_s()))

    def beat(self, connection: psycopg.Connection[Any]) -> None:
        """Say the word if it is time to. Raises `psycopg.OperationalError` after a long silence."""
        now_s = self._monotonic_s()
        if self._said_s is not None:
            if now_s - self._said_s >= self._silence_max_s:
                raise psycopg.OperationalError("a notification was not heard in time")
        elif now_s >= self._next_s:
            self._said_s, self._next_s = now_s, now_s + self._pulse_s
            with _cut_after(connection, self._silence_max_s):
                connection.execute(f"NOTIFY {FEED_CHANNEL}, '{self._word}'".encode())


@contextmanager
def _cut_after(connection: psycopg.Connection[Any], seconds: float) -> Iterator[None]:
    """End the connection if the block takes longer, which then raises: psycopg waits for ever."""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        timer = threading.Timer(seconds, _cut, [line])
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            # Joined: the number of a closed file may be somebody else's.
            timer.join()


def _cut(line: socket.socket) -> None:
    # It may be down already.
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
