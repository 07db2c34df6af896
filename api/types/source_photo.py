"""A photo of one's own that pictures and clips begin with."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from api.ids import global_id, split_id
from api.media_address import source_photo_address
from api.scalars import Position
from api.types.node import Node
from domain.refusals import NotFound
from queries.jobs.jobs import JobInput
from queries.source_photos.source_photos import SourcePhoto as SourcePhotoRow

SOURCE_PHOTO = "SourcePhoto"
"""The kind in its id."""


@strawberry.enum
class SourcePhotoState(Enum):
    PLANNED = "planned"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@strawberry.type(
    description="A photo of one's own. Once it is accepted its id is a `source`; what begins with "
    "it draws its twin."
)
class SourcePhoto(Node):
    twin: strawberry.ID
    engine: str
    state: SourcePhotoState
    flaws: list[str] = strawberry.field(
        description="Why it was refused: not-uploaded, unreadable, truncated, animated, "
        "too-many-pixels, unsupported-colour, too-small, several-faces, another-person, "
        "real-photograph, not-allowed, not-judged."
    )
    width: int | None = strawberry.field(description="Of the copy that is read. Null until then.")
    height: int | None
    url: str | None = strawberry.field(
        description="Where its owner sees it, on this origin and by their session. Null until it "
        "is accepted."
    )
    planned_at: datetime
    position: Position


def source_photo(row: SourcePhotoRow) -> SourcePhoto:
    """What a row shows."""
    is_there = row.object_key is not None and row.sha256 is not None
    return SourcePhoto(
        id=global_id(SOURCE_PHOTO, row.photo_id),
        twin=global_id("Twin", row.twin_id),
        engine=row.engine,
        state=SourcePhotoState(row.state),
        flaws=list(row.flaws),
        width=row.width,
        height=row.height,
        url=source_photo_address(row.photo_id) if is_there else None,
        planned_at=row.planned_at,
        position=Position(row.position),
    )


def source_id(source: JobInput) -> strawberry.ID | None:
    """What a job begins with, by its id as a source."""
    if source.upload_id is not None:
        return global_id(SOURCE_PHOTO, source.upload_id)
    return None if source.asset_id is None else global_id("Asset", source.asset_id)


def asked_source(source: str | None, strength: float | None) -> dict[str, Any]:
    """What is to begin with: a gallery item's id or a photo's. Raises `NotFound` for any other."""
    found: dict[str, Any] = {"source_strength": strength}
    if source:
        kind, own = split_id(source)
        match kind:
            case "Asset":
                found["source_asset_id"] = own
            case "SourcePhoto":
                found["source_photo_id"] = own
            case _:
                raise NotFound()
    return found
