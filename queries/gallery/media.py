"""One file of a gallery item, for whoever may look at it now."""

from typing import LiteralString
from uuid import UUID

import msgspec

from queries.gallery.asset_rows import ASSETS
from queries.viewer import View

_SHOWN: LiteralString = (
    "SELECT assets.kind, file.object_key, file.sha256, file.size_bytes, file.media_type FROM "
    + ASSETS
    + """
     CROSS JOIN LATERAL jsonb_to_recordset(assets.renditions) AS file
           (role text, object_key text, sha256 text, size_bytes bigint, media_type text)
     WHERE assets.owner_id = %(viewer)s AND assets.asset_id = %(id)s
       AND (assets.state = 'released'
            OR assets.state = 'trashed' AND assets.hidden_reason IS NULL)
       AND file.role = %(role)s
    """
)


class MediaFile(msgspec.Struct, frozen=True, kw_only=True):
    """Where the file lies, and what was released. `kind` is the item's."""

    kind: str
    object_key: str
    sha256: str
    size_bytes: int
    media_type: str


def media_file(view: View, asset_id: UUID, role: str) -> MediaFile | None:
    """The file; None for what is hidden, purged, somebody else's or was never there."""
    return view.one(MediaFile, _SHOWN, {"viewer": view.viewer_id, "id": asset_id, "role": role})


_SOURCE_PHOTO: LiteralString = """
SELECT 'photo' AS kind, s.object_key, s.sha256, s.size_bytes, 'image/png' AS media_type
  FROM views.source_photos AS s
  JOIN views.twins AS t ON t.owner_id = s.owner_id AND t.twin_id = s.twin_id
 WHERE s.owner_id = %(viewer)s AND s.photo_id = %(id)s AND s.state = 'accepted'
   AND s.consent_epoch = t.consent_epoch AND t.consent_withdrawn_at IS NULL
   AND t.consent_scope && ARRAY['general-images', 'clips']
"""


def source_photo_file(view: View, photo_id: UUID) -> MediaFile | None:
    """The clean copy of a photo to begin with; None where there is none, or somebody else's."""
    return view.one(MediaFile, _SOURCE_PHOTO, {"viewer": view.viewer_id, "id": photo_id})
