"""The root of all subscriptions: my jobs, my credits, my gallery, live."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeAlias
from uuid import UUID

import strawberry

from api.account_feed import AccountSnapshot, TwinChanged, VerificationChanged, account_feed
from api.context import StudioContext
from api.following import Lagged, follow
from api.ids import global_id
from api.job_words import JobProgressed, JobQueueMoved, JobWords, TrainingCheckpointPassed
from api.look_desk import SNAPSHOT_SIZE, Feed
from api.refusals import REFUSAL_TYPES, NotSignedIn, RefusalInterface, TooManyFeeds
from api.scalars import Position
from api.types.asset import Asset, asset
from api.types.gallery_filter import SHOWN_STATES
from api.types.gallery_order import BulkChange, Collection, Tag, bulk_change, collection, tag
from api.types.job import Job
from api.types.publish_pack import PUBLISH_PACK, PublishPack, publish_pack
from api.types.source_photo import SOURCE_PHOTO, SourcePhoto, source_photo
from api.types.viewer import jobs_of
from api.wallet_feed import WALLET_FEED, WalletChanged, WalletSnapshot
from queries.feed.after import Delta
from queries.gallery.bulk_changes import bulk_change as bulk_change_row
from queries.gallery.filtering import GalleryFilter
from queries.gallery.gallery import Asset as AssetRow
from queries.gallery.gallery import assets_by_id, gallery
from queries.gallery.labels import labels
from queries.jobs.jobs import jobs, jobs_by_id, open_jobs
from queries.publish_packs.publish_packs import publish_packs_by_id
from queries.read_position import read_position
from queries.source_photos.source_photos import source_photos_by_id
from queries.viewer import View

Info = strawberry.Info[StudioContext, None]

PROGRESS_INTERVAL_S = 0.2
"""At most five words a second on each job."""


@strawberry.type(
    description="The newest jobs as of a position, and all that have not ended, newest first."
)
class JobsSnapshot:
    position: Position
    jobs: list[Job]


@strawberry.type(description="A job changed at this position; it is shown as it is now.")
class JobChanged:
    position: Position
    job: Job


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


@strawberry.type(description="A picture is out of sight: purged, in the trash, or hidden.")
class AssetGone:
    position: Position
    id: strawberry.ID = strawberry.field(description="Of the picture.")


@strawberry.type(description="Tags and collections are these now.")
class LabelsChanged:
    position: Position
    tags: list[Tag]
    collections: list[Collection]


@strawberry.type(description="A change of many items went on; it is shown as it is now.")
class BulkChangeChanged:
    position: Position
    bulk_change: BulkChange


@strawberry.type(description="A photo to begin with went on. Null where it is there no more.")
class SourcePhotoChanged:
    position: Position
    id: strawberry.ID = strawberry.field(description="Of the photo.")
    photo: SourcePhoto | None


@strawberry.type(description="A pack went on. Null where it is there no more.")
class PublishPackChanged:
    position: Position
    id: strawberry.ID = strawberry.field(description="Of the pack.")
    pack: PublishPack | None


if TYPE_CHECKING:
    SessionEnded = RefusalInterface
    FeedTooMany = RefusalInterface
else:
    # Made from the refusals' classes, where no type checker sees it.
    SessionEnded = REFUSAL_TYPES[NotSignedIn]
    FeedTooMany = REFUSAL_TYPES[TooManyFeeds]

_ENDS = "A feed ends after Lagged, NotSignedIn and TooManyFeeds."

JobsEvent = Annotated[
    JobsSnapshot
    | JobChanged
    | JobProgressed
    | JobQueueMoved
    | TrainingCheckpointPassed
    | Lagged
    | SessionEnded
    | FeedTooMany,
    strawberry.union("JobsEvent", description=_ENDS),
]
WalletEvent = Annotated[
    WalletSnapshot | WalletChanged | Lagged | SessionEnded | FeedTooMany,
    strawberry.union("WalletEvent", description=_ENDS),
]
AccountEvent = Annotated[
    AccountSnapshot | VerificationChanged | TwinChanged | Lagged | SessionEnded | FeedTooMany,
    strawberry.union("AccountEvent", description=_ENDS),
]
GalleryEvent = Annotated[
    GallerySnapshot
    | AssetReleased
    | AssetChanged
    | AssetGone
    | LabelsChanged
    | BulkChangeChanged
    | SourcePhotoChanged
    | PublishPackChanged
    | Lagged
    | SessionEnded
    | FeedTooMany,
    strawberry.union("GalleryEvent", description=_ENDS),
]

GalleryChanged: TypeAlias = (
    AssetReleased
    | AssetChanged
    | AssetGone
    | LabelsChanged
    | BulkChangeChanged
    | SourcePhotoChanged
    | PublishPackChanged
)


@strawberry.type
class Subscription:
    @strawberry.subscription(description="My jobs: snapshot, changes, progress.")
    async def jobs(
        self, info: Info, after: Position | None = None
    ) -> AsyncGenerator[JobsEvent, None]:
        context = info.context
        words = JobWords(context.parts.progress)
        feed = Feed(
            topics=("jobs",),
            snapshot=partial(_jobs_snapshot, context),
            changes=partial(_job_changes, context),
            words=words,
            again_s=words.again_s,
            rest_s=PROGRESS_INTERVAL_S,
        )
        async with aclosing(follow(context, after, feed)) as events:
            async for event in events:
                yield event

    @strawberry.subscription(description="My identity and my twins: snapshot and changes.")
    async def account(
        self, info: Info, after: Position | None = None
    ) -> AsyncGenerator[AccountEvent, None]:
        feed = account_feed(info.context.parts.clock)
        async with aclosing(follow(info.context, after, feed)) as events:
            async for event in events:
                yield event

    @strawberry.subscription(description="My credits and purchases: snapshot and changes.")
    async def wallet(
        self, info: Info, after: Position | None = None
    ) -> AsyncGenerator[WalletEvent, None]:
        async with aclosing(follow(info.context, after, WALLET_FEED)) as events:
            async for event in events:
                yield event

    @strawberry.subscription(description="My gallery: snapshot and changes.")
    async def gallery(
        self, info: Info, after: Position | None = None
    ) -> AsyncGenerator[GalleryEvent, None]:
        feed = Feed(topics=("gallery",), snapshot=_gallery_snapshot, changes=_gallery_changes)
        async with aclosing(follow(info.context, after, feed)) as events:
            async for event in events:
                yield event


def _jobs_snapshot(context: StudioContext, view: View) -> JobsSnapshot:
    newest = jobs(view, first=SNAPSHOT_SIZE).items
    shown = {row.job_id for row in newest}
    # What runs is often older than what was asked for since.
    others = [row for row in open_jobs(view) if row.job_id not in shown]
    return JobsSnapshot(
        position=Position(read_position(view)), jobs=jobs_of(context, view, [*newest, *others])
    )


def _job_changes(context: StudioContext, view: View, deltas: tuple[Delta, ...]) -> list[JobChanged]:
    if not deltas:
        return []
    rows = jobs_by_id(view, list({delta.subject_id for delta in deltas}))
    made = jobs_of(context, view, list(rows.values()))
    shown = dict(zip(rows, made, strict=True))
    return [
        JobChanged(position=Position(delta.position), job=shown[delta.subject_id])
        for delta in deltas
        if delta.subject_id in shown
    ]


def _gallery_snapshot(view: View) -> GallerySnapshot:
    page = gallery(view, first=SNAPSHOT_SIZE, only=GalleryFilter(states=SHOWN_STATES))
    return GallerySnapshot(
        position=Position(read_position(view)), assets=[asset(row) for row in page.items]
    )


def _gallery_changes(view: View, deltas: tuple[Delta, ...]) -> list[GalleryChanged]:
    """What changed, item by item. One look serves all: every change shows what is there now."""
    if not deltas:
        return []
    of_assets = {delta.subject_id for delta in deltas if "of" not in delta.payload}
    rows = assets_by_id(view, list(of_assets)) if of_assets else {}
    events: list[GalleryChanged] = []
    for delta in deltas:
        position = Position(delta.position)
        match delta.payload.get("of"):
            case "label":
                events.append(_labels_changed(view, position))
            case "bulk-change":
                found = bulk_change_row(view, delta.subject_id)
                if found is not None:
                    shown = bulk_change(found)
                    events.append(BulkChangeChanged(position=position, bulk_change=shown))
            case "publish-pack":
                events.append(_pack_changed(view, delta.subject_id, position))
            case "source-photo":
                events.append(_source_photo_changed(view, delta.subject_id, position))
            case _:
                events.append(_asset_changed(rows.get(delta.subject_id), delta))
    return events


def _labels_changed(view: View, position: Position) -> LabelsChanged:
    found = labels(view)
    return LabelsChanged(
        position=position,
        tags=[tag(row) for row in found if row.kind == "tag"],
        collections=[collection(row) for row in found if row.kind == "collection"],
    )


def _pack_changed(view: View, pack_id: UUID, position: Position) -> PublishPackChanged:
    row = publish_packs_by_id(view, [pack_id]).get(pack_id)
    return PublishPackChanged(
        position=position,
        id=global_id(PUBLISH_PACK, pack_id),
        pack=None if row is None else publish_pack(row),
    )


def _source_photo_changed(view: View, photo_id: UUID, position: Position) -> SourcePhotoChanged:
    row = source_photos_by_id(view, [photo_id]).get(photo_id)
    return SourcePhotoChanged(
        position=position,
        id=global_id(SOURCE_PHOTO, photo_id),
        photo=None if row is None else source_photo(row),
    )


def _asset_changed(row: AssetRow | None, delta: Delta) -> AssetReleased | AssetChanged | AssetGone:
    position = Position(delta.position)
    if row is None or row.state not in SHOWN_STATES:
        return AssetGone(position=position, id=global_id("Asset", delta.subject_id))
    if row.released_position == delta.position:
        return AssetReleased(position=position, asset=asset(row))
    return AssetChanged(position=position, asset=asset(row))
