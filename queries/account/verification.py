"""How one identity check went."""

from datetime import datetime
from uuid import UUID

import msgspec

from queries.viewer import View


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """One identity check. `state` is started, verified or declined."""

    verification_id: UUID
    provider: str
    state: str
    outcome: str | None
    assurance: str | None
    country: str | None
    valid_until: datetime | None
    started_at: datetime
    decided_at: datetime | None
    position: int


def verification(view: View, verification_id: UUID) -> Verification | None:
    """The check, or None where the viewer has none of this id."""
    return view.one(
        Verification,
        """
        SELECT * FROM views.verifications
         WHERE owner_id = %(viewer)s AND verification_id = %(id)s
        """,
        {"viewer": view.viewer_id, "id": verification_id},
    )
