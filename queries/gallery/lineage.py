"""What was made from a gallery item."""

from typing import LiteralString
from uuid import UUID

import msgspec

from queries.gallery.asset_rows import ASSET_ROWS, ASSETS
from queries.paging import page_size
from queries.viewer import View

_DERIVED: LiteralString = (
    "SELECT asset_id, source_relation AS relation FROM "
    + ASSETS
    + """
     WHERE owner_id = %(viewer)s AND source_asset_id = %(id)s
       AND state = ANY (%(states)s::text[])
       AND (NOT private
            OR (SELECT self.private FROM """
    + ASSET_ROWS
    + """ AS self WHERE self.owner_id = %(viewer)s AND self.asset_id = %(id)s))
     ORDER BY released_position DESC, asset_id DESC LIMIT %(limit)s
    """
)
KNOWN_STATES = ("released", "hidden")
"""What is purged is told of no more: neither that it was there, nor what it came from."""


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """One item that was made from another. `relation` is remix, variation or animation."""

    asset_id: UUID
    relation: str


def derived(view: View, asset_id: UUID, *, first: int) -> tuple[Derived, ...]:
    """The viewer's items that were made from this one, newest first; at most `first`.

    Those in private collections are told of to whoever has one before them already.
    """
    values = {
        "viewer": view.viewer_id,
        "id": asset_id,
        "states": list(KNOWN_STATES),
        "limit": page_size(first),
    }
    return tuple(view.many(Derived, _DERIVED, values))
