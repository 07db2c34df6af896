"""Wakes subscribers when the projector has written rows of theirs."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any
from uuid import UUID

import psycopg
import structlog

from queries.read_position import FEED_CHANNEL, WATERMARK

log = structlog.get_logger()

RECONNECT_DELAY_S = 0.5
POLL_S = 1.0


class Waker:
    """One subscriber's alarm: set from any thread, awaited on the loop it was made on."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Wake the subscriber. From any thread, any number of times."""
        # A loop that has ended has no subscriber left to wake.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, timeout_s: float) -> None:
        """Until woken, or the time is up."""
        try:
            await asyncio.wait_for(self._event.wait(), timeout_s)
        except TimeoutError:
            return
        finally:
            self._event.clear()


class FeedHub:
    """One listening connection for all subscribers of this process.

    `connect` opens a connection in autocommit mode. A notification may be lost with it, so every
    subscriber also looks by itself from time to time.
    """

    def __init__(
        self, connect: Callable[[], AbstractContextManager[psycopg.Connection[Any]]]
    ) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._wakers: defaultdict[UUID, set[Waker]] = defaultdict(set)
        self._closing: set[Callable[[], None]] = set()
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Whether this process is ending and every feed with it."""
        return self._closed

    def close(self) -> None:
        """End every feed at its next look, which is now. Clients resume elsewhere."""
        with self._lock:
            self._closed = True
            closing = list(self._closing)
        for tell in closing:
            # A loop that has ended has no connection left to close.
            with suppress(RuntimeError):
                tell()
        self._wake_all()

    @contextmanager
    def told_of_close(self, tell: Callable[[], None]) -> Iterator[None]:
        """Have `tell` called, from any thread, once feeds end; at once if they have."""
        with self._lock:
            self._closing.add(tell)
            closed = self._closed
        if closed:
            tell()
        try:
            yield
        finally:
            with self._lock:
                self._closing.discard(tell)

    def join(self, owner_id: UUID) -> Waker:
        """A new subscriber of one owner. The caller leaves again."""
        waker = Waker()
        with self._lock:
            self._wakers[owner_id].add(waker)
        return waker

    def leave(self, owner_id: UUID, waker: Waker) -> None:
        """Forget a subscriber. May be repeated."""
        with self._lock:
            wakers = self._wakers.get(owner_id, set())
            wakers.discard(waker)
            if not wakers:
                self._wakers.pop(owner_id, None)

    @contextmanager
    def joined(self, owner_id: UUID) -> Iterator[Waker]:
        """A subscriber of one owner for the length of a `with` block."""
        waker = self.join(owner_id)
        try:
            yield waker
        finally:
            self.leave(owner_id, waker)

    @property
    def open(self) -> int:
        """How many subscribers there are, of all owners."""
        with self._lock:
            return sum(len(wakers) for wakers in self._wakers.values())

    def subscribers(self, owner_id: UUID) -> int:
        """How many of an owner's subscribers there are."""
        with self._lock:
            return len(self._wakers.get(owner_id, ()))

    def wake(self, owner_id: UUID) -> None:
        """Wake every subscriber of an owner."""
        with self._lock:
            wakers = list(self._wakers.get(owner_id, ()))
        for waker in wakers:
            waker.wake()

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set. For a thread of its own."""
        while not stop.is_set():
            try:
                with self._connect() as connection:
                    connection.execute(f"LISTEN {FEED_CHANNEL}".encode())
                    self._wake_all()
                    while not stop.is_set():
                        for notice in connection.notifies(timeout=POLL_S):
                            self._heard(notice.payload)
            except (psycopg.Error, OSError) as error:
                log.warning("feed listener lost its connection", error=type(error).__name__)
                stop.wait(RECONNECT_DELAY_S)

    def _heard(self, payload: str) -> None:
        if payload == WATERMARK:
            return
        for owner in payload.split(","):
            try:
                self.wake(UUID(hex=owner))
            except ValueError:
                # Anybody may notify a channel: a word we do not know wakes nobody.
                log.warning("feed notification unreadable")

    def _wake_all(self) -> None:
        with self._lock:
            owners = list(self._wakers)
        for owner in owners:
            self.wake(owner)
