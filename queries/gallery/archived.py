"""What of a selection, or of a filter's finds, may be packed into a ZIP."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from queries.gallery.gallery import ASSETS, Asset, GalleryFilter, gallery
from queries.paging import NEWEST
from queries.viewer import View

_PAGE = 100


class _Id(msgspec.Struct, frozen=True):
    asset_id: UUID


def ids_found(view: View, only: GalleryFilter, *, limit: int) -> tuple[UUID, ...]:
    """What a filter finds, newest first; one more than `limit` where it finds more than that."""
    found: list[UUID] = []
    after = NEWEST
    while len(found) <= limit:
        page = gallery(view, first=_PAGE, after=after, only=only)
        found += [row.asset_id for row in page.items]
        if page.next is None:
            break
        after = page.next
    return tuple(found[: limit + 1])


def archived(view: View, asset_ids: Sequence[UUID]) -> dict[UUID, Asset]:
    """The viewer's items among these, in whatever state they are. One round trip."""
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
