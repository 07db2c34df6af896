"""My packs, newest first, and the files of them that may be downloaded now."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from queries.gallery.asset_rows import ASSETS
from queries.gallery.media import MediaFile
from queries.paging import page_size
from queries.viewer import View


class PackFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file. Sizes in pixels. `asset_id` is the item that it was made of."""

    asset_id: UUID
    preset: str
    sha256: str
    size_bytes: int
    media_type: str
    width: int
    height: int


class PublishPack(msgspec.Struct, frozen=True, kw_only=True):
    """One as last seen. `state` is requested, made or failed.

    `files` are those of items that are in sight now, `shows_twin` whether any of them is a twin's.
    """

    pack_id: UUID
    state: str
    asset_ids: tuple[UUID, ...]
    presets: tuple[str, ...]
    files: tuple[PackFile, ...]
    shows_twin: bool
    failure_reason: str | None
    requested_at: datetime
    decided_at: datetime | None
    position: int


# A day after it was decided it is over, also where nobody has carried that out.
_THERE: LiteralString = """
   p.owner_id = %(viewer)s
   AND (p.decided_at IS NULL OR p.decided_at > now() - interval '24 hours')
"""
_PACKS: LiteralString = (
    """
SELECT p.pack_id, p.state, p.asset_ids, p.presets, p.failure_reason, p.requested_at, p.decided_at,
       p.position, coalesce(shown.files, '[]'::jsonb) AS files,
       coalesce(shown.shows_twin, false) AS shows_twin
  FROM views.publish_packs AS p
  LEFT JOIN LATERAL (
       SELECT jsonb_agg(file.value ORDER BY file.place) AS files,
              bool_or(assets.twin_id IS NOT NULL) AS shows_twin
         FROM jsonb_array_elements(p.files) WITH ORDINALITY AS file (value, place)
         JOIN """
    + ASSETS
    + """ ON assets.owner_id = p.owner_id
          AND assets.asset_id = (file.value ->> 'asset_id')::uuid
        WHERE assets.state = 'released'
       ) AS shown ON true
 WHERE """
    + _THERE
)
_FILE: LiteralString = (
    """
SELECT assets.kind, file.object_key, file.sha256, file.size_bytes, file.media_type
  FROM views.publish_packs AS p
 CROSS JOIN LATERAL jsonb_to_recordset(p.files) AS file
       (asset_id uuid, preset text, object_key text, sha256 text, size_bytes bigint,
        media_type text)
  JOIN """
    + ASSETS
    + """ ON assets.owner_id = p.owner_id AND assets.asset_id = file.asset_id
 WHERE """
    + _THERE
    + """ AND p.pack_id = %(pack)s AND file.asset_id = %(asset)s AND file.preset = %(preset)s
   AND assets.state = 'released'
"""
)


def publish_packs(view: View, *, first: int) -> tuple[PublishPack, ...]:
    """At most `first` of the viewer's."""
    return tuple(
        view.many(
            PublishPack,
            _PACKS + " ORDER BY p.requested_position DESC, p.pack_id DESC LIMIT %(limit)s",
            {"viewer": view.viewer_id, "limit": page_size(first)},
        )
    )


def publish_packs_by_id(view: View, pack_ids: Sequence[UUID]) -> dict[UUID, PublishPack]:
    """Those of them that the viewer has. One round trip."""
    rows = view.many(
        PublishPack,
        _PACKS + " AND p.pack_id = ANY (%(ids)s::uuid[])",
        {"viewer": view.viewer_id, "ids": list(pack_ids)},
    )
    return {row.pack_id: row for row in rows}


def pack_file(view: View, pack_id: UUID, asset_id: UUID, preset: str) -> MediaFile | None:
    """One file; None for what is over, hidden, purged, somebody else's or was never there."""
    return view.one(
        MediaFile,
        _FILE,
        {"viewer": view.viewer_id, "pack": pack_id, "asset": asset_id, "preset": preset},
    )
