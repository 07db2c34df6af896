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

from api.feed_pulse import FeedPulse
from queries.read_position import FEED_CHANNEL, WATERMARK

log = structlog.get_logger()

RECONNECT_DELAY_S = 0.5
POLL_S = 1.0


class Waker:
    """One subscriber's alarm, awaited on the loop it was made on."""

    __slots__ = ("_loop", "_waiting", "_woken")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._woken = False
        self._waiting: asyncio.Future[None] | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Where it is awaited."""
        return self._loop

    def wake_here(self) -> None:
        """Wake the subscriber, any number of times. On its own loop."""
        self._woken = True
        self._end_wait()

    async def wait(self, timeout_s: float) -> None:
        """Until woken, be it before this call, or the time is up. One waits at a time."""
        if not self._woken:
            # Thousands wait at once: a future and a timer each, where `wait_for` takes a task.
            self._waiting = self._loop.create_future()
            timer = self._loop.call_later(timeout_s, self._end_wait)
            try:
                await self._waiting
            finally:
                timer.cancel()
                self._waiting = None
        self._woken = False

    def _end_wait(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class FeedHub:
    """One listening connection for all subscribers of this process.

    `connect` opens a connection in autocommit mode and gives up within seconds. A notification can
    be lost with it only: `pulse` notices that it is dead or silent, and whoever follows a feed is
    woken once there is a new one.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[psycopg.Connection[Any]]],
        pulse: FeedPulse | None = None,
    ) -> None:
        self._connect = connect
        self._pulse = pulse or FeedPulse()
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
        """Wake every subscriber of an owner. From any thread, any number of times.

        All of a loop wake in one turn of it, so that they look together.
        """
        of_loop: defaultdict[asyncio.AbstractEventLoop, list[Waker]] = defaultdict(list)
        with self._lock:
            for waker in self._wakers.get(owner_id, ()):
                of_loop[waker.loop].append(waker)
        for loop, wakers in of_loop.items():
            # A loop that has ended has no subscriber left to wake.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_wake_each, wakers)

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set. For a thread of its own."""
        while not stop.is_set():
            try:
                with self._connect() as connection:
                    connection.execute(f"LISTEN {FEED_CHANNEL}".encode())
                    self._wake_all()
                    self._pulse.begin()
                    while not stop.is_set():
                        self._pulse.beat(connection)
                        for notice in connection.notifies(timeout=self._pulse.rest_s(POLL_S)):
                            if not self._pulse.is_ours(notice.payload):
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


def _wake_each(wakers: list[Waker]) -> None:
    for waker in wakers:
        waker.wake_here()
