"""My gallery, newest first, and one item with everything that made it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from queries.gallery.asset_rows import ASSETS
from queries.gallery.filtering import EVERYTHING, GalleryFilter, found_by
from queries.paging import NEWEST, Page, Place, page_of, page_size
from queries.viewer import View


class Rendition(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a released output. Sizes in pixels; `duration_ms` is None for a still."""

    role: str
    object_key: str
    sha256: str
    size_bytes: int
    media_type: str
    width: int
    height: int
    duration_ms: int | None = None


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One released picture or clip with its full parameters. Texts are None after erasure.

    `state` is released, hidden, trashed, purge-requested or purged; the bytes are gone in the last.
    One in the trash has a `hidden_reason`, too, where it would be hidden outside of it.
    `settings` are the job's resolved parameters; `checks` are the verdicts it was released on.
    Key, digest, sizes and media type are the master's, which is one of `renditions`. `likeness` is
    a cosine for each second of a twin's clip, `placeholder` a ThumbHash in Base64, which older ones
    may lack. `source_asset_id` is what it was made from, which
    may be purged since, and `source_relation` how: remix, variation or animation.
    """

    asset_id: UUID
    job_id: UUID
    item: int
    twin_id: UUID | None
    kind: str
    engine: str
    rating: str
    state: str
    hidden_reason: str | None
    favourite: bool
    object_key: str
    sha256: str
    size_bytes: int
    width: int
    height: int
    media_type: str
    duration_ms: int | None
    renditions: tuple[Rendition, ...]
    likeness: tuple[float, ...]
    placeholder: str | None
    source_asset_id: UUID | None
    source_photo_id: UUID | None
    source_relation: str | None
    seed: int
    prompt: str | None
    negative_prompt: str | None
    settings: dict[str, Any] | None
    checks: list[Any]
    policy_version: int
    consent_epoch: int | None
    released_at: datetime
    released_position: int
    position: int
    tags: tuple[UUID, ...]
    collections: tuple[UUID, ...]
    private: bool
    purge_at: datetime | None
    stack_id: UUID
    stack_size: int = 1

    @property
    def is_seen(self) -> bool:
        """Whether its owner sees its files: in the trash, too, but for what would be hidden."""
        return self.state == "released" or (self.state == "trashed" and not self.hidden_reason)

    @property
    def place(self) -> Place:
        """Its cursor."""
        return Place(self.released_position, self.asset_id)


class _Id(msgspec.Struct, frozen=True):
    asset_id: UUID


def gallery(
    view: View, *, first: int, after: Place = NEWEST, only: GalleryFilter = EVERYTHING
) -> Page[Asset]:
    """The viewer's pictures, newest first, from behind `after`.

    A stack is one tile where `only` asks for stacks: its newest item that is shown.
    """
    found = found_by(view, only)
    if found is None:
        return Page((), None)
    if not found.few:
        view.read_in_order()
    rows = view.many(
        Asset,
        "SELECT assets.*"
        + found.stack_size
        + " FROM "
        + found.rows
        + " WHERE "
        + found.conditions
        + """
           AND ("""
        + found.place
        + """) < (%(position)s, %(id)s)
         ORDER BY """
        + found.newest_first
        + " LIMIT %(limit)s",
        {
            **found.values,
            "position": after.position,
            "id": after.id,
            "limit": page_size(first) + 1,
        },
    )
    return page_of(rows, first, lambda asset: asset.place)


def asset(view: View, asset_id: UUID) -> Asset | None:
    """The picture, or None where the viewer has none of this id."""
    return view.one(
        Asset,
        "SELECT * FROM " + ASSETS + " WHERE owner_id = %(viewer)s AND asset_id = %(id)s",
        {"viewer": view.viewer_id, "id": asset_id},
    )


def assets_of_jobs(view: View, job_ids: Sequence[UUID]) -> dict[UUID, tuple[Asset, ...]]:
    """Pictures and training samples of the viewer's jobs, in order of item. One round trip."""
    found: dict[UUID, tuple[Asset, ...]] = {job_id: () for job_id in job_ids}
    for row in view.many(
        Asset,
        "SELECT * FROM "
        + ASSETS
        + """
         WHERE owner_id = %(viewer)s AND job_id = ANY (%(ids)s::uuid[])
         ORDER BY job_id, item
        """,
        {"viewer": view.viewer_id, "ids": list(job_ids)},
    ):
        found[row.job_id] += (row,)
    return found


def assets_by_id(view: View, asset_ids: Sequence[UUID]) -> dict[UUID, Asset]:
    """Those of them that the viewer has, in whatever state. One round trip."""
    rows = view.many(
        Asset,
        "SELECT * FROM " + ASSETS + " WHERE owner_id = %(viewer)s AND asset_id = ANY (%(ids)s)",
        {"viewer": view.viewer_id, "ids": list(asset_ids)},
    )
    return {row.asset_id: row for row in rows}


def released_among(view: View, asset_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these the viewer may have now. One round trip."""
    rows = view.many(
        _Id,
        "SELECT asset_id FROM "
        + ASSETS
        + """ WHERE owner_id = %(viewer)s AND asset_id = ANY (%(ids)s) AND state = 'released'""",
        {"viewer": view.viewer_id, "ids": list(asset_ids)},
    )
    return frozenset(row.asset_id for row in rows)
