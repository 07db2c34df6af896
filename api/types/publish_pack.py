"""A pack of items that were made ready to be published."""

from datetime import datetime, timedelta
from enum import Enum

import strawberry

from api.ids import global_id
from api.media_address import pack_address
from api.scalars import Position
from api.types.node import Node
from commands.catalogue import PublishPreset
from queries.publish_packs.publish_packs import PublishPack as PublishPackRow

PUBLISH_PACK = "PublishPack"
"""The kind in its id."""

KEPT = timedelta(hours=24)

CAPTION_OF_TWIN = (
    "Made with AI: this is a digital twin of me, made with my consent. #AIgenerated #madewithAI"
)
CAPTION = "Made with AI: nobody in particular is shown. #AIgenerated #madewithAI"
"""What large platforms ask for: that it was made with AI, first and in words, and as a hashtag."""

strawberry.enum(PublishPreset)


@strawberry.enum
class PublishPackState(Enum):
    REQUESTED = "requested"
    MADE = "made"
    FAILED = "failed"


@strawberry.type(description="One file, with the visible label and credentials of its own.")
class PublishedFile:
    asset: strawberry.ID
    preset: PublishPreset
    media_type: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    url: str = strawberry.field(
        description="Where its owner downloads it, on this origin and by their session."
    )


@strawberry.type(description="Items in the sizes of platforms, for a day.")
class PublishPack(Node):
    state: PublishPackState
    assets: list[strawberry.ID]
    presets: list[PublishPreset]
    files: list[PublishedFile] = strawberry.field(
        description="Of the items that are in sight now. Whatever is hidden or purged is left out."
    )
    caption: str = strawberry.field(
        description="What to write beside it: the disclosure that large platforms ask for."
    )
    failure: str | None = strawberry.field(description="not-made or items-gone.")
    requested_at: datetime
    expires_at: datetime | None = strawberry.field(description="Null until it is made.")
    position: Position


def publish_pack(row: PublishPackRow) -> PublishPack:
    """What a row shows."""
    return PublishPack(
        id=global_id(PUBLISH_PACK, row.pack_id),
        state=PublishPackState(row.state),
        assets=[global_id("Asset", one) for one in row.asset_ids],
        presets=[PublishPreset(one) for one in row.presets],
        files=[
            PublishedFile(
                asset=global_id("Asset", file.asset_id),
                preset=PublishPreset(file.preset),
                media_type=file.media_type,
                width=file.width,
                height=file.height,
                size_bytes=file.size_bytes,
                sha256=file.sha256,
                url=pack_address(row.pack_id, file.asset_id, file.preset),
            )
            for file in row.files
        ],
        caption=CAPTION_OF_TWIN if row.shows_twin else CAPTION,
        failure=row.failure_reason,
        requested_at=row.requested_at,
        expires_at=row.decided_at + KEPT if row.decided_at and row.state == "made" else None,
        position=Position(row.position),
    )
