"""What became of the photos of my twin: one verdict each."""

from uuid import UUID

import msgspec

from queries.viewer import View


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """One submitted photo. `state` is submitted, accepted, rejected or withdrawn."""

    photo_id: UUID
    twin_id: UUID
    submission_id: UUID
    ordinal: int
    state: str
    flaws: tuple[str, ...]


def photos(view: View, twin_id: UUID) -> tuple[Photo, ...]:
    """The photos of the twin's latest submission, in the order in which they were submitted."""
    return tuple(
        view.many(
            Photo,
            """
            SELECT p.* FROM views.twin_photos p
              JOIN views.twins t
                ON t.owner_id = p.owner_id AND t.twin_id = p.twin_id
               AND t.submission_id = p.submission_id
             WHERE p.owner_id = %(viewer)s AND p.twin_id = %(twin)s
             ORDER BY p.ordinal
            """,
            {"viewer": view.viewer_id, "twin": twin_id},
        )
    )
