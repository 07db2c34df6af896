"""How a feed is followed: a snapshot first, then what changed, by position, for as long as it goes.

No gap and no duplicate: deltas come from the feed table, and whoever resumes after a position gets
exactly the rows behind it. A waker only says when to look.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from copy import copy
from random import uniform
from typing import Any
from uuid import UUID

import strawberry
from anyio.to_thread import run_sync

from api.caps import NoPlaceLeft
from api.consistency import until_visible
from api.context import StudioContext
from api.look_desk import Feed
from api.parts import Parts
from api.reading import read_again
from api.refusals import NotConsistentYet, NotSignedIn, ReadModelParked, TooManyFeeds, typed
from api.scalars import POSITION_MAX, Position
from commands.ports.accounts import Session
from queries.feed.after import Lagged as LaggedRows
from queries.feed.era import Era, current_era

AHEAD_WAIT_MAX_S = 2.0
"""How long a position that the read models have not reached is waited for."""

LOOK_AGAIN_S = 600.0
"""The hub notices within seconds that wake-ups were lost. This is for what nobody thought of: at
60 s, 5,000 idle feeds would take a tenth of a core for it."""


@strawberry.type(
    description="Nothing to resume from: too far behind, a position that the log does not have, or "
    "so much was hidden at once since. Subscribe again without `after`, for a new snapshot."
)
class Lagged:
    count: int
    position: Position


async def follow(
    context: StudioContext, after: int | None, feed: Feed
) -> AsyncGenerator[Any, None]:
    """Snapshot unless resumed, then every change. Ends with `Lagged`, or when the session does; one
    feed too many ends as it begins.

    A position that the log does not have, be it forged or of a log that was restored since, is
    answered `Lagged` too: never with silence.
    """
    try:
        session = await context.session_now()
        era = await run_sync(
            current_era, context.parts.connections, limiter=context.parts.threads.feeds
        )
        # Joined before the first look: what is written in between still wakes.
        with (
            _counted(context.parts, session.person_id),
            context.parts.feed.joined(session.person_id) as waker,
        ):
            told = resumed(context, after)
            if told is None:
                first = await read_again(context, feed.snapshot)
                position = first.position
                yield _told(first, era)
            else:
                position = await _place(context, session, era, told)
                if position is None:
                    yield Lagged(count=0, position=Position(told))
                    return
            while not context.parts.feed.is_closed:
                session = await context.session_now()
                seen = await context.looks.look(session, feed, position)
                if isinstance(seen, LaggedRows):
                    yield Lagged(count=seen.count, position=Position(era.shown(position)))
                    return
                for change in seen.changes:
                    position = change.position
                    yield _told(change, era)
                for word in seen.words:
                    yield word
                await waker.wait(min(_rest_s(), _left_s(context, session), feed.again_s()))
                await asyncio.sleep(feed.rest_s)
    except (NotSignedIn, TooManyFeeds) as refusal:
        context.parts.refused(refusal.code)
        yield typed(refusal)


async def _place(context: StudioContext, session: Session, era: Era, told: int) -> int | None:
    """The position of the log to resume after. None if the log has no such place.

    A write's position may be a moment ahead of the read models, so it is waited for.
    """
    position = era.position(told)
    if position is not None:
        try:
            await until_visible(context, session, position, wait_max_s=AHEAD_WAIT_MAX_S)
        except (NotConsistentYet, ReadModelParked):
            return None
    return position


@contextmanager
def _counted(parts: Parts, person_id: UUID) -> Iterator[None]:
    """One of the feeds that a person may follow here. Raises `TooManyFeeds`."""
    most = parts.caps.feeds_of_account
    try:
        place = parts.feeds.take(person_id, most)
    except NoPlaceLeft:
        raise TooManyFeeds(most) from None
    try:
        yield
    finally:
        place.give_back()


def _left_s(context: StudioContext, session: Session) -> float:
    """How long the session lasts by itself: a look then ends the feed."""
    return max(0.0, (session.expires_at - context.parts.clock()).total_seconds())


def _told(event: Any, era: Era) -> Any:
    # A copy: the event is also told to others, perhaps of another era.
    told = copy(event)
    told.position = Position(era.shown(event.position))
    return told


def resumed(context: StudioContext, after: int | None) -> int | None:
    """The position to resume after, if any: the later of the argument and `Last-Event-ID`.

    A browser that reconnects by itself repeats the argument and adds the header.
    """
    last = context.connection.headers.get("last-event-id", "")
    if last.isascii() and last.isdigit() and len(last) <= len(str(POSITION_MAX)):
        return max(after or 0, min(int(last), POSITION_MAX))
    return after


def _rest_s() -> float:
    """How long a feed rests if nothing wakes it: each its own time, or all would look at once."""
    return uniform(LOOK_AGAIN_S / 2, LOOK_AGAIN_S)
