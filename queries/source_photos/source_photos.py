"""My photos to begin with, newest first, and behind them those that were refused."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from queries.paging import page_size
from queries.viewer import View


class SourcePhoto(msgspec.Struct, frozen=True, kw_only=True):
    """One as last seen. `state` is planned, submitted, accepted or refused; `flaws` say why.

    Sizes in pixels, and None until it is accepted.
    """

    photo_id: UUID
    twin_id: UUID
    engine: str
    state: str
    flaws: tuple[str, ...]
    object_key: str | None
    sha256: str | None
    size_bytes: int | None
    width: int | None
    height: int | None
    planned_at: datetime
    position: int


# Of a consent that is over, or covers nothing that is drawn, nothing is there, though the end of it
# may not be recorded yet. Whoever was refused a photo is told why for a day.
_PHOTOS: LiteralString = """
SELECT s.* FROM views.source_photos AS s
  JOIN views.twins AS t ON t.owner_id = s.owner_id AND t.twin_id = s.twin_id
 WHERE s.owner_id = %(viewer)s
   AND s.consent_epoch = t.consent_epoch AND t.consent_withdrawn_at IS NULL
   AND t.consent_scope && ARRAY['general-images', 'clips']
   AND (s.state <> 'refused' OR s.decided_at > now() - interval '1 day')
"""


def source_photos(view: View, *, first: int) -> tuple[SourcePhoto, ...]:
    """At most `first` of the viewer's. Those that were refused, of which there may be any number,
    stand behind those that are there.
    """
    return tuple(
        view.many(
            SourcePhoto,
            _PHOTOS
            + """
             ORDER BY s.state = 'refused', s.planned_position DESC, s.photo_id DESC
             LIMIT %(limit)s
            """,
            {"viewer": view.viewer_id, "limit": page_size(first)},
        )
    )


def source_photos_by_id(view: View, photo_ids: Sequence[UUID]) -> dict[UUID, SourcePhoto]:
    """Those of them that the viewer has. One round trip."""
    rows = view.many(
        SourcePhoto,
        _PHOTOS + " AND s.photo_id = ANY (%(ids)s::uuid[])",
        {"viewer": view.viewer_id, "ids": list(photo_ids)},
    )
    return {row.photo_id: row for row in rows}
