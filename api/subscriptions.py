"""Live feeds: a snapshot first, then deltas by position; progress between them, without one.

No gap and no duplicate: deltas come from the feed table, and whoever resumes after a position gets
exactly the rows behind it. A waker only says when to look.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import strawberry

from api.context import StudioContext
from api.feed import Waker
from api.ids import global_id
from api.reading import read
from api.scalars import POSITION_MAX, Position
from api.types.asset import Asset, asset
from api.types.job import Job, JobProgress, progress
from api.types.viewer import SHOWN_STATES, jobs_of
from api.types.wallet import Wallet, wallet
from queries.feed.after import Delta, feed_after
from queries.feed.after import Lagged as LaggedRows
from queries.gallery.gallery import GalleryFilter, gallery
from queries.gallery.gallery import asset as asset_row
from queries.jobs.jobs import jobs, jobs_by_id
from queries.read_position import read_position
from queries.viewer import View
from queries.wallet.balance import balance

Info = strawberry.Info[StudioContext, None]

SNAPSHOT_SIZE = 50
LOOK_AGAIN_S = 5.0
"""A wake-up can be lost with its connection; this bounds how long nobody notices."""
PROGRESS_INTERVAL_S = 0.2
"""At most five words a second on each job."""


@strawberry.type(description="Too far behind to resume: ask for a new snapshot.")
class Lagged:
    count: int
    position: Position


@strawberry.type(description="The newest jobs as of a position.")
class JobsSnapshot:
    position: Position
    jobs: list[Job]


@strawberry.type(description="A job changed at this position; it is shown as it is now.")
class JobChanged:
    position: Position
    job: Job


@strawberry.type(description="A running job went on. Not durable: latest wins.")
class JobProgressed:
    id: strawberry.ID = strawberry.field(description="Of the job.")
    progress: JobProgress


@strawberry.type
class WalletSnapshot:
    position: Position
    wallet: Wallet


@strawberry.type
class WalletChanged:
    position: Position
    wallet: Wallet


@strawberry.type(description="The newest pictures as of a position.")
class GallerySnapshot:
    position: Position
    assets: list[Asset]


@strawberry.type
class AssetReleased:
    position: Position
    asset: Asset


@strawberry.type
class AssetChanged:
    position: Position
    asset: Asset


@strawberry.type(description="A picture is being purged.")
class AssetGone:
    position: Position
    id: strawberry.ID = strawberry.field(description="Of the picture.")


JobsEvent = Annotated[
    JobsSnapshot | JobChanged | JobProgressed | Lagged, strawberry.union("JobsEvent")
]
WalletEvent = Annotated[WalletSnapshot | WalletChanged | Lagged, strawberry.union("WalletEvent")]
GalleryEvent = Annotated[
    GallerySnapshot | AssetReleased | AssetChanged | AssetGone | Lagged,
    strawberry.union("GalleryEvent"),
]


@strawberry.type
class Subscription:
    @strawberry.subscription(description="My jobs: snapshot, changes, progress.")
    async def jobs(
        self, info: Info, after: Position | None = None
    ) -> AsyncGenerator[JobsEvent, None]:
        context = info.context
        shown: dict[UUID, float] = {}
        async with _woken(context) as waker:
            position = _resume(context, after)
            if position is None:
                snapshot = await read(context, lambda view: _jobs_snapshot(context, view))
                position = snapshot.position
                yield snapshot
            while True:
                found = await read(context, _jobs_question(context, position))
                if isinstance(found, LaggedRows):
                    yield Lagged(count=found.count, position=Position(position))
                    return
                for event in found:
                    position = event.position
                    yield event
                for word in await _progress(context, shown):
                    yield word
                await waker.wait(LOOK_AGAIN_S)
                # Rests between two looks, so that a fast job's words are joined into fewer.
                await asyncio.sleep(PROGRESS_INTERVAL_S)

    @strawberry.subscription(description="My credits: snapshot and changes.")
    async def wallet(
        self, info: Info, after: Position | None = None
    ) -> AsyncGenerator[WalletEvent, None]:
        def snapshot(view: View) -> WalletSnapshot:
            return WalletSnapshot(
                position=Position(read_position(view)), wallet=wallet(balance(view))
            )

        def changes(view: View, deltas: tuple[Delta, ...]) -> list[WalletChanged]:
            # One look serves all: every change shows the balance as it is now.
            now = wallet(balance(view)) if deltas else None
            return [
                WalletChanged(position=Position(delta.position), wallet=now)
                for delta in deltas
                if now is not None
            ]

        async for event in _feed(info.context, after, "wallet", snapshot, changes):
            yield event

    @strawberry.subscription(description="My gallery: snapshot and changes.")
    async def gallery(
        self, info: Info, after: Position | None = None
    ) -> AsyncGenerator[GalleryEvent, None]:
        def snapshot(view: View) -> GallerySnapshot:
            page = gallery(view, first=SNAPSHOT_SIZE, only=GalleryFilter(states=SHOWN_STATES))
            return GallerySnapshot(
                position=Position(read_position(view)), assets=[asset(row) for row in page.items]
            )

        async for event in _feed(info.context, after, "gallery", snapshot, _gallery_changes):
            yield event


async def _feed(
    context: StudioContext,
    after: int | None,
    topic: str,
    snapshot: Callable[[View], Any],
    changes: Callable[[View, tuple[Delta, ...]], list[Any]],
) -> AsyncGenerator[Any, None]:
    """Snapshot unless resumed, then the changes behind a position, for ever."""

    def question(view: View, position: int) -> list[Any] | LaggedRows:
        deltas = feed_after(view, position, topics=[topic])
        return deltas if isinstance(deltas, LaggedRows) else changes(view, deltas)

    async with _woken(context) as waker:
        position = _resume(context, after)
        if position is None:
            first = await read(context, snapshot)
            position = first.position
            yield first
        while True:
            found = await read(context, partial(question, position=position))
            if isinstance(found, LaggedRows):
                yield Lagged(count=found.count, position=Position(position))
                return
            for event in found:
                position = event.position
                yield event
            await waker.wait(LOOK_AGAIN_S)


@asynccontextmanager
async def _woken(context: StudioContext) -> AsyncGenerator[Waker, None]:
    owner = (await context.session()).person_id
    # Joined before the first look: what is written in between still wakes.
    waker = context.parts.feed.join(owner)
    try:
        yield waker
    finally:
        context.parts.feed.leave(owner, waker)


def _resume(context: StudioContext, after: int | None) -> int | None:
    if after is not None:
        return after
    last = context.connection.headers.get("last-event-id", "")
    if last.isascii() and last.isdigit() and int(last) <= POSITION_MAX:
        return int(last)
    return None


def _jobs_snapshot(context: StudioContext, view: View) -> JobsSnapshot:
    page = jobs(view, first=SNAPSHOT_SIZE)
    return JobsSnapshot(
        position=Position(read_position(view)), jobs=jobs_of(context, view, page.items)
    )


def _jobs_question(
    context: StudioContext, position: int
) -> Callable[[View], list[JobChanged] | LaggedRows]:
    def question(view: View) -> list[JobChanged] | LaggedRows:
        deltas = feed_after(view, position, topics=["jobs"])
        if isinstance(deltas, LaggedRows):
            return deltas
        rows = jobs_by_id(view, list({delta.subject_id for delta in deltas}))
        shown = {
            row.job_id: made
            for row, made in zip(
                rows.values(), jobs_of(context, view, list(rows.values())), strict=True
            )
        }
        return [
            JobChanged(position=Position(delta.position), job=shown[delta.subject_id])
            for delta in deltas
            if delta.subject_id in shown
        ]

    return question


async def _progress(context: StudioContext, shown: dict[UUID, float]) -> list[JobProgressed]:
    """What is new since it was last shown, per job."""
    owner = (await context.session()).person_id
    words = []
    for latest in context.parts.progress.of_owner(owner):
        if shown.get(latest.job) != latest.at_s:
            shown[latest.job] = latest.at_s
            words.append(JobProgressed(id=global_id("Job", latest.job), progress=progress(latest)))
    return words


def _gallery_changes(
    view: View, deltas: tuple[Delta, ...]
) -> list[AssetReleased | AssetChanged | AssetGone]:
    events: list[AssetReleased | AssetChanged | AssetGone] = []
    for delta in deltas:
        row = asset_row(view, delta.subject_id)
        position = Position(delta.position)
        if row is None or row.state not in SHOWN_STATES:
            gone = global_id("Asset", delta.subject_id)
            events.append(AssetGone(position=position, id=gone))
        elif row.released_position == delta.position:
            events.append(AssetReleased(position=position, asset=asset(row)))
        else:
            events.append(AssetChanged(position=position, asset=asset(row)))
    return events
