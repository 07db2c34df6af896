"""The ids of everything that a filter lets through, as of a position."""

from uuid import UUID

import msgspec

from queries.gallery.filtering import GalleryFilter, found_by
from queries.read_position import read_position
from queries.viewer import View


class Matching(msgspec.Struct, frozen=True):
    """Newest first; `as_of` is the position up to which the viewer's rows were current."""

    asset_ids: tuple[UUID, ...]
    as_of: int


class _Id(msgspec.Struct, frozen=True):
    asset_id: UUID


def matching(view: View, only: GalleryFilter, *, limit: int) -> Matching:
    """At most `limit` of them. No tile of a stack stands for the others here."""
    found = found_by(view, msgspec.structs.replace(only, stacked=False))
    if found is None:
        return Matching((), read_position(view))
    if not found.few:
        view.read_in_order()
    rows = view.many(
        _Id,
        "SELECT assets.asset_id FROM "
        + found.rows
        + " WHERE "
        + found.conditions
        + " ORDER BY "
        + found.newest_first
        + " LIMIT %(limit)s",
        {**found.values, "limit": limit},
    )
    return Matching(tuple(row.asset_id for row in rows), read_position(view))
