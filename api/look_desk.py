"""What a feed's subscribers see at one moment: who looks together is answered from one snapshot."""

import asyncio
import math
from asyncio import Future, Task
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from commands.ports.accounts import Session
from queries.feed.after import Delta, feed_after
from queries.feed.after import Lagged as LaggedRows
from queries.viewer import Connections, View, as_viewer

SNAPSHOT_SIZE = 50
"""The newest so many of each kind stand in a snapshot. Older ones are a query's."""


def _nothing(view: View) -> list[Any]:
    return []


def _never() -> float:
    return math.inf


@dataclass(frozen=True)
class Feed:
    """One topic of the feed, or several, and how they are shown.

    `snapshot` and each of `changes` carry a `position`. `changes` depend on the topics and the rows
    alone: they are made once for all who look together. `words` are said beside them, without one,
    and are each subscriber's own. `rest_s` lies between two looks, so that what comes fast is
    joined into fewer words. After `again_s` a look is due though nothing wakes.
    """

    topics: tuple[str, ...]
    snapshot: Callable[[View], Any]
    changes: Callable[[View, tuple[Delta, ...]], list[Any]]
    words: Callable[[View], list[Any]] = _nothing
    rest_s: float = 0.0
    again_s: Callable[[], float] = _never


@dataclass(frozen=True)
class Seen:
    """What one subscriber has to be told. `changes` are also others': copy before you write."""

    changes: list[Any]
    words: list[Any]


@dataclass(frozen=True)
class _Look:
    feed: Feed
    position: int
    seen: "Future[Seen | LaggedRows]"


_Place: TypeAlias = tuple[UUID, str, tuple[str, ...]]
"""Whose rows, in which role, of which topics: what is the same for all who look together."""


class LookDesk:
    """Reads a viewer's feed once for all of their subscribers who wait for it.

    Nobody is answered from before they asked: whoever comes while a read is out waits for the next
    one. The caller has looked the session up. Belongs to one event loop.
    """

    def __init__(self, connections: Connections, threads: CapacityLimiter) -> None:
        self._connections = connections
        self._threads = threads
        self._waiting: dict[_Place, list[_Look]] = {}
        self._reading: dict[_Place, Task[None]] = {}

    async def look(self, session: Session, feed: Feed, position: int) -> Seen | LaggedRows:
        """What lies behind `position`, and words of the same snapshot.

        Raises whatever the database raises.
        """
        loop = asyncio.get_running_loop()
        place = (session.person_id, session.role, feed.topics)
        mine = _Look(feed, position, loop.create_future())
        self._waiting.setdefault(place, []).append(mine)
        if place not in self._reading:
            # Begins in the loop's next turn: whoever was woken with us has asked by then.
            self._reading[place] = loop.create_task(self._read_all(place, session))
        return await mine.seen

    async def _read_all(self, place: _Place, session: Session) -> None:
        try:
            while looks := self._waiting.pop(place, None):
                await self._read(session, looks)
        finally:
            del self._reading[place]

    async def _read(self, session: Session, looks: list[_Look]) -> None:
        try:
            found = await run_sync(self._seen, session, looks, limiter=self._threads)
        except Exception as failed:
            for look in looks:
                # Whoever left meanwhile has cancelled their future.
                if not look.seen.done():
                    look.seen.set_exception(failed)
            return
        for look, seen in zip(looks, found, strict=True):
            if not look.seen.done():
                look.seen.set_result(seen)

    def _seen(self, session: Session, looks: list[_Look]) -> list[Seen | LaggedRows]:
        behind: dict[int, list[Any] | LaggedRows] = {}
        found: list[Seen | LaggedRows] = []
        with as_viewer(self._connections, session.person_id, session.role) as view:
            for look in looks:
                if look.position not in behind:
                    behind[look.position] = _changes(look.feed, look.position, view)
                changes = behind[look.position]
                if isinstance(changes, LaggedRows):
                    found.append(changes)
                else:
                    # Words and changes of one snapshot: no word follows its job's end.
                    found.append(Seen(changes, look.feed.words(view)))
        return found


def _changes(feed: Feed, position: int, view: View) -> list[Any] | LaggedRows:
    deltas = feed_after(view, position, topics=feed.topics)
    return deltas if isinstance(deltas, LaggedRows) else feed.changes(view, deltas)
