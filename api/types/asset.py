"""A released picture or clip, and the files of it."""

import math
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from api.context import StudioContext
from api.ids import global_id
from api.media_address import media_address
from api.reading import read
from api.scalars import PageSize, Position, Seed
from api.types.enums import AssetKind, Derivation, Rating, RenditionRole, ThumbnailSize
from api.types.node import Node
from api.types.paging import DEFAULT_PAGE
from commands.catalogue import THUMBNAILS
from queries.gallery.gallery import Asset as AssetRow
from queries.gallery.gallery import Rendition as RenditionRow
from queries.gallery.lineage import derived

Info = strawberry.Info[StudioContext, None]


@strawberry.type(description="One check that it passed.")
class Check:
    check: str
    passed: bool
    score: float | None
    model: str


@strawberry.type(description="One file of a released picture or clip.")
class Rendition:
    role: RenditionRole
    media_type: str
    width: int
    height: int
    duration_ms: int | None = strawberry.field(description="Null for a still.")
    size_bytes: int
    url: str | None = strawberry.field(
        description="Where its owner sees it, on this origin and by their session. Null while it "
        "is hidden. With `download` in its query it is a file to keep; only files with content "
        "credentials are."
    )


@strawberry.type(description="Another gallery item that this one comes from, or that came of it.")
class Relative:
    kind: Derivation
    asset: strawberry.ID = strawberry.field(
        description="Its id, which stays when it is purged: then there is nothing behind it."
    )


@strawberry.type(description="A released picture or clip with everything that made it.")
class Asset(Node):
    kind: AssetKind
    job: strawberry.ID
    twin: strawberry.ID | None
    engine: str
    rating: Rating
    prompt: str | None
    negative_prompt: str | None
    style: str | None
    aspect_ratio: str | None
    width: int
    height: int
    seed: Seed
    num_inference_steps: int | None
    guidance_scale: float | None
    twin_strength: float | None
    favourite: bool
    hidden: bool = strawberry.field(
        description="Hidden since consent was withdrawn, until it is kept or purged."
    )
    tags: list[strawberry.ID]
    collections: list[strawberry.ID]
    private: bool = strawberry.field(description="It is in a private collection.")
    purge_at: datetime | None = strawberry.field(
        description="It is in the trash, and purged then. Null outside of it."
    )
    stack: strawberry.ID = strawberry.field(
        description="What was made of one another has the same: a batch, its variations, remixes."
    )
    stack_size: int = strawberry.field(
        description="How many items this one stands for, where a list was asked for stacked."
    )
    released_at: datetime
    size_bytes: int
    sha256: str
    media_type: str
    duration_ms: int | None = strawberry.field(description="Null for a picture.")
    motion: str | None
    likeness: list[float] = strawberry.field(
        description="How much a clip is like its twin: for each second the lowest cosine."
    )
    source: Relative | None = strawberry.field(
        description="The gallery item that it was made from."
    )
    own_photo: strawberry.ID | None = strawberry.field(
        description="The photo of one's own that it was made from. Its id stays when the photo is "
        "deleted: then there is nothing behind it."
    )
    renditions: list[Rendition] = strawberry.field(
        description="All files of it. A poster is to be shown and never downloaded."
    )
    checks: list[Check]
    placeholder: str | None = strawberry.field(
        description="What to show until a file is there: a ThumbHash in Base64. Null where none "
        "was made yet, and while it is hidden."
    )
    url: str | None = strawberry.field(
        description="Where its owner sees the master, as in `renditions`. Null while it is hidden."
    )
    position: Position
    asset_id: strawberry.Private[UUID]
    thumbnails: strawberry.Private[tuple[Rendition, ...]]

    @strawberry.field(description="What was made from it, newest first.")
    async def derived(self, info: Info, first: PageSize = DEFAULT_PAGE) -> list[Relative]:
        found = await read(info.context, lambda view: derived(view, self.asset_id, first=first))
        return [
            Relative(kind=Derivation(one.relation), asset=global_id("Asset", one.asset_id))
            for one in found
        ]

    @strawberry.field(
        description="A small still of it, for tiles: WebP, 20 kB at most, without content "
        "credentials. The one of this size, or what there is. Null where none was made yet."
    )
    def thumbnail(self, size: ThumbnailSize = ThumbnailSize.PX_256) -> Rendition | None:
        of_this_size = (one for one in self.thumbnails if one.role is size.value)
        return next(of_this_size, next(iter(self.thumbnails), None))


def asset(row: AssetRow) -> Asset:
    """What a row shows."""
    settings: dict[str, Any] = row.settings or {}
    files = [_rendition(row, found) for found in row.renditions]
    return Asset(
        id=global_id("Asset", row.asset_id),
        kind=AssetKind(row.kind),
        job=global_id("Job", row.job_id),
        twin=global_id("Twin", row.twin_id) if row.twin_id else None,
        engine=row.engine,
        rating=Rating(row.rating),
        prompt=row.prompt,
        negative_prompt=row.negative_prompt,
        style=settings.get("style"),
        aspect_ratio=settings.get("aspect_ratio"),
        width=row.width,
        height=row.height,
        seed=Seed(row.seed),
        num_inference_steps=settings.get("num_inference_steps"),
        guidance_scale=settings.get("guidance_scale"),
        twin_strength=settings.get("twin_strength") if row.twin_id else None,
        favourite=row.favourite,
        hidden=row.state == "hidden",
        tags=[global_id("Tag", one) for one in row.tags],
        collections=[global_id("Collection", one) for one in row.collections],
        private=row.private,
        purge_at=row.purge_at,
        stack=global_id("Stack", row.stack_id),
        stack_size=row.stack_size,
        released_at=row.released_at,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        media_type=row.media_type,
        duration_ms=row.duration_ms,
        motion=settings.get("motion"),
        likeness=list(row.likeness),
        source=_source(row),
        own_photo=None
        if row.source_photo_id is None
        else global_id("SourcePhoto", row.source_photo_id),
        renditions=[file for file in files if file.role not in THUMBNAILS],
        checks=[_check(found) for found in row.checks],
        position=Position(row.position),
        asset_id=row.asset_id,
        thumbnails=tuple(file for file in files if file.role in THUMBNAILS),
        placeholder=row.placeholder if row.is_seen else None,
        url=next(file.url for file in files if file.role is RenditionRole.MASTER),
    )


def _source(row: AssetRow) -> Relative | None:
    if row.source_asset_id is None:
        return None
    return Relative(
        kind=Derivation(row.source_relation), asset=global_id("Asset", row.source_asset_id)
    )


def _rendition(row: AssetRow, found: RenditionRow) -> Rendition:
    role = RenditionRole(found.role)
    return Rendition(
        role=role,
        media_type=found.media_type,
        width=found.width,
        height=found.height,
        duration_ms=found.duration_ms,
        size_bytes=found.size_bytes,
        url=media_address(row.asset_id, role, found.sha256) if row.is_seen else None,
    )


def _check(found: dict[str, Any]) -> Check:
    score = found.get("score")
    return Check(
        check=found["check"],
        passed=bool(found["passed"]),
        score=score if score is not None and math.isfinite(score) else None,
        model=found["model"],
    )
