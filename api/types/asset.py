"""A released picture or clip, and the files of it."""

import math
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from api.context import StudioContext
from api.ids import global_id
from api.reading import read
from api.scalars import PageSize, Position, Seed
from api.types.enums import AssetKind, Derivation, Rating, RenditionRole
from api.types.node import Node
from api.types.paging import DEFAULT_PAGE
from queries.gallery.gallery import Asset as AssetRow
from queries.gallery.gallery import Rendition as RenditionRow
from queries.gallery.lineage import derived

VIEW_URL_LIFETIME_S = 120

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
    object_key: strawberry.Private[str]
    available: strawberry.Private[bool]

    @strawberry.field(description="Where it can be seen for two minutes. Null while it is hidden.")
    def url(self, info: Info) -> str | None:
        return _view_url(info, self.object_key) if self.available else None


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
    renditions: list[Rendition] = strawberry.field(
        description="All files of it. A poster is to be shown and never downloaded."
    )
    checks: list[Check]
    position: Position
    asset_id: strawberry.Private[UUID]
    object_key: strawberry.Private[str]
    available: strawberry.Private[bool]

    @strawberry.field(description="What was made from it, newest first.")
    async def derived(self, info: Info, first: PageSize = DEFAULT_PAGE) -> list[Relative]:
        found = await read(info.context, lambda view: derived(view, self.asset_id, first=first))
        return [
            Relative(kind=Derivation(one.relation), asset=global_id("Asset", one.asset_id))
            for one in found
        ]

    @strawberry.field(
        description="Where the master can be seen for two minutes. Null while it is hidden."
    )
    def url(self, info: Info) -> str | None:
        return _view_url(info, self.object_key) if self.available else None


def _view_url(info: Info, object_key: str) -> str:
    return info.context.parts.objects.presign_download(object_key, expires_in_s=VIEW_URL_LIFETIME_S)


def asset(row: AssetRow) -> Asset:
    """What a row shows."""
    settings: dict[str, Any] = row.settings or {}
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
        renditions=[_rendition(found, available=row.is_seen) for found in row.renditions],
        checks=[_check(found) for found in row.checks],
        position=Position(row.position),
        asset_id=row.asset_id,
        object_key=row.object_key,
        available=row.is_seen,
    )


def _source(row: AssetRow) -> Relative | None:
    if row.source_asset_id is None:
        return None
    return Relative(
        kind=Derivation(row.source_relation), asset=global_id("Asset", row.source_asset_id)
    )


def _rendition(found: RenditionRow, *, available: bool) -> Rendition:
    return Rendition(
        role=RenditionRole(found.role),
        media_type=found.media_type,
        width=found.width,
        height=found.height,
        duration_ms=found.duration_ms,
        size_bytes=found.size_bytes,
        object_key=found.object_key,
        available=available,
    )


def _check(found: dict[str, Any]) -> Check:
    score = found.get("score")
    return Check(
        check=found["check"],
        passed=bool(found["passed"]),
        score=score if score is not None and math.isfinite(score) else None,
        model=found["model"],
    )
